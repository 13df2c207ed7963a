import { describe, expect, test } from "@odoo/hoot";
import { click, edit, queryAllTexts, queryOne, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { guardMoves } from "@pos_glase/app/service/order_lock";
import { amountFrom } from "@pos_glase/app/service/send_checks";
import { addGlaseLine, pass, send, setUpPayment, TILL_INFO, viewOf } from "./helpers";

definePosModels();

const CASH = 1;

async function openPaymentScreen(order) {
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await animationFrame();
    return screen;
}

/** A till whose payment is out at the customer. */
async function setUpWaiting(says) {
    const till = await setUpPayment(says);
    const line = addGlaseLine(till.order, till.method);
    const sent = send(line);
    await pass(2);
    return { ...till, line, sent };
}

/** A line that was left open, as a parked order has it. */
async function setUpLeftOpen(says) {
    const till = await setUpPayment(says);
    const line = addGlaseLine(till.order, till.method);
    line.glase_attempt = "attempt-1";
    line.setPaymentStatus("glase_open");
    return { ...till, line };
}

function cashOf(store) {
    return store.models["pos.payment.method"].get(CASH);
}

async function type(selector, text) {
    await click(selector);
    await edit(text);
}

/** A manager types what is asked for, and approves. */
async function approve(fields) {
    for (const [name, text] of Object.entries(fields)) {
        await type(`#glase-approval-${name}`, text);
    }
    await animationFrame();
    await click(".glase-approve");
    await pass(1);
}

describe("force done", () => {
    async function setUpQuiet({ manager = true, ...says } = {}) {
        const till = await setUpWaiting(says);
        till.store.glase.terminal.info = { ...TILL_INFO, manager };
        till.server.says.status = viewOf({ silence: 20 });
        await pass(2);
        return till;
    }

    test("is offered only while Glase does not answer", async () => {
        const { server } = await setUpWaiting();
        expect(".glase-force").toHaveCount(0);
        server.says.status = viewOf({ silence: 20 });
        await pass(2);
        expect(".glase-force").toHaveCount(1);
    });

    test("counts without a reference, and a late PAID fills it in", async () => {
        const { server, line, sent } = await setUpQuiet();
        await click(".glase-force");
        await waitFor(".glase-approval");
        expect("#glase-approval-login").toHaveCount(0);
        expect(".glase-approve").not.toBeEnabled();
        await approve({ reason: "Seen on the phone" });
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id || false).toBe(false);
        const { params } = server.heard.find(({ route }) => route === "force");
        expect(params.reason).toBe("Seen on the phone");
        expect(params.login + params.password).toBe("");
        server.says.status = viewOf({ state: "paid", forced: true });
        await pass(2);
        expect(line.transaction_id).toBe("ERS1");
        const asked = server.count("status");
        await pass(3);
        expect(server.count("status")).toBe(asked);
    });

    test("by a cashier needs a manager's log-in, and forgets the password", async () => {
        const { server, line } = await setUpQuiet({
            manager: false,
            force: { ok: false, reason: "approval", message: "Wrong password." },
        });
        await click(".glase-force");
        await waitFor(".glase-approval");
        await type("#glase-approval-reason", "Seen");
        await animationFrame();
        expect(".glase-approve").not.toBeEnabled();
        await approve({ login: "boss", password: "secret" });
        expect(queryOne(".glase-approval-message").textContent).toBe("Wrong password.");
        expect(queryOne("#glase-approval-password").value).toBe("");
        expect(line.payment_status).toBe("waiting");
        server.says.force = viewOf({ forced: true });
        await approve({ password: "better" });
        expect(line.payment_status).toBe("done");
        expect(".glase-approval").toHaveCount(0);
    });

    test("on a line that was left open", async () => {
        const { server, store, order, line } = await setUpLeftOpen();
        store.glase.terminal.info = { ...TILL_INFO, manager: true };
        await openPaymentScreen(order);
        server.says.status = viewOf({ forced: true });
        await click(".glase-line .glase-force");
        await waitFor(".glase-approval");
        await approve({ reason: "Seen" });
        expect(line.payment_status).toBe("done");
        expect(order.isPaid()).toBe(true);
    });

    test("that turns out unpaid is said", async () => {
        const { server, sent } = await setUpQuiet();
        await click(".glase-force");
        await waitFor(".glase-approval");
        await approve({ reason: "Seen" });
        await sent.done;
        server.says.status = viewOf({ state: "canceled", forced: true });
        await pass(2);
        expect(queryAllTexts(".o_notification").join()).toInclude("was not paid");
    });

    test("ends with the payment: a customer who pays meanwhile needs no manager", async () => {
        const { server, line } = await setUpQuiet();
        await click(".glase-force");
        await waitFor(".glase-approval");
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        expect(".glase-approval").toHaveCount(0);
        expect(line.transaction_id).toBe("ERS1");
        expect(server.count("force")).toBe(0);
    });
});

describe("change amount", () => {
    test("reads comma and point, and nothing else", () => {
        expect(amountFrom("3,10", 2)).toBe(3.1);
        expect(amountFrom(" 1 234.5 ", 2)).toBe(1234.5);
        expect(amountFrom("7.", 2)).toBe(7);
        for (const text of ["", "-3", "3,105", "1.2.3", "abc", ",5"]) {
            expect(amountFrom(text, 2)).toBe(false);
        }
    });

    async function change(text) {
        await click(".glase-change-amount");
        await waitFor("#glase-new-amount");
        await type("#glase-new-amount", text);
        await click(".glase-amount-ok");
        await pass(1);
    }

    test("goes to the line once it is certain; the rest falls due again", async () => {
        const { server, order, line, sent } = await setUpWaiting();
        server.says.update = viewOf({ amount: "10.00" });
        server.says.status = viewOf({ amount: "10.00" });
        await change("10,00");
        expect(server.heard.find(({ route }) => route === "update").params.amount).toBe("10.00");
        expect(queryOne(".glase-amount").textContent).toInclude("10.00");
        expect(order.glaseDisplay.amount).toInclude("10.00");
        expect(line.amount).toBe(10);
        server.says.status = viewOf({ state: "paid", amount: "10.00" });
        await pass(2);
        await sent.done;
        expect(line.amount).toBe(10);
        expect(order.remainingDue).toBe(7.85);
    });

    test("checks what is typed", async () => {
        const { server } = await setUpWaiting();
        await change("20");
        expect(queryOne(".glase-amount-message").textContent).toInclude("At most");
        await type("#glase-new-amount", "0");
        await click(".glase-amount-ok");
        await animationFrame();
        expect(queryOne(".glase-amount-message").textContent).toInclude("above zero");
        expect(server.count("update")).toBe(0);
    });

    test("is not offered once the customer has scanned", async () => {
        const { server } = await setUpWaiting();
        server.says.status = viewOf({ updatable: false });
        await pass(2);
        expect(".glase-change-amount").toHaveCount(0);
    });

    test("without an answer says that both amounts stand; the receipt decides", async () => {
        const { server, line, sent } = await setUpWaiting();
        const both = { proposed: "10.00", updatable: false };
        server.says.update = viewOf(both);
        server.says.status = viewOf(both);
        await change("10");
        expect(queryOne(".glase-warning").textContent).toInclude("either");
        expect(line.amount).toBe(17.85);
        server.says.status = viewOf({ state: "paid", amount: "10.00" });
        await pass(2);
        await sent.done;
        expect(line.amount).toBe(10);
    });

    test("whose answer from our own server is lost follows the next view", async () => {
        const { server, line } = await setUpWaiting();
        server.says.update = () => {
            throw new ConnectionLostError("/web");
        };
        server.says.status = viewOf({ amount: "10.00" });
        await change("10");
        await pass(2);
        expect(server.count("update")).toBe(1);
        expect(line.amount).toBe(10);
    });

    test("paid without an amount: not done, in words", async () => {
        const { server, order, line, sent } = await setUpWaiting();
        server.says.status = viewOf({ state: "paid", amount_certain: false });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(false);
        expect(line.payment_status).toBe("glase_open");
        expect(order.isPaid()).toBe(false);
        expect(queryOne(".glase-headline").textContent).toInclude("not known how much");
    });

    const SCANNED = { ok: false, reason: "scanned", message: "The customer looks at it." };

    test("refused as scanned: canceled for certain, then sent anew", async () => {
        const { server, line, sent } = await setUpWaiting({ update: SCANNED });
        await change("10");
        expect(queryOne(".glase-warning").textContent).toInclude("looks at it");
        await click(".glase-send-anew");
        await waitFor(".glase-choice-anew");
        server.says.cancel = viewOf({ state: "canceled", cancel: "wished" });
        await click(".glase-choice-anew");
        await pass(2);
        expect(server.count("send")).toBe(2);
        const [first, second] = server.heard.filter(({ route }) => route === "send");
        expect(second.params.amount).toBe("10.00");
        expect(second.params.attempt).not.toBe(first.params.attempt);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(line.amount).toBe(10);
    });

    test("refused as scanned: nothing is sent anew if the customer was faster", async () => {
        const { server, line, sent } = await setUpWaiting({ update: SCANNED });
        await change("10");
        await click(".glase-send-anew");
        await waitFor(".glase-choice-anew");
        server.says.cancel = viewOf({ state: "paid", cancel: "too_late" });
        await click(".glase-choice-anew");
        await pass(2);
        await sent.done;
        expect(server.count("send")).toBe(1);
        expect(line.amount).toBe(17.85);
        expect(line.payment_status).toBe("done");
    });

    test("refused as scanned: nothing is sent anew without a certain cancel", async () => {
        const { server, line } = await setUpWaiting({ update: SCANNED });
        await change("10");
        await click(".glase-send-anew");
        await waitFor(".glase-choice-anew");
        server.says.cancel = server.says.status = viewOf({ cancel: "wished" });
        await click(".glase-choice-anew");
        await pass(2);
        server.says.leave = viewOf({ given_up: true });
        await click(".glase-leave");
        await pass(1);
        expect(server.count("send")).toBe(1);
        expect(line.payment_status).toBe("glase_open");
        expect(queryOne(".modal:not(.o_inactive_modal) .modal-body").textContent).toInclude(
            "no new one was sent"
        );
    });
});

describe("a lost bill", () => {
    async function setUpLost() {
        const till = await setUpWaiting({ send: viewOf({ state: "unknown", amount: "5.00" }) });
        await till.sent.done;
        expect(till.line.amount).toBe(17.85, { message: "only a bill that stands changes it" });
        expect(queryAllTexts(".glase-actions button")).toEqual(["Send again", "Give up"]);
        return till;
    }

    test("is sent again as a new attempt", async () => {
        const { server, line } = await setUpLost();
        expect(line.payment_status).toBe("retry");
        const first = line.glase_attempt;
        server.says.send = viewOf();
        await click(".glase-send-again");
        await pass(2);
        expect(line.glase_attempt).not.toBe(first);
        expect(".glase-look-waiting").toHaveCount(1);
        server.says.status = viewOf({ state: "paid" });
        await pass(2);
        expect(line.transaction_id).toBe("ERS1");
    });

    test("is given up", async () => {
        const { server, order, line, store } = await setUpLost();
        server.says.leave = viewOf({ state: "unknown", given_up: true });
        await click(".glase-give-up");
        await pass(1);
        expect(server.heard.at(-1).route).toBe("leave");
        expect(server.heard.at(-1).params.attempt).toBe(line.glase_attempt);
        expect(".glase-dialog").toHaveCount(0);
        expect(order.addPaymentline(cashOf(store)).status).toBe(true);
    });
});

describe("the order stays as it is", () => {
    test("a line whose method has left the settings is not deleted", async () => {
        const { store, order, method } = await setUpLeftOpen();
        store.config.update({ payment_method_ids: [["unlink", method]] });
        await openPaymentScreen(order);
        expect(order.payment_ids).toHaveLength(1);
    });

    test("lines, prices, taxes and payments of an undecided order", async () => {
        const { store, order, line } = await setUpLeftOpen();
        const [first] = order.lines;
        const before = [first.qty, first.price_unit, first.discount, order.lines.length];
        expect(first.setQuantity(9).body).toInclude("stays as it is");
        first.setUnitPrice(1);
        first.setDiscount(50);
        order.removeOrderline(first);
        await store.addLineToOrder({ product_tmpl_id: 5 }, order);
        expect([first.qty, first.price_unit, first.discount, order.lines.length]).toEqual(before);
        const { pricelist_id } = order;
        order.setPricelist(false);
        expect(order.pricelist_id).toBe(pricelist_id);
        line.setAmount(3);
        expect(line.amount).toBe(17.85);
        first.setCustomerNote("no onions");
        expect(first.getCustomerNote()).toBe("no onions");
        line.setPaymentStatus("retry");
        first.setQuantity(9);
        expect(first.qty).toBe(9);
    });

    test("it is neither split nor merged nor moved, also when Glase is paid", async () => {
        const { store, order, line, routes } = await setUpLeftOpen();
        const moved = [];
        const other = store.addNewOrder();
        Object.assign(store, {
            mergeOrders: async (...args) => moved.push(args),
            transferOrder: async (...args) => moved.push(args),
        });
        guardMoves(store);
        store.setOrder(order);
        const attempts = async () => {
            await store.mergeOrders(order, other);
            await store.mergeOrders(other, order);
            await store.transferOrder(order.uuid, {});
        };
        const split = () => store.navigate("SplitBillScreen", { orderUuid: order.uuid });
        await attempts();
        split();
        line.update({ transaction_id: "ERS1" });
        line.setPaymentStatus("done");
        await attempts();
        split();
        expect(moved).toHaveLength(0);
        expect(routes.map(([name]) => name)).not.toInclude("SplitBillScreen");
        line.update({ transaction_id: "" });
        line.setPaymentStatus("retry");
        await attempts();
        expect(moved).toHaveLength(3);
    });

    test("another device does not change the order whose payment runs", async () => {
        const { store, order, line } = await setUpWaiting();
        const records = {
            "pos.order": [{ id: order.id }, { id: 4321 }],
            "pos.payment": [{ id: line.id, pos_order_id: order.id }],
            "pos.order.line": [{ id: 99, order_id: order.id }],
        };
        const { withoutGlaseOrder } = store.deviceSync;
        expect(withoutGlaseOrder.call(store.deviceSync, records)).toEqual({
            "pos.order": [{ id: 4321 }],
            "pos.payment": [],
            "pos.order.line": [],
        });
        await animationFrame();
        expect(queryAllTexts(".o_notification").join()).toInclude("Another device");
    });

    test("another device that has been paid is heard as that, once", async () => {
        const { server, store, order, line } = await setUpWaiting();
        const paid = { payment_status: "done", transaction_id: "ERS1" };
        const records = {
            "pos.order": [{ id: order.id, state: "paid" }],
            "pos.payment": [{ id: line.id, uuid: line.uuid, pos_order_id: order.id, ...paid }],
        };
        const { withoutGlaseOrder } = store.deviceSync;
        const asked = server.count("status");
        withoutGlaseOrder.call(store.deviceSync, records);
        withoutGlaseOrder.call(store.deviceSync, records);
        await pass(0.25);
        const told = queryAllTexts(".o_notification").join();
        expect(told).toInclude("Paid on the other device");
        expect(told).not.toInclude("has changed this order");
        expect(".o_notification").toHaveCount(1);
        expect(server.count("status")).toBe(asked + 1, { message: "the ledger is asked at once" });
    });

    test("no change in cash beyond what was agreed", async () => {
        const { store, order, method } = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        await sent.done;
        order.lines[0].setQuantity(1);
        expect(order.change).toBeLessThan(0);
        const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
        expect(await validation.askBeforeValidation()).toBe(false);
        await animationFrame();
        expect(queryOne(".modal-body").textContent).toInclude("given back in cash");
    });

    test("change that was agreed may be given", async () => {
        const { store, order, method } = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const sent = send(addGlaseLine(order, method, 20));
        await waitFor(".glase-choice-change");
        await click(".glase-choice-change");
        await pass(2);
        await sent.done;
        const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
        expect(await validation.askBeforeValidation()).toBe(true);
    });
});

describe("another tender", () => {
    test("comes after a certain cancel", async () => {
        const { server, store, order, line } = await setUpLeftOpen();
        const screen = await openPaymentScreen(order);
        server.says.cancel = viewOf({ state: "canceled", cancel: "wished" });
        const added = screen.addNewPaymentLine(cashOf(store));
        await pass(3);
        await added;
        expect(server.count("cancel")).toBe(1);
        expect(line.payment_status).toBe("retry");
        expect(order.payment_ids.at(-1).payment_method_id.id).toBe(CASH);
    });

    test("does not come if it is paid already", async () => {
        const { server, store, order, line } = await setUpLeftOpen();
        const screen = await openPaymentScreen(order);
        server.says.cancel = viewOf({ state: "paid", cancel: "too_late" });
        const added = screen.addNewPaymentLine(cashOf(store));
        await pass(3);
        await added;
        expect(order.payment_ids).toHaveLength(1);
        expect(line.transaction_id).toBe("ERS1");
    });

    test("comes after a warning if the cancel is not answered, and the row is given up", async () => {
        const { server, store, order, line } = await setUpLeftOpen();
        store.glase.payments.unanswered.add(line.uuid);
        const screen = await openPaymentScreen(order);
        let added = screen.addNewPaymentLine(cashOf(store));
        await waitFor(".glase-choice-back");
        await click(".glase-choice-back");
        await added;
        await animationFrame();
        expect(order.payment_ids).toHaveLength(1);
        expect(server.count("leave")).toBe(0);
        added = screen.addNewPaymentLine(cashOf(store));
        await waitFor(".glase-choice-other");
        await click(".glase-choice-other");
        await pass(1);
        await added;
        expect(order.payment_ids).toHaveLength(2);
        expect(server.count("leave")).toBe(1);
        expect(order.isPaid()).toBe(true);
    });
});

describe("told by the server", () => {
    test("a push about the running payment asks at once, another one does not", async () => {
        const { server, store } = await setUpWaiting();
        const asked = server.count("status");
        store.glase.onPush({ id: 999 });
        await animationFrame();
        expect(server.count("status")).toBe(asked);
        store.glase.onPush({ id: 1 });
        await animationFrame();
        expect(server.count("status")).toBe(asked + 1);
    });

    test("a payment that was not proven is said once", async () => {
        const { store, order, line } = await setUpLeftOpen();
        line.update({ glase_unverified: true });
        store.glase.tellUnverified([order]);
        store.glase.tellUnverified([order]);
        await animationFrame();
        expect(queryAllTexts(".o_notification").join()).toInclude("not proven");
        expect(".o_notification").toHaveCount(1);
    });

    const EDITS = {
        "another method": (line, cash) =>
            line.update({ payment_method_id: cash, glase_unverified: true }),
        nothing: (line) => line.delete(),
    };
    for (const [made, edit] of Object.entries(EDITS)) {
        test(`*Edit Payment* makes ${made} of a payment: said when it is stored`, async () => {
            const { store, order, method } = await setUpPayment();
            const line = addGlaseLine(order, method);
            line.update({ payment_status: "done", transaction_id: "ERS1" });
            const cash = store.models["pos.payment.method"].find((one) => one.is_cash_count);
            patchWithCleanup(store.data, { loadServerOrders: async () => edit(line, cash) });
            patchWithCleanup(store.action, { doAction: () => expect.step("closed") });
            const { onRecordSaved } = store.orderDetailsProps(order);
            await onRecordSaved({ evalContext: { id: order.id } });
            await animationFrame();
            expect.verifySteps(["closed"]);
            expect(queryAllTexts(".o_notification").join()).toInclude("17.85");
            expect(queryAllTexts(".o_notification").join()).toInclude("not proven");
        });
    }
});

describe("before a cashier is chosen", () => {
    test("what was paid meanwhile is finished as soon as somebody logs in", async () => {
        const { store, order, method } = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const validated = [];
        patchWithCleanup(OrderPaymentValidation.prototype, {
            async validateOrder() {
                validated.push(this.order.uuid);
            },
        });
        const line = addGlaseLine(order, method);
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus("waiting");
        const { cashier } = store;
        store.cashier = false;
        store.glase.payments.resume(line);
        await pass(2);
        expect(line.payment_status).toBe("done");
        expect(validated).toEqual([]);
        store.setCashier(cashier || store.user);
        await pass(1);
        expect(validated).toEqual([order.uuid]);
    });
});
