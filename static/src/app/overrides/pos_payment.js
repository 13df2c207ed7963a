import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosPayment } from "@point_of_sale/app/models/pos_payment";
import {
    isAmountFixed,
    isGlaseLine,
    isLeftOpen,
    isRefundLine,
    isUndecided,
} from "@pos_glase/app/service/payment_line";

patch(PosPayment.prototype, {
    /**
     * Of a Glase line the payment service sets the status. Core would set it again from an answer that may
     * come later than another end of the same line.
     */
    async pay() {
        if (!isGlaseLine(this)) {
            return super.pay();
        }
        return this.payment_method_id.payment_terminal.sendPaymentRequest(this.uuid);
    },

    /** What is agreed with the customer, or paid, is not typed over. A refund is below zero. */
    setAmount(value) {
        if (isAmountFixed(this)) {
            return;
        }
        super.setAmount(isRefundLine(this) ? -Math.abs(parseFloat(value) || 0) : value);
    },

    /**
     * A line that Glase may still pay, or has paid, is not deleted, whoever asks: not even if its
     * method has left the till's settings. Left open ones are dropped when the order is paid
     * otherwise: the server keeps their row and works it to an end.
     */
    delete(opts = {}) {
        const order = this.pos_order_id;
        const done = isGlaseLine(this) && this.payment_status === "done";
        const dropped = isLeftOpen(this) && order?.isPaid();
        const kept = done || (isUndecided(this) && !dropped);
        if (opts.backend && kept && !order?.finalized) {
            return;
        }
        return super.delete(...arguments);
    },

    get isGlase() {
        return isGlaseLine(this);
    },

    get isGlaseRefund() {
        return isGlaseLine(this) && this.amount < 0;
    },

    /** What the receipt says where no money is moved: of the server, so a reprint says it too. */
    get glaseMark() {
        const simulated = isGlaseLine(this) && this.card_type === "Glase simulation";
        return this.glase_mark || (simulated && _t("SIMULATION: no money is moved"));
    },
});
