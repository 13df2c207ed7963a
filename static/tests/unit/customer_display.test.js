import { expect, test } from "@odoo/hoot";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { generateQRCodeDataUrl } from "@point_of_sale/utils";
import { qrPicture } from "@pos_glase/app/dialogs/qr_picture";
import { scanToPay } from "@pos_glase/app/service/customer_display";
import { setUpTill, viewOf } from "./helpers";

definePosModels();

const STICKER = "HTTP://SEQR.SE/QTILL0001";

/** Which squares of a picture are dark, as a string of 0 and 1. */
async function squares(dataUrl) {
    const picture = new Image();
    picture.src = dataUrl;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 100;
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0, 100, 100);
    const { data } = context.getImageData(0, 0, 100, 100);
    let dark = "";
    for (let y = 2; y < 100; y += 4) {
        for (let x = 2; x < 100; x += 4) {
            dark += data[(y * 100 + x) * 4] < 128 ? 1 : 0;
        }
    }
    return dark;
}

test("the small QR code shows the same squares as Odoo's own", async () => {
    const own = qrPicture(STICKER);
    const theirs = generateQRCodeDataUrl(STICKER);
    expect(own.length).toBeLessThan(theirs.length / 3);
    const dark = await squares(own);
    expect(dark).toInclude("1");
    expect(dark).toInclude("0");
    expect(dark).toBe(await squares(theirs));
    expect(qrPicture(false)).toBe(false);
});

test("the invoice's own code is shown only if it is another one", async () => {
    const { store } = await setUpTill();
    expect(scanToPay(store, viewOf({ qr: STICKER })).invoice).toBe(false);
    expect(scanToPay(store, viewOf({ qr: false })).invoice).toBe(false);
    expect(scanToPay(store, viewOf({ qr: "HTTP://SEQR.SE/R1" })).invoice).toMatch(/^data:image/);
});

test("the customer display hears of a payment, and of its end", async () => {
    const { store, order } = await setUpTill();
    const adapter = new CustomerDisplayPosAdapter();
    order.glaseScanToPay = scanToPay(store, viewOf());
    adapter.formatOrderData(order);
    expect(adapter.data.glaseScanToPay.amount).toInclude("17.85");
    expect(adapter.data.glaseScanToPay.shop).toBe("Fjällboden");
    // It travels as JSON.
    expect(JSON.parse(JSON.stringify(adapter.data.glaseScanToPay))).toEqual(
        adapter.data.glaseScanToPay
    );
    order.glaseScanToPay = null;
    adapter.formatOrderData(order);
    expect(adapter.data.glaseScanToPay).toBe(null);
});
