import { describe, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { Deferred } from "@odoo/hoot-mock";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { noteStored } from "@pos_glase/app/service/order_storage";
import { addGlaseLine, pass, send, setUpPayment, viewOf } from "./helpers";

definePosModels();

const PRODUCT = 5;

/** An order whose bill is out at the customer. */
async function setUpBill(says) {
    const till = await setUpPayment(says);
    const line = addGlaseLine(till.order, till.method);
    const sent = send(line);
    await pass(2);
    return { ...till, line, sent };
}

/** An order that is paid, and not finished. */
async function setUpPaid() {
    const till = await setUpBill({ status: viewOf({ state: "paid" }) });
    await till.sent.done;
    expect(till.line.payment_status).toBe("done");
    return till;
}

/** What the customer sees of an order. */
function billOf(order) {
    return {
        total: order.priceIncl,
        rows: order.lines.map((line) => [line.product_id.id, line.qty, line.price_unit]).sort(),
    };
}

/** As a module does that makes a line anew, with other values if any are given. */
function remake(line, values = {}) {
    const { order_id, product_id, qty, price_unit, models } = line;
    const tax_ids = [["link", ...line.tax_ids]];
    line.delete();
    const made = { order_id, product_id, qty, price_unit, tax_ids, price_type: "manual" };
    return models["pos.order.line"].create({ ...made, ...values });
}

const told = () => queryAllTexts(".o_notification").join();

/** What another module may do to the lines of an order. */
const CHANGES = {
    "makes a line anew, and dearer": ({ order }) => remake(order.lines[0], { price_unit: 99 }),
    "takes a line away": ({ order }) => order.lines[0].delete(),
    "takes all lines away": ({ order }) => [...order.lines].forEach((line) => line.delete()),
    "writes a price": ({ order }) => (order.lines[0].price_unit = 1),
    "writes a quantity": ({ order }) => (order.lines[1].qty = 7),
    "writes a discount": ({ order }) => order.lines[1].update({ discount: 50 }),
    "adds a line": ({ order, store }) =>
        store.models["pos.order.line"].create({
            order_id: order,
            product_id: store.models["product.product"].get(PRODUCT),
            qty: 1,
            price_unit: -5,
        }),
};

describe("another module, while the bill is out", () => {
    test("may take a line away and make an equal one", async () => {
        const { order } = await setUpBill();
        const before = billOf(order);
        const made = remake(order.lines[0]);
        await pass(1);
        expect(billOf(order)).toEqual(before);
        expect(order.lines.map((line) => line.uuid)).toInclude(made.uuid);
        expect(told()).toBe("");
    });

    test("may make the equal line a while before the old one goes", async () => {
        const { order } = await setUpBill();
        const before = billOf(order);
        const [old] = order.lines;
        const { product_id, qty, price_unit, models } = old;
        models["pos.order.line"].create({
            ...{ order_id: order, product_id, qty, price_unit, price_type: "manual" },
            tax_ids: [["link", ...old.tax_ids]],
        });
        await Promise.resolve();
        old.delete();
        await pass(1);
        expect(billOf(order)).toEqual(before);
    });

    const changes = {
        ...CHANGES,
        "makes it cheaper": ({ order }) => remake(order.lines[0], { price_unit: 0.5 }),
        "moves value between lines": ({ order }) => {
            order.lines[0].qty = 2;
            order.lines[1].qty = 3;
        },
        "writes another pricelist": ({ order }) => (order.pricelist_id = false),
    };
    for (const [what, change] of Object.entries(changes)) {
        test(`that ${what} changes nothing in the end`, async () => {
            const till = await setUpBill();
            const { order } = till;
            const [before, pricelist] = [billOf(order), order.pricelist_id?.id];
            change(till);
            await pass(1);
            expect(billOf(order)).toEqual(before);
            expect(order.pricelist_id?.id).toBe(pricelist);
        });
    }

    test("that takes a combo away gets it back as a combo, with all that it was", async () => {
        const { order, store } = await setUpBill();
        const [parent, child] = order.lines;
        child.combo_parent_id = parent;
        parent.update({ customer_note: "No nuts", note: "2nd course" });
        child.pack_lot_ids = [["create", { lot_name: "L-17" }]];
        store.glase.bills.keep(order);
        [...order.lines].forEach((line) => line.delete());
        await pass(1);
        const [made, part] = order.lines;
        expect([made.uuid, part.uuid]).not.toEqual([parent.uuid, child.uuid]);
        expect(part.combo_parent_id.uuid).toBe(made.uuid);
        expect(made.combo_line_ids.map((line) => line.uuid)).toEqual([part.uuid]);
        expect([made.customer_note, made.note]).toEqual(["No nuts", "2nd course"]);
        expect(part.pack_lot_ids.map((lot) => lot.lot_name)).toEqual(["L-17"]);
    });

    test("that takes a part of a combo away gets it back in the same combo", async () => {
        const { order, store } = await setUpBill();
        const [parent, child] = order.lines;
        child.combo_parent_id = parent;
        store.glase.bills.keep(order);
        child.delete();
        await pass(1);
        expect(order.lines).toHaveLength(2);
        expect(order.lines[0].uuid).toBe(parent.uuid);
        expect(order.lines[1].combo_parent_id.uuid).toBe(parent.uuid);
    });

    test("that makes a line anew before a reload does not double it", async () => {
        const { order, store } = await setUpBill();
        await store.glase.orders.store(order);
        const before = billOf(order);
        const { bills } = store.glase;
        // What the server has, and what the browser kept beside it, are both there at first.
        const [{ product_id, qty, price_unit, models }] = order.lines;
        models["pos.order.line"].create({ order_id: order, product_id, qty, price_unit });
        bills.keepLoaded();
        await pass(1);
        expect(billOf(order)).toEqual(before);
        expect(bills.matches(order)).toBe(true);
    });

    test("that makes a combo anew, is left alone", async () => {
        const { order, store } = await setUpBill();
        const [parent, child] = order.lines;
        child.combo_parent_id = parent;
        store.glase.bills.keep(order);
        const before = billOf(order);
        const made = remake(parent);
        remake(child, { combo_parent_id: made });
        await pass(1);
        expect(billOf(order)).toEqual(before);
        expect(order.lines[0].uuid).toBe(made.uuid);
        expect(order.lines[1].combo_parent_id.uuid).toBe(made.uuid);
        expect(told()).toBe("");
    });

    test("that changes it: what is stored meanwhile is what was sent", async () => {
        const { order, store } = await setUpBill();
        const before = billOf(order);
        order.lines[0].price_unit = 1;
        store.syncAllOrders({ orders: [order], force: true });
        expect(billOf(order)).toEqual(before);
        expect(order.lines.every((line) => line.price_unit === line.raw.price_unit)).toBe(true);
    });

    test("forgets after a reload what the order fills: the customer gets what was paid for", async () => {
        const { order, store } = await setUpBill();
        const { bills } = store.glase;
        const card = (coupon_id, program_id, points, more) => [
            coupon_id,
            { coupon_id, program_id, points, ...more },
        ];
        const changesOf = () =>
            Object.values(order.uiState.couponPointChanges).map((change) => [
                change.coupon_id,
                change.program_id,
                change.points,
                change.code,
            ]);
        order.uiState.couponPointChanges = Object.fromEntries([
            card(-1, 7, 50, { code: "044" }),
            card(-2, 7, 25),
            card(12, 8, 30),
            card(-3, 9, 2),
        ]);
        bills.kept.clear();
        bills.keepLoaded();
        // As it is found anew: the gift cards are gone, the wallet gets nothing, the rest stands.
        order.uiState.couponPointChanges = Object.fromEntries([card(12, 8, 0), card(-1, 9, 2)]);
        bills.keepArrived([{ id: order.id }], bills.unchanged());
        bills.restorePoints(order);
        expect(changesOf()).toEqual([
            [12, 8, 30, undefined],
            [-1, 9, 2, undefined],
            [-2, 7, 50, "044"],
            [-3, 7, 25, undefined],
        ]);
        const before = changesOf();
        bills.restorePoints(order);
        expect(changesOf()).toEqual(before);
    });

    test("ends what it began before the order was finished: it is stored as it was sent", async () => {
        const { order, store } = await setUpPaid();
        const { bills } = store.glase;
        const before = billOf(order);
        bills.finish(order);
        order.state = "paid";
        remake(order.lines[0], { price_unit: 1 });
        bills.judge();
        expect(billOf(order)).toEqual(before);
        // From then on it is the server's.
        noteStored([order]);
        remake(order.lines[0], { price_unit: 1 });
        bills.judge();
        expect(billOf(order)).not.toEqual(before);
        expect(bills.kept.has(order.uuid)).toBe(false);
    });

    test("says that a coupon is gone: it stays on the order that is paid with it, and on no other", async () => {
        const { order, store } = await setUpPaid();
        const { bills } = store.glase;
        const gone = { successful: false, payload: { message: "Gone.", removed_coupons: [7] } };
        const good = { successful: true, payload: {} };
        store.setOrder(order);
        expect(bills.keepCoupons(good)).toBe(good);
        expect(told()).toBe("");
        expect(bills.keepCoupons(gone)).toEqual({ successful: true });
        await pass(1);
        expect(told()).toMatch(/^Gone\. The customer has paid/);
        // What a cashier has added since is asked about as in any order.
        bills.release(order);
        expect(bills.keepCoupons(gone)).toBe(gone);
        store.addNewOrder();
        expect(bills.keepCoupons(gone)).toBe(gone);
    });

    test("that makes two lines of one, and one of them again, is let alone", async () => {
        const { order } = await setUpBill();
        const [line] = order.lines;
        const { models, order_id, product_id, price_unit } = line;
        const values = { order_id, product_id, price_unit, price_type: "manual" };
        const tax_ids = [["link", ...line.tax_ids]];
        const part = (qty) => models["pos.order.line"].create({ ...values, tax_ids, qty });
        const total = order.priceIncl;
        line.delete();
        for (const quantities of [[1, 2], [3]]) {
            const parts = quantities.map(part);
            await pass(1);
            expect(order.priceIncl).toBe(total);
            const uuids = order.lines.map((one) => one.uuid);
            expect(uuids).toInclude(parts.at(-1).uuid);
            if (quantities.length > 1) {
                parts.forEach((one) => one.delete());
            }
        }
        expect(told()).toBe("");
    });

    const again = {
        "the prices that it has": ({ order }) => order.setPricelist(order.pricelist_id),
        "new prices of its own": ({ order, store }) =>
            store.models["product.pricelist.item"].create({
                pricelist_id: order.pricelist_id,
                compute_price: "fixed",
                fixed_price: 1,
            }),
        "the tax rules that it has": ({ order }) =>
            order.update({ fiscal_position_id: order.fiscal_position_id }),
        "the customer whom it has": ({ order }) => order.setPartner(order.partner_id),
        "what each line has": ({ order }) =>
            order.lines.forEach((line) =>
                line.update({ qty: line.qty, price_unit: line.price_unit, discount: line.discount })
            ),
        "its lines in another order": ({ order }) =>
            order.update({ lines: [["set", ...[...order.lines].reverse()]] }),
        "what the kitchen knows of it": ({ order }) => order.updateLastOrderChange(),
        "a note for the kitchen": ({ order }) => order.lines[0].update({ note: "Rare" }),
    };
    for (const [what, change] of Object.entries(again)) {
        test(`that writes ${what} is let alone, and nobody is told`, async () => {
            const till = await setUpPayment();
            const { order, store } = till;
            order.setPartner(store.models["res.partner"].getFirst());
            send(addGlaseLine(order, till.method));
            await pass(2);
            const [before, uuids] = [billOf(order), order.lines.map((line) => line.uuid).sort()];
            change(till);
            await pass(1);
            expect(billOf(order)).toEqual(before);
            expect(order.lines.map((line) => line.uuid).sort()).toEqual(uuids);
            expect(told()).toBe("");
        });
    }

    test("cannot go on for ever: what it makes anew each time goes each time", async () => {
        const { order, store } = await setUpBill();
        const before = billOf(order);
        for (let round = 0; round < 5; round++) {
            remake(order.lines[0], { price_unit: 40 + round });
            await pass(1);
            store.glase.bills.judge();
            expect(billOf(order)).toEqual(before);
        }
    });

    test("is let alone again once the bill is canceled", async () => {
        const { order, server, sent, store } = await setUpBill();
        let rebuilt = 0;
        store.updateRewards = () => rebuilt++;
        order.lines[1].is_reward_line = true;
        store.glase.bills.keep(order);
        order.lines[1].delete();
        await pass(1);
        expect(order.lines).toHaveLength(2, { message: "another line stands in for it" });
        expect(rebuilt).toBe(0);
        server.says.status = viewOf({ state: "canceled" });
        await pass(2);
        await sent.done;
        expect(order.lines).toHaveLength(1, { message: "the promotion makes its own again" });
        expect(rebuilt).toBe(1);
        order.lines[0].setQuantity(9);
        await pass(1);
        expect(order.lines[0].qty).toBe(9);
    });
});

describe("an order that is paid", () => {
    test("is not repriced by its customer, who stands on it all the same", async () => {
        const { order, store } = await setUpPaid();
        const before = billOf(order);
        const partner = store.models["res.partner"].getFirst();
        const dear = store.models["product.pricelist"].find(
            (pricelist) => pricelist.id !== order.pricelist_id?.id
        );
        partner.update({ property_product_pricelist: dear });
        order.setPartner(partner);
        await pass(1);
        expect(order.partner_id.id).toBe(partner.id);
        expect(billOf(order)).toEqual(before);
        expect(order.pricelist_id?.id).not.toBe(dear.id);
    });

    test("is not repriced by anything else", async () => {
        const { order, store } = await setUpPaid();
        const { pricelist_id, fiscal_position_id } = order;
        const before = billOf(order);
        const preset = store.models["pos.preset"].getFirst();
        order.setPricelist(false);
        await store.selectPricelist(false);
        order.setPreset(preset);
        await store.selectPreset(preset);
        order.pricelist_id = false;
        order.lines[0].price_unit = 1;
        await pass(1);
        expect(billOf(order)).toEqual(before);
        expect(order.pricelist_id?.id).toBe(pricelist_id?.id);
        expect(order.fiscal_position_id?.id).toBe(fiscal_position_id?.id);
        expect(told()).toInclude("prices and taxes stay");
    });

    test("gets what the cashier adds", async () => {
        const { order, store } = await setUpPaid();
        await store.addLineToOrder(
            { product_tmpl_id: store.models["product.template"].get(PRODUCT), qty: 1 },
            order
        );
        await pass(1);
        expect(order.lines.reduce((sum, line) => sum + line.qty, 0)).toBe(6);
    });

    test("keeps what the cashier added while it is given back, and the till is reloaded", async () => {
        const { order, store, line } = await setUpPaid();
        await store.glase.orders.store(order);
        const [{ product_id, qty, price_unit }] = order.lines;
        const added = { order_id: order, product_id, qty, price_unit };
        store.models["pos.order.line"].create(added);
        line.setPaymentStatus("reversing");
        store.glase.bills.keepLoaded();
        expect(order.lines).toHaveLength(3);
        line.setPaymentStatus("waiting");
        store.glase.bills.keepLoaded();
        expect(order.lines).toHaveLength(2);
    });

    test("keeps what another device has stored of it", async () => {
        const { order, store } = await setUpPaid();
        await store.glase.orders.store(order);
        const { bills } = store.glase;
        const unchanged = bills.unchanged();
        order.lines[0].qty = 8;
        bills.keepArrived([{ id: order.id }], unchanged);
        await pass(1);
        expect(order.lines[0].qty).toBe(8);
    });

    test("loses what another device has taken away, and nothing else", async () => {
        const { order, store } = await setUpPaid();
        await store.glase.orders.store(order);
        const [, second] = order.lines;
        store.deviceSync.processDeletedRecords({ "pos.order.line": [second.id] });
        await pass(1);
        expect(order.lines).toHaveLength(1);
    });

    test("does not take for stored what something here had changed before", async () => {
        const { order, store } = await setUpPaid();
        await store.glase.orders.store(order);
        const before = billOf(order);
        const { bills } = store.glase;
        order.lines[0].qty = 8;
        bills.keepArrived([{ id: order.id }], bills.unchanged());
        await pass(1);
        expect(billOf(order)).toEqual(before);
    });
});

/** An order that the server has as paid. */
async function setUpStored() {
    const till = await setUpPaid();
    const { order, store } = till;
    till.before = billOf(order);
    await store.glase.orders.store(order);
    order.state = "paid";
    await store.syncAllOrders({ orders: [order], force: true });
    till.uuids = uuidsOf(order);
    return till;
}

const uuidsOf = (order) => order.lines.map((line) => line.uuid).sort();

/** It is what the server has, and nothing else would be told to the server. */
function expectStored({ order, before, uuids }) {
    expect(billOf(order)).toEqual(before);
    expect(uuidsOf(order)).toEqual(uuids);
    expect(order.lines.every((line) => line.isSynced)).toBe(true);
    expect(order.serializeForORM({ keepCommands: true }).lines).toEqual([]);
}

describe("an order that the server has as paid", () => {
    const late = {
        ...CHANGES,
        "makes an equal line": ({ order }) => remake(order.lines[0]),
    };
    for (const [what, change] of Object.entries(late)) {
        test(`stays so, when a module that ends late ${what}`, async () => {
            const till = await setUpStored();
            change(till);
            await pass(1);
            expectStored(till);
            expect(told()).toBe("");
        });

        test(`is so, when a module ${what} while it is being stored`, async () => {
            const till = await setUpPaid();
            const { order, store } = till;
            await store.glase.orders.store(order);
            Object.assign(till, { before: billOf(order), uuids: uuidsOf(order) });
            const answer = new Deferred();
            const call = store.data.call.bind(store.data);
            patchWithCleanup(store.data, {
                async call(model, method) {
                    const told = await call(...arguments);
                    await (method === "sync_from_ui" && answer);
                    return told;
                },
            });
            store.glase.bills.finish(order);
            order.state = "paid";
            const stored = store.syncAllOrders({ orders: [order], force: true });
            await pass(0.25);
            change(till);
            await pass(1);
            answer.resolve();
            await stored;
            await pass(1);
            expectStored(till);
        });
    }

    test("is sent once, by whoever stores it after it was sent", async () => {
        const { order, store } = await setUpPaid();
        await store.glase.orders.store(order);
        const answer = new Deferred();
        let sent = 0;
        patchWithCleanup(store.data, {
            async call(model, method) {
                const said = await super.call(...arguments);
                if (method === "sync_from_ui") {
                    sent++;
                    await answer;
                }
                return said;
            },
        });
        order.state = "paid";
        store.addPendingOrder([order.id]);
        const stored = [
            store.syncAllOrders(),
            store.syncAllOrders(),
            store.syncAllOrders({ orders: [order] }),
        ];
        await pass(1);
        expect(sent).toBe(1);
        answer.resolve();
        await Promise.all(stored);
        await pass(1);
        expect(sent).toBe(1);
        expect(order.isDirty()).toBe(false);
    });

    test("is printed as it is", async () => {
        const till = await setUpStored();
        const { order, store } = till;
        let printed;
        patchWithCleanup(store.printer, {
            print(component, props) {
                printed = billOf(props.order);
            },
        });
        remake(order.lines[0], { price_unit: 99 });
        await store.printReceipt({ order });
        expect(printed).toEqual(till.before);
    });

    test("becomes what the server says of it later", async () => {
        const { order, store } = await setUpStored();
        const raw = JSON.parse(JSON.stringify(order.lines[0].raw));
        store.models.connectNewData({ "pos.order.line": [{ ...raw, qty: 9 }] });
        await pass(1);
        expect(order.lines[0].qty).toBe(9);
        order.lines[0].qty = 1;
        await pass(1);
        expect(order.lines[0].qty).toBe(9);
    });

    test("gets a tip where Odoo opens it once more for that", async () => {
        const { order, store } = await setUpStored();
        const tip = { product_tmpl_id: store.models["product.template"].get(PRODUCT), qty: 1 };
        order.state = "draft";
        await store.addLineToOrder({ ...tip, price_unit: 5 }, order);
        order.state = "paid";
        await pass(1);
        expect(order.lines).toHaveLength(3);
    });
});

describe("a discount on the whole order", () => {
    /** As `pos_discount` does: the discount of an order is found anew with each change of it. */
    async function setUpDiscount(setUp) {
        const applied = [];
        patchWithCleanup(PosStore.prototype, {
            async applyDiscount(percent, order = this.getOrder()) {
                applied.push(percent);
                await Promise.resolve();
                order.lines[0].update({ discount: 10 });
            },
        });
        const till = await setUp();
        const { order, store } = till;
        store.setOrder(order);
        const again = () => store.applyDiscount(order.globalDiscountPc, order);
        return { ...till, applied, again };
    }

    test("is applied to an order that was not sent", async () => {
        const { store, applied } = await setUpDiscount(setUpPayment);
        await store.applyDiscount(10);
        await store.applyDiscount(20);
        expect(applied).toEqual([10, 20]);
    });

    for (const [what, setUp] of Object.entries({ out: setUpBill, paid: setUpPaid })) {
        test(`is not found anew while the bill is ${what}, and nobody is told`, async () => {
            const { order, applied, again } = await setUpDiscount(setUp);
            const before = billOf(order);
            await again();
            await pass(1);
            expect(applied).toEqual([]);
            expect(billOf(order)).toEqual(before);
            expect(told()).toBe("");
        });

        test(`is not given any more while the bill is ${what}`, async () => {
            const { store, applied } = await setUpDiscount(setUp);
            await store.applyDiscount(20);
            await pass(1);
            expect(applied).toEqual([]);
            expect(told()).toMatch(/stays? as (it is|they are)/);
        });
    }

    test("that was asked for twice before the order was finished changes nothing of it", async () => {
        const { applied, again, ...till } = await setUpDiscount(setUpStored);
        await Promise.all([again(), again()]);
        await pass(1);
        expect(applied).toEqual([]);
        expectStored(till);
    });

    test("of what a cashier adds to a paid order is found", async () => {
        const { store, order, applied, again } = await setUpDiscount(setUpPaid);
        await store.addLineToOrder(
            { product_tmpl_id: store.models["product.template"].get(PRODUCT), qty: 1 },
            order
        );
        await again();
        expect(applied).toEqual([order.globalDiscountPc]);
    });
});
