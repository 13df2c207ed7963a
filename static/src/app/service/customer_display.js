import { toRaw } from "@odoo/owl";
import { effect } from "@web/core/utils/reactive";
import { qrPicture } from "@pos_glase/app/dialogs/qr_picture";
import { UNPAID } from "@pos_glase/app/service/payment_line";
import { moneyText } from "@pos_glase/app/service/send_checks";
import { timing } from "@pos_glase/app/timing";

/**
 * What the customer display shows of a payment; the display's page has no QR library.
 *
 * @param {Object} pos the store
 * @param {Object} view the row as the server describes it
 * @param {string} state one of: `scan`, `confirming`, `paid`, `returned` (paid and given back),
 *     `unpaid`, `nothing` (there is nothing to pay on this screen any more)
 * @returns {Object} plain data: it travels over a broadcast channel and the bus
 */
export function displayed(pos, view, state) {
    const scanning = state === "scan";
    const own = view.qr && view.qr !== view.sticker;
    return {
        state,
        amount: moneyText(pos, Number(view.amount)),
        shop: view.shop || "",
        glaseId: view.glase_id || "",
        mark: view.mark || false,
        sticker: scanning && qrPicture(view.sticker),
        invoice: scanning && own && qrPicture(view.qr),
    };
}

/**
 * Show the customer what to do as soon as the bill is out, and its amount whenever it changes.
 *
 * @param {Object} pos the store
 * @param {PaymentAttempt} attempt
 */
export function followOnDisplay(pos, attempt) {
    effect(
        ({ issued, outcome, amount, cancelState, scanned }) => {
            if (issued && !outcome && amount) {
                const open = scanned ? "confirming" : "scan";
                const state = cancelState ? "nothing" : open;
                showOnDisplay(pos, attempt, displayed(pos, toRaw(attempt).view, state));
            }
        },
        [attempt]
    );
}

/**
 * Show the customer how it ended, for a while.
 *
 * @param {Object} pos the store
 * @param {PaymentAttempt} attempt
 * @param {Object} outcome see `PaymentAttempt`
 */
export function showEndOnDisplay(pos, attempt, { kind, view, replacementAmount }) {
    const content =
        view?.ok && attempt.issued && !replacementAmount
            ? displayed(pos, toRaw(view), stateOf(kind))
            : null;
    showOnDisplay(pos, attempt, content);
    if (content) {
        setTimeout(() => {
            const order = orderOf(pos, attempt);
            if (toRaw(order?.glaseDisplay) === content) {
                order.glaseDisplay = null;
            }
        }, timing.display);
    }
}

function stateOf(kind) {
    if (kind === "paid" || kind === "reversed") {
        return kind === "paid" ? "paid" : "returned";
    }
    return UNPAID.has(kind) && kind !== "canceled" ? "unpaid" : "nothing";
}

function orderOf(pos, attempt) {
    return pos.models["pos.order"].getBy("uuid", attempt.orderUuid);
}

/** What the display's adapter finds on the order: see `displayed`, or null for nothing. */
function showOnDisplay(pos, attempt, content) {
    const order = orderOf(pos, attempt);
    if (order) {
        order.glaseDisplay = content;
    }
}
