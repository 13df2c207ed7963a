import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { PaymentService } from "@pos_glase/app/service/payment_service";
import {
    afterOthers,
    hasGlase,
    localListsOf,
    noteStored,
    sendFinished,
} from "@pos_glase/app/service/order_storage";
import { UNATTENDED_SCREENS } from "@pos_glase/app/service/attendance";
import {
    guardDiscount,
    guardMoves,
    refuseMove,
    refuseLocked,
    refuseRepricing,
} from "@pos_glase/app/service/order_lock";
import {
    isAmountFixed,
    isGlaseMethod,
    isHeld,
    isLeftOpen,
    isTaken,
    isUndecided,
} from "@pos_glase/app/service/payment_line";

patch(PosStore.prototype, {
    async setup() {
        this.glase = new PaymentService(this);
        guardMoves(this);
        guardDiscount(this);
        return super.setup(...arguments);
    },

    /** Goes on with a payment that was running when the till was left. */
    async initServerData() {
        const result = await super.initServerData(...arguments);
        this.glase.bills.watch();
        if (this.models["pos.payment.method"].some(isGlaseMethod)) {
            this.data.connectWebSocket("GLASE_ASK", (hint) => this.glase.onPush(hint));
            this.glase.resume.all();
        }
        return result;
    },

    async processServerData() {
        this.glase.bills.keepLoaded();
        return super.processServerData(...arguments);
    },

    /** While a payment runs, every way leads to its order: it is not left behind by a click. */
    navigate(routeName, routeParams = {}) {
        const { running } = this.glase;
        if (running && this.cashier && !UNATTENDED_SCREENS.has(routeName)) {
            return super.navigate("PaymentScreen", { orderUuid: running.orderUuid });
        }
        if (routeName === "SplitBillScreen" && refuseMove(this.getOrder())) {
            return;
        }
        return super.navigate(routeName, routeParams);
    },

    /** The browser's own Back button comes through here. */
    async handleUrlParams() {
        await super.handleUrlParams(...arguments);
        const { running } = this.glase;
        if (running && this.cashier && this.router.state.current !== "PaymentScreen") {
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
        return refuseLocked(order) ? undefined : super.addLineToOrder(...arguments);
    },

    async setTip() {
        return refuseLocked(this.getOrder()) ? undefined : super.setTip(...arguments);
    },

    async selectPricelist() {
        return refuseRepricing(this.getOrder()) ? undefined : super.selectPricelist(...arguments);
    },

    async selectPreset(preset, order = this.getOrder()) {
        return refuseRepricing(order) ? undefined : super.selectPreset(preset, order);
    },

    /** What is stored is what was sent: the server compares it with the bill. */
    async syncAllOrders(options = {}) {
        const pending = () => {
            const { orderToCreate, orderToUpdate } = this.getPendingOrder();
            return [...orderToCreate, ...orderToUpdate];
        };
        return afterOthers(options.orders || pending(), async () => {
            this.glase.bills.judge();
            // What was waited for may have stored one of them.
            sendFinished(pending());
            const keepLists = localListsOf(this.models["pos.order"].filter(hasGlase));
            const stored = await super.syncAllOrders(options);
            keepLists();
            return stored;
        });
    },

    /** The server stores every sale, and says which Glase payments it could not prove. */
    async postSyncAllOrders(orders) {
        noteStored(orders);
        this.glase.bills.keepStored(orders);
        // Before promotions are counted: a module may have looked at them while the order was stored.
        orders.forEach((order) => this.glase.bills.restorePoints(order));
        await super.postSyncAllOrders(...arguments);
        this.glase.tellUnverified(orders);
    },

    /** A receipt says what was stored, also where a module is about to change it. */
    async printReceipt() {
        this.glase.bills.judge();
        return super.printReceipt(...arguments);
    },

    /** *Edit Payment* stores what a person says: the ledger is asked whether it is so. */
    orderDetailsProps(order) {
        const props = super.orderDetailsProps(...arguments);
        const taken = order.payment_ids
            .filter(isTaken)
            .map(({ uuid, amount }) => ({ uuid, amount }));
        return {
            ...props,
            onRecordSaved: async (record) => {
                await props.onRecordSaved(record);
                this.glase.tellUnverified([order], taken);
            },
        };
    },

    /** Nobody is asked about what cannot be. */
    async onDeleteOrder(order) {
        if (order.payment_ids.some(isHeld) && !order.payment_ids.some(isUndecided)) {
            return this._onBeforeDeleteOrder(order);
        }
        return super.onDeleteOrder(...arguments);
    },

    /** An order goes only when it is certain that Glase has taken nothing for it. */
    async _onBeforeDeleteOrder(order) {
        const undecided = order.payment_ids.filter(isUndecided);
        for (const line of undecided) {
            await this.glase.cancel(line);
        }
        if (order.payment_ids.some(isAmountFixed)) {
            this.glase.screen.say(
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
