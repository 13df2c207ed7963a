import { Reactive } from "@web/core/utils/reactive";
import { Deferred } from "@web/core/utils/concurrency";
import { ask } from "@pos_glase/app/glase_wire";
import { heart } from "@pos_glase/app/glase_heart";

/**
 * One attempt to take a payment, from the request to its end.
 *
 * The server's ledger decides what happened; this object asks, remembers the newest answer, counts
 * the time and knows what the cashier wishes. It shows nothing: dialogs look at its fields. A
 * request that fails, whatever the reason, is no answer about the money: only a view of the row
 * ends a payment, or the cashier who leaves it open (`doc/ledger.md §4` to `§6`).
 *
 * Ends (`outcome.kind`): `paid`, `canceled` (by the cashier), `declined`, `failed`, `expired`,
 * `reversed`, `lost` (the bill was not answered; a new attempt replaces it), `refused` (nothing was
 * sent) and `open` (undecided: the server works it to an end).
 */
export class GlaseWaiting extends Reactive {
    /**
     * All times in milliseconds. A tour that should not wait 30 s patches `window` here: it is the
     * one number that a person waits for.
     */
    static timing = {
        beat: 250,
        // Between one answer and the next question (`doc/protocol.md §4.5`).
        pause: 1000,
        // How long the customer has before the cashier is asked.
        window: 30000,
        // A request to our server that takes longer counts as unanswered.
        limit: 20000,
        leaveLimit: 5000,
        // The answer to the bill may be lost on the way here while the customer pays already.
        pollUnsent: 5000,
        // After this the cashier may leave the payment open.
        quiet: 15000,
        cancelPatience: 8000,
    };

    /**
     * @param {Object} payment
     * @param {number} payment.configId the till
     * @param {string} payment.orderUuid
     * @param {string} payment.lineUuid
     * @param {string} payment.attempt
     * @param {number} payment.amount in the till's currency
     * @param {string} [payment.amountText] the same as decimal string, when it is to be sent
     * @param {string} [payment.cashier]
     * @param {boolean} [payment.takeBack] take a row back that had been left open
     */
    constructor(payment) {
        super();
        this.configId = payment.configId;
        this.orderUuid = payment.orderUuid;
        this.lineUuid = payment.lineUuid;
        this.attempt = payment.attempt;
        this.amount = payment.amount;
        this.amountText = payment.amountText;
        this.cashier = payment.cashier;
        this.takeBack = Boolean(payment.takeBack);
        this.resumed = !payment.amountText;

        this.view = null;
        this.outcome = null;
        this.issued = false;
        this.asking = false;
        this.fraction = 1;
        this.secondsLeft = this.timing.window / 1000;
        this.trouble = false;
        this.troubleMessage = false;
        this.quiet = false;
        this.cancelState = false;
        this.leaving = false;

        this.ended = new Deferred();
        this.sent = this.resumed;
        this.cancelToSend = false;
        this.requests = { poll: null, command: null };
        this.sequence = 0;
        this.applied = 0;
    }

    get timing() {
        return GlaseWaiting.timing;
    }

    /** Whether *Leave it open* is offered: nobody knows what became of the payment. */
    get canLeave() {
        return !this.outcome && !this.leaving && (this.quiet || this.cancelState === "unsure");
    }

    get canCancel() {
        return !this.outcome && !this.leaving && !this.cancelState;
    }

    /**
     * Begin to ask.
     *
     * @param {Object} [view] what the server has said already, on resuming
     * @returns {Promise<Object>} the outcome, see the class
     */
    start(view) {
        this.startedAt = heart.now();
        this.heardAt = this.startedAt;
        this.pollAt = this.startedAt;
        this.commandAt = this.startedAt;
        this.windowEnd = this.startedAt + this.timing.window;
        this.stopHeart = heart.start(this.timing.beat, () => this.beat());
        if (view) {
            this.apply(view, ++this.sequence, "resume");
        }
        this.beat();
        return this.ended;
    }

    /** The customer gets another 30 s, on the same bill. */
    tryAgain() {
        this.asking = false;
        this.openWindow();
    }

    /** Ask Glase to cancel; the payment goes on until it is certain what became of it. */
    cancel() {
        if (!this.canCancel) {
            return;
        }
        this.asking = false;
        this.cancelState = "asked";
        this.cancelToSend = true;
        this.canceledAt = heart.now();
        this.commandAt = this.canceledAt;
        this.beat();
    }

    /** Stop waiting although it is not known what became of the payment. */
    leave() {
        if (this.outcome || this.leaving) {
            return;
        }
        this.leaving = true;
        this.requests.command?.abort();
        this.requests.command = null;
        this.run("command", "leave");
    }

    openWindow() {
        this.windowEnd = heart.now() + this.timing.window;
        this.countDown();
    }

    beat() {
        if (this.outcome) {
            return;
        }
        for (const channel of ["command", "poll"]) {
            this.dropIfLate(channel);
        }
        this.countDown();
        this.startCommand();
        this.startPoll();
    }

    countDown() {
        const now = heart.now();
        const left = this.issued ? Math.max(0, this.windowEnd - now) : this.timing.window;
        this.fraction = left / this.timing.window;
        this.secondsLeft = Math.ceil(left / 1000);
        if (!left && !this.cancelState) {
            this.asking = true;
        }
        this.quiet = now - this.heardAt >= this.timing.quiet;
        const impatient = now - this.canceledAt >= this.timing.cancelPatience;
        if (this.cancelState === "asked" && impatient) {
            this.cancelState = "unsure";
        }
    }

    dropIfLate(channel) {
        const request = this.requests[channel];
        if (!request) {
            return;
        }
        const limit = request.route === "leave" ? this.timing.leaveLimit : this.timing.limit;
        if (heart.now() - request.startedAt >= limit) {
            request.abort();
        }
    }

    startCommand() {
        if (this.requests.command || this.leaving || heart.now() < this.commandAt) {
            return;
        }
        if (this.cancelToSend) {
            // Also when the bill was not answered yet: it is not sent again to be canceled.
            this.run("command", "cancel");
        } else if (!this.sent) {
            this.run("command", "send");
        }
    }

    startPoll() {
        const now = heart.now();
        const early = !this.sent && now - this.startedAt < this.timing.pollUnsent;
        if (this.requests.poll || this.leaving || early || now < this.pollAt) {
            return;
        }
        this.run("poll", "status");
    }

    async run(channel, route) {
        const sequence = ++this.sequence;
        const answer = ask(route, this.paramsOf(route));
        this.requests[channel] = {
            route,
            sequence,
            startedAt: heart.now(),
            abort: answer.abort,
        };
        const { view, trouble, message } = await answer;
        const superseded = this.requests[channel]?.sequence !== sequence;
        if (!superseded) {
            this.requests[channel] = null;
            this.pauseAfter(channel, Boolean(view));
        }
        if (this.outcome || superseded) {
            return;
        }
        if (view) {
            this.apply(view, sequence, route);
        } else {
            this.noAnswer(route, trouble, message);
        }
    }

    pauseAfter(channel, answered) {
        const next = heart.now() + this.timing.pause;
        if (channel === "poll") {
            this.pollAt = next;
        } else {
            // A cancel that was wished meanwhile does not wait for anything.
            this.commandAt = answered ? heart.now() : next;
        }
    }

    paramsOf(route) {
        const params = {
            config_id: this.configId,
            line_uuid: this.lineUuid,
            attempt: this.attempt,
        };
        if (route === "send") {
            params.order_uuid = this.orderUuid;
            params.amount = this.amountText;
            params.cashier = this.cashier || "";
        } else if (route === "status" && this.takeBack) {
            params.take_back = true;
        }
        return params;
    }

    noAnswer(route, trouble, message) {
        this.trouble = trouble;
        this.troubleMessage = message || false;
        if (route === "leave") {
            // The server gives up by itself what its till no longer asks about.
            this.end("open");
        } else if (route === "cancel") {
            this.cancelState = "unsure";
        }
    }

    /**
     * Take in what the server said.
     *
     * @param {Object} view
     * @param {number} sequence of the request: an answer older than the last one changes nothing,
     *     unless it is final
     * @param {string} route
     */
    apply(view, sequence, route) {
        if (!view.ok) {
            this.applyRefusal(view, route);
            return;
        }
        if (view.attempt !== this.attempt || (sequence < this.applied && !view.final)) {
            return;
        }
        this.applied = Math.max(this.applied, sequence);
        this.lastRoute = route;
        this.view = view;
        this.trouble = false;
        this.troubleMessage = false;
        this.sent = true;
        this.heardAt = heart.now() - (view.silence || 0) * 1000;
        this.quiet = this.timing.quiet <= heart.now() - this.heardAt;
        this.applyCancel(view, route);
        this.applyState(view, route);
    }

    applyCancel(view, route) {
        if (route === "cancel") {
            this.cancelToSend = false;
        }
        if (view.cancel === "too_late") {
            this.cancelState = "too_late";
        } else if (view.cancel === "wished" && route !== "status") {
            this.cancelState = "unsure";
            this.canceledAt = heart.now();
        }
    }

    applyState(view, route) {
        const ends = {
            canceled: view.cancel || view.given_up ? "canceled" : "declined",
            failed: "failed",
            expired: "expired",
            reversed: "reversed",
            unknown: "lost",
        };
        if (view.state === "paid" && view.reference) {
            this.end("paid");
        } else if (ends[view.state]) {
            this.end(ends[view.state], view.message);
        } else if (route === "leave" || view.given_up) {
            this.end("open");
        } else if (view.state === "issued" && !this.issued) {
            this.takeBack = false;
            this.issued = true;
            this.openWindow();
        }
    }

    applyRefusal(view, route) {
        const unknown = view.reason === "unknown_attempt";
        // While the bill is on its way, a question may overtake it.
        const overtaken = route === "status" && !this.resumed;
        if (route === "send" || (unknown && !overtaken)) {
            this.end("refused", view.message);
        } else if (route === "leave") {
            this.end("open");
        } else if (!unknown) {
            this.trouble = "error";
            this.troubleMessage = view.message;
        }
    }

    end(kind, message = false) {
        this.outcome = {
            kind,
            message,
            view: this.view,
            tooLate: kind === "paid" && Boolean(this.cancelState),
            paidMeanwhile: kind === "paid" && this.lastRoute === "resume",
            unasked: kind === "canceled" && !this.cancelState,
        };
        this.asking = false;
        this.stopHeart?.();
        for (const channel of ["poll", "command"]) {
            this.requests[channel]?.abort();
            this.requests[channel] = null;
        }
        this.ended.resolve(this.outcome);
    }
}
