import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";
import { uuidv4 } from "@point_of_sale/utils";
import { recordSender } from "@pos_glase/app/service/order_employee";
import { agreeOnChange } from "@pos_glase/app/service/order_lock";
import { keepInBrowser, storeDraft } from "@pos_glase/app/service/order_storage";
import { idleStatus, isOtherTerminalAtWork } from "@pos_glase/app/service/payment_line";
import { keepScreenOn } from "@pos_glase/app/service/wake_lock";

/** Prepares attempts of this till's browser and runs them to their end: one at a time. */
export class AttemptRunner extends Reactive {
    /** @param {Object} parts of the service: `pos`, `screen`, `orders`, `bills` */
    constructor({ pos, screen, orders, bills }) {
        super();
        Object.assign(this, { pos, screen, orders, bills });
        /** @type {import("@pos_glase/app/attempt/attempt").Attempt|null} */
        this.running = null;
        /** Uuid of the line whose bill is being checked and stored: nothing was sent yet. */
        this.preparing = null;
        /** The outcome of what runs, once it is recorded: for others who wait. Never rejects. */
        this.recorded = null;
    }

    isBusyWith(line) {
        return [this.running?.lineUuid, this.preparing].includes(line.uuid);
    }

    /** Why nothing can be done for this line now; false if it can. */
    busyReason(line) {
        const busyWith = this.running?.lineUuid || this.preparing;
        if (!busyWith || busyWith === line.uuid) {
            return false;
        }
        return this.running
            ? _t("Another Glase payment is running at this till. Finish or cancel it first.")
            : _t("Another Glase payment is being sent at this till. Try again in a moment.");
    }

    /** Why nothing can be sent for this line now: what is due is asked for once. False if it can. */
    sendingReason(line) {
        return (
            this.busyReason(line) ||
            (isOtherTerminalAtWork(line) &&
                _t(
                    "Another payment terminal is at work for this order. Wait for it, or cancel it there first."
                ))
        );
    }

    /** What an attempt needs to know of its line. */
    paymentOf(line) {
        return {
            configId: this.pos.config.id,
            orderUuid: line.pos_order_id.uuid,
            lineUuid: line.uuid,
            attempt: line.glase_attempt,
            amount: line.amount,
            cashier: this.pos.getCashier()?.name,
        };
    }

    /**
     * Work on a line once, whatever happens: core waits for its payment without a finally, so that
     * a rejection would block all terminals.
     *
     * @param {Object} line
     * @param {() => Promise<boolean>} work
     * @returns {Promise<boolean>} false also for a second press of the same button
     */
    async once(line, work) {
        if (this.isBusyWith(line)) {
            return false;
        }
        try {
            return await work();
        } catch (error) {
            console.warn("A Glase payment ended in a way this till does not know", error);
            return false;
        }
    }

    /**
     * Everything before the request: checks, questions, the stored draft, a new attempt.
     *
     * @param {Object} line
     * @param {string} title of what is said if nothing may be sent
     * @param {() => Promise<string|boolean>} check why nothing may be sent; true if the cashier
     *     knows it already, false to go on
     * @returns {Promise<boolean>} whether the attempt may be sent; if not, the line is idle again
     */
    async prepare(line, title, check) {
        const { uuid } = line;
        const idle = idleStatus(line);
        const refusal = this.sendingReason(line) || (await this.tryToPrepare(line, check));
        if (refusal) {
            this.orders.lineOf(uuid)?.setPaymentStatus(idle);
        }
        if (typeof refusal !== "boolean") {
            this.screen.say(title, refusal);
        }
        return !refusal;
    }

    async tryToPrepare(line, check) {
        const order = line.pos_order_id;
        this.preparing = line.uuid;
        try {
            const refusal = await check();
            if (refusal) {
                return refusal;
            }
            agreeOnChange(line);
            recordSender(this.pos, order);
            const unstored = await this.storeAttempt(line, uuidv4());
            await keepInBrowser(this.pos);
            return unstored || this.sendingReason(line);
        } catch (error) {
            console.warn("A Glase payment could not be started", error);
            return _t("Something went wrong at this till. Nothing was sent. Try again.");
        } finally {
            this.preparing = null;
        }
    }

    /**
     * Give a line a new attempt, and store it. The answer to an older synchronisation may come meanwhile, with
     * the line as it was then: the attempt is stored once more.
     *
     * @returns {Promise<string|false>} a sentence if it could not be stored
     */
    async storeAttempt(line, attempt) {
        const order = line.pos_order_id;
        for (let times = 0; times < 2; times++) {
            line.glase_attempt = attempt;
            // What was kept of a bill that has ended is not that of this one.
            this.bills.judge();
            line.setPaymentStatus("waiting");
            this.bills.keep(order);
            const unstored = await storeDraft(this.pos, order);
            if (unstored || line.glase_attempt === attempt) {
                return unstored;
            }
        }
        return _t("Something went wrong at this till. Nothing was sent. Try again.");
    }

    /**
     * Let nothing disturb an attempt, and record its end before anybody hears of it.
     *
     * @param {Attempt} attempt
     * @param {Function} component its dialog
     * @param {Object} props of the dialog
     * @param {Object} [view] what the server has said already
     * @param {(outcome: Object) => Promise<void>} recordEnd
     * @returns {Promise<Object>} the outcome
     */
    run(attempt, component, props, view, recordEnd) {
        const outcome = this.runToEnd(attempt, component, props, view, recordEnd);
        this.recorded = outcome.catch(() => attempt.ended);
        return outcome;
    }

    async runToEnd(attempt, component, props, view, recordEnd) {
        const letScreenSleep = keepScreenOn();
        const warn = (event) => event.preventDefault();
        window.addEventListener("beforeunload", warn);
        this.running = attempt;
        this.screen.settle(attempt.lineUuid);
        try {
            this.screen.show(attempt, component, props);
            const outcome = await attempt.start(view);
            this.screen.settle(attempt.lineUuid);
            await recordEnd(outcome);
            this.bills.judge();
            return outcome;
        } finally {
            this.running = null;
            window.removeEventListener("beforeunload", warn);
            letScreenSleep();
        }
    }
}
