import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { addGlaseLine, ATTEMPT, pass, send, setUpPayment, viewOf } from "./helpers";

definePosModels();

const GIVEN_BACK = "Glase has given the money back by itself.";

/** A till that has an order as the server stored it before Glase answered, and opens it. */
async function openStored(row) {
    const till = await setUpPayment();
    const line = addGlaseLine(till.order, till.method);
    line.glase_attempt = ATTEMPT;
    line.setPaymentStatus("waiting");
    till.server.says.resume = { ok: true, rows: [viewOf({ line_uuid: line.uuid, ...row })] };
    await mountWithCleanup(PaymentScreen, { props: { orderUuid: till.order.uuid } });
    await pass(1);
    return { ...till, line };
}

describe("an order that is opened again", () => {
    test("is paid if the ledger says so, whatever its line was stored as", async () => {
        const { order, line } = await openStored({ state: "paid" });
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id).toBe("ERS1");
        expect(order.isPaid()).toBe(true);
    });

    test("can be paid again if the ledger says that nothing was taken", async () => {
        const { line } = await openStored({ state: "expired" });
        expect(line.payment_status).toBe("retry");
    });

    test("is left to the device at which its bill is out", async () => {
        const { line, server, store } = await openStored({ state: "issued" });
        await pass(3);
        expect(line.payment_status).toBe("waiting");
        expect(store.glase.running).toBe(null);
        expect(server.count("status")).toBe(0, { message: "asking is taking" });
    });

    test("is not asked about where nothing is open", async () => {
        const { server, order } = await setUpPayment();
        const asked = server.count("resume");
        await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
        await pass(1);
        expect(server.count("resume")).toBe(asked);
    });
});

describe("money that Glase has given back by itself", () => {
    test("is said when the order is opened, and stays on its line", async () => {
        const { line } = await openStored({ state: "reversed", message: GIVEN_BACK });
        expect(line.payment_status).toBe("retry");
        expect(queryAllTexts(".modal-title")).toEqual(["Paid and given back: $ 17.85"]);
        expect(queryAllTexts(".modal-body")).toEqual([GIVEN_BACK]);
        await click(".modal footer button");
        await pass(1);
        expect(queryOne(".glase-line").textContent).toInclude("given the money back");
        expect(queryOne(".glase-line").textContent).not.toInclude("nothing was taken");
    });

    test("is said at the end of a payment that ran, until it is sent anew", async () => {
        const { order, method, server } = await setUpPayment();
        await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        server.says.status = viewOf({ state: "reversed", message: GIVEN_BACK });
        await pass(2);
        await sent.done;
        expect(queryOne(".glase-headline").textContent).toBe("Paid and given back");
        expect(queryOne(".glase-details").textContent).toBe(GIVEN_BACK);
        await click(".glase-read");
        await pass(1);
        expect(queryOne(".glase-line").textContent).toInclude("given the money back");
        server.says.status = viewOf({ state: "expired" });
        send(line);
        await pass(3);
        await click(".glase-read");
        await pass(1);
        expect(queryOne(".glase-line").textContent).toInclude("nothing was taken");
    });
});

describe("what was paid", () => {
    test("is said again to the server after it could not be stored", async () => {
        const { store, order, method } = await setUpPayment({ status: viewOf({ state: "paid" }) });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        await sent.done;
        patchWithCleanup(store, {
            async syncAllOrders({ orders }) {
                // As core does: what is on its way counts as stored.
                orders[0].serializeForORM();
                throw new ConnectionLostError();
            },
        });
        await store.glase.orders.store(order);
        expect(line.isDirty()).toBe(true);
    });

    test("is stored at once where the cashier finishes the order by hand", async () => {
        const { store, order, method } = await setUpPayment({ status: viewOf({ state: "paid" }) });
        store.config.update({ auto_validate_terminal_payment: false });
        const stored = [];
        patchWithCleanup(store.glase.orders, {
            async store(order) {
                stored.push(order.payment_ids[0].payment_status);
            },
        });
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        await sent.done;
        expect(stored).toEqual(["done"]);
    });
});
