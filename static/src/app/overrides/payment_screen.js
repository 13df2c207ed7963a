import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { _t } from "@web/core/l10n/translation";
import { isGlaseLine, isUndecided } from "@pos_glase/app/glase_rules";

patch(PaymentScreen.prototype, {
    /** The X on a line: an undecided one goes only after Glase has canceled for certain. */
    deletePaymentLine(uuid) {
        const line = this.paymentLines.find((line) => line.uuid === uuid);
        if (!isUndecided(line)) {
            return super.deletePaymentLine(uuid);
        }
        return this.cancelAndDelete(line);
    },

    async cancelAndDelete(line) {
        const { uuid } = line;
        if (!(await this.pos.glase.cancel(line))) {
            return;
        }
        if (this.paymentLines.some((line) => line.uuid === uuid)) {
            super.deletePaymentLine(uuid);
        }
    },

    /** Core sets the line's status from the answer; for Glase the end of the payment sets it. */
    async sendPaymentCancel(line) {
        if (!isGlaseLine(line)) {
            return super.sendPaymentCancel(line);
        }
        await this.pos.glase.cancel(line);
    },

    /** Glase says what is paid, nobody else. */
    async sendForceDone(line) {
        if (!isGlaseLine(line)) {
            return super.sendForceDone(line);
        }
        this.notification.add(
            _t("A Glase payment cannot be marked as paid by hand. Check again, or cancel it."),
            { type: "warning" }
        );
    },
});
