/** What a reprint goes by: never translated, the same words as in the back office. */
const MOVED = "Glase payment";
const SIMULATED = "Glase simulation";

/**
 * What Glase's receipt says goes to the line: the reference, and the amount that was taken.
 *
 * @param {Object} line
 * @param {Object} view of a row that is paid
 */
export function writePaid(line, view) {
    line.update({
        amount: Number(view.amount) || line.amount,
        transaction_id: view.reference,
        payment_ref_no: view.invoice_reference || "",
        glase_paid_at: view.paid_at || undefined,
        card_type: view.simulation ? SIMULATED : MOVED,
    });
    line.setPaymentStatus("done");
}

/**
 * The same for money that was given back: with the reference of the payment it came from.
 *
 * @param {Object} line
 * @param {Object} view of a refund that is refunded
 */
export function writeRefunded(line, view) {
    line.update({
        amount: -Number(view.amount) || line.amount,
        transaction_id: view.reference,
        payment_ref_no: view.invoice_reference || "",
        glase_original_reference: view.original_reference || "",
        glase_paid_at: view.paid_at || undefined,
        card_type: view.simulation ? SIMULATED : MOVED,
    });
    line.setPaymentStatus("done");
}
