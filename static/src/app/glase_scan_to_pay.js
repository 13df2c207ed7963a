import { generateQRCodeDataUrl } from "@point_of_sale/utils";

const QR_SIZE = { width: 320, height: 320 };

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
        simulation: Boolean(view.simulation),
        sticker: qrOf(view.sticker),
        invoice: view.qr && view.qr !== view.sticker ? qrOf(view.qr) : false,
    };
}

/** Picture of a QR code as data URL, or false without a text. */
export function qrOf(text) {
    return text ? generateQRCodeDataUrl(text, QR_SIZE) : false;
}
