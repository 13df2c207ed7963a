import { toRaw } from "@odoo/owl";
import { effect } from "@web/core/utils/reactive";
import { qrPicture } from "@pos_glase/app/dialogs/qr_picture";

/**
 * What the customer display shows while a bill is out; the display's page has no QR library.
 *
 * @param {Object} pos the store
 * @param {Object} view the row as the server describes it
 * @returns {Object} plain data: it travels over a broadcast channel and the bus
 */
export function scanToPay(pos, view) {
    return {
        amount: pos.env.utils.formatCurrency(Number(view.amount)),
        shop: view.shop || "",
        glaseId: view.glase_id || "",
        mark: view.mark || false,
        sticker: qrPicture(view.sticker),
        invoice: view.qr && view.qr !== view.sticker ? qrPicture(view.qr) : false,
    };
}

/**
 * Show the customer what to scan as soon as the bill is out, and its amount whenever it changes.
 *
 * @param {Object} pos the store
 * @param {PaymentAttempt} attempt
 */
export function followOnDisplay(pos, attempt) {
    effect(
        ({ issued, outcome, amount }) => {
            if (issued && !outcome && amount) {
                showOnDisplay(pos, attempt, scanToPay(pos, toRaw(attempt).view));
            }
        },
        [attempt]
    );
}

/** What the display's adapter finds on the order: see `scanToPay`, or null for nothing. */
export function showOnDisplay(pos, attempt, content) {
    const order = pos.models["pos.order"].getBy("uuid", attempt.orderUuid);
    if (order) {
        order.glaseScanToPay = content;
    }
}
