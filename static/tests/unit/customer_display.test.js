import { expect, test } from "@odoo/hoot";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { generateQRCodeDataUrl } from "@point_of_sale/utils";
import { qrPicture } from "@pos_glase/app/dialogs/qr_picture";
import { displayed } from "@pos_glase/app/service/customer_display";
import { setUpTill, viewOf } from "./helpers";

definePosModels();

const STICKER = "HTTP://SEQR.SE/QTILL0001";
/** Pixels for a module. */
const SCALE = 8;

/** The dark and light modules of a picture, row by row, from the first dark one to the last. */
async function modules(dataUrl, across) {
    const picture = new Image();
    picture.src = dataUrl;
    await picture.decode();
    const side = across * SCALE;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0, side, side);
    const { data } = context.getImageData(0, 0, side, side);
    const rows = [];
    for (let y = SCALE / 2; y < side; y += SCALE) {
        let row = "";
        for (let x = SCALE / 2; x < side; x += SCALE) {
            row += data[(Math.floor(y) * side + Math.floor(x)) * 4] < 128 ? 1 : 0;
        }
        rows.push(row);
    }
    return rows;
}

/** How many modules a picture is wide, its white included. */
function across(dataUrl) {
    const svg = new DOMParser().parseFromString(
        window.atob(dataUrl.split(",")[1]),
        "image/svg+xml"
    );
    return Number(svg.documentElement.getAttribute("viewBox").split(" ").at(-1));
}

test("the small QR code shows the same squares as Odoo's own, with four modules of white around", async () => {
    const own = qrPicture(STICKER);
    const theirs = generateQRCodeDataUrl(STICKER);
    expect(own.length).toBeLessThan(theirs.length / 3);
    const inner = across(theirs);
    expect(across(own)).toBe(inner + 8);
    const rows = await modules(own, inner + 8);
    const code = rows.slice(4, -4).map((row) => row.slice(4, -4));
    expect(code).toEqual(await modules(theirs, inner));
    expect(code.join("")).toInclude("1");
    for (const white of [...rows.slice(0, 4), ...rows.slice(-4)]) {
        expect(white).toBe("0".repeat(inner + 8));
    }
    expect(rows.every((row) => row.startsWith("0000") && row.endsWith("0000"))).toBe(true);
    expect(qrPicture(false)).toBe(false);
});

test("the invoice's own code is shown only if it is another one", async () => {
    const { store } = await setUpTill();
    expect(displayed(store, viewOf({ qr: STICKER }), "scan").invoice).toBe(false);
    expect(displayed(store, viewOf({ qr: false }), "scan").invoice).toBe(false);
    expect(displayed(store, viewOf({ qr: "HTTP://SEQR.SE/R1" }), "scan").invoice).toMatch(
        /^data:image/
    );
});

test("the customer display hears of a payment, and of its end", async () => {
    const { store, order } = await setUpTill();
    const adapter = new CustomerDisplayPosAdapter();
    order.glaseDisplay = displayed(store, viewOf(), "scan");
    adapter.formatOrderData(order);
    expect(adapter.data.glaseDisplay.amount).toInclude("17.85");
    expect(adapter.data.glaseDisplay.shop).toBe("Fjällboden");
    // It travels as JSON.
    expect(JSON.parse(JSON.stringify(adapter.data.glaseDisplay))).toEqual(
        adapter.data.glaseDisplay
    );
    order.glaseDisplay = null;
    adapter.formatOrderData(order);
    expect(adapter.data.glaseDisplay).toBe(null);
});
