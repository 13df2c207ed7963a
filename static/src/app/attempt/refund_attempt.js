import { Attempt } from "@pos_glase/app/attempt/attempt";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";

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
    /** Milliseconds, see `PaymentAttempt.timing`. */
    static timing = { tick: 250, pause: 1000, limit: 30000, quiet: 15000 };

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
        this.cashier = payment.cashier || "";
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
        this.startAsking();
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
        this.dropIfLate("refund");
        this.countSilence();
        if (!this.requests.refund && backgroundTimer.now() >= this.askAt) {
            this.ask();
        }
    }

    ask() {
        const params = { config_id: this.configId, line_uuid: this.lineUuid };
        if (this.sent) {
            this.run("refund", "status", {
                ...params,
                attempt: this.refundAttempt || this.attempt,
            });
        } else if (this.isReversal) {
            this.run("refund", "reverse", {
                ...params,
                attempt: this.attempt,
                refund_attempt: this.refundAttempt,
                cashier: this.cashier,
            });
        } else {
            this.run("refund", "refund", {
                ...params,
                attempt: this.attempt,
                order_uuid: this.orderUuid,
                amount: this.amountText,
                cashier: this.cashier,
            });
        }
    }

    pauseAfter() {
        this.askAt = backgroundTimer.now() + this.timing.pause;
    }

    noAnswer() {}

    receive(view) {
        if (!view.ok) {
            this.end("refused", view.message);
            return;
        }
        this.sent = true;
        // Glase's own silence ends by the server's word; here only our server counts.
        this.note({ ...view, silence: 0 });
        if (["refunded", "failed", "unknown"].includes(view.state)) {
            this.end(view.state, view.message);
        }
    }

    end(kind, message = false) {
        this.finish({ kind, message, view: this.view });
    }
}
