import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";
import { PaymentAttempt } from "@pos_glase/app/attempt/payment_attempt";
import { requestFor } from "@pos_glase/app/attempt/rpc";
import { back } from "@pos_glase/app/dialogs/choice_dialog";
import { PaymentDialog } from "@pos_glase/app/dialogs/payment_dialog";
import { BillAmount } from "@pos_glase/app/service/bill_amount";
import { followOnDisplay, showEndOnDisplay } from "@pos_glase/app/service/customer_display";
import { canBeFinished } from "@pos_glase/app/service/dry_run";
import { ForceDone } from "@pos_glase/app/service/force_done";
import { offlineRefusal } from "@pos_glase/app/service/order_storage";
import { isTaken, isUndecided, UNPAID, writePaid } from "@pos_glase/app/service/payment_line";
import { amountText, confirmSending, sendRefusal } from "@pos_glase/app/service/send_checks";
import { followAloud, playEnd } from "@pos_glase/app/service/sounds";

/** Ends after which the line counts. */
const COUNTS = new Set(["paid", "forced"]);

/** Ends that need no words: what the cashier has asked for. */
const EXPECTED = new Set(["paid", "forced", "canceled", "open"]);

/** Ends after which it is still open whether the customer pays, or how much. */
const OPEN = new Set(["open", "amount_unknown"]);

/** Payments with Glase: from *Send* to what stands on the line. */
export class Payments extends Reactive {
    /** @param {Object} parts of the service: `pos`, `terminal`, `screen`, `orders`, `runner`, `bills` */
    constructor(parts) {
        super();
        Object.assign(this, parts);
        this.forceDone = new ForceDone(parts);
        this.billAmount = new BillAmount(parts);
        /** Uuids of lines that were left open after a cancel that Glase did not answer. */
        this.unanswered = new Set();
        /** Uuids of lines that were paid, and whose money Glase has given back by itself. */
        this.reversed = new Set();
    }

    /**
     * Take a payment for one line, from the checks to the end.
     *
     * @param {Object} line
     * @param {boolean} [decided] the cashier has been asked about the amount already
     * @returns {Promise<boolean>} whether the line counts. Never rejects.
     */
    take(line, { decided = false } = {}) {
        return this.runner.once(line, async () => {
            const { uuid } = line;
            const isPrepared = await this.runner.prepare(
                line,
                _t("Not sent to Glase"),
                async () =>
                    this.terminal.notReadyReason ||
                    sendRefusal(this.pos, line) ||
                    (await offlineRefusal(this.pos)) ||
                    !(await this.canBeFinished(line)) ||
                    (!decided && !(await confirmSending(this.pos, this.screen, line)))
            );
            if (!isPrepared) {
                return false;
            }
            const outcome = await this.run({
                ...this.runner.paymentOf(line),
                amountText: amountText(this.pos, line.amount),
            });
            if (outcome.replacementAmount) {
                return this.retry(uuid, outcome.replacementAmount);
            }
            return COUNTS.has(outcome.kind) && Boolean(this.orders.lineOf(uuid));
        });
    }

    /** What Odoo will ask before it finishes the order is asked now; the line follows its price. */
    async canBeFinished(line) {
        const order = line.pos_order_id;
        const { currency } = this.pos;
        const whole = currency.isZero(line.amount - order.remainingDue);
        const canBe = await canBeFinished(this.pos, order);
        // The customer who was chosen, or whom a module names, may have prices of their own.
        if (whole && !currency.isZero(line.amount - order.remainingDue)) {
            line.setAmount(order.remainingDue);
        }
        return canBe;
    }

    /** Run one attempt to its end, and record the end on its line. */
    run(payment, view) {
        const attempt = new PaymentAttempt(payment);
        followOnDisplay(this.pos, attempt);
        followAloud(this.pos, attempt);
        this.billAmount.follow(attempt);
        const props = {
            onRead: () => this.read(attempt),
            onRetry: () => this.sendAgain(attempt),
            onSendAgain: () => this.sendAgain(attempt),
            onGiveUp: () => this.giveUp(attempt),
            onChangeAmount: () => this.billAmount.change(attempt),
            onReplace: () => this.billAmount.offerReplacement(attempt),
            onForceDone: () => {
                const line = this.orders.lineOf(attempt.lineUuid);
                return line && this.forceDone.force(line);
            },
        };
        return this.runner.run(attempt, PaymentDialog, props, view, async (outcome) => {
            await this.billAmount.stored();
            this.recordEnd(attempt, outcome);
        });
    }

    /**
     * Wait for the end of a line's attempt that is known to the server.
     *
     * @param {Object} line
     * @param {boolean} [takeBack] take a row back that had been left open
     * @param {Object} [view] what the server has said already
     * @returns {Promise<Object>} the outcome, see `PaymentAttempt`
     */
    resume(line, { takeBack = false, view } = {}) {
        const { uuid, pos_order_id: order } = line;
        this.orders.goTo(line);
        return this.orders.withTerminal(async () => {
            const outcome = await this.run({ ...this.runner.paymentOf(line), takeBack }, view);
            const counts = outcome.replacementAmount
                ? await this.retry(uuid, outcome.replacementAmount)
                : COUNTS.has(outcome.kind) && !outcome.paidMeanwhile;
            if (counts) {
                await this.orders.finishIfPaid(order.uuid);
            }
            return outcome;
        });
    }

    /** Another attempt for a line, with another amount if one is given (a decimal string). */
    async retry(lineUuid, amount) {
        const line = this.orders.lineOf(lineUuid);
        if (!line) {
            return false;
        }
        if (amount) {
            line.update({ amount: Number(amount) });
        }
        return this.take(line, { decided: true });
    }

    // --- What the cashier does in the dialog ---

    read(attempt) {
        this.screen.hide(attempt);
        if (attempt.outcome.paidMeanwhile) {
            this.orders.finishIfPaid(attempt.orderUuid);
        }
    }

    /**
     * *Retry*, or *Send again* after a bill that was not answered: a new attempt, which replaces one
     * that may be out.
     */
    sendAgain(attempt) {
        this.screen.hide(attempt);
        return this.orders.withTerminal(async () => {
            if (await this.retry(attempt.lineUuid)) {
                await this.orders.finishIfPaid(attempt.orderUuid);
            }
        });
    }

    /** *Give up* a bill that was not answered: the server takes it off the sticker. */
    async giveUp(attempt) {
        this.screen.hide(attempt);
        const { view } = await requestFor(attempt, "leave");
        this.screen.notify(
            view?.ok
                ? _t("Given up. The bill is taken off the sticker before the next customer pays.")
                : _t("The server has not answered. It takes the bill off the sticker by itself."),
            view?.ok ? "info" : "warning",
            { about: attempt.lineUuid }
        );
    }

    // --- Its end ---

    /**
     * Write what became of a payment on its line, and say it where it needs words.
     *
     * @param {PaymentAttempt} attempt
     * @param {Object} outcome gets `replacementAmount`, of the bill that replaces it
     */
    recordEnd(attempt, outcome) {
        const { lineUuid } = attempt;
        const { kind } = outcome;
        const line = this.orders.lineOf(lineUuid);
        mark(this.reversed, lineUuid, kind === "reversed");
        outcome.replacementAmount = UNPAID.has(kind) && attempt.replacementAmount;
        showEndOnDisplay(this.pos, attempt, outcome);
        mark(this.unanswered, lineUuid, kind === "open" && attempt.cancelState);
        if (line && !isTaken(line)) {
            this.writeEnd(line, outcome);
        }
        if (kind === "forced") {
            this.forceDone.follow(attempt);
        }
        if (COUNTS.has(kind) && line) {
            this.orders.storePaid(line.pos_order_id);
        } else if (line) {
            this.orders.noteChanged(line.pos_order_id);
        }
        this.tell(attempt, kind, line);
        const { tooLate, paidMeanwhile, unasked } = outcome;
        const needsWords = !EXPECTED.has(kind) || tooLate || paidMeanwhile || unasked;
        if (kind === "paid") {
            playEnd(this.pos);
        }
        if (kind === "paid" && !needsWords) {
            this.screen.showEnd(_t("PAID"), Number(outcome.view.amount), outcome.view.mark);
        }
        if (!needsWords || outcome.replacementAmount) {
            this.screen.hide(attempt);
        }
    }

    writeEnd(line, { kind, view }) {
        if (kind === "paid") {
            writePaid(line, view);
        } else if (kind === "forced") {
            line.setPaymentStatus("done");
        } else {
            line.setPaymentStatus(OPEN.has(kind) ? "glase_open" : "retry");
        }
    }

    tell(attempt, kind, line) {
        if (kind === "paid" && !line) {
            this.screen.say(
                _t("Paid, but the order is gone"),
                _t(
                    "The customer has paid with Glase, but this till no longer has the order. " +
                        "Tell a manager: the payment is in the list of Glase cases."
                )
            );
        } else if (kind === "open" && attempt.replacementAmount) {
            this.screen.say(
                _t("Not sent anew"),
                _t(
                    "Glase has not confirmed that the bill is canceled, so no new one was sent. " +
                        "Check it again later."
                )
            );
        } else if (kind === "open") {
            this.screen.notify(
                _t(
                    "The Glase payment was left open. It is followed up and does not count as paid."
                ),
                "warning",
                { about: attempt.lineUuid }
            );
        }
    }

    /**
     * What the server says of a line that this browser does not wait for.
     *
     * @param {Object} line
     * @param {Object} [row] the newest of the line
     */
    async recordRow(line, row) {
        if (!row || row.state === "unknown" || (row.final && row.state !== "paid")) {
            const wasUndecided = isUndecided(line);
            line.setPaymentStatus("retry");
            this.screen.settle(line.uuid);
            this.bills.judge();
            // Nothing of this payment is left to the shop, but the customer has seen it paid.
            mark(this.reversed, line.uuid, row?.state === "reversed");
            if (wasUndecided && row?.state === "reversed") {
                const amount = this.screen.money(Number(row.amount));
                this.screen.say(_t("Paid and given back: %s", amount), row.message);
            }
            return;
        }
        line.glase_attempt = row.attempt;
        if (row.forced && !row.final) {
            line.setPaymentStatus("done");
            this.forceDone.follow(this.runner.paymentOf(line));
        } else if (row.given_up && !row.final) {
            line.setPaymentStatus("glase_open");
        } else if (!this.runner.running) {
            line.setPaymentStatus("waiting");
            await this.resume(line, { view: row });
        }
    }

    /**
     * Let go of a payment whose cancel is not answered, if the cashier wants another tender.
     *
     * @returns {Promise<boolean>}
     */
    async giveUpForOther(line) {
        const answer = await this.screen.choose({
            title: _t("The Glase payment is not canceled for certain"),
            body: _t(
                "Glase has not answered; the customer may or may not be charged. If you take another " +
                    "payment now, the Glase payment is given up: should the customer have paid it, a " +
                    "manager gives that back."
            ),
            choices: [
                back(true),
                { id: "other", label: _t("Take another payment"), primary: false },
            ],
        });
        if (!answer) {
            return false;
        }
        requestFor(this.runner.paymentOf(line), "leave");
        line.setPaymentStatus("glase_open");
        return true;
    }
}

/** Put a line into a set, or take it out. */
function mark(lines, uuid, belongs) {
    if (belongs) {
        lines.add(uuid);
    } else {
        lines.delete(uuid);
    }
}
