import { _t } from "@web/core/l10n/translation";
import { uuidv4 } from "@point_of_sale/utils";
import { approved, askApproved } from "@pos_glase/app/dialogs/approval_dialog";
import { RefundAttempt } from "@pos_glase/app/attempt/refund_attempt";
import { canBeFinished } from "@pos_glase/app/service/dry_run";
import { RefundDialog } from "@pos_glase/app/dialogs/refund_dialog";
import {
    idleStatus,
    isTaken,
    isUndecided,
    notReadyReason,
} from "@pos_glase/app/service/payment_line";
import { offlineRefusal } from "@pos_glase/app/service/order_storage";
import { ask, requestRows } from "@pos_glase/app/attempt/rpc";
import { writeRefunded } from "@pos_glase/app/service/line_result";

// --- What can be given back ---

/**
 * Ask the server what Glase can give back for a refund order.
 *
 * @param {PaymentService} desk
 * @param {Object} order
 * @returns {Promise<Object|undefined>} the server's answer (`refundable`); undefined without one
 */
export async function loadRefundable(desk, order) {
    const originals = new Set(order.lines.map((line) => line.refunded_orderline_id?.order_id?.id));
    const { view } = await ask("refundable", {
        config_id: desk.pos.config.id,
        order_uuid: order.uuid,
        refunded_order_ids: [...originals].filter((id) => typeof id === "number"),
    });
    if (view?.ok) {
        order.uiState.glaseRefundable = view.payments.map((payment) => Number(payment.refundable));
    }
    return view;
}

// --- A refund ---

/**
 * Give money back with Glase, from the checks to the end.
 *
 * @param {PaymentService} desk
 * @param {Object} line of a refund order
 * @returns {Promise<boolean>} whether it was given back
 */
export async function refundLine(desk, line) {
    const { uuid } = line;
    const idle = idleStatus(line);
    const refusal = await desk.prepare(line, async () => {
        const words = refundRefusal(desk.pos, line) || (await offlineRefusal(desk.pos));
        if (words) {
            return { message: words };
        }
        return !(await canBeFinished(desk.pos, line.pos_order_id)) && {};
    });
    if (refusal) {
        desk.refuse(line, idle, _t("Not given back"), refusal.message);
        return false;
    }
    const giving = new RefundAttempt({
        ...desk.paymentOf(line),
        route: "refund",
        amount: Math.abs(line.amount),
        amountText: desk.text(Math.abs(line.amount)),
    });
    const outcome = await runRefund(desk, giving);
    return outcome.kind === "refunded" && Boolean(desk.lineOf(uuid));
}

function refundRefusal(pos, line) {
    const notReady = notReadyReason(pos);
    if (notReady) {
        return notReady;
    }
    if (pos.currency.isZero(line.amount)) {
        return _t("Enter the amount to give back.");
    }
    const due = Math.abs(line.pos_order_id.remainingDue);
    if (pos.currency.round(Math.abs(line.amount) - due) > 0) {
        return _t("Only %s is left to give back.", pos.env.utils.formatCurrency(due));
    }
    return false;
}

function runRefund(desk, giving, view) {
    return desk.runToEnd(giving, RefundDialog, view, ({ kind, view: last }) => {
        const line = desk.lineOf(giving.lineUuid);
        if (line && kind === "refunded") {
            writeRefunded(line, last);
        } else if (line && kind === "unknown") {
            // It counts, unproven: otherwise somebody pays it back a second time.
            line.setPaymentStatus("done");
        } else if (line && kind !== "open") {
            line.setPaymentStatus("retry");
        }
        if (line && ["refunded", "unknown"].includes(kind)) {
            desk.storePaid(line.pos_order_id);
            loadRefundable(desk, line.pos_order_id);
        }
        if (["refunded", "open"].includes(kind)) {
            desk.hide(giving);
        }
    });
}

/**
 * Another way to pay back what an unanswered refund may have given back already: a manager's to
 * allow (`doc/ledger.md §12`).
 *
 * @param {PaymentService} desk
 * @param {Object} line a refund that was not answered
 * @returns {Promise<boolean>} whether the line is gone and another tender may be taken
 */
export async function payBackOtherwise(desk, line) {
    const { pos } = desk;
    const { uuid, pos_order_id: order } = line;
    const done = await approved(pos, {
        title: _t("Pay back another way"),
        body: _t(
            "Glase may have given %s back already. If it has, the customer gets the money twice. " +
                "A manager has to allow another way. This is recorded.",
            pos.env.utils.formatCurrency(Math.abs(line.amount))
        ),
        action: _t("Allow another way"),
        needsLogin: !desk.info.manager,
        onApprove: async (approval) => {
            const answer = await askApproved("approve_refund_tender", {
                config_id: pos.config.id,
                order_uuid: order.uuid,
                ...approval,
            });
            return answer.refusal;
        },
    });
    const left = done && desk.lineOf(uuid);
    if (!left) {
        return false;
    }
    left.setPaymentStatus("retry");
    order.removePaymentline(left);
    await desk.store(order);
    return true;
}

// --- Reverse a payment before its order is finished ---

/**
 * *Reverse*: give a payment back before its order is finished.
 *
 * @param {PaymentService} desk
 * @param {Object} line paid by Glase
 * @returns {Promise<boolean>} whether it was given back
 */
export async function reverseLine(desk, line) {
    const busy = desk.busyRefusal(line.uuid);
    const words = busy || notReadyReason(desk.pos) || (await offlineRefusal(desk.pos));
    if (words || !isTaken(line)) {
        desk.say(_t("Not given back"), words || _t("This payment is not paid by Glase."));
        return false;
    }
    line.setPaymentStatus("reversing");
    const outcome = await runReversal(
        desk,
        new RefundAttempt({ ...desk.paymentOf(line), route: "reverse", refundAttempt: uuidv4() })
    );
    return outcome.kind === "refunded";
}

function runReversal(desk, giving, view) {
    return desk.runToEnd(giving, RefundDialog, view, ({ kind }) => {
        const line = desk.lineOf(giving.lineUuid);
        if (line && kind === "refunded") {
            line.update({ amount: 0 });
            line.setPaymentStatus("reversed");
            desk.store(line.pos_order_id);
        } else if (line && ["failed", "refused"].includes(kind)) {
            // The payment stands as it was.
            line.setPaymentStatus("done");
        }
        if (["refunded", "open"].includes(kind)) {
            desk.hide(giving);
        }
    });
}

// --- After a reload, and *Check again* ---

/**
 * Go on with a refund or a reversal where the server knows it to be.
 *
 * @param {PaymentService} desk
 * @param {Object} line
 * @param {Object} row the newest of the line, a refund
 * @returns {Promise<string>} how it ended, see `RefundAttempt`; `busy` if another one runs
 */
export async function resumeRefund(desk, line, row) {
    if (desk.running) {
        return "busy";
    }
    const run = line.pos_order_id.isRefund ? runRefund : runReversal;
    const reversal = run === runReversal;
    const payment = { ...desk.paymentOf(line), amount: Number(row.amount) };
    if (!reversal) {
        payment.attempt = line.glase_attempt = row.attempt;
    }
    line.setPaymentStatus(reversal ? "reversing" : "waiting");
    const giving = new RefundAttempt({
        ...payment,
        resumed: true,
        refundAttempt: reversal ? row.attempt : undefined,
        route: reversal ? "reverse" : "refund",
    });
    desk.goTo(line.pos_order_id, line);
    desk.pos.paymentTerminalInProgress = true;
    try {
        const { kind } = await run(desk, giving, row);
        if (kind === "refunded" && !reversal) {
            await desk.validateIfComplete(giving.orderUuid);
        }
        return kind;
    } finally {
        desk.pos.paymentTerminalInProgress = false;
    }
}

/** *Check again* on a refund or a reversal that is undecided. */
export async function checkRefund(desk, line) {
    const { view } = await requestRows(desk.pos.config.id, [line]);
    const row = view?.ok && view.rows.find((found) => found.line_uuid === line.uuid);
    if (row && row.kind === "refund") {
        return resumeRefund(desk, line, row);
    }
    if (view?.ok && isUndecided(line)) {
        // The request has never arrived: nothing was given back.
        line.setPaymentStatus(line.pos_order_id.isRefund ? "retry" : "done");
        return "refused";
    }
    desk.say(_t("Not checked"), _t("The server has not answered. Try again."));
    return "open";
}
