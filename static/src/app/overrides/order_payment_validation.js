import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { isLeftOpen, isUndecided } from "@pos_glase/app/glase_rules";

patch(OrderPaymentValidation.prototype, {
    /** Validating drops what is not done, in the database too: not while a customer may pay. */
    async askBeforeValidation() {
        if (this.order.payment_ids.some((line) => isUndecided(line) && !isLeftOpen(line))) {
            this.pos.glase.say(
                _t("A Glase payment is undecided"),
                _t("Check it again or cancel it before this order is finished.")
            );
            return false;
        }
        return super.askBeforeValidation(...arguments);
    },
});
