import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";
import { AttemptRunner } from "@pos_glase/app/service/attempt_runner";
import { Bills } from "@pos_glase/app/service/order_bills";
import {
    isGlaseMethod,
    isRefundLine,
    isTaken,
    isUndecided,
    UNPAID,
} from "@pos_glase/app/service/payment_line";
import { Payments } from "@pos_glase/app/service/payments";
import { Refunds } from "@pos_glase/app/service/refunds";
import { Resume } from "@pos_glase/app/service/resume";
import { Screen } from "@pos_glase/app/service/screen";
import { TillOrders } from "@pos_glase/app/service/till_orders";
import { TillTerminal } from "@pos_glase/app/service/till_terminal";

/**
 * All Glase payments of this till's browser: at most one runs. Lives on the store (`pos.glase`), so
 * that no dialog or screen owns a payment. Each of its parts knows only those made before it.
 */
export class PaymentService extends Reactive {
    /** @param {Object} pos the store */
    constructor(pos) {
        super();
        this.pos = pos;
        this.terminal = new TillTerminal(pos);
        this.screen = new Screen(pos, this.terminal);
        this.bills = new Bills(pos, (words, how) => this.screen.notify(words, "warning", how));
        this.orders = new TillOrders(pos, this.screen.attendance);
        const { terminal, screen, bills, orders } = this;
        this.runner = new AttemptRunner({ pos, screen, bills, orders });
        const parts = { pos, terminal, screen, bills, orders, runner: this.runner };
        this.payments = new Payments(parts);
        this.refunds = new Refunds(parts);
        const { payments, refunds } = this;
        this.resume = new Resume({ ...parts, payments, refunds });
        /** Uuids of payments that were not proven, and of which the cashier was told. */
        this.told = new Set();
        /** Uuids of payments of which another device of this till has said that they are paid. */
        this.paidElsewhere = new Set();
    }

    /** What the server says about this till, see `TillTerminal`. */
    get info() {
        return this.terminal.info;
    }

    /** The attempt that runs, see `AttemptRunner`. */
    get running() {
        return this.runner.running;
    }

    /**
     * Take a payment for one line, or give one back, from the checks to the end.
     *
     * @param {Object} line a payment line with method Glase
     * @returns {Promise<boolean>} whether it counts and the order may go on. Never rejects.
     */
    async pay(line) {
        const { pos_order_id: order } = line;
        const flow = isRefundLine(line) ? this.refunds : this.payments;
        const counts = await flow.take(line);
        if (counts) {
            // Core finishes the order by itself as soon as it hears of it. Another device may have
            // finished it while nobody was here.
            await this.screen.attendance.wait();
            return !order.finalized;
        }
        return counts;
    }

    /**
     * Cancel the payment of a line.
     *
     * @returns {Promise<boolean>} whether it is certain that no money was taken. Never rejects.
     */
    async cancel(line) {
        if (!isUndecided(line)) {
            return !isTaken(line);
        }
        const kind = await this.checkAgain(line, { cancel: true });
        return UNPAID.has(kind) && !isTaken(line);
    }

    /**
     * Ask again about a line that is undecided, and wait for its end.
     *
     * @returns {Promise<string>} how it ended, see `PaymentAttempt`; `busy` if another one runs
     */
    async checkAgain(line, { cancel = false } = {}) {
        if (this.runner.preparing === line.uuid) {
            return "busy";
        }
        const message = this.runner.busyReason(line);
        if (message) {
            this.screen.say(_t("Another payment is running"), message);
            return "busy";
        }
        if (!this.running && (isRefundLine(line) || line.payment_status === "reversing")) {
            return this.refunds.check(line);
        }
        const ended = this.running
            ? this.runner.recorded
            : this.payments.resume(line, { takeBack: true });
        if (cancel) {
            this.running.cancel?.();
        }
        return (await ended).kind;
    }

    /** Glase has told the server that there is news about a row; anybody may have sent this. */
    onPush({ id }) {
        if (this.running?.view?.id === id) {
            this.running.askNow?.();
        }
    }

    /**
     * Whether another payment line may be added to an order now.
     *
     * A Glase payment that is still open is canceled for certain before another tender is taken. If
     * the cancel stays unanswered, the cashier decides after a warning, and the payment is given up.
     *
     * @param {Object} order
     * @param {Object} method of the new line
     * @returns {Promise<boolean>}
     */
    async mayAddTender(order, method) {
        for (const line of order.payment_ids.filter(isUndecided)) {
            if (line.uuid === this.running?.lineUuid || !(await this.isSettledBefore(line))) {
                return false;
            }
        }
        if (!order.isRefund || !isGlaseMethod(method)) {
            return true;
        }
        const view = await this.refunds.loadRefundable(order);
        if (view?.ok && Number(view.total) > 0) {
            return true;
        }
        this.screen.say(
            _t("Glase cannot give this back"),
            view?.message ||
                (view
                    ? _t(
                          "No Glase payment of the original receipt can be given back. Choose another " +
                              "payment method."
                      )
                    : _t("The server has not answered. Try again."))
        );
        return false;
    }

    async isSettledBefore(line) {
        if (line.pos_order_id.isRefund || line.payment_status === "reversing") {
            this.screen.say(
                _t("Glase is giving money back"),
                _t("It is not known yet whether the customer has it. Check it again first.")
            );
            return false;
        }
        if (!this.payments.unanswered.has(line.uuid)) {
            if (await this.cancel(line)) {
                return true;
            }
            if (!isUndecided(line) || isTaken(line)) {
                // Paid meanwhile: what is due has changed, the cashier looks at it first.
                return false;
            }
        }
        return this.payments.giveUpForOther(line);
    }

    /**
     * Tell the cashier about Glase payments that the server has stored, but could not prove.
     *
     * @param {Object[]} orders as they came back from the server
     * @param {{uuid: string, amount: number}[]} [taken] lines with Glase's money that they had before: one
     *     that a person has removed proves nothing any more
     */
    tellUnverified(orders, taken = []) {
        const lines = (orders || []).flatMap((order) => order.payment_ids);
        const removed = taken.filter(({ uuid }) => !lines.some((line) => line.uuid === uuid));
        const unproven = [...lines.filter((line) => line.glase_unverified), ...removed].filter(
            (line) => !this.told.has(line.uuid)
        );
        for (const line of unproven) {
            this.told.add(line.uuid);
            this.screen.notify(
                _t(
                    "Glase payment of %s: stored, but not proven. A manager was told.",
                    this.screen.money(line.amount)
                ),
                "warning",
                { sticky: true, about: line.uuid }
            );
        }
    }
}
