import { _t } from "@web/core/l10n/translation";
import {
    isGlaseLine,
    isRefundLine,
    isTaken,
    isUndecided,
} from "@pos_glase/app/service/payment_line";

const GOOD = "glase-badge-good";
const OPEN = "glase-badge-open";
const BAD = "glase-badge-bad";
const CALM = "glase-badge-calm";

/**
 * What a Glase line is worth, in two or three words: beside an amount that may not count.
 *
 * @param {Object} line
 * @param {PaymentService} glase
 * @returns {{words: string, colour: string}|false} false for a line that is none of Glase's, or has
 *     no state yet
 */
export function shortState(line, glase) {
    if (!isGlaseLine(line) || !line.payment_status) {
        return false;
    }
    const flow = isRefundLine(line) ? refundState : paymentState;
    return flow(line, glase);
}

function paymentState(line, { payments, runner }) {
    switch (line.payment_status) {
        case "done":
            return isTaken(line)
                ? { words: _t("Paid"), colour: GOOD }
                : { words: _t("Not confirmed by Glase"), colour: OPEN };
        case "reversed":
            return { words: _t("Given back"), colour: BAD };
        case "reversing":
            return { words: _t("Being given back"), colour: OPEN };
        case "pending":
            return { words: _t("Not sent yet"), colour: CALM };
        case "retry":
            return payments.reversed.has(line.uuid)
                ? { words: _t("Given back: not paid"), colour: BAD }
                : { words: _t("Not paid"), colour: BAD };
    }
    return runner.isBusyWith(line)
        ? { words: _t("Waiting for the customer"), colour: OPEN }
        : { words: _t("Left open: does not count"), colour: OPEN };
}

function refundState(line) {
    if (line.payment_status === "done") {
        return isTaken(line)
            ? { words: _t("Refunded"), colour: GOOD }
            : { words: _t("Not known whether refunded"), colour: OPEN };
    }
    if (isUndecided(line)) {
        return { words: _t("Not known whether refunded"), colour: OPEN };
    }
    return { words: _t("Not refunded"), colour: line.payment_status === "retry" ? BAD : CALM };
}

/**
 * The state of an order's Glase payments, for the list of orders.
 *
 * @param {Object} order
 * @param {PaymentService} glase
 * @returns {Object[]} one for each Glase line, see `shortState`
 */
export function orderStates(order, glase) {
    return order.payment_ids
        .map((line) => ({ uuid: line.uuid, ...shortState(line, glase) }))
        .filter((state) => state.words);
}
