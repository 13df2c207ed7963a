import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { GlaseDesk } from "@pos_glase/app/glase_desk";
import { isGlaseMethod, isLeftOpen, isTaken, isUndecided } from "@pos_glase/app/glase_rules";

/** Screens that are shown over a running payment: they show no order. */
const COVERS = new Set(["LoginScreen", "SaverScreen"]);

patch(PosStore.prototype, {
    async setup() {
        this.glase = new GlaseDesk(this);
        return super.setup(...arguments);
    },

    /** Goes on with a payment that was running when the till was left. */
    async initServerData() {
        const result = await super.initServerData(...arguments);
        if (this.models["pos.payment.method"].some(isGlaseMethod)) {
            this.glase.resume();
        }
        return result;
    },

    /** While a payment runs, every way leads to its order: it is not left behind by a click. */
    navigate(routeName, routeParams = {}) {
        const { running } = this.glase;
        if (!running || COVERS.has(routeName)) {
            return super.navigate(routeName, routeParams);
        }
        return super.navigate("PaymentScreen", { orderUuid: running.orderUuid });
    },

    /** The browser's own Back button comes through here. */
    async handleUrlParams() {
        await super.handleUrlParams(...arguments);
        const { running } = this.glase;
        if (running && this.router.state.current !== "PaymentScreen") {
            this.navigate("PaymentScreen", { orderUuid: running.orderUuid });
        }
    },

    setOrder(order) {
        const { running } = this.glase;
        if (running && order?.uuid !== running.orderUuid) {
            const paying = this.models["pos.order"].getBy("uuid", running.orderUuid);
            return super.setOrder(paying || order);
        }
        return super.setOrder(order);
    },

    /** The bill is on the customer's phone: what is on it stays as it is. */
    async addLineToOrder(vals, order) {
        if (this.glase.isRunning(order)) {
            this.notification.add(
                _t("A Glase payment is running for this order. Finish or cancel it first."),
                { type: "warning" }
            );
            return;
        }
        return super.addLineToOrder(...arguments);
    },

    /** An order goes only when it is certain that Glase has taken nothing for it. */
    async _onBeforeDeleteOrder(order) {
        for (const line of order.payment_ids.filter(isUndecided)) {
            await this.glase.cancel(line);
        }
        if (order.payment_ids.some((line) => isUndecided(line) || isTaken(line))) {
            this.glase.say(
                _t("The order stays"),
                order.payment_ids.some(isLeftOpen)
                    ? _t(
                          "Glase has not confirmed that its payment is canceled. Check again later, " +
                              "then delete the order."
                      )
                    : _t("This order holds a Glase payment. Finish it, or refund it afterwards.")
            );
            return false;
        }
        return super._onBeforeDeleteOrder(...arguments);
    },
});
