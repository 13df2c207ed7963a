import { describe, expect, test } from "@odoo/hoot";
import { click, press, queryAllTexts, queryOne, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    makeServerError,
    mountWithCleanup,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { EndBanner } from "@pos_glase/app/dialogs/end_banner";
import { shortState } from "@pos_glase/app/service/line_state";
import { addGlaseLine, pass, send, setUpPayment, TILL_INFO, viewOf } from "./helpers";

definePosModels();

async function openPaymentScreen(order) {
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await animationFrame();
    return screen;
}

/** Send a payment that the customer declines; gives its line, and its attempt. */
async function sendDeclined({ server, order, method }) {
    const line = addGlaseLine(order, method);
    const sent = send(line);
    await pass(2);
    const first = line.glase_attempt;
    server.says.status = viewOf({ state: "canceled", message: "The customer declined." });
    await pass(2);
    await sent.done;
    return { line, sent, first };
}

describe("a payment", () => {
    test("is done only when paid, with its reference on the line before", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        expect(line.amount).toBe(17.85);
        const sent = send(line);
        await pass(2);
        expect(line.payment_status).toBe("waiting");
        expect(queryOne(".glase-dialog .glase-amount").textContent).toInclude("17.85");
        expect(order.isSynced).toBe(true, { message: "the draft is stored before" });
        expect(sent.result()).toBe(undefined);

        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id).toBe("ERS1");
        expect(line.payment_ref_no).toBe("INV1");
        expect(line.card_type).toBe("Glase payment");
        expect(line.glase_paid_at.toUTC().toFormat("yyyy-MM-dd HH:mm:ss")).toBe(
            "2025-11-24 10:00:00"
        );
        expect(order.isPaid()).toBe(true);
        expect(store.glase.running).toBe(null);
        expect(".glase-dialog").toHaveCount(0);
    });

    for (const end of ["resolve", "reject"]) {
        test(`is sent once the browser has stored what only it knows: ${end}`, async () => {
            const { server, store, order, method } = await setUpPayment({
                status: viewOf({ state: "paid" }),
            });
            const stored = new Deferred();
            patchWithCleanup(store.data, { synchronizeLocalDataInIndexedDB: () => stored });
            const sent = send(addGlaseLine(order, method));
            await pass(1);
            expect(server.count("send")).toBe(0);
            stored[end](new Error("The disk is full."));
            await pass(2);
            await sent.done;
            expect(server.count("send")).toBe(1);
        });
    }

    test("is shown to the customer by an answer that comes before the store is ready", async () => {
        const { store } = await setUpPayment();
        const words = store.env.utils.formatCurrency(17.85);
        patchWithCleanup(store.env, { utils: undefined });
        expect(store.glase.screen.money(17.85)).toBe(words);
    });

    test("of a simulator says so on the line", async () => {
        const { server, order, method } = await setUpPayment({
            status: viewOf({ state: "paid", simulation: true }),
        });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        await sent.done;
        expect(server.count("send")).toBe(1);
        expect(line.glaseMark).toBe("SIMULATION: no money is moved");
    });

    test("is sent although an older answer says the line as it was before", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        let answers = 0;
        patchWithCleanup(store, {
            async syncAllOrders() {
                const orders = await super.syncAllOrders(...arguments);
                if (!answers++) {
                    line.glase_attempt = false;
                }
                return orders;
            },
        });
        const sent = send(line);
        await pass(2);
        expect(server.count("send")).toBe(1);
        expect(server.heard.find(({ route }) => route === "send").params.attempt).toBe(
            line.glase_attempt
        );
        expect(Boolean(line.glase_attempt)).toBe(true);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
    });

    test("that is declined goes back to retry, with a new attempt next time", async () => {
        const till = await setUpPayment();
        const { server } = till;
        const { line, sent, first } = await sendDeclined(till);
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("retry");
        expect(queryOne(".glase-details").textContent).toBe("The customer declined.");
        await click(".glase-read");
        await animationFrame();
        expect(".glase-dialog").toHaveCount(0);

        server.says.status = viewOf();
        const again = send(line);
        await pass(2);
        expect(line.glase_attempt).not.toBe(first);
        expect(server.heard.at(-1).params.attempt).toBe(line.glase_attempt);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await again.done;
        expect(again.result()).toBe(true);
    });

    test("canceled by the cashier closes without words", async () => {
        const { server, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        server.says.cancel = viewOf({ state: "canceled", cancel: "wished" });
        await click(".glase-cancel");
        await pass(1);
        await sent.done;
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("retry");
        expect(".glase-dialog").toHaveCount(0);
    });

    test("canceled too late says already paid and keeps the payment", async () => {
        const { server, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        server.says.cancel = viewOf({ state: "paid", cancel: "too_late" });
        await click(".glase-cancel");
        await pass(1);
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(line.payment_status).toBe("done");
        expect(queryOne(".glase-headline").textContent).toBe("PAID");
        expect(queryOne(".glase-details").textContent).toInclude("already paid");
        await click(".glase-read");
        await animationFrame();
        expect(".glase-dialog").toHaveCount(0);
    });

    test("left open does not count as paid and stands in the way of no tender", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        server.says.status = viewOf({ silence: 20 });
        await pass(2);
        expect(queryAllTexts(".glase-actions button")).toEqual([
            "Cancel",
            "Check again",
            "Leave it open",
            "Force done",
        ]);
        server.says.leave = viewOf({ given_up: true });
        await click(".glase-leave");
        await pass(1);
        await sent.done;
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("glase_open");
        expect(order.isPaid()).toBe(false);
        const cash = store.models["pos.payment.method"].get(1);
        expect(order.addPaymentline(cash).status).toBe(true);
        expect(order.isPaid()).toBe(true);
    });

    test("is not closed by Escape, Control+Enter, or the till closing all dialogs", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        await press("Escape");
        await press("Enter");
        await press(["Control", "Enter"]);
        await animationFrame();
        expect(".glase-dialog").toHaveCount(1);
        store.dialog.closeAll();
        await pass(1);
        expect(".glase-dialog").toHaveCount(1);
        expect(server.count("cancel")).toBe(0);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
    });

    test("asks after 30 s: try again, or cancel", async () => {
        const { server, order, method } = await setUpPayment();
        const sent = send(addGlaseLine(order, method));
        await pass(32);
        expect(queryAllTexts(".glase-actions button")).toEqual([
            "Try again",
            "Cancel payment",
            "Change amount",
        ]);
        await click(".glase-try-again");
        await animationFrame();
        expect(queryAllTexts(".glase-actions button")).toEqual(["Cancel", "Change amount"]);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
    });

    test("whose log-in has expired says so, with a link", async () => {
        const { server, order, method } = await setUpPayment();
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        server.says.status = () => {
            throw makeServerError({ errorName: "odoo.http.SessionExpiredException" });
        };
        await pass(2);
        expect(queryOne(".glase-login").getAttribute("target")).toBe("_blank");
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
    });

    test("tells the customer display, and how it ended for a while", async () => {
        const { server, order, method } = await setUpPayment();
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        expect(order.glaseDisplay.amount).toInclude("17.85");
        expect(order.glaseDisplay.sticker).toMatch(/^data:image\/svg\+xml/);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(order.glaseDisplay.state).toBe("paid");
        expect(order.glaseDisplay.sticker).toBe(false);
        await pass(11);
        expect(order.glaseDisplay).toBe(null);
    });

    test("of each kind of end has a state of its own on the customer display", async () => {
        const ends = {
            nothing: { cancel: viewOf({ state: "canceled", cancel: "wished" }) },
            unpaid: { status: viewOf({ state: "failed", message: "The bank refused." }) },
            returned: { status: viewOf({ state: "reversed", message: "Given back." }) },
        };
        const { server, order, method } = await setUpPayment();
        for (const [state, says] of Object.entries(ends)) {
            server.says = { ...server.says, status: viewOf() };
            const sent = send(addGlaseLine(order, method));
            await pass(2);
            expect(order.glaseDisplay.state).toBe("scan");
            Object.assign(server.says, says);
            if (says.cancel) {
                await click(".glase-cancel");
            }
            await pass(2);
            await sent.done;
            expect(order.glaseDisplay.state).toBe(state);
            if (!says.cancel) {
                await click(".glase-read");
            }
        }
    });

    test("that is not paid does not stand on the customer display as if it was", async () => {
        const till = await setUpPayment();
        const { order } = till;
        const adapter = new CustomerDisplayPosAdapter();
        const { line } = await sendDeclined(till);
        adapter.formatOrderData(order);
        expect(adapter.data.paymentLines).toEqual([]);
        line.update({ transaction_id: "ERS1" });
        line.setPaymentStatus("done");
        adapter.formatOrderData(order);
        expect(adapter.data.paymentLines).toHaveLength(1);
    });

    test("is seen and heard when it is paid, and the next sale can begin", async () => {
        const { server, store, order, method } = await setUpPayment();
        const sounds = [];
        patchWithCleanup(store.sound, { play: (name) => sounds.push(name) });
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        server.says.status = viewOf({ state: "paid" });
        await pass(1.5);
        await sent.done;
        expect(".glase-dialog").toHaveCount(0);
        const { banner } = store.glase.screen;
        expect(banner.words.headline).toBe("PAID");
        expect(banner.words.amount).toInclude("17.85");
        // Odoo's number buffer reads no keyboard while there is an overlay.
        expect(Object.keys(store.env.services.overlay.overlays)).toEqual([]);
        await mountWithCleanup(EndBanner, { props: { ...banner.words } });
        expect(".glase-end-banner[role=alert]").toHaveText(/PAID/);
        expect(getComputedStyle(queryOne(".glase-end-banner")).pointerEvents).toBe("none");
        expect(sounds).toEqual(["bell"]);
        await pass(3);
        expect(banner.words).toBe(null);
    });

    test("is heard when the customer's time is over; not where the shop wants it quiet", async () => {
        const { store, order, method } = await setUpPayment();
        const sounds = [];
        patchWithCleanup(store.sound, { play: (name) => sounds.push(name) });
        send(addGlaseLine(order, method));
        await pass(32);
        expect(sounds).toEqual(["beep"]);
        expect(".glase-dialog [role=alert]").toHaveText(/The customer has not paid yet/);
        method.glase_sound = false;
        await click(".glase-try-again");
        await pass(32);
        expect(sounds).toEqual(["beep"]);
    });

    test("that is declined is sent again from the dialog", async () => {
        const till = await setUpPayment();
        const { server } = till;
        const { line, first } = await sendDeclined(till);
        server.says.status = viewOf();
        await click(".glase-retry");
        await pass(2);
        expect(".glase-look-waiting").toHaveCount(1);
        expect(line.glase_attempt).not.toBe(first);
        expect(server.count("send")).toBe(2);
    });

    test("of which the customer has the bill on the phone says so", async () => {
        const { server, order, method } = await setUpPayment();
        send(addGlaseLine(order, method));
        await pass(2);
        expect(queryOne(".glase-headline").textContent).toBe("Waiting for the customer");
        server.says.status = viewOf({ scanned: true });
        await pass(2);
        expect(queryOne(".glase-headline").textContent).toBe("Scanned: the customer is confirming");
        expect(order.glaseDisplay.state).toBe("confirming");
    });

    test("that Glase does not answer says that first, and shows no ring", async () => {
        const { server, order, method } = await setUpPayment();
        send(addGlaseLine(order, method));
        await pass(2);
        expect(".glase-ring[role=timer]").toHaveCount(1);
        expect(queryOne(".glase-ring").getAttribute("aria-label")).toInclude("seconds left");
        server.says.status = viewOf({ silence: 20 });
        await pass(2);
        expect(queryOne(".glase-headline").textContent).toBe("No answer from Glase");
        expect(".glase-ring").toHaveCount(0);
        expect(".glase-dialog [role=alert]").toHaveText(/No answer from Glase/);
        expect(".glase-dialog .btn").toHaveCount(4);
    });

    test("shows on its line what it is worth, selected or not", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method, 10);
        store.glase.payments.tell = () => {};
        const sent = send(line);
        await waitFor(".glase-choice-continue");
        await click(".glase-choice-continue");
        await pass(2);
        server.says.status = viewOf({ silence: 20 });
        await pass(2);
        server.says.leave = viewOf({ given_up: true });
        await click(".glase-leave");
        await pass(1);
        await sent.done;
        expect(shortState(line, store.glase).words).toBe("Left open: does not count");
        const cash = store.models["pos.payment.method"].find((other) => other.is_cash_count);
        order.addPaymentline(cash);
        await openPaymentScreen(order);
        expect(line.isSelected()).toBe(false);
        expect('.paymentline .glase-line-state[data-status="glase_open"]').toHaveText(
            "Left open: does not count"
        );
    });

    test("takes what was told about it from the screen when it is settled", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        server.says.status = viewOf({ silence: 20 });
        await pass(2);
        server.says.leave = viewOf({ given_up: true });
        await click(".glase-leave");
        await pass(1);
        await sent.done;
        expect(".o_notification").toHaveText(/left open/);
        server.says.status = viewOf({ state: "paid" });
        store.glase.checkAgain(line);
        await pass(1);
        expect(".o_notification").toHaveCount(0);
    });
});

describe("refused without a call", () => {
    /** Press *Send* and read the sentence; nothing may have been sent. */
    async function refusal({ server, line }) {
        const sent = send(line);
        await sent.done;
        await animationFrame();
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("pending");
        expect(server.count("send")).toBe(0);
        return queryOne(".modal-body").textContent;
    }

    test("a till that is not ready, in the server's words", async () => {
        const { server, store, order, method } = await setUpPayment();
        store.glase.terminal.info = {
            ...TILL_INFO,
            state: "no_glase_id",
            message: "Assign the Glase ID.",
        };
        const line = addGlaseLine(order, method);
        expect(await refusal({ server, line })).toBe("Assign the Glase ID.");
    });

    test("zero and negative amounts", async () => {
        const { server, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method, 0);
        expect(await refusal({ server, line })).toBe("Enter an amount above zero.");
        await click(".modal-footer .btn-primary");
        await animationFrame();
        line.setAmount(-5);
        expect(await refusal({ server, line })).toBe("Enter an amount above zero.");
    });

    test("nothing due", async () => {
        const { server, store, order, method } = await setUpPayment();
        order.addPaymentline(store.models["pos.payment.method"].get(1));
        const line = addGlaseLine(order, method, 5);
        expect(await refusal({ server, line })).toInclude("Nothing is left to pay");
    });

    test("no receipt lines", async () => {
        const { server, store, method } = await setUpPayment();
        const empty = store.addNewOrder();
        const line = addGlaseLine(empty, method, 5);
        expect(await refusal({ server, line })).toInclude("Add a product");
    });

    test("a browser that is offline", async () => {
        const { server, store, order, method } = await setUpPayment();
        patchWithCleanup(store.data, {
            async checkConnectivity() {
                store.data.network.offline = true;
            },
        });
        const line = addGlaseLine(order, method);
        expect(await refusal({ server, line })).toInclude("offline");
    });

    test("a server that is slow is not called offline", async () => {
        const { server, store, order, method } = await setUpPayment();
        patchWithCleanup(store.data, { checkConnectivity: () => new Deferred() });
        const line = addGlaseLine(order, method);
        const refused = refusal({ server, line });
        await advanceTime(10000);
        expect(await refused).toInclude("does not answer");
    });

    test("an order that cannot be stored", async () => {
        const { server, store, order, method } = await setUpPayment();
        patchWithCleanup(store, {
            async syncAllOrders() {
                throw new ConnectionLostError("/web");
            },
        });
        const line = addGlaseLine(order, method);
        expect(await refusal({ server, line })).toInclude("could not be stored");
    });

    /**
     * An order that the server has but for its last line, while something stores it and hears no answer.
     *
     * @returns what each synchronisation makes of lines, and what lets the first be answered
     */
    async function setUpStoring() {
        const till = await setUpPayment();
        const { store, order } = till;
        await store.syncAllOrders({ orders: [order] });
        // A line of the same product would only get more.
        order.lines.find((line) => line.product_id.product_tmpl_id.id === 5).delete();
        await store.addLineToOrder({ product_tmpl_id: 5 }, order);
        const made = [];
        const held = new Deferred();
        patchWithCleanup(store.data, {
            async call(model, name, [orders]) {
                if (name === "sync_from_ui") {
                    made.push(orders[0].lines.filter(([command]) => command === 0).length);
                    if (made.length === 1) {
                        await held;
                    }
                }
                return super.call(...arguments);
            },
        });
        // As another module does when the payment screen opens.
        store.syncAllOrders({ orders: [order] });
        return { ...till, made, held };
    }

    test("an order that is being stored already: its lines are made once", async () => {
        const { server, order, method, made, held } = await setUpStoring();
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        expect(made).toEqual([1]);
        expect(server.count("send")).toBe(0);
        held.resolve();
        await pass(2);
        expect(made.length).toBeGreaterThan(1);
        expect(made.slice(1).every((count) => count === 0)).toBe(true);
        expect(server.count("send")).toBe(1);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
    });

    test("an order whose storing hangs is stored anew after a while", async () => {
        const { order, method, made } = await setUpStoring();
        send(addGlaseLine(order, method));
        await pass(8);
        expect(made).toEqual([1]);
        await pass(5);
        expect(made.length).toBe(2);
    });

    test("an order that the server takes too long to store", async () => {
        const { server, store, order, method } = await setUpPayment();
        patchWithCleanup(store, { syncAllOrders: () => new Deferred() });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(21);
        await sent.done;
        expect(line.payment_status).toBe("pending");
        expect(server.count("send")).toBe(0);
        expect(".o_blockUI").toHaveCount(0);
        expect(queryOne(".modal-body").textContent).toInclude("could not be stored");
    });

    test("a second payment while one is running", async () => {
        const { server, order, method, store } = await setUpPayment();
        const first = send(addGlaseLine(order, method));
        await pass(2);
        const other = store.addNewOrder();
        const line = addGlaseLine(other, method, 5);
        const second = send(line);
        await second.done;
        expect(second.result()).toBe(false);
        expect(server.count("send")).toBe(1);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await first.done;
        expect(first.result()).toBe(true);
    });

    for (const status of ["waiting", "waitingCard", "waitingCancel", "force_done"]) {
        test(`what another terminal may be taking: ${status}`, async () => {
            const { server, store, order, method } = await setUpPayment();
            const line = addGlaseLine(order, method);
            const card = order.addPaymentline(store.models["pos.payment.method"].get(2)).data;
            card.setPaymentStatus(status);
            expect(await refusal({ server, line })).toInclude("Another payment terminal");
        });
    }

    test("what another terminal takes while the bill is being stored", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        const card = order.addPaymentline(store.models["pos.payment.method"].get(2)).data;
        card.setPaymentStatus("pending");
        patchWithCleanup(store, {
            async syncAllOrders() {
                card.setPaymentStatus("waiting");
                return super.syncAllOrders(...arguments);
            },
        });
        expect(await refusal({ server, line })).toInclude("Another payment terminal");
    });

    test("more than is due where there is neither tip nor change", async () => {
        const { server, store, order, method } = await setUpPayment();
        store.config.update({ iface_tipproduct: false, payment_method_ids: [["clear"]] });
        const line = addGlaseLine(order, method, 20);
        const sent = send(line);
        await waitFor(".glase-choice-back");
        expect(queryAllTexts(".modal-footer button")).toEqual(["Back"]);
        await click(".glase-choice-back");
        await sent.done;
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("pending");
        expect(server.count("send")).toBe(0);
    });
});

describe("asked before", () => {
    test("Glase last: back sends nothing", async () => {
        const { server, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method, 10);
        const sent = send(line);
        await waitFor(".glase-choice-continue");
        expect(queryOne(".modal-body").textContent).toInclude("7.85");
        await click(".glase-choice-back");
        await sent.done;
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("pending");
        expect(server.count("send")).toBe(0);
    });

    test("Glase last: continue anyway sends it", async () => {
        const { server, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method, 10);
        const sent = send(line);
        await waitFor(".glase-choice-continue");
        await click(".glase-choice-continue");
        await pass(2);
        expect(server.heard.find(({ route }) => route === "send").params.amount).toBe("10.00");
        server.says.status = viewOf({ state: "paid", amount: "10.00" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(order.remainingDue).toBe(7.85);
    });

    test("Glase last: a method that refuses offers no way on", async () => {
        const { order, method } = await setUpPayment();
        method.update({ glase_last_tender: "refuse" });
        const sent = send(addGlaseLine(order, method, 10));
        await waitFor(".glase-choice-back");
        expect(queryAllTexts(".modal-footer button")).toEqual(["Back"]);
        await click(".glase-choice-back");
        await sent.done;
    });

    test("more than is due: change in cash", async () => {
        const { server, order, method } = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const sent = send(addGlaseLine(order, method, 20));
        await waitFor(".glase-choice-change");
        await click(".glase-choice-change");
        await pass(2);
        await sent.done;
        expect(server.heard.find(({ route }) => route === "send").params.amount).toBe("20.00");
        expect(order.isPaid()).toBe(true);
        expect(order.change).toBe(-2.15);
    });
});

describe("undecided lines", () => {
    test("the X cancels for certain before it deletes", async () => {
        const { server, order, method } = await setUpPayment();
        const screen = await openPaymentScreen(order);
        const line = addGlaseLine(order, method);
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus("glase_open");
        server.says.cancel = viewOf({ state: "canceled", cancel: "wished" });
        screen.deletePaymentLine(line.uuid);
        await pass(2);
        expect(server.count("cancel")).toBe(1);
        expect(order.payment_ids).toHaveLength(0);
    });

    test("the X keeps a line that turns out paid", async () => {
        const { server, order, method } = await setUpPayment();
        const screen = await openPaymentScreen(order);
        const line = addGlaseLine(order, method);
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus("glase_open");
        server.says.cancel = viewOf({ state: "paid", cancel: "too_late" });
        screen.deletePaymentLine(line.uuid);
        await pass(2);
        expect(order.payment_ids).toHaveLength(1);
        expect(line.payment_status).toBe("done");
    });

    test("a delete from anywhere leaves a waiting or paid line where it is", async () => {
        const { order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        line.setPaymentStatus("waiting");
        order.removePaymentline(line);
        expect(order.payment_ids).toHaveLength(1);
        line.update({ transaction_id: "ERS1" });
        line.setPaymentStatus("done");
        order.removePaymentline(line);
        expect(order.payment_ids).toHaveLength(1);
        line.update({ transaction_id: "" });
        line.setPaymentStatus("retry");
        order.removePaymentline(line);
        expect(order.payment_ids).toHaveLength(0);
    });

    test("checked again after the server canceled it: said in words", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus("glase_open");
        server.says.status = viewOf({ state: "canceled", given_up: true, message: "Declined." });
        store.glase.checkAgain(line);
        await pass(2);
        expect(line.payment_status).toBe("retry");
        expect(queryOne(".glase-headline").textContent).toBe("Canceled");
        expect(queryOne(".glase-details").textContent).toInclude("left open has been canceled");
    });

    test("while a bill is being stored the line says so, and is not called left open", async () => {
        const { store, order, method } = await setUpPayment();
        await openPaymentScreen(order);
        const storing = new Deferred();
        patchWithCleanup(store, { syncAllOrders: () => storing });
        const sent = send(addGlaseLine(order, method));
        await animationFrame();
        expect(queryOne(".glase-line-words").textContent).toInclude("storing");
        expect(".glase-check-again").toHaveCount(0);
        storing.resolve([order]);
        await pass(1);
        expect(queryOne(".glase-line-words").textContent).toInclude("Waiting");
        expect(".glase-check-again").toHaveCount(0);
        store.glase.running.leave();
        await pass(1);
        await sent.done;
        expect(".glase-check-again").toHaveCount(1);
    });

    test("nothing is done twice, and nothing is canceled, while the order is being stored", async () => {
        const { server, store, order, method } = await setUpPayment();
        const screen = await openPaymentScreen(order);
        const storing = new Deferred();
        patchWithCleanup(store, { syncAllOrders: () => storing });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await animationFrame();
        expect(".o_blockUI").toHaveCount(1, { message: "nothing else can be clicked" });
        const again = send(line);
        await again.done;
        expect(again.result()).toBe(false);
        await screen.deletePaymentLine(line.uuid);
        expect(line.payment_status).toBe("waiting");
        expect(order.payment_ids).toHaveLength(1);
        storing.resolve([order]);
        server.says.status = viewOf({ state: "paid" });
        await pass(3);
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(server.count("send")).toBe(1);
        expect(server.count("cancel")).toBe(0);
    });

    test("an order with one is not deleted", async () => {
        const { server, store, order, method } = await setUpPayment();
        const line = addGlaseLine(order, method);
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus("glase_open");
        server.says.cancel = viewOf({ cancel: "wished" });
        server.says.leave = viewOf({ given_up: true });
        let deleted;
        const deleting = store._onBeforeDeleteOrder(order).then((answer) => {
            deleted = answer;
        });
        await pass(2);
        await click(".glase-leave");
        await pass(1);
        await deleting;
        expect(deleted).toBe(false);
        expect(line.payment_status).toBe("glase_open");
    });

    test("core's own Force done is not for Glase", async () => {
        const { order, method } = await setUpPayment();
        await openPaymentScreen(order);
        const line = addGlaseLine(order, method);
        line.setPaymentStatus("waitingCard");
        await animationFrame();
        expect(".send_force_done").toHaveCount(0);
        expect(".glase-check-again").toHaveCount(1);
        line.setPaymentStatus("waitingCancel");
        await animationFrame();
        expect(".send_force_done").toHaveCount(0);
    });

    test("choosing Glase again replaces a line that was not sent", async () => {
        const { order, method } = await setUpPayment();
        addGlaseLine(order, method, 5);
        const line = addGlaseLine(order, method);
        expect(order.payment_ids).toHaveLength(1);
        expect(line.amount).toBe(17.85);
    });
});

describe("while a payment runs", () => {
    test("the basket stays as it is, and no way leads off the payment", async () => {
        const { server, store, order, method, routes } = await setUpPayment();
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        const lines = order.lines.length;
        await store.addLineToOrder({ product_tmpl_id: 5 }, order);
        expect(order.lines).toHaveLength(lines);
        store.navigate("ProductScreen", { orderUuid: order.uuid });
        expect(routes.at(-1)).toEqual(["PaymentScreen", order.uuid]);
        store.setOrder(store.addNewOrder());
        expect(store.getOrder().uuid).toBe(order.uuid);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
    });
});

describe("after a reload", () => {
    /** A line as the browser finds it again, and what the server knows about it. */
    async function reload({ status = "waiting", row }) {
        const till = await setUpPayment();
        const line = addGlaseLine(till.order, till.method);
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus(status);
        till.server.says.resume = row && {
            ok: true,
            rows: [{ ...viewOf(row), line_uuid: line.uuid }],
        };
        const resumed = till.store.glase.resume.all();
        await pass(1);
        return { ...till, line, resumed };
    }

    test("goes on where it was", async () => {
        const { server, store, order, line, routes } = await reload({ row: {} });
        expect(store.glase.running.lineUuid).toBe(line.uuid);
        expect(routes.at(-1)).toEqual(["PaymentScreen", order.uuid]);
        expect(".glase-dialog").toHaveCount(1);
        expect(server.count("send")).toBe(0);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        expect(line.payment_status).toBe("done");
        expect(order.isPaid()).toBe(true);
    });

    test("paid meanwhile: done, and said", async () => {
        const { line } = await reload({ row: { state: "paid" } });
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id).toBe("ERS1");
        expect(queryOne(".glase-details").textContent).toInclude("meanwhile");
    });

    test("a line that this browser had called unpaid follows the server", async () => {
        const { line } = await reload({ status: "retry", row: { state: "paid" } });
        expect(line.payment_status).toBe("done");
    });

    test("declined meanwhile: back to retry", async () => {
        const { line, store } = await reload({ row: { state: "canceled" } });
        expect(line.payment_status).toBe("retry");
        expect(store.glase.running).toBe(null);
    });

    test("given up meanwhile: left open", async () => {
        const { line } = await reload({ row: { given_up: true } });
        expect(line.payment_status).toBe("glase_open");
        expect(".glase-dialog").toHaveCount(0);
    });

    test("never sent: retry", async () => {
        const { line } = await reload({ row: null });
        expect(line.payment_status).toBe("retry");
    });

    const elsewhere = viewOf({ line_uuid: "of an order that is not here" });
    for (const [how, last, left] of [
        ["has ended", { ok: true, rows: [{ ...elsewhere, state: "paid", final: true }] }, 0],
        ["is this till's no more", { ok: true, rows: [] }, 0],
        ["may not be looked at", { ok: false, reason: "access", message: "Not yours." }, 1],
    ]) {
        test(`a bill without its order is followed until it ${how}`, async () => {
            const { server, store } = await setUpPayment();
            server.says.resume = { ok: true, rows: [elsewhere] };
            await store.glase.resume.all();
            await pass(1);
            expect(".o_notification").toHaveCount(1);
            const asked = server.count("resume");
            await pass(21);
            expect(server.count("resume")).toBe(asked + 2);
            server.says.resume = last;
            await pass(30);
            expect(server.count("resume")).toBe(asked + 3);
            expect(".o_notification").toHaveCount(left);
        });
    }
});
