import { toRaw } from "@odoo/owl";
import { effect } from "@web/core/utils/reactive";
import { generateQRCodeDataUrl } from "@point_of_sale/utils";

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
        sticker: qrOf(view.sticker),
        invoice: view.qr && view.qr !== view.sticker ? qrOf(view.qr) : false,
    };
}

/**
 * Show the customer what to scan as soon as the bill is out, and its amount whenever it changes.
 *
 * @param {Object} pos the store
 * @param {PaymentAttempt} waiting
 */
export function followOnDisplay(pos, waiting) {
    effect(
        ({ issued, outcome, amount }) => {
            if (issued && !outcome && amount) {
                showOnDisplay(pos, waiting, scanToPay(pos, toRaw(waiting).view));
            }
        },
        [waiting]
    );
}

/** What the display's adapter finds on the order: see `scanToPay`, or null for nothing. */
export function showOnDisplay(pos, waiting, content) {
    const order = pos.models["pos.order"].getBy("uuid", waiting.orderUuid);
    if (order) {
        order.glaseScanToPay = content;
    }
}

/** Picture of a QR code as data URL, or false without a text. */
export function qrOf(text) {
    return text ? compact(generateQRCodeDataUrl(text)) : false;
}

/**
 * The same picture as one path instead of an element for each dark square: a tenth of the size, and
 * each change of an order sends it to the display over the bus.
 */
function compact(dataUrl) {
    const source = new DOMParser().parseFromString(
        window.atob(dataUrl.split(",")[1]),
        "image/svg+xml"
    );
    const size = source.documentElement.getAttribute("viewBox").split(" ").at(-1);
    let path = "";
    let run = null;
    for (const square of source.querySelectorAll("use")) {
        const [x, y] = [Number(square.getAttribute("x")), Number(square.getAttribute("y"))];
        if (run && run.y === y && run.end === x) {
            run.end++;
            continue;
        }
        path += drawn(run);
        run = { x, y, end: x + 1 };
    }
    path += drawn(run);
    const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" ` +
        `width="320" height="320" shape-rendering="crispEdges">` +
        `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`;
    return "data:image/svg+xml;base64," + window.btoa(svg);
}

function drawn(run) {
    return run ? `M${run.x} ${run.y}h${run.end - run.x}v1H${run.x}z` : "";
}
