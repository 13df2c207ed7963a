import {
    onMounted,
    onWillUnmount,
    status,
    useEffect,
    useExternalListener,
    useState,
} from "@odoo/owl";
import { rpc } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PaymentPage } from "@pos_self_order/app/pages/payment_page/payment_page";
import { qrPicture } from "@pos_glase/app/dialogs/qr_picture";
import { KioskPayment, keptPayment } from "@pos_self_order_glase/kiosk_payment";
import { timing } from "@pos_self_order_glase/timing";
import { isGlaseMethod } from "@pos_glase/app/service/payment_line";

patch(PaymentPage.prototype, {
    setup() {
        super.setup(...arguments);
        this.glase = useState({ payment: null });
        useEffect(
            (end, selection) => {
                if (end || selection) {
                    return this.glaseEnded(end);
                }
            },
            () => [this.glase.payment?.end, this.glaseMethod && this.state.selection]
        );
        useExternalListener(window, "pointerdown", () => this.glaseTouched?.());
        this.selfOrder.glaseHolds = () => status(this) === "mounted" && this.glaseHolds;
        onMounted(() => {
            const kept = keptPayment.read();
            if (kept && kept.orderToken === this.selfOrder.currentOrder?.access_token) {
                this.state.selection = false;
                this.state.paymentMethodId = this.glaseMethod?.id;
                this.watchGlase(kept.attempt).resume();
            }
        });
        onWillUnmount(() => this.glase.payment?.leave());
    },

    get glaseMethod() {
        return this.selfOrder.models["pos.payment.method"].find(isGlaseMethod);
    },

    get isGlase() {
        return isGlaseMethod(this.selectedPaymentMethod);
    },

    /** Whether the order stays as it is: it is being paid, or money may have come for it. */
    get glaseHolds() {
        return this.isGlase && !this.glase.payment?.isOver;
    },

    selectMethod(methodId) {
        if (!this.glase.payment) {
            super.selectMethod(methodId);
        }
    },

    async startPayment() {
        if (!this.isGlase) {
            return super.startPayment(...arguments);
        }
        const order = this.selfOrder.currentOrder;
        // A reload has begun it: it is asked about, and not sent anew.
        if (keptPayment.read()?.orderToken === order.access_token) {
            return;
        }
        // What costs nothing is finished by Odoo as it is stored.
        if (order.state === "paid") {
            const mode = this.selfOrder.config.self_ordering_mode;
            this.selfOrder.confirmationPage("order", mode, order.access_token);
            return;
        }
        // Nothing is sent yet: a server that does not answer may be left.
        const call = rpc(`/kiosk/payment/${this.selfOrder.config.id}/kiosk`, {
            order: order.serializeForORM(),
            access_token: this.selfOrder.access_token,
            payment_method_id: this.state.paymentMethodId,
        });
        const timer = setTimeout(() => call.abort(), timing.request);
        try {
            const { order: stored } = await call;
            order.tracking_number = stored[0].tracking_number;
            order.pos_reference = stored[0].pos_reference;
            if (status(this) !== "destroyed") {
                this.watchGlase().begin();
            }
        } catch (error) {
            this.selfOrder.handleErrorNotification(error);
            this.state.selection = true;
            this.router.navigate("cart");
        } finally {
            clearTimeout(timer);
        }
    },

    /** The payment that this page shows from now on. */
    watchGlase(attempt) {
        this.glase.payment = new KioskPayment({
            accessToken: this.selfOrder.access_token,
            orderToken: this.selfOrder.currentOrder.access_token,
            attempt,
        });
        return this.glase.payment;
    },

    /** What follows an end, and a choice that nobody makes; returns what undoes it when there is another. */
    glaseEnded(end) {
        if (end === "paid") {
            this.glasePaid();
            return;
        }
        let timer;
        this.glaseTouched = () => {
            clearTimeout(timer);
            timer = setTimeout(() => this.glaseAbandon(), timing.idle);
        };
        this.glaseTouched();
        return () => {
            clearTimeout(timer);
            this.glaseTouched = null;
        };
    },

    /** The receipt needs the order as it is stored; the number is shown in time without it, too. */
    async glasePaid() {
        const { payment } = this.glase;
        const fetched = this.selfOrder.getUserDataFromServer([payment.orderToken]);
        await Promise.race([fetched, new Promise((late) => setTimeout(late, timing.request))]);
        this.selfOrder.glaseConfirm(payment);
    },

    /** *Try again*: a new bill of the same order. */
    glaseRepeat() {
        this.glase.payment.begin();
    },

    /** Back to the cart; the order is the guest's still. */
    glaseBack() {
        this.selfOrder.currentOrder.uiState.lineChanges = {};
        this.router.navigate("cart");
    },

    /** The guest has gone: the order is taken off, unless money may come for it. */
    async glaseAbandon() {
        if (this.glase.payment?.isOver ?? true) {
            await this.selfOrder.cancelBackendOrder();
        }
        this.router.navigate("default");
    },

    get glaseAmount() {
        const { view } = this.glase.payment;
        const amount = view ? Number(view.amount) : this.selfOrder.currentOrder.priceIncl;
        return this.selfOrder.formatMonetary(amount);
    },

    get glaseSeconds() {
        return _t("%s seconds left", this.glase.payment.secondsLeft);
    },

    get glasePicture() {
        return qrPicture(this.glase.payment.view?.scan);
    },

    /** The headline and the sentence below it, in the guest's language. */
    get glaseWords() {
        const { look } = this.glase.payment;
        const [headline, details] = WORDS[look]?.() || WORDS.unavailable();
        return { headline, details };
    },
});

const NOTHING = () => _t("Nothing was charged.");
const COUNTER = () => _t("Please pay at the counter.");

const WORDS = {
    sending: () => [_t("One moment …"), _t("The bill is being made.")],
    waiting: () => [_t("Scan to pay"), _t("Use Glase on your phone, then confirm the amount.")],
    quiet: () => [
        _t("Scan to pay"),
        _t("Glase answers slowly. If your phone says paid, please wait here."),
    ],
    offline: () => [
        _t("One moment …"),
        _t("This kiosk cannot reach the shop. If your phone says paid, please wait here."),
    ],
    canceling: () => [_t("Canceling …"), _t("Please do not pay any more.")],
    checking: () => [
        _t("The time is up"),
        _t("We are checking. If your phone says paid, please wait here."),
    ],
    paid: () => [_t("Paid"), _t("Your order number follows.")],
    declined: () => [_t("The payment was declined"), NOTHING()],
    canceled: () => [_t("The payment was canceled"), NOTHING()],
    timed_out: () => [_t("The time is up"), NOTHING()],
    failed: () => [_t("The payment failed"), NOTHING()],
    reversed: () => [_t("The payment came too late"), _t("Glase gives the money back by itself.")],
    lost: () => [
        _t("Glase does not answer"),
        _t("If your phone says paid, that money comes back by itself. Try again."),
    ],
    busy: () => [
        _t("The last payment is not finished yet"),
        _t("Try again in a moment, or pay at the counter."),
    ],
    limit: () => [_t("Too many payments at once"), _t("Try again in a minute.")],
    undecided: () => [
        _t("It is not certain how this payment ended"),
        _t("If your phone says paid, show it at the counter. Otherwise nothing is charged."),
    ],
    closed: () => [_t("We have just closed"), NOTHING()],
    changed: () => [_t("This order has changed"), _t("Go back and order again, please.")],
    gone: () => [
        _t("This order was ended by the shop"),
        _t("If your phone says paid, show it at the counter."),
    ],
    unavailable: () => [_t("Glase cannot be used here now"), COUNTER()],
};
