import { PosOrderAccounting } from "@point_of_sale/app/models/accounting/pos_order_accounting";
import { patch } from "@web/core/utils/patch";

patch(PosOrderAccounting.prototype, {
    /** A till stores what it takes before it is taken; of its payment methods a guest's page knows none. */
    get orderIsRounded() {
        return this.payment_ids.every((line) => line.payment_method_id) && super.orderIsRounded;
    },
});
