import { patch } from "@web/core/utils/patch";
import { PosOrder } from "@point_of_sale/app/models/pos_order";
import { isBilled } from "@pos_glase/app/service/order_bills";
import { refuseLocked, refuseRepricing } from "@pos_glase/app/service/order_lock";
import {
    isGlaseLine,
    isGlaseMethod,
    isIdle,
    isLeftOpen,
} from "@pos_glase/app/service/payment_line";

patch(PosOrder.prototype, {
    /** A Glase line that is not out at a customer stands in the way of no other tender. */
    electronicPaymentInProgress() {
        const inTheWay = this.payment_ids.filter((line) => !isIdle(line) && !isLeftOpen(line));
        return inTheWay.some(
            (line) => line.payment_status && !["done", "reversed"].includes(line.payment_status)
        );
    },

    /**
     * Choosing Glase again begins anew: a line that was not sent, or not paid, makes room. A line
     * of a refund order waits for *Refund* before it counts, as a sale's line waits for *Send*.
     */
    addPaymentline(paymentMethod) {
        const glase = isGlaseMethod(paymentMethod);
        if (glase && !this.electronicPaymentInProgress()) {
            for (const line of this.payment_ids.filter(isIdle)) {
                this.removePaymentline(line);
            }
        }
        const result = super.addPaymentline(...arguments);
        if (glase && result.status && this.isRefund) {
            result.data.setPaymentStatus("pending");
        }
        return result;
    },

    /** A new Glase line of a refund gives back what is due, as far as one payment covers it. */
    getDefaultAmountDueToPayIn(paymentMethod) {
        const rests = this.uiState.glaseRefundable;
        if (!rests || !this.isRefund || !isGlaseMethod(paymentMethod)) {
            return super.getDefaultAmountDueToPayIn(...arguments);
        }
        return -Math.min(Math.abs(this.remainingDue), Math.max(0, ...rests));
    },

    /** A line that gives nothing back yet is dropped when the order is finished, as in a sale. */
    isRefundInProcess() {
        if (!this.payment_ids.some(isGlaseLine)) {
            return super.isRefundInProcess();
        }
        return (
            this.isRefund &&
            this.payment_ids.some(
                (line) =>
                    line.payment_method_id.use_payment_terminal &&
                    line.payment_status !== "done" &&
                    !isIdle(line)
            )
        );
    },

    removeOrderline(line) {
        return refuseLocked(this) ? false : super.removeOrderline(line);
    },

    /** Core sets the same one again whenever prices are loaded: nobody has asked for anything. */
    setPricelist(pricelist) {
        const isSame = isBilled(this) && this.pricelist_id?.id === pricelist?.id;
        if (!isSame && !refuseRepricing(this)) {
            super.setPricelist(...arguments);
        }
    },

    setPreset() {
        if (!refuseRepricing(this)) {
            return super.setPreset(...arguments);
        }
    },

    /** The customer may be named later, too; prices and taxes are on the bill already. */
    updatePricelistAndFiscalPosition() {
        if (!isBilled(this)) {
            super.updatePricelistAndFiscalPosition(...arguments);
        }
    },
});
