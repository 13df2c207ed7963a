/** Line statuses in which Glase may still take the money, or be giving it back. */
const UNDECIDED = new Set(["waiting", "waitingCard", "waitingCancel", "glase_open", "reversing"]);

/** Ends of a payment after which it is certain that no money was taken. */
export const UNPAID = new Set(["canceled", "declined", "failed", "expired", "reversed", "refused"]);

export function isGlaseMethod(method) {
    return method?.use_payment_terminal === "glase";
}

export function isGlaseLine(line) {
    return isGlaseMethod(line?.payment_method_id);
}

/** Whether the line gives money back to the customer. */
export function isRefundLine(line) {
    return isGlaseLine(line) && Boolean(line.pos_order_id?.isRefund);
}

/** Whether it is not known yet what Glase makes of this payment line. */
export function isUndecided(line) {
    return isGlaseLine(line) && UNDECIDED.has(line.payment_status);
}

/** Whether the line holds money that Glase has taken, or given back, as Glase itself has said. */
export function isTaken(line) {
    return isGlaseLine(line) && line.payment_status === "done" && Boolean(line.transaction_id);
}

/**
 * Whether the line counts although Glase has not confirmed it: a manager said that it is paid, or
 * a refund was not answered. It is stored unverified.
 */
export function isUnproven(line) {
    return isGlaseLine(line) && line.payment_status === "done" && !line.transaction_id;
}

/** Whether the line counts: confirmed by Glase or not. */
export function isHeld(line) {
    return isTaken(line) || isUnproven(line);
}

/** Whether a line's amount is settled with the customer or Glase already. */
export function isAmountFixed(line) {
    return isUndecided(line) || isHeld(line);
}

/** Whether the line was left open: undecided, and it does not stand in the way of other tenders. */
export function isLeftOpen(line) {
    return isGlaseLine(line) && line.payment_status === "glase_open";
}

/** Whether the line waits for the cashier: nothing was sent, or it is certain to be unpaid. */
export function isIdle(line) {
    return isGlaseLine(line) && ["pending", "retry"].includes(line.payment_status);
}

/** Whether a terminal of another maker is at work for the same order: its customer may pay there. */
export function isOtherTerminalAtWork(line) {
    return line.pos_order_id.payment_ids.some(
        (other) =>
            !isGlaseLine(other) &&
            other.payment_status &&
            !["done", "reversed", "pending", "retry"].includes(other.payment_status)
    );
}

/** What an idle line goes back to if nothing comes of an attempt. */
export function idleStatus(line) {
    return line.glase_attempt ? "retry" : "pending";
}

/**
 * What Glase's receipt says goes to the line: the reference, and the amount that was taken.
 *
 * @param {Object} line
 * @param {Object} view of a row that is paid
 */
export function writePaid(line, view) {
    writeReceipt(line, view, 1);
}

/**
 * The same for money that was given back: with the reference of the payment it came from.
 *
 * @param {Object} line
 * @param {Object} view of a refund that is refunded
 */
export function writeRefunded(line, view) {
    line.update({ glase_original_reference: view.original_reference || "" });
    writeReceipt(line, view, -1);
}

function writeReceipt(line, view, sign) {
    line.update({
        amount: sign * Number(view.amount) || line.amount,
        transaction_id: view.reference,
        payment_ref_no: view.invoice_reference || "",
        glase_paid_at: view.paid_at || undefined,
        // What a reprint goes by: never translated, the same words as in the back office.
        card_type: view.simulation ? "Glase simulation" : "Glase payment",
    });
    line.setPaymentStatus("done");
}
