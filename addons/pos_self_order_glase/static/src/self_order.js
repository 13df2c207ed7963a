import { patch } from "@web/core/utils/patch";
import { SelfOrder } from "@pos_self_order/app/services/self_order_service";
import { keptPayment } from "@pos_self_order_glase/kiosk_payment";

patch(SelfOrder.prototype, {
    async setup() {
        await super.setup(...arguments);
        const kept = this.kioskMode && keptPayment.read();
        if (!kept) {
            return;
        }
        // The page was loaded anew in the middle of a payment: its order is fetched again.
        await this.getUserDataFromServer([kept.orderToken]);
        const order = this.models["pos.order"].find(
            (each) => each.access_token === kept.orderToken
        );
        if (order?.state !== "draft" || !this.router.path.endsWith(this.glasePaymentPath)) {
            keptPayment.clear();
        }
    },

    get glasePaymentPath() {
        return `/pos-self/${this.config.id}/payment`;
    },

    filterPaymentMethods(methods) {
        const found = super.filterPaymentMethods(...arguments);
        // The server hands the method on to a kiosk only, and only to one that is ready.
        const glase = methods.filter((method) => method.use_payment_terminal === "glase");
        return [...new Set([...found, ...glase])];
    },
});
