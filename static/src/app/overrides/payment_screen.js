import { onMounted } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { forceDone } from "@pos_glase/app/service/force_done";
import { loadRefundable, reverseLine } from "@pos_glase/app/service/refunds";
import {
    isGlaseLine,
    isGlaseMethod,
    isUndecided,
    notReadyReason,
} from "@pos_glase/app/service/payment_line";
import { mayAddTender } from "@pos_glase/app/service/tenders";

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            this.pos.glase.resume(this.currentOrder);
            this.proposeGlaseRefund();
        });
    },

    /** What was paid with Glase is given back with Glase first. */
    async proposeGlaseRefund() {
        const order = this.currentOrder;
        const method = this.payment_methods_from_config.find(isGlaseMethod);
        if (!method || !order.isRefund || order.payment_ids.length || notReadyReason(this.pos)) {
            return;
        }
        const view = await loadRefundable(this.pos.glase, order);
        const untouched = this.currentOrder === order && !order.payment_ids.length;
        if (view?.ok && Number(view.total) > 0 && untouched && !order.finalized) {
            await super.addNewPaymentLine(method);
        }
    },

    /** An open Glase payment is settled before another tender is taken. */
    async addNewPaymentLine(method) {
        if (!(await mayAddTender(this.pos.glase, this.currentOrder, method))) {
            return false;
        }
        return super.addNewPaymentLine(...arguments);
    },

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

    /** The same here: an unanswered reversal is neither done nor reversed. */
    async sendPaymentReverse(line) {
        if (!isGlaseLine(line)) {
            return super.sendPaymentReverse(line);
        }
        await reverseLine(this.pos.glase, line);
    },

    /** Only a manager says that a payment counts which Glase has not confirmed. */
    async sendForceDone(line) {
        if (!isGlaseLine(line)) {
            return super.sendForceDone(line);
        }
        await forceDone(this.pos.glase, line);
    },
});
