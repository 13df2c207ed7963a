import { describe, expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { agreeOnChange, excessChange } from "@pos_glase/app/service/order_lock";
import { DUE_TABLE } from "./due_table";
import { addGlaseLine, pass, send, setUpPayment, viewOf } from "./helpers";

definePosModels();

const CASH = 1;
/** A sale whose whole total of 95.60 is rounded, and the refund of one. */
const SALE = DUE_TABLE.find((row) => row[2] && row[5] === "95.60");
const REFUND = DUE_TABLE.find((row) => row[2] && row[5] === "-95.60");

/** A till that rounds, with an order of one product. */
function setUpRounding({ store, order }, [step, method, whole, strategy, taxed, total]) {
    const roundings = store.models["account.cash.rounding"];
    const rounding = roundings.getFirst() || roundings.create({ id: 1 });
    rounding.update({ rounding: Number(step), rounding_method: method, strategy });
    store.config.update({
        cash_rounding: true,
        only_round_cash_method: !whole,
        rounding_method: rounding,
    });
    const [line, ...others] = order.lines;
    others.forEach((other) => other.delete());
    const tax = store.models["account.tax"].getFirst();
    tax.update({ amount: 0 });
    line.update({ tax_ids: [["clear"]] });
    line.update({ tax_ids: taxed ? [["link", tax]] : [] });
    order.is_refund = Number(total) < 0;
    line.qty = Math.sign(Number(total));
    line.price_unit = Math.abs(Number(total));
    order.triggerRecomputeAllPrices();
}

function cardOf(store) {
    return store.models["pos.payment.method"].find(
        (method) => !method.is_cash_count && !method.use_payment_terminal
    );
}

function pay({ store, order }, method, amount) {
    const values = { pos_order_id: order, payment_method_id: method, amount };
    return store.models["pos.payment"].create({ ...values, payment_status: "done" });
}

describe("what is due", () => {
    test("is the server's", async () => {
        const till = await setUpPayment();
        const { order, store } = till;
        for (const row of DUE_TABLE) {
            setUpRounding(till, row);
            const [, , , , , , paid, cash, due] = row;
            const other = cash ? store.models["pos.payment.method"].get(CASH) : cardOf(store);
            const tender = pay(till, other, Number(paid));
            expect(order.remainingDue).toBe(Number(due), { message: row.join(", ") });
            tender.delete();
        }
    });

    test("finishes an order once it is paid, with the change that was agreed", async () => {
        const till = await setUpPayment();
        const { order, method } = till;
        for (const row of DUE_TABLE.filter((row) => row[6] === "0" && row[8] > 0)) {
            setUpRounding(till, row);
            for (const extra of [0, 0.3, 0.5, 4.4, 20]) {
                const message = `${row.join(", ")} and ${extra}`;
                const line = pay(till, method, order.currency.round(order.remainingDue + extra));
                line.setPaymentStatus("pending");
                agreeOnChange(line);
                line.setPaymentStatus("done");
                expect(order.isPaid()).toBe(true, { message });
                expect(excessChange(order)).toBe(0, { message });
                if (!extra) {
                    expect(order.change).toBe(0, { message });
                }
                line.delete();
            }
        }
    });

    test("says nothing of a rest that is less than a coin", async () => {
        const till = await setUpPayment();
        const { order, method } = till;
        setUpRounding(till, SALE);
        const line = addGlaseLine(order, method, 95.7);
        send(line);
        await pass(1);
        expect(".glase-choice-continue").toHaveCount(0);
        expect(till.server.count("send")).toBe(1);
    });

    test("asks about a rest of a coin", async () => {
        const till = await setUpPayment();
        const { order, method } = till;
        setUpRounding(till, SALE);
        send(addGlaseLine(order, method, 95));
        await pass(1);
        expect(".glase-choice-continue").toHaveCount(1);
        await click(".glase-choice-back");
    });

    test("is sent rounded, in whole and in part, and is paid with it", async () => {
        const till = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const { order, method, server } = till;
        setUpRounding(till, SALE);
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        await sent.done;
        expect(server.heard.find(({ route }) => route === "send").params.amount).toBe("96.00");
        expect(".modal").toHaveCount(0, { message: "nobody asks about a tip or change" });
        expect(order.isPaid()).toBe(true);
        expect(order.change).toBe(0);
    });

    test("is proposed rounded as a refund", async () => {
        const till = await setUpPayment();
        const { order, method, server } = till;
        setUpRounding(till, REFUND);
        order.uiState.glaseRefundable = [96];
        const line = addGlaseLine(order, method);
        expect(line.amount).toBe(-96);
        send(line);
        await pass(1);
        expect(server.heard.find(({ route }) => route === "refund").params.amount).toBe("96.00");
    });
});
