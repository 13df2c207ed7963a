import { registry } from "@web/core/registry";
import * as CustomerDisplay from "@point_of_sale/../tests/customer_display/customer_display_utils";
import { negate } from "@point_of_sale/../tests/generic_helpers/utils";

const PIXEL =
    "data:image/svg+xml;base64," +
    window.btoa(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'
    );

function orderWith(glaseScanToPay) {
    return { ...JSON.parse(CustomerDisplay.ADD_PRODUCT), glaseScanToPay };
}

const BILL = {
    amount: "58.00 kr",
    shop: "Fjällboden",
    glaseId: "TILL0001",
    mark: false,
    sticker: PIXEL,
    invoice: false,
};

registry.category("web_tour.tours").add("GlaseScanToPay", {
    steps: () =>
        [
            CustomerDisplay.addProduct(orderWith(null), "an order"),
            { content: "no payment yet", trigger: negate(".glase-scan") },
            CustomerDisplay.postMessage(orderWith(BILL), "a bill is out"),
            {
                content: "scan to pay, with amount, code and Glase ID",
                trigger:
                    '.glase-scan:contains("Scan to pay"):contains("58.00 kr"):contains("TILL0001"):has(.glase-scan-qr)',
                run() {
                    const box = document.querySelector(".glase-scan").getBoundingClientRect();
                    const code = document.querySelector(".glase-scan-qr").getBoundingClientRect();
                    if (box.width < window.innerWidth || code.width < 100) {
                        throw new Error("The code is not shown over the whole screen.");
                    }
                },
            },
            { content: "one code", trigger: negate(".glase-scan-invoice") },
            CustomerDisplay.postMessage(
                orderWith({ ...BILL, amount: "12.00 kr", invoice: PIXEL, mark: "SIMULATION" }),
                "another bill"
            ),
            {
                content: "the other amount, the bill's own code, and that it is a simulation",
                trigger:
                    '.glase-scan:contains("12.00 kr"):contains("SIMULATION"):has(.glase-scan-invoice)',
            },
            CustomerDisplay.postMessage(orderWith(null), "the payment has ended"),
            { content: "gone", trigger: negate(".glase-scan") },
        ].flat(),
});
