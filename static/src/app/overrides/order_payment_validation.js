import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { excessChange } from "@pos_glase/app/service/order_lock";
import { isLeftOpen, isTaken, isUndecided } from "@pos_glase/app/service/payment_line";
import { markUnstored } from "@pos_glase/app/service/order_storage";
import { senderOf } from "@pos_glase/app/service/order_employee";

patch(OrderPaymentValidation.prototype, {
    setup() {
        super.setup(...arguments);
        // Before `pos_hr` writes whoever happens to be at the till when the money comes.
        this.glaseSender = senderOf(this.pos, this.order);
    },

    /** Validating drops what is not done, in the database too: not while a customer may pay. */
    async askBeforeValidation() {
        this.pos.glase.bills.judge();
        if (this.glaseSender) {
            this.order.employee_id = this.glaseSender;
        }
        markUnstored(this.order);
        if (this.order.payment_ids.some((line) => isUndecided(line) && !isLeftOpen(line))) {
            this.pos.glase.screen.say(
                _t("A Glase payment is undecided"),
                _t("Check it again or cancel it before this order is finished.")
            );
            return false;
        }
        const excess = excessChange(this.order);
        if (excess) {
            this.pos.glase.screen.say(
                _t("No change in cash from Glase"),
                _t(
                    "%s of what was paid with Glase would be given back in cash. Put the goods back " +
                        "on the receipt, or reverse the Glase payment and send a new one.",
                    this.pos.env.utils.formatCurrency(excess)
                )
            );
            return false;
        }
        return super.askBeforeValidation(...arguments);
    },

    /** The order is not finished; what Glase has taken for it is to be stored all the same. */
    handleValidationError() {
        const error = super.handleValidationError(...arguments);
        if (!this.order.finalized && this.order.payment_ids.some(isTaken)) {
            this.pos.glase.orders.store(this.order);
        }
        return error;
    },
});
