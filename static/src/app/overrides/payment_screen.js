import { onMounted } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { isGlaseLine, isGlaseMethod, isUndecided } from "@pos_glase/app/service/payment_line";

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            this.pos.glase.resume.order(this.currentOrder);
            this.proposeGlaseRefund();
        });
    },

    /** What was paid with Glase is given back with Glase first. */
    async proposeGlaseRefund() {
        const order = this.currentOrder;
        const method = this.payment_methods_from_config.find(isGlaseMethod);
        const { terminal, refunds } = this.pos.glase;
        if (!method || !order.isRefund || order.payment_ids.length || terminal.notReadyReason) {
            return;
        }
        const view = await refunds.loadRefundable(order);
        const untouched = this.currentOrder === order && !order.payment_ids.length;
        if (view?.ok && Number(view.total) > 0 && untouched && !order.finalized) {
            await super.addNewPaymentLine(method);
        }
    },

    /** Enter and the space bar on a payment method are a press of it. */
    async onMethodKey(event, method) {
        if (["Enter", " "].includes(event.key)) {
            event.preventDefault();
            event.stopPropagation();
            await this.addNewPaymentLine(method);
        }
    },

    /** An open Glase payment is settled before another tender is taken. */
    async addNewPaymentLine(method) {
        if (!(await this.pos.glase.mayAddTender(this.currentOrder, method))) {
            return false;
        }
        return super.addNewPaymentLine(...arguments);
    },

    /** The X on a line: an undecided one goes only after Glase has canceled for certain. */
    deletePaymentLine(uuid) {
        const find = () => this.paymentLines.find((line) => line.uuid === uuid);
        if (!isUndecided(find())) {
            return super.deletePaymentLine(uuid);
        }
        return this.pos.glase.cancel(find()).then((isCertain) => {
            if (isCertain && find()) {
                super.deletePaymentLine(uuid);
            }
        });
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
        await this.pos.glase.refunds.reverse(line);
    },

    /** Only a manager says that a payment counts which Glase has not confirmed. */
    async sendForceDone(line) {
        if (!isGlaseLine(line)) {
            return super.sendForceDone(line);
        }
        await this.pos.glase.payments.forceDone.force(line);
    },
});
