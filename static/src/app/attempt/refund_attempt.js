import { Attempt } from "@pos_glase/app/attempt/attempt";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";
import { timing } from "@pos_glase/app/timing";

/**
 * One attempt to give money back: a refund of a refund order's line, or the reversal of a payment.
 *
 * The request is repeated with the same attempt until our server has answered: it calls Glase once
 * for each attempt. Afterwards only the server is asked what is known.
 *
 * Ends (`outcome.kind`): `refunded`, `failed`, `refused` (nothing was sent), `unknown` (Glase has
 * not answered: a manager decides) and `open` (our own server does not answer).
 */
export class RefundAttempt extends Attempt {
    /**
     * @param {Object} payment see `Attempt`, and
     * @param {"refund"|"reverse"} payment.route
     * @param {string} [payment.amountText] decimal string above zero, for a refund
     * @param {string} [payment.refundAttempt] of a reversal; `attempt` is the payment's there
     * @param {boolean} [payment.resumed] the request was made before
     */
    constructor({ route, amountText, refundAttempt, resumed, ...payment }) {
        super(payment);
        this.route = route;
        this.amountText = amountText;
        this.refundAttempt = refundAttempt;
        this.sent = Boolean(resumed);
    }

    get isReversal() {
        return this.route === "reverse";
    }

    /** Our own server is silent: what it knows can be asked for later. */
    get canLeave() {
        return !this.outcome && this.quiet;
    }

    start(view) {
        this.startPolling();
        this.askAt = this.startedAt;
        if (view) {
            this.receive(view);
        }
        this.tick();
        return this.ended;
    }

    leave() {
        this.end("open");
    }

    tick() {
        if (this.outcome) {
            return;
        }
        this.abortIfLate("refund");
        this.updateQuiet();
        if (!this.requests.refund && backgroundTimer.now() >= this.askAt) {
            this.askNext();
        }
    }

    askNext() {
        const { amountText: amount, cashier, refundAttempt } = this;
        if (this.sent) {
            this.ask("refund", "status", { attempt: refundAttempt || this.attempt });
        } else if (this.isReversal) {
            this.ask("refund", "reverse", { refund_attempt: refundAttempt, cashier });
        } else {
            this.ask("refund", "refund", { order_uuid: this.orderUuid, amount, cashier });
        }
    }

    limitOf() {
        return timing.refundRequest;
    }

    pauseAfter() {
        this.askAt = backgroundTimer.now() + timing.pause;
    }

    onNoAnswer() {}

    receive(view) {
        if (!view.ok) {
            this.end("refused", view.message);
            return;
        }
        this.sent = true;
        // Glase's own silence ends by the server's word; here only our server counts.
        this.recordView({ ...view, silence: 0 });
        if (["refunded", "failed", "unknown"].includes(view.state)) {
            this.end(view.state, view.message);
        }
    }

    end(kind, message = false) {
        this.finish({ kind, message, view: this.view });
    }
}
