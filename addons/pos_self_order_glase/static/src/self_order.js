import { patch } from "@web/core/utils/patch";
import { SelfOrder } from "@pos_self_order/app/services/self_order_service";
import { askKiosk, keptPayment } from "@pos_self_order_glase/kiosk_payment";
import { marks } from "@pos_self_order_glase/pos_payment";
import { isGlaseMethod } from "@pos_glase/app/service/payment_line";

patch(SelfOrder.prototype, {
    async setup(env, { barcode }) {
        // Before Odoo's own: that would change the order, leave its page, and so give the bill up.
        barcode.bus.addEventListener("barcode_scanned", (event) => {
            if (this.glaseHolds?.()) {
                event.stopImmediatePropagation();
            }
        });
        await super.setup(...arguments);
        const kept = this.kioskMode && keptPayment.read();
        if (!kept) {
            return;
        }
        const payment = { accessToken: this.access_token, ...kept };
        if (!this.router.path.endsWith(this.glasePaymentPath)) {
            // Whoever begins anew is the next guest: the server works the bill to an end.
            keptPayment.clear();
            askKiosk("leave", payment).catch(() => {});
            return;
        }
        // The page was loaded anew in the middle of a payment: its order is fetched again.
        await this.getUserDataFromServer([kept.orderToken]);
        const order = this.models["pos.order"].find(
            (each) => each.access_token === kept.orderToken
        );
        if (order?.state !== "draft") {
            keptPayment.clear();
            const view = order && (await askKiosk("status", payment).catch(() => null));
            this.glaseMissed = view?.end === "paid" ? { ...payment, view } : null;
        }
    },

    async sendDraftOrderToServer() {
        if (!this.kioskMode || !this.models["pos.payment.method"].some(isGlaseMethod)) {
            return super.sendDraftOrderToServer(...arguments);
        }
        this.glaseStoring = true;
        try {
            return await super.sendDraftOrderToServer(...arguments);
        } finally {
            this.glaseStoring = false;
        }
    },

    /** What follows *paid*: the order's number, in large letters. */
    glaseConfirm({ orderToken, view }) {
        marks[orderToken] = view.mark;
        const { mark, finished } = view;
        this.glasePaid = { orderToken, mark, finished, amount: Number(view.amount) };
        this.confirmationPage("order", this.config.self_ordering_mode, orderToken);
    },

    isOrder() {
        const missed = this.glaseMissed;
        if (!missed) {
            return super.isOrder(...arguments);
        }
        // Paid while the page was being loaded anew.
        this.glaseMissed = null;
        this.glaseConfirm(missed);
    },

    get glasePaymentPath() {
        return `/pos-self/${this.config.id}/payment`;
    },

    filterPaymentMethods(methods) {
        const found = super.filterPaymentMethods(...arguments);
        // The server hands the method on to a kiosk only, and only to one that is ready.
        const glase = methods.filter(isGlaseMethod);
        return [...new Set([...found, ...glase])];
    },
});
