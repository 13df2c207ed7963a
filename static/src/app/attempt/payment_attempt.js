import { _t } from "@web/core/l10n/translation";
import { Attempt } from "@pos_glase/app/attempt/attempt";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";
import { timing } from "@pos_glase/app/timing";

/**
 * One attempt to take a payment, from the request to its end.
 *
 * The server's ledger decides what happened; this object asks, remembers the newest answer, counts
 * the time and knows what the cashier wishes. It shows nothing: dialogs look at its fields. Only a
 * view of the row ends a payment, or the cashier who leaves it open.
 *
 * Ends (`outcome.kind`): `paid`, `canceled` (by the cashier), `declined`, `failed`, `expired`,
 * `reversed`, `lost` (the bill was not answered; a new attempt replaces it), `refused` (nothing was
 * sent), `forced` (a manager says that it is paid), `amount_unknown` (paid, but Glase has not said
 * how much) and `open` (undecided: the server works it to an end).
 */
export class PaymentAttempt extends Attempt {
    /**
     * @param {Object} payment see `Attempt`, and
     * @param {string} [payment.amountText] the amount as decimal string, when it is to be sent
     * @param {boolean} [payment.takeBack] take a row back that had been left open
     */
    constructor(payment) {
        super(payment);
        this.amountText = payment.amountText;
        this.takeBack = Boolean(payment.takeBack);
        this.resumed = !payment.amountText;

        this.issued = false;
        /** Glase has said that a customer has this bill on the phone. */
        this.scanned = false;
        this.isWindowOver = false;
        this.fraction = 1;
        this.secondsLeft = timing.window / 1000;
        this.cancelState = false;
        this.leaving = false;
        /** The newest *Change amount*: `amount` (decimal string), `state`, `reason`, `message`. */
        this.change = null;
        /** Decimal string: send a new bill of this amount once this one is canceled for certain. */
        this.replacementAmount = false;

        this.sent = this.resumed;
        this.cancelToSend = false;
        this.changeToSend = false;
        this.applied = 0;
        /** Somebody has said that there is news: a push, or the cashier. */
        this.expecting = false;
    }

    /** Whether *Leave it open* is offered: nobody knows what became of the payment. */
    get canLeave() {
        return !this.outcome && !this.leaving && (this.quiet || this.cancelState === "unsure");
    }

    get canCancel() {
        return !this.outcome && !this.leaving && !this.cancelState;
    }

    /** Whether a manager may say that it is paid: the bill is out, and Glase does not answer. */
    get canForce() {
        return this.canCancel && this.issued && this.quiet;
    }

    get canChangeAmount() {
        const asked = this.change?.state === "asked";
        return this.canCancel && this.issued && Boolean(this.view?.updatable) && !asked;
    }

    /**
     * Begin to ask.
     *
     * @param {Object} [view] what the server has said already, on resuming
     * @returns {Promise<Object>} the outcome, see the class
     */
    start(view) {
        this.startPolling();
        this.pollAt = this.startedAt;
        this.commandAt = this.startedAt;
        this.windowEnd = this.startedAt + timing.window;
        if (view) {
            this.receive(view, ++this.sequence, "resume");
        }
        this.tick();
        return this.ended;
    }

    /** The customer gets another 30 s, on the same bill. */
    tryAgain() {
        this.isWindowOver = false;
        this.openWindow();
    }

    /** Ask now what became of it: the cashier wishes so, or Glase has said that there is news. */
    askNow() {
        this.expecting = true;
        this.pollAt = backgroundTimer.now();
        this.tick();
    }

    /** Ask Glase to cancel; the payment goes on until it is certain what became of it. */
    cancel() {
        if (!this.canCancel) {
            return;
        }
        this.isWindowOver = false;
        this.cancelState = "asked";
        this.cancelToSend = true;
        this.changeToSend = false;
        this.canceledAt = backgroundTimer.now();
        this.commandAt = this.canceledAt;
        this.tick();
    }

    /** Stop waiting although it is not known what became of the payment. */
    leave() {
        if (this.outcome || this.leaving) {
            return;
        }
        this.leaving = true;
        this.drop("command");
        this.ask("command", "leave");
    }

    /**
     * Change the amount of the bill that is out (`doc/protocol.md §4.4`).
     *
     * @param {string} amount decimal string
     */
    changeAmount(amount) {
        if (!this.canChangeAmount) {
            return;
        }
        this.change = { amount, state: "asked", reason: false, message: false };
        this.changeToSend = true;
        this.commandAt = backgroundTimer.now();
        this.tick();
    }

    openWindow() {
        this.windowEnd = backgroundTimer.now() + timing.window;
        this.countDown();
    }

    tick() {
        if (this.outcome) {
            return;
        }
        for (const channel of ["command", "poll"]) {
            this.abortIfLate(channel);
        }
        this.countDown();
        this.startCommand();
        this.startPoll();
    }

    countDown() {
        const now = backgroundTimer.now();
        const left = this.issued ? Math.max(0, this.windowEnd - now) : timing.window;
        this.fraction = (Math.ceil(left / timing.ring) * timing.ring) / timing.window;
        this.secondsLeft = Math.ceil(left / 1000);
        if (!left && !this.cancelState) {
            this.isWindowOver = true;
        }
        this.updateQuiet();
        const impatient = now - this.canceledAt >= timing.cancel;
        if (this.cancelState === "asked" && impatient) {
            this.cancelState = "unsure";
        }
    }

    limitOf(route) {
        return route === "leave" ? timing.leaveRequest : timing.request;
    }

    startCommand() {
        if (this.requests.command || this.leaving || backgroundTimer.now() < this.commandAt) {
            return;
        }
        const order_uuid = this.orderUuid;
        if (this.cancelToSend && !this.takeBack) {
            // Also when the bill was not answered yet: it is not sent again to be canceled.
            this.ask("command", "cancel");
        } else if (this.changeToSend) {
            // Once: what an unanswered one has done is seen in the next view.
            this.changeToSend = false;
            const { amount } = this.change;
            this.ask("command", "update", { order_uuid, amount });
        } else if (!this.sent) {
            const { amountText: amount, cashier } = this;
            this.ask("command", "send", { order_uuid, amount, cashier });
        }
    }

    startPoll() {
        const now = backgroundTimer.now();
        const early = !this.sent && now - this.startedAt < timing.pollBeforeAnswer;
        if (this.requests.poll || this.leaving || early || now < this.pollAt) {
            return;
        }
        this.ask("poll", "status", this.takeBack ? { take_back: true } : {});
    }

    pauseAfter(channel, view) {
        const now = backgroundTimer.now();
        if (channel === "poll") {
            this.pollAt = now + this.pauseOf(view);
        } else {
            // A cancel that was wished meanwhile does not wait for anything.
            this.commandAt = view ? now : now + timing.pause;
        }
    }

    /** A loaded server may ask for a longer pause, until the customer may be paying. */
    pauseOf(view) {
        const mayPay = this.expecting || this.scanned || view?.scanned || this.cancelState;
        const asked = mayPay || !view?.pause ? timing.pause : view.pause * 1000;
        return Math.min(Math.max(asked, timing.pause), timing.longestPause);
    }

    onNoAnswer(route) {
        if (route === "leave") {
            // The server gives up by itself what its till no longer asks about.
            this.end("open");
        } else if (route === "cancel") {
            this.cancelState = "unsure";
        } else if (route === "update") {
            this.change.state = "unsure";
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
    receive(view, sequence, route) {
        if (!view.ok) {
            this.applyRefusal(view, route);
            return;
        }
        if (view.attempt !== this.attempt || (sequence < this.applied && !view.final)) {
            return;
        }
        this.applied = Math.max(this.applied, sequence);
        this.lastRoute = route;
        this.sent = true;
        // A row that was left open is taken back first, then canceled.
        this.takeBack &&= route !== "status";
        this.recordView(view);
        this.scanned ||= Boolean(view.scanned);
        this.applyCancel(view, route);
        this.applyAmount(view, route);
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
            this.canceledAt = backgroundTimer.now();
        }
    }

    /** The amount is the server's to say; while a change is uncertain the old one stands too. */
    applyAmount(view, route) {
        const amount = Number(view.amount);
        const stands = ["issued", "paid"].includes(view.state) && view.amount_certain !== false;
        if (amount > 0 && stands) {
            this.amount = amount;
        }
        if (!this.change || (route !== "update" && this.change.state !== "unsure")) {
            return;
        }
        if (view.proposed) {
            this.change.state = "unsure";
        } else if (amount === Number(this.change.amount)) {
            this.change.state = "done";
        } else {
            this.refuseChange(false, _t("The amount was not changed."));
        }
    }

    refuseChange(reason, message) {
        Object.assign(this.change, { state: "refused", reason, message });
    }

    applyState(view, route) {
        const ends = {
            canceled: view.cancel || view.given_up ? "canceled" : "declined",
            failed: "failed",
            expired: "expired",
            reversed: "reversed",
            unknown: "lost",
        };
        if (view.state === "paid" && view.amount_certain === false) {
            this.end("amount_unknown", view.message);
        } else if (view.state === "paid" && view.reference) {
            this.end("paid");
        } else if (ends[view.state]) {
            this.end(ends[view.state], view.message);
        } else if (view.forced) {
            this.end("forced");
        } else if (route === "leave" || view.given_up) {
            this.end("open");
        } else if (view.state === "issued" && !this.issued) {
            this.issued = true;
            this.openWindow();
        }
    }

    applyRefusal(view, route) {
        const unknown = view.reason === "unknown_attempt";
        // While the bill is on its way, a question may overtake it.
        const overtaken = route === "status" && !this.resumed;
        if (route === "update") {
            this.refuseChange(view.reason, view.message);
        } else if (route === "send" || (unknown && !overtaken)) {
            this.end("refused", view.message);
        } else if (route === "leave") {
            this.end("open");
        } else if (!unknown) {
            this.trouble = "error";
            this.troubleMessage = view.message;
        }
    }

    end(kind, message = false) {
        this.isWindowOver = false;
        this.finish({
            kind,
            message,
            view: this.view,
            tooLate: kind === "paid" && Boolean(this.cancelState),
            paidMeanwhile: kind === "paid" && this.lastRoute === "resume",
            unasked: kind === "canceled" && !this.cancelState,
        });
    }
}
