import { _t } from "@web/core/l10n/translation";
import { followForced } from "@pos_glase/app/service/force_done";
import { isTaken, UNPAID } from "@pos_glase/app/service/payment_line";
import { writePaid } from "@pos_glase/app/service/line_result";
import { showOnDisplay } from "@pos_glase/app/service/customer_display";

/** Ends after which the line counts. */
export const COUNTS = new Set(["paid", "forced"]);

/** Ends that the cashier has not asked for, or should read about. */
const UNEXPECTED = new Set([
    "declined",
    "failed",
    "expired",
    "reversed",
    "lost",
    "refused",
    "amount_unknown",
]);

/** Ends after which it is still open whether the customer pays, or how much. */
const OPEN = new Set(["open", "amount_unknown"]);

function needsWords(outcome) {
    return (
        UNEXPECTED.has(outcome.kind) || outcome.tooLate || outcome.paidMeanwhile || outcome.unasked
    );
}

/**
 * Write what became of a payment on its line, and say it where it needs words.
 *
 * @param {PaymentService} desk
 * @param {PaymentAttempt} waiting
 * @param {Object} outcome see `PaymentAttempt`; gets `anew`, the amount of a bill that replaces it
 */
export function settle(desk, waiting, outcome) {
    showOnDisplay(desk.pos, waiting, null);
    const line = desk.lineOf(waiting.lineUuid);
    noteReversed(desk, waiting.lineUuid, outcome.kind);
    outcome.anew = UNPAID.has(outcome.kind) && waiting.anew;
    noteUnanswered(desk, waiting, outcome);
    if (line && !isTaken(line)) {
        writeEnd(line, outcome);
    }
    if (outcome.kind === "forced") {
        followForced(desk, waiting);
    }
    if (COUNTS.has(outcome.kind) && line) {
        desk.storePaid(line.pos_order_id);
    }
    tell(desk, waiting, outcome, line);
    if (!needsWords(outcome) || outcome.anew) {
        desk.hide(waiting);
    }
}

/** Nothing of this payment is left to the shop, but the customer has seen it paid. */
export function noteReversed(desk, lineUuid, kind) {
    if (kind === "reversed") {
        desk.reversed.add(lineUuid);
    } else {
        desk.reversed.delete(lineUuid);
    }
}

function noteUnanswered(desk, { lineUuid, cancelState }, { kind }) {
    if (kind === "open" && cancelState) {
        desk.unanswered.add(lineUuid);
    } else {
        desk.unanswered.delete(lineUuid);
    }
}

function tell(desk, waiting, { kind }, line) {
    if (kind === "paid" && !line) {
        desk.say(
            _t("Paid, but the order is gone"),
            _t(
                "The customer has paid with Glase, but this till no longer has the order. " +
                    "Tell a manager: the payment is in the list of Glase cases."
            )
        );
    } else if (kind === "open" && waiting.anew) {
        desk.say(
            _t("Not sent anew"),
            _t(
                "Glase has not confirmed that the bill is canceled, so no new one was sent. " +
                    "Check it again later."
            )
        );
    } else if (kind === "open") {
        desk.pos.notification.add(
            _t("The Glase payment was left open. It is followed up and does not count as paid."),
            { type: "warning" }
        );
    }
}

function writeEnd(line, { kind, view }) {
    if (kind === "paid") {
        writePaid(line, view);
    } else if (kind === "forced") {
        line.setPaymentStatus("done");
    } else {
        line.setPaymentStatus(OPEN.has(kind) ? "glase_open" : "retry");
    }
}
