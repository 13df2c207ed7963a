import { describe, expect, test } from "@odoo/hoot";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { addGlaseLine, pass, send, setUpPayment, viewOf } from "./helpers";

definePosModels();

const CASH = 1;

/**
 * What an order owes: the same table as the server's, `tests/rules/due_test.py`.
 *
 * Step, method, whether the whole order is rounded, total, paid otherwise, with cash or not, due.
 */
const TABLE = [
    [1, "HALF-UP", true, 95.6, 0, false, 96],
    [1, "HALF-UP", true, 95.4, 0, false, 95],
    [1, "HALF-UP", true, 95.5, 0, false, 96],
    [1, "HALF-DOWN", true, 95.5, 0, false, 95],
    [1, "UP", true, 95.1, 0, false, 96],
    [1, "DOWN", true, 95.9, 0, false, 95],
    [0.05, "HALF-UP", true, 95.62, 0, false, 95.6],
    [0.05, "HALF-UP", true, 95.63, 0, false, 95.65],
    [1, "HALF-UP", true, 95.6, 50, false, 46],
    [1, "HALF-UP", true, 95.6, 95.7, false, 0],
    [1, "HALF-UP", true, -95.6, 0, false, -96],
    [1, "HALF-UP", true, -95.6, -48, false, -48],
    [1, "UP", true, -95.1, 0, false, -96],
    [1, "DOWN", true, -95.9, 0, false, -95],
    [1, "HALF-UP", false, 95.6, 0, false, 95.6],
    [1, "HALF-UP", false, 95.6, 50, true, 45.6],
    [1, "HALF-UP", false, 95.4, 95, true, 0],
    [1, "HALF-UP", false, 95.6, 95, true, 0.6],
    [1, "HALF-UP", false, 95.4, 95, false, 0.4],
];

function setUpRounding({ store, order }, [step, method, whole, total]) {
    const rounding = store.models["account.cash.rounding"].create({
        id: 1,
        rounding: step,
        rounding_method: method,
        strategy: "add_invoice_line",
    });
    store.config.update({
        cash_rounding: true,
        only_round_cash_method: !whole,
        rounding_method: rounding,
    });
    const [line, other] = order.lines;
    other.delete();
    line.update({ tax_ids: [["clear"]] });
    order.is_refund = total < 0;
    line.qty = Math.sign(total);
    line.price_unit = Math.abs(total);
    order.triggerRecomputeAllPrices();
}

describe("what is due", () => {
    for (const row of TABLE) {
        test(`is the server's: ${row.join(", ")}`, async () => {
            const till = await setUpPayment();
            const { order, store } = till;
            setUpRounding(till, row);
            const [, , , , paid, cash, due] = row;
            if (paid) {
                const card = store.models["pos.payment.method"].find(
                    (method) => !method.is_cash_count && !method.use_payment_terminal
                );
                const other = cash ? store.models["pos.payment.method"].get(CASH) : card;
                store.models["pos.payment"].create({
                    pos_order_id: order,
                    payment_method_id: other,
                    amount: paid,
                });
            }
            expect(order.remainingDue).toBe(due);
        });
    }

    test("is sent rounded, in whole and in part, and is paid with it", async () => {
        const till = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const { order, method, server } = till;
        setUpRounding(till, TABLE[0]);
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
        setUpRounding(till, TABLE[10]);
        order.uiState.glaseRefundable = [96];
        const line = addGlaseLine(order, method);
        expect(line.amount).toBe(-96);
        send(line);
        await pass(1);
        expect(server.heard.find(({ route }) => route === "refund").params.amount).toBe("96.00");
    });
});
