import { describe, expect, test } from "@odoo/hoot";
import { click, edit, queryAllTexts, queryOne, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { addGlaseLine, pass, send, setUpPayment, TILL_INFO, viewOf } from "./helpers";

definePosModels();

const CASH = 1;

function refundable(...amounts) {
    return {
        ok: true,
        total: String(amounts.reduce((sum, amount) => sum + Number(amount), 0)),
        message: false,
        payments: amounts.map((amount, index) => ({
            id: index + 1,
            reference: `ERS${index + 1}`,
            refundable: amount,
            paid_at: "2025-11-24 10:00:00",
            environment: "test",
        })),
    };
}

function refundView(values) {
    return viewOf({ kind: "refund", original_reference: "ERS1", ...values });
}

/** A refund order of -17.85 on its payment screen. */
async function setUpRefund(says) {
    const till = await setUpPayment({ refundable: refundable("17.85"), ...says });
    const { order } = till;
    order.is_refund = true;
    for (const line of order.lines) {
        line.qty = -line.qty;
    }
    order.triggerRecomputeAllPrices();
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await pass(1);
    return { ...till, screen, line: order.payment_ids[0] };
}

describe("a refund", () => {
    test("is proposed for what was paid with Glase", async () => {
        const { order, line } = await setUpRefund();
        expect(order.payment_ids).toHaveLength(1);
        expect(line.isGlase).toBe(true);
        expect(line.amount).toBe(-17.85);
        expect(queryAllTexts(".glase-line button")).toEqual(["Refund"]);
        expect(order.isPaid()).toBe(false);
    });

    test("proposes what one payment covers, and no more", async () => {
        const { line } = await setUpRefund({ refundable: refundable("5.00", "8.00") });
        expect(line.amount).toBe(-8);
    });

    test("is not proposed, and refused in words, where nothing was paid with Glase", async () => {
        const { order, screen, method } = await setUpRefund({
            refundable: { ...refundable(), message: "Not paid with Glase." },
        });
        expect(order.payment_ids).toHaveLength(0);
        await screen.addNewPaymentLine(method);
        await animationFrame();
        expect(order.payment_ids).toHaveLength(0);
        expect(queryOne(".modal-body").textContent).toBe("Not paid with Glase.");
    });

    test("is below zero whatever is typed, and not more than is due", async () => {
        const { server, line } = await setUpRefund();
        line.setAmount(5);
        expect(line.amount).toBe(-5);
        line.setAmount(20);
        const sent = send(line);
        await pass(1);
        await sent.done;
        expect(queryOne(".modal-body").textContent).toInclude("17.85");
        expect(server.count("refund")).toBe(0);
        expect(line.payment_status).toBe("pending");
    });

    test("is done with its references once Glase has given it back", async () => {
        const { server, order, line } = await setUpRefund({
            refund: refundView({ state: "sending" }),
            status: refundView({ state: "sending" }),
        });
        const sent = send(line);
        await pass(1);
        expect(queryOne(".glase-headline").textContent).toBe("Refunding…");
        server.says.status = refundView({ state: "refunded" });
        await pass(2);
        await sent.done;
        expect(sent.result()).toBe(true);
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id).toBe("ERS2");
        expect(line.glase_original_reference).toBe("ERS1");
        expect(line.amount).toBe(-17.85);
        expect(order.isPaid()).toBe(true);
        expect(order.isRefundInProcess()).toBe(false);
        expect(".glase-dialog").toHaveCount(0);
        const { params } = server.heard.find(({ route }) => route === "refund");
        expect(params.amount).toBe("17.85");
        expect(params.order_uuid).toBe(order.uuid);
    });

    test("asks again with the same attempt when our own server's answer is lost", async () => {
        let calls = 0;
        const { server, line } = await setUpRefund({
            refund: () => {
                calls++;
                if (calls < 3) {
                    throw new ConnectionLostError("/web");
                }
                return refundView({ state: "refunded" });
            },
        });
        const sent = send(line);
        await pass(5);
        await sent.done;
        expect(sent.result()).toBe(true);
        const attempts = server.heard
            .filter(({ route }) => route === "refund")
            .map(({ params }) => params.attempt);
        expect(attempts).toHaveLength(3);
        expect(new Set(attempts).size).toBe(1);
    });

    test("that is refused says why, and can be tried again as a new attempt", async () => {
        const { server, line } = await setUpRefund({
            refund: { ok: false, reason: "too_much", message: "8.00 at most." },
        });
        const sent = send(line);
        await pass(1);
        await sent.done;
        expect(queryOne(".glase-details").textContent).toBe("8.00 at most.");
        expect(line.payment_status).toBe("retry");
        await click(".glase-read");
        await animationFrame();
        expect(queryAllTexts(".glase-line button")).toEqual(["Refund again"]);
        server.says.refund = refundView({ state: "refunded" });
        const again = send(line);
        await pass(1);
        await again.done;
        const attempts = server.heard
            .filter(({ route }) => route === "refund")
            .map(({ params }) => params.attempt);
        expect(new Set(attempts).size).toBe(2);
    });

    test("that is not answered counts, unproven, and says what not to do", async () => {
        const { order, line } = await setUpRefund({ refund: refundView({ state: "unknown" }) });
        const sent = send(line);
        await pass(1);
        await sent.done;
        expect(sent.result()).toBe(false, { message: "the cashier reads it first" });
        expect(queryOne(".glase-details").textContent).toInclude("without a manager");
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id || false).toBe(false);
        expect(order.isPaid()).toBe(true);
        order.removePaymentline(line);
        expect(order.payment_ids).toHaveLength(1);
    });

    test("another way to pay back is a manager's to allow", async () => {
        const { server, store, order, line } = await setUpRefund({
            refund: refundView({ state: "unknown" }),
        });
        store.glase.terminal.info = { ...TILL_INFO, manager: false };
        const sent = send(line);
        await pass(1);
        await sent.done;
        await click(".glase-refund-dialog .glase-pay-otherwise");
        await waitFor(".glase-approval");
        for (const [name, text] of [
            ["reason", "Customer waits"],
            ["login", "boss"],
            ["password", "secret"],
        ]) {
            await click(`#glase-approval-${name}`);
            await edit(text);
        }
        await animationFrame();
        await click(".glase-approve");
        await pass(1);
        expect(server.heard.at(-1).params.password).toBe("secret");
        expect(server.heard.at(-1).params.order_uuid).toBe(order.uuid);
        expect(order.payment_ids).toHaveLength(0);
        expect(".glase-dialog").toHaveCount(0);
        expect(order.addPaymentline(store.models["pos.payment.method"].get(CASH)).status).toBe(
            true
        );
    });

    test("goes on after a reload", async () => {
        const { server, store, line } = await setUpRefund();
        line.glase_attempt = "attempt-1";
        line.setPaymentStatus("waiting");
        const row = { ...refundView({ state: "sending" }), line_uuid: line.uuid };
        server.says.resume = { ok: true, rows: [row] };
        server.says.status = refundView({ state: "refunded" });
        store.glase.resume.all();
        await pass(3);
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id).toBe("ERS2");
        expect(server.count("refund")).toBe(0);
    });
});

describe("a reversal", () => {
    async function setUpPaid(says) {
        const till = await setUpPayment({ status: viewOf({ state: "paid" }), ...says });
        const { order, method } = till;
        const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(2);
        await sent.done;
        expect(line.payment_status).toBe("done");
        expect(queryAllTexts(".glase-line button")).toEqual(["Reverse"]);
        return { ...till, screen, line };
    }

    test("leaves nothing paid", async () => {
        const { server, order, line } = await setUpPaid();
        await click(".send_payment_reversal");
        await pass(2);
        expect(line.payment_status).toBe("reversed");
        expect(line.amount).toBe(0);
        expect(order.remainingDue).toBe(17.85);
        const { params } = server.heard.find(({ route }) => route === "reverse");
        expect(params.attempt).toBe(line.glase_attempt);
        expect(params.refund_attempt).not.toBe(line.glase_attempt);
    });

    test("that Glase refuses leaves the payment as it was", async () => {
        const { order, line } = await setUpPaid({
            reverse: refundView({ state: "failed", message: "Not possible." }),
        });
        await click(".send_payment_reversal");
        await pass(2);
        expect(line.payment_status).toBe("done");
        expect(line.transaction_id).toBe("ERS1");
        expect(order.isPaid()).toBe(true);
        expect(queryOne(".glase-details").textContent).toBe("Not possible.");
    });

    test("that is not answered holds the order until it is decided", async () => {
        const { server, store, order, line } = await setUpPaid({
            reverse: refundView({ state: "unknown" }),
        });
        await click(".send_payment_reversal");
        await pass(2);
        expect(line.payment_status).toBe("reversing");
        expect(order.isPaid()).toBe(false);
        await click(".glase-read");
        await animationFrame();
        const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
        expect(await validation.askBeforeValidation()).toBe(false);
        await animationFrame();
        await click(".modal-footer .btn-primary");
        await animationFrame();
        const row = { ...refundView({ state: "refunded", attempt: "r1" }), line_uuid: line.uuid };
        server.says.resume = { ok: true, rows: [row] };
        await click(".glase-check-again");
        await pass(2);
        expect(line.payment_status).toBe("reversed");
    });
});
