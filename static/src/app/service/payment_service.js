import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { uuidv4 } from "@point_of_sale/utils";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { askBefore } from "@pos_glase/app/dialogs/choice_dialog";
import { followAmount } from "@pos_glase/app/dialogs/amount_dialog";
import { offlineRefusal, storeDraft, within } from "@pos_glase/app/service/order_storage";
import { PaymentDialog } from "@pos_glase/app/dialogs/payment_dialog";
import { PaymentAttempt } from "@pos_glase/app/attempt/payment_attempt";
import { Bills } from "@pos_glase/app/service/order_bills";
import { agreeOnChange, setBills } from "@pos_glase/app/service/order_lock";
import { Attendance, isAttended } from "@pos_glase/app/service/attendance";
import { canBeFinished } from "@pos_glase/app/service/dry_run";
import { recordSender } from "@pos_glase/app/service/order_employee";
import { COUNTS, settle } from "@pos_glase/app/service/payment_end";
import { sendAnew } from "@pos_glase/app/service/retry";
import { checkRefund, payBackOtherwise, refundLine } from "@pos_glase/app/service/refunds";
import { resumeLines } from "@pos_glase/app/service/resume";
import { keepScreenOn } from "@pos_glase/app/attempt/background_timer";
import {
    idleStatus,
    isGlaseLine,
    isRefundLine,
    isTaken,
    isUndecided,
    refusalOf,
    UNPAID,
} from "@pos_glase/app/service/payment_line";
import { followOnDisplay } from "@pos_glase/app/service/customer_display";

const STORING_LIMIT = 5000;

const NO_INFO = { state: "no_account", message: false, mark: false, manager: false };

/**
 * All Glase payments of this till's browser: at most one runs. Lives on the store, so that no
 * dialog or screen owns a payment.
 */
export class PaymentService extends Reactive {
    /** @param {Object} pos the store */
    constructor(pos) {
        super();
        this.pos = pos;
        /** @type {import("@pos_glase/app/attempt/attempt").Attempt|null} */
        this.running = null;
        /** Uuid of the line whose bill is being checked and stored: nothing was sent yet. */
        this.preparing = null;
        this.changedInfo = null;
        /** Uuids of lines that were left open after a cancel that Glase did not answer. */
        this.unanswered = new Set();
        /** Uuids of lines that were paid, and whose money Glase has given back by itself. */
        this.reversed = new Set();
        /** A changed amount on its way to the server: its answer must not come after the end. */
        this.storing = null;
        /** What waits until somebody is at the till. */
        this.attendance = new Attendance(pos);
        /** Ends when nothing of ours is left to be read: one dialog at a time. */
        this.allRead = Promise.resolve();
        this.bills = new Bills(pos, (words) => pos.notification.add(words, { type: "warning" }));
        setBills(this.bills);
    }

    /** What the server says about this till: state, shop, sticker (`pos.config._glase_till_info`). */
    get info() {
        return this.changedInfo || this.pos.config._glase || NO_INFO;
    }

    set info(info) {
        this.changedInfo = info;
    }

    // --- Take a payment ---

    /**
     * Take a payment for one line, or give one back, from the checks to the end.
     *
     * @param {Object} line a payment line with method Glase
     * @param {boolean} [decided] the cashier has been asked about the amount already
     * @returns {Promise<boolean>} whether it counts and the order may go on. Never rejects.
     */
    async pay(line, { decided = false } = {}) {
        const { uuid } = line;
        if ([this.preparing, this.running?.lineUuid].includes(uuid)) {
            // A second press of the same button.
            return false;
        }
        try {
            const counts = await (isRefundLine(line)
                ? refundLine(this, line)
                : this.take(line, decided));
            if (counts) {
                // Core finishes the order by itself as soon as it hears of it.
                await this.attendance.wait();
            }
            return counts;
        } catch (error) {
            // Core waits for this promise without a finally: a rejection would block all terminals.
            console.warn("A Glase payment ended in a way this till does not know", error);
            return false;
        }
    }

    async take(line, decided) {
        const { uuid } = line;
        const idle = idleStatus(line);
        const refusal = await this.prepare(line, async () => {
            const words = refusalOf(this.pos, line) || (await offlineRefusal(this.pos));
            if (words) {
                return { message: words };
            }
            return (
                (!(await this.canBeFinished(line)) ||
                    (!decided && !(await askBefore(this.pos, line)))) &&
                {}
            );
        });
        if (refusal) {
            this.refuse(line, idle, _t("Not sent to Glase"), refusal.message);
            return false;
        }
        const payment = { ...this.paymentOf(line), amountText: this.text(line.amount) };
        const outcome = await this.run(payment);
        if (outcome.anew) {
            return sendAnew(this, uuid, outcome.anew);
        }
        return COUNTS.has(outcome.kind) && Boolean(this.lineOf(uuid));
    }

    /** What Odoo will ask before it finishes the order is asked now; the line follows its price. */
    async canBeFinished(line) {
        const order = line.pos_order_id;
        const { currency } = this.pos;
        const whole = currency.isZero(line.amount - order.remainingDue);
        if (await canBeFinished(this.pos, order)) {
            return true;
        }
        // The customer who was chosen may have prices of their own.
        if (whole && !currency.isZero(line.amount - order.remainingDue)) {
            line.setAmount(order.remainingDue);
        }
        return false;
    }

    /** Nothing was sent: the line is idle again, and the cashier hears why. */
    refuse(line, idle, title, message) {
        this.lineOf(line.uuid)?.setPaymentStatus(idle);
        if (message) {
            this.say(title, message);
        }
    }

    /**
     * Everything before the request: checks, questions, the stored draft, a new attempt.
     *
     * @param {Object} line
     * @param {() => Promise<{message?: string}|false>} check
     * @returns {Promise<{message?: string}|false>} why nothing may be sent; without a message if
     *     the cashier decided so
     */
    async prepare(line, check) {
        const { uuid, pos_order_id: order } = line;
        const busy = this.busyRefusal(uuid);
        if (busy) {
            return { message: busy };
        }
        this.preparing = uuid;
        try {
            const refusal = await check();
            if (refusal) {
                return refusal;
            }
            agreeOnChange(line);
            recordSender(this.pos, order);
            line.glase_attempt = uuidv4();
            line.setPaymentStatus("waiting");
            this.bills.keep(order);
            const trouble = (await storeDraft(this.pos, order)) || this.busyRefusal(uuid);
            return trouble && { message: trouble };
        } catch (error) {
            console.warn("A Glase payment could not be started", error);
            return {
                message: _t("Something went wrong at this till. Nothing was sent. Try again."),
            };
        } finally {
            this.preparing = null;
        }
    }

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

    /** An amount as the server reads it: a decimal string. */
    text(amount) {
        return amount.toFixed(this.pos.currency.decimal_places);
    }

    busyRefusal(lineUuid) {
        const busyWith = this.running?.lineUuid || this.preparing;
        if (!busyWith || busyWith === lineUuid) {
            return false;
        }
        return _t("Another Glase payment is running at this till. Finish or cancel it first.");
    }

    /**
     * Run one payment to its end and note the end on its line.
     *
     * @returns {Promise<Object>} the outcome
     */
    run(payment, view) {
        const waiting = new PaymentAttempt(payment);
        followOnDisplay(this.pos, waiting);
        followAmount(this, waiting);
        return this.runToEnd(waiting, PaymentDialog, view, (outcome) =>
            settle(this, waiting, outcome)
        );
    }

    /** Let nothing disturb what runs, and note its end before anybody hears of it. */
    async runToEnd(waiting, component, view, noteEnd) {
        const letScreenSleep = keepScreenOn();
        const warn = (event) => event.preventDefault();
        window.addEventListener("beforeunload", warn);
        this.running = waiting;
        try {
            this.show(waiting, component);
            const outcome = await waiting.start(view);
            await within(STORING_LIMIT, this.storing);
            noteEnd(outcome);
            this.bills.judge();
            this.holdUntilRead(waiting);
            return outcome;
        } finally {
            this.running = null;
            window.removeEventListener("beforeunload", warn);
            letScreenSleep();
        }
    }

    /** What does not finish its order by itself should not be known to this browser alone. */
    storePaid(order) {
        if (!order.isPaid() || !this.pos.config.auto_validate_terminal_payment) {
            this.store(order);
        }
    }

    /**
     * Store what the till knows of an order. Nothing can be clicked meanwhile: what the server
     * answers must not overwrite what was done after it was asked.
     */
    store(order) {
        this.pos.addPendingOrder([order.id]);
        return storeDraft(this.pos, order);
    }

    // --- Undecided lines without a running payment ---

    /**
     * Ask again about a line that is undecided, and wait for its end.
     *
     * @returns {Promise<string>} how it ended, see `PaymentAttempt`; `busy` if another one runs
     */
    async checkAgain(line, { cancel = false } = {}) {
        if (this.preparing === line.uuid) {
            return "busy";
        }
        const message = this.busyRefusal(line.uuid);
        if (message) {
            this.say(_t("Another payment is running"), message);
            return "busy";
        }
        if (this.running) {
            if (cancel) {
                this.running.cancel?.();
            }
            return (await this.running.ended).kind;
        }
        if (isRefundLine(line) || line.payment_status === "reversing") {
            return checkRefund(this, line);
        }
        const ended = this.resumeLine(line, { takeBack: true });
        if (cancel) {
            this.running.cancel();
        }
        return (await ended).kind;
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

    async resumeLine(line, { takeBack = false, view } = {}) {
        this.pos.paymentTerminalInProgress = true;
        const { uuid, pos_order_id: order } = line;
        this.goTo(order, line);
        try {
            const outcome = await this.run({ ...this.paymentOf(line), takeBack }, view);
            const counts = outcome.anew
                ? await sendAnew(this, uuid, outcome.anew)
                : COUNTS.has(outcome.kind) && !outcome.paidMeanwhile;
            if (counts) {
                await this.validateIfComplete(order.uuid);
            }
            return outcome;
        } finally {
            this.pos.paymentTerminalInProgress = false;
        }
    }

    payBackOtherwise(line) {
        return payBackOtherwise(this, line);
    }

    /**
     * Go on with what was running when the till, or an order, was left: the ledger says what became
     * of it.
     *
     * @param {Object} [order] only this one
     */
    resume(order) {
        return resumeLines(this, order);
    }

    /** Bring whoever is at the till to an order. */
    async goTo(order, line) {
        const { pos } = this;
        await this.attendance.wait();
        if (order.finalized) {
            return;
        }
        pos.setOrder(order);
        order.selectPaymentline(line);
        pos.navigate("PaymentScreen", { orderUuid: order.uuid });
    }

    /** Finish an order that is paid, as soon as somebody is at the till. */
    async validateIfComplete(orderUuid) {
        const { pos } = this;
        if (!this.isComplete(orderUuid) || !pos.config.auto_validate_terminal_payment) {
            return;
        }
        await this.attendance.wait();
        if (!this.isComplete(orderUuid)) {
            return;
        }
        pos.setOrder(pos.models["pos.order"].getBy("uuid", orderUuid));
        await new OrderPaymentValidation({ pos, orderUuid }).validateOrder(false);
    }

    isComplete(orderUuid) {
        const order = this.pos.models["pos.order"].getBy("uuid", orderUuid);
        return order && !order.finalized && order.isPaid() && !order.isRefundInProcess();
    }

    /** Glase has told the server that there is news about a row; anybody may have sent this. */
    onPush({ id }) {
        if (this.running?.view?.id === id) {
            this.running.askNow?.();
        }
    }

    // --- What people see ---

    async show(waiting, component) {
        await this.attendance.wait();
        if (waiting.hidden) {
            return;
        }
        const reopen = () => {
            if (!waiting.hidden) {
                setTimeout(() => this.show(waiting, component));
            }
        };
        const remove = this.pos.dialog.add(
            component,
            { waiting },
            // The till closes all dialogs on some occasions; a payment goes on.
            { onClose: reopen }
        );
        waiting.closeDialog = () => remove();
    }

    hide(waiting) {
        waiting.hidden = true;
        waiting.closeDialog?.();
        waiting.isRead?.();
    }

    /** An end that needs words stays on the screen until it was read. */
    holdUntilRead(waiting) {
        if (!waiting.hidden) {
            this.allRead = new Promise((resolve) => {
                waiting.isRead = resolve;
            });
        }
    }

    read(waiting) {
        this.hide(waiting);
        if (waiting.outcome.paidMeanwhile) {
            this.validateIfComplete(waiting.orderUuid);
        }
    }

    /** Say something to whoever is at the till, after what else is to be read. */
    async say(title, body) {
        const before = this.allRead;
        let isRead;
        this.allRead = new Promise((resolve) => {
            isRead = resolve;
        });
        await before;
        await this.attendance.wait();
        const onClose = () => {
            // Closed with the till, not by its reader.
            if (isAttended(this.pos)) {
                isRead();
            } else {
                this.attendance.wait().then(open);
            }
        };
        const open = () => this.pos.dialog.add(AlertDialog, { title, body }, { onClose });
        open();
    }

    lineOf(uuid) {
        const line = this.pos.models["pos.payment"].getBy("uuid", uuid);
        return isGlaseLine(line) ? line : undefined;
    }
}
