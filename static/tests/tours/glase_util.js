/* global posmodel */

import { registry } from "@web/core/registry";
import { waitUntil } from "@odoo/hoot-dom";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { run, negate } from "@point_of_sale/../tests/generic_helpers/utils";

const NO_DIALOG = negate(".glase-dialog");

// Milliseconds for a step: the most that a tour allows. On a busy machine it takes that now and then.
const PATIENCE = 60000;

const TELLER = ".o_notification_manager > *";

/** Faults: Glase answers neither a question nor a cancel. */
export const SILENT = ["getPaymentStatus", "cancelInvoice"].map((operation) => ({
    operation,
    kind: "drop-before",
    count: null,
}));

/** Faults: nothing that closing a day asks of Glase arrives. */
export const DEAD = ["markTransactionPeriod", "executeReport"].map((operation) => ({
    operation,
    kind: "drop-before",
    count: null,
}));

// What the till has told on this page, as an attribute of its body.
const TOLD = "data-glase-told";

new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    for (const element of added.filter((node) => node.nodeType === Node.ELEMENT_NODE)) {
        const told = element.closest(TELLER) ?? element.querySelector(TELLER);
        if (told) {
            const before = document.body.getAttribute(TOLD) ?? "";
            document.body.setAttribute(TOLD, `${before}\n${told.textContent}`);
        }
    }
}).observe(document.documentElement, { childList: true, subtree: true });

export function tour(name, steps) {
    registry.category("web_tour.tours").add(name, {
        steps: () => {
            document.body.removeAttribute(TOLD);
            return patient(steps());
        },
    });
}

/** The steps of a tour, each with time enough on a busy machine. */
export function patient(steps) {
    return steps.flat(Infinity).map((step) => ({ timeout: PATIENCE, ...step }));
}

// The test has put it into the page's own address; another page may follow without it.
const SIMULATOR = new URLSearchParams(window.location.search).get("glase_simulator");

/** One JSON request to the simulator. */
export async function simulator(method, path, body) {
    const answer = await fetch(SIMULATOR + path, {
        method,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body ?? {}),
    });
    if (!answer.ok) {
        throw new Error(`The simulator answers ${answer.status}: ${await answer.text()}`);
    }
    return answer.json();
}

/** What the customer at this till's sticker does: pay, decline, scan, begin or confirm. */
export function customer(action) {
    return run(
        () => simulator("POST", `/api/stickers/${posmodel.glase.info.glase_id}/${action}`),
        `the customer: ${action}`
    );
}

/** What goes wrong at Glase from now on. */
export function faults(...list) {
    return run(() => simulator("PUT", "/api/faults", list), `faults: ${list.length}`);
}

/** Make the waits short that a person would sit through; they are real ones all the same. */
export function shortWaits(milliseconds) {
    return run(() => {
        const { timing } = odoo.loader.modules.get("@pos_glase/app/timing");
        Object.assign(timing, milliseconds);
    }, "shorten the waits");
}

let ownWaits;

/**
 * The till is ready for a customer: opened, or left at a receipt or an unfinished order by the tour before. As many steps
 * wherever it starts: a tour that loads the page anew goes on at the number of its step.
 */
export function startTill() {
    return [
        {
            content: "open the till, or begin the next order",
            trigger: [
                ".screen-login .btn.open-register-btn",
                ".pos .receipt-screen .button.next.highlight[name='done']",
                ".pos .receipt-screen .btn-switchpane.validation-button.highlight[name='done']",
                ".pos .product-screen",
            ].join(", "),
            run() {
                const { anchor } = this;
                if (anchor.matches(".product-screen")) {
                    posmodel.addNewOrder();
                } else {
                    anchor.click();
                }
                const { timing } = odoo.loader.modules.get("@pos_glase/app/timing");
                ownWaits ??= { ...timing };
                Object.assign(timing, ownWaits);
            },
        },
        {
            content: "the till is open",
            trigger: ".pos .product-screen, .pos .payment-screen",
        },
    ];
}

export function sell(product = "Desk Organizer") {
    return [
        ProductScreen.clickDisplayedProduct(product),
        ProductScreen.clickPayButton(),
        PaymentScreen.isShown(),
    ].flat();
}

export function chooseGlase() {
    return PaymentScreen.clickPaymentMethod("Glase");
}

export function clickSend() {
    return {
        content: "send the bill",
        trigger: ".glase-line .send_payment_request",
        run: "click",
    };
}

/**
 * The till is open, and one product's bill is out. The waits are made short afterwards: an answer may
 * take longer than they are, and then the till does not wait as it does here.
 */
export function sendBill({ waits = {}, product, amount = "5.10" } = {}) {
    return [
        startTill(),
        sell(product),
        chooseGlase(),
        clickSend(),
        waitsFor(amount),
        shortWaits(waits),
    ];
}

/** One product, paid with Glase; the receipt is on the screen. */
export function payWithGlase(amount = "5.10") {
    return [sendBill({ amount }), customer("pay"), receiptShowsGlase(amount)];
}

export function waitsFor(amount) {
    return [
        {
            content: `the dialog waits for ${amount}`,
            trigger: `.glase-dialog .glase-look-waiting .glase-amount:contains("${amount}")`,
        },
        {
            content: "with the sticker's code and its Glase ID",
            trigger: ".glase-dialog:has(.glase-ribbon):has(.glase-qr img):has(.glase-id)",
        },
    ];
}

export function looks(look) {
    return { content: `the dialog is ${look}`, trigger: `.glase-dialog .glase-look-${look}` };
}

export function press(button) {
    return {
        content: `press ${button}`,
        trigger: `.glase-dialog .glase-${button}:enabled`,
        run: "click",
    };
}

/** Answer a question, see `ChoiceDialog`. */
export function choose(choice) {
    return {
        content: `choose ${choice}`,
        trigger: `.modal:not(.o_inactive_modal) .glase-choice-${choice}`,
        run: "click",
    };
}

export function says(words) {
    return { content: `it says ${words}`, trigger: `.glase-dialog:contains("${words}")` };
}

/** A manager approves; without a log-in where a manager is logged in. */
export function approve(login, password) {
    const fields = { reason: "Seen on the phone", ...(login && { login, password }) };
    return [
        ...Object.entries(fields).map(([name, text]) => ({
            content: `the ${name}`,
            trigger: `#glase-approval-${name}:enabled`,
            run: `edit ${text}`,
        })),
        { content: "approve", trigger: ".glase-approve:enabled", run: "click" },
    ];
}

export function passwordIsEmpty() {
    return {
        content: "what was typed is forgotten",
        trigger: "#glase-approval-password",
        run() {
            if (this.anchor.value) {
                throw new Error("The password is still in the dialog.");
            }
        },
    };
}

export function typeAmount(text) {
    return [
        { content: `type ${text}`, trigger: "#glase-new-amount", run: `edit ${text}` },
        { content: "change it", trigger: ".glase-amount-ok", run: "click" },
    ];
}

/**
 * The till has told this since the tour began or came to its page. What a till tells goes from the screen by
 * itself, on a busy machine before anybody looks: so it is kept here as it appears.
 */
export function notifies(words) {
    return { content: `told: ${words}`, trigger: `body[${TOLD}*="${words}"]` };
}

/** The server's answer to the next request at one of our doors does not reach this browser. */
export function loseOnce(route) {
    return run(() => {
        const { fetch } = window;
        const { send } = XMLHttpRequest.prototype;
        const { open } = XMLHttpRequest.prototype;
        let lost = false;
        XMLHttpRequest.prototype.open = function (method, url) {
            this.glaseRoute = url;
            return open.apply(this, arguments);
        };
        XMLHttpRequest.prototype.send = function () {
            if (!lost && String(this.glaseRoute).endsWith(`/pos_glase/${route}`)) {
                lost = true;
                // The request goes out; what comes back is thrown away.
                fetch(this.glaseRoute, {
                    method: "POST",
                    headers: { "Content-Type": "application/json" },
                    body: arguments[0],
                }).then(() => this.dispatchEvent(new Event("error")));
                return;
            }
            return send.apply(this, arguments);
        };
    }, `lose the answer to ${route}`);
}

export function dialogIsGone() {
    return { content: "the dialog is gone", trigger: NO_DIALOG };
}

export function lineIs(status) {
    return {
        content: `the line is ${status}`,
        trigger: `.glase-line[data-status="${status}"]`,
    };
}

/** The order was validated by itself, and the receipt has all that a customer needs. */
export function receiptShowsGlase(amount) {
    return [
        ReceiptScreen.isShown(),
        {
            content: "the receipt has amount, reference and time of the Glase payment",
            trigger: `.pos-receipt .glase-receipt:contains("Glase payment"):contains("${amount}"):has(.glase-reference):has(.glase-time)`,
            run() {
                const reference = document.querySelector(".glase-reference").textContent.trim();
                if (!reference) {
                    throw new Error("The reference on the receipt is empty.");
                }
            },
        },
    ].flat();
}

export function nextOrder() {
    return [
        {
            isActive: ["desktop"],
            content: "next customer",
            trigger: ".receipt-screen .button.next.highlight[name='done']",
            run: "click",
        },
        {
            isActive: ["mobile"],
            content: "next customer",
            trigger: ".receipt-screen .btn-switchpane.validation-button.highlight[name='done']",
            run: "click",
        },
    ];
}

/** Until the tour ends, nothing may be on its way to the server any more. */
/**
 * A bill that goes on has been asked about once: who pays before that has paid *meanwhile*, and the till says so until
 * it is read.
 */
export function asksOnAndOn() {
    return run(
        () =>
            waitUntil(() => posmodel.glase.running?.lastRoute === "status", { timeout: PATIENCE }),
        "the till asks about its bill"
    );
}

export function allStored() {
    return run(async () => {
        if (posmodel.glase.running) {
            throw new Error("A Glase payment is still running.");
        }
        await posmodel.syncAllOrders();
    }, "everything is stored");
}
