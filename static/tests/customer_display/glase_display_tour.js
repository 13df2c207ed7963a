import { registry } from "@web/core/registry";
import * as CustomerDisplay from "@point_of_sale/../tests/customer_display/customer_display_utils";
import { negate } from "@point_of_sale/../tests/generic_helpers/utils";

const PIXEL =
    "data:image/svg+xml;base64," +
    window.btoa(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'
    );

function orderWith(glaseDisplay) {
    return { ...JSON.parse(CustomerDisplay.ADD_PRODUCT), glaseDisplay };
}

const BILL = {
    state: "scan",
    amount: "58.00 kr",
    shop: "Fjällboden",
    glaseId: "TILL0001",
    mark: false,
    sticker: PIXEL,
    invoice: false,
};

/** Over the whole screen it shows a state, and nothing that belongs to another one. */
function shows(state, ...words) {
    const said = words.map((text) => `:contains("${text}")`).join("");
    const codes = state === "scan" ? ":has(.glase-show-qr)" : ":not(:has(img))";
    return {
        content: `the customer sees: ${state}`,
        trigger: `.glase-show-${state}${said}${codes}`,
        run() {
            const box = document.querySelector(".glase-show").getBoundingClientRect();
            if (box.width < window.innerWidth || box.height < window.innerHeight) {
                throw new Error("It is not shown over the whole screen.");
            }
        },
    };
}

function become(state, more = {}) {
    const content = { ...BILL, state, sticker: false, ...more };
    return CustomerDisplay.postMessage(orderWith(content), state);
}

registry.category("web_tour.tours").add("GlaseDisplay", {
    steps: () =>
        [
            CustomerDisplay.addProduct(orderWith(null), "an order"),
            { content: "no payment yet", trigger: negate(".glase-show") },
            become("scan", { sticker: PIXEL }),
            shows("scan", "Scan to pay", "58.00 kr", "TILL0001"),
            { content: "one code", trigger: negate(".glase-show-invoice") },
            become("scan", {
                sticker: PIXEL,
                amount: "12.00 kr",
                invoice: PIXEL,
                mark: "SIMULATION: no money is moved",
            }),
            shows("scan", "12.00 kr", "SIMULATION", "Or scan this bill"),
            { content: "no money", trigger: ".glase-show-ribbon:contains(no money is moved)" },
            become("confirming"),
            shows("confirming", "Confirm on your phone", "58.00 kr"),
            become("unpaid"),
            shows("unpaid", "Not paid", "Nothing was taken"),
            become("returned"),
            shows("returned", "given back"),
            become("nothing"),
            shows("nothing", "Nothing to pay here now"),
            { content: "no amount to pay", trigger: negate(".glase-show-amount") },
            become("paid"),
            shows("paid", "PAID", "58.00 kr"),
            CustomerDisplay.postMessage(orderWith(null), "the next order"),
            { content: "gone", trigger: negate(".glase-show") },
        ].flat(),
});
