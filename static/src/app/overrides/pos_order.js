import { patch } from "@web/core/utils/patch";
import { PosOrder } from "@point_of_sale/app/models/pos_order";
import { isGlaseMethod, isIdle, isLeftOpen } from "@pos_glase/app/glase_rules";

patch(PosOrder.prototype, {
    /** A Glase line that is not out at a customer stands in the way of no other tender. */
    electronicPaymentInProgress() {
        const inTheWay = this.payment_ids.filter((line) => !isIdle(line) && !isLeftOpen(line));
        return inTheWay.some(
            (line) => line.payment_status && !["done", "reversed"].includes(line.payment_status)
        );
    },

    /** Choosing Glase again begins anew: a line that was not sent, or not paid, makes room. */
    addPaymentline(paymentMethod) {
        if (isGlaseMethod(paymentMethod) && !this.electronicPaymentInProgress()) {
            for (const line of this.payment_ids.filter(isIdle)) {
                this.removePaymentline(line);
            }
        }
        return super.addPaymentline(...arguments);
    },
});
