import { patch } from "@web/core/utils/patch";
import { ConfirmationPage } from "@pos_self_order/app/pages/confirmation_page/confirmation_page";

patch(ConfirmationPage.prototype, {
    /** What was paid with Glase for this order at this page just now. */
    get glasePaid() {
        const paid = this.selfOrder.glasePaid;
        return paid?.orderToken === this.props.orderAccessToken ? paid : null;
    },
});
