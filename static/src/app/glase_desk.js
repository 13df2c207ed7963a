import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { uuidv4 } from "@point_of_sale/utils";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { askBefore } from "@pos_glase/app/glase_question";
import { offlineRefusal, storeDraft } from "@pos_glase/app/glase_storing";
import { ask } from "@pos_glase/app/glase_wire";
import { GlaseDialog } from "@pos_glase/app/glase_dialog";
import { GlaseWaiting } from "@pos_glase/app/glase_waiting";
import { keepScreenOn } from "@pos_glase/app/glase_heart";
import { isGlaseLine, isTaken, isUndecided, refusalOf, UNPAID } from "@pos_glase/app/glase_rules";
import { followOnDisplay, showOnDisplay } from "@pos_glase/app/glase_scan_to_pay";

const RESUME_PAUSE = 5000;

const NO_INFO = { state: "no_account", message: false, simulation: false, manager: false };

/** Ends that the cashier has not asked for, or should read about. */
function needsWords(outcome) {
    return (
        ["declined", "failed", "expired", "reversed", "lost", "refused"].includes(outcome.kind) ||
        outcome.tooLate ||
        outcome.paidMeanwhile ||
        outcome.unasked
    );
}

/**
 * All Glase payments of this till's browser: at most one runs. Lives on the store, so that no
 * dialog or screen owns a payment.
 */
export class GlaseDesk extends Reactive {
    /** @param {Object} pos the store */
    constructor(pos) {
        super();
        this.pos = pos;
        /** @type {GlaseWaiting|null} */
        this.running = null;
        /** Uuid of the line whose bill is being checked and stored: nothing was sent yet. */
        this.preparing = null;
        this.changedInfo = null;
    }

    /** What the server says about this till: state, shop, sticker (`pos.config._glase_till_info`). */
    get info() {
        return this.changedInfo || this.pos.config._glase || NO_INFO;
    }

    set info(info) {
        this.changedInfo = info;
    }

    isRunning(order) {
        return Boolean(this.running) && this.running.orderUuid === order?.uuid;
    }

    // --- Take a payment ---

    /**
     * Take a payment for one line, from the checks to the end.
     *
     * @param {Object} line a payment line with method Glase
     * @returns {Promise<boolean>} whether it is paid. Never rejects.
     */
    async pay(line) {
        const { uuid } = line;
        if ([this.preparing, this.running?.lineUuid].includes(uuid)) {
            // A second press of the same button.
            return false;
        }
        const idle = line.pos_order_id.isRefund
            ? undefined
            : line.glase_attempt
              ? "retry"
              : "pending";
        const refusal = await this.prepare(line);
        if (refusal) {
            this.lineOf(uuid)?.setPaymentStatus(idle);
            if (refusal.message) {
                this.say(_t("Not sent to Glase"), refusal.message);
            }
            return false;
        }
        try {
            const payment = { ...this.paymentOf(line), amountText: this.text(line) };
            const outcome = await this.run(payment);
            return outcome.kind === "paid" && Boolean(this.lineOf(uuid));
        } catch (error) {
            // Core waits for this promise without a finally: a rejection would block all terminals.
            console.warn("A Glase payment ended in a way this till does not know", error);
            return false;
        }
    }

    /**
     * Everything before the bill is sent: checks, questions, the stored draft, a new attempt.
     *
     * @returns {Promise<{message: string|false}|false>} why nothing may be sent; without a message
     *     if the cashier decided so
     */
    async prepare(line) {
        const { uuid, pos_order_id: order } = line;
        const busy = this.busyRefusal(uuid);
        if (busy) {
            return { message: busy };
        }
        this.preparing = uuid;
        try {
            const refusal = refusalOf(this.pos, line) || (await offlineRefusal(this.pos));
            if (refusal) {
                return { message: refusal };
            }
            if (!(await askBefore(this.pos, line))) {
                return { message: false };
            }
            line.glase_attempt = uuidv4();
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

    text(line) {
        return line.amount.toFixed(this.pos.currency.decimal_places);
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
    async run(payment, view) {
        const waiting = new GlaseWaiting(payment);
        const letScreenSleep = keepScreenOn();
        const warn = (event) => event.preventDefault();
        window.addEventListener("beforeunload", warn);
        this.running = waiting;
        try {
            this.show(waiting);
            followOnDisplay(this.pos, waiting);
            const outcome = await waiting.start(view);
            this.settle(waiting, outcome);
            return outcome;
        } finally {
            this.running = null;
            window.removeEventListener("beforeunload", warn);
            letScreenSleep();
        }
    }

    /** Write what became of a payment on its line, before anybody hears of it. */
    settle(waiting, outcome) {
        showOnDisplay(this.pos, waiting, null);
        const line = this.lineOf(waiting.lineUuid);
        if (line && !isTaken(line)) {
            this.writeEnd(line, outcome);
        }
        if (outcome.kind === "paid" && line) {
            this.storePartlyPaid(line.pos_order_id);
        } else if (outcome.kind === "paid") {
            this.say(
                _t("Paid, but the order is gone"),
                _t(
                    "The customer has paid with Glase, but this till no longer has the order. " +
                        "Tell a manager: the payment is in the list of Glase cases."
                )
            );
        }
        if (outcome.kind === "open") {
            this.pos.notification.add(
                _t(
                    "The Glase payment was left open. It is followed up and does not count as paid."
                ),
                { type: "warning" }
            );
        }
        if (!needsWords(outcome)) {
            this.hide(waiting);
        }
    }

    writeEnd(line, { kind, view }) {
        if (kind === "paid") {
            line.update({
                transaction_id: view.reference,
                payment_ref_no: view.invoice_reference || "",
                glase_paid_at: view.paid_at || undefined,
                card_type: view.simulation ? "Glase simulation" : "Glase payment",
            });
            line.setPaymentStatus("done");
        } else {
            line.setPaymentStatus(kind === "open" ? "glase_open" : "retry");
        }
    }

    /** An order that is not finished by this payment should not keep it in this browser alone. */
    storePartlyPaid(order) {
        if (!order.isPaid()) {
            this.pos.addPendingOrder([order.id]);
            this.pos.syncAllOrders({ orders: [order], force: true });
        }
    }

    // --- Undecided lines without a running payment ---

    /**
     * Ask again about a line that is undecided, and wait for its end.
     *
     * @returns {Promise<string>} how it ended, see `GlaseWaiting`; `busy` if another one runs
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
                this.running.cancel();
            }
            return (await this.running.ended).kind;
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
        return UNPAID.has(kind);
    }

    async resumeLine(line, { takeBack = false, view } = {}) {
        this.pos.paymentTerminalInProgress = true;
        const order = line.pos_order_id;
        this.goTo(order, line);
        try {
            const outcome = await this.run({ ...this.paymentOf(line), takeBack }, view);
            if (outcome.kind === "paid" && !outcome.paidMeanwhile) {
                await this.validateIfComplete(order.uuid);
            }
            return outcome;
        } finally {
            this.pos.paymentTerminalInProgress = false;
        }
    }

    /** After the till was loaded: go on with what was running when it was left. */
    async resume() {
        const { pos } = this;
        const lines = this.linesToResume();
        const params = { config_id: pos.config.id, line_uuids: lines.map((line) => line.uuid) };
        const { view } = await ask("resume", params);
        if (!view && lines.length) {
            setTimeout(() => this.resume(), RESUME_PAUSE);
        }
        if (!view?.ok) {
            return;
        }
        const rows = new Map(view.rows.map((row) => [row.line_uuid, row]));
        for (const line of lines) {
            await this.resumeFrom(line, rows.get(line.uuid));
            rows.delete(line.uuid);
        }
        for (const row of rows.values()) {
            this.reportForeign(row);
        }
    }

    linesToResume() {
        return this.pos.models["pos.payment"].filter(
            (line) =>
                isGlaseLine(line) &&
                line.glase_attempt &&
                !isTaken(line) &&
                line.pos_order_id?.config_id?.id === this.pos.config.id &&
                !line.pos_order_id.finalized
        );
    }

    /** The newest row of the server decides, also about a line that this browser gave up on. */
    async resumeFrom(line, row) {
        if (!row || row.state === "unknown" || (row.final && row.state !== "paid")) {
            line.setPaymentStatus("retry");
            return;
        }
        line.glase_attempt = row.attempt;
        if (row.given_up && !row.final) {
            line.setPaymentStatus("glase_open");
        } else if (!this.running) {
            line.setPaymentStatus("waiting");
            await this.resumeLine(line, { view: row });
        }
    }

    reportForeign(row) {
        if (row.final || row.given_up) {
            return;
        }
        const amount = this.pos.env.utils.formatCurrency(Number(row.amount));
        this.pos.notification.add(
            _t(
                "A Glase payment of %s is still undecided at this till, but its order is not here. " +
                    "It is followed up and ends by itself within a few minutes.",
                amount
            ),
            { type: "warning", sticky: true }
        );
    }

    goTo(order, line) {
        const { pos } = this;
        if (!pos.cashier) {
            return;
        }
        pos.setOrder(order);
        order.selectPaymentline(line);
        pos.navigate("PaymentScreen", { orderUuid: order.uuid });
    }

    async validateIfComplete(orderUuid) {
        const { pos } = this;
        const order = pos.models["pos.order"].getBy("uuid", orderUuid);
        const complete = order && !order.finalized && order.isPaid();
        if (!complete || !pos.cashier || !pos.config.auto_validate_terminal_payment) {
            return;
        }
        await new OrderPaymentValidation({ pos, orderUuid }).validateOrder(false);
    }

    // --- What people see ---

    show(waiting) {
        if (waiting.hidden) {
            return;
        }
        const reopen = () => {
            if (!waiting.hidden) {
                setTimeout(() => this.show(waiting));
            }
        };
        const remove = this.pos.dialog.add(
            GlaseDialog,
            { waiting, onRead: () => this.read(waiting) },
            // The till closes all dialogs on some occasions; a payment goes on.
            { onClose: reopen }
        );
        waiting.closeDialog = () => remove();
    }

    hide(waiting) {
        waiting.hidden = true;
        waiting.closeDialog?.();
    }

    read(waiting) {
        this.hide(waiting);
        if (waiting.outcome.paidMeanwhile) {
            this.validateIfComplete(waiting.orderUuid);
        }
    }

    say(title, body) {
        this.pos.dialog.add(AlertDialog, { title, body });
    }

    lineOf(uuid) {
        const line = this.pos.models["pos.payment"].getBy("uuid", uuid);
        return isGlaseLine(line) ? line : undefined;
    }
}
