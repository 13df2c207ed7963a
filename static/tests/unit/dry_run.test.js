import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { addGlaseLine, pass, send, setUpPayment, viewOf } from "./helpers";

definePosModels();

const SHIPPING = "2030-01-02";

function customer(store) {
    return store.models["res.partner"].getFirst();
}

/** What Odoo asks of an order before it is finished, and how that is given. */
const DEMANDS = {
    "a customer for the method": {
        want: ({ method }) => method.update({ split_transactions: true }),
        words: "Customer Required",
        give: ({ order, store }) => order.setPartner(customer(store)),
    },
    "a customer for the invoice": {
        want: ({ order }) => order.setToInvoice(true),
        words: "Please select the Customer",
        give: ({ order, store }) => order.setPartner(customer(store)),
    },
    "a customer to ship to": {
        want: ({ order }) => order.setShippingDate(SHIPPING),
        words: "Please select the Customer",
        give: ({ order }) => order.setShippingDate(false),
    },
    "an address to ship to": {
        want: ({ order, store }) => {
            order.setPartner(customer(store));
            order.partner_id.update({ street: false });
            order.setShippingDate(SHIPPING);
        },
        words: "Incorrect address for shipping",
        give: ({ order, store }) =>
            order.partner_id.update({
                street: "Storgatan 1",
                city: "Östersund",
                country_id: store.models["res.country"].getFirst(),
            }),
    },
    "what a preset needs": {
        want: ({ order, store }) => {
            const preset = store.models["pos.preset"].getFirst();
            preset.update({ identification: "name", use_timing: false });
            order.preset_id = preset;
            order.floating_order_name = "";
        },
        words: "Customer required",
        give: ({ order }) => (order.floating_order_name = "Maja"),
    },
};

describe("before a bill is sent", () => {
    for (const [what, { want, words, give }] of Object.entries(DEMANDS)) {
        test(`Odoo asks for ${what}`, async () => {
            const till = await setUpPayment({ status: viewOf({ state: "paid" }) });
            const { order, method, server } = till;
            want(till);
            const line = addGlaseLine(order, method);
            const sent = send(line);
            await waitFor(".modal");
            expect(queryAllTexts(".modal-title").join()).toInclude(words);
            await click(".modal-footer button:last");
            await pass(1);
            await sent.done;
            expect(sent.result()).toBe(false);
            expect(server.count("send")).toBe(0);
            expect(line.payment_status).toBe("pending");
            expect(line.amount).toBe(order.remainingDue);

            give(till);
            const again = send(line);
            await pass(3);
            await again.done;
            expect(again.result()).toBe(true);
            expect(".modal").toHaveCount(0);
        });
    }

    test("any module's own demand counts", async () => {
        const { order, method, server } = await setUpPayment();
        let demands = true;
        patchWithCleanup(OrderPaymentValidation.prototype, {
            async isOrderValid() {
                expect(this.order.isPaid()).toBe(true, { message: "as if it was paid" });
                return !demands && super.isOrderValid(...arguments);
            },
        });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await pass(1);
        await sent.done;
        expect(server.count("send")).toBe(0);
        demands = false;
        send(line);
        await pass(1);
        expect(server.count("send")).toBe(1);
    });

    test("nothing is finished, stored as paid, or dropped by the asking", async () => {
        const { order, method, store, server } = await setUpPayment();
        patchWithCleanup(OrderPaymentValidation.prototype, {
            handleValidationError(error) {
                throw error;
            },
        });
        const cash = store.models["pos.payment.method"].get(1);
        order.addPaymentline(cash).data.setAmount(5);
        const line = addGlaseLine(order, method);
        expect(line.amount).toBe(12.85);
        send(line);
        await pass(1);
        expect(server.count("send")).toBe(1);
        expect(order.state).toBe("draft");
        expect(order.payment_ids.map((payment) => payment.amount)).toEqual([5, 12.85]);
    });

    test("a line follows the prices of the customer who was asked for", async () => {
        const { order, method, store } = await setUpPayment();
        patchWithCleanup(OrderPaymentValidation.prototype, {
            async _askForCustomerIfRequired() {
                order.lines[0].setUnitPrice(1);
                return false;
            },
        });
        const line = addGlaseLine(order, method);
        const before = line.amount;
        const sent = send(line);
        await pass(1);
        await sent.done;
        expect(line.amount).toBe(order.remainingDue);
        expect(line.amount).not.toBe(before);
        expect(store.glase.running).toBe(null);
    });

    test("a line follows what the asking itself makes of the price, and is sent so", async () => {
        const { order, method, server } = await setUpPayment();
        patchWithCleanup(OrderPaymentValidation.prototype, {
            async askBeforeValidation() {
                // As a localization does that names a customer for those who give none.
                order.lines[0].setUnitPrice(1);
                return super.askBeforeValidation();
            },
        });
        const line = addGlaseLine(order, method);
        const before = line.amount;
        send(line);
        await pass(1);
        expect(line.amount).not.toBe(before);
        expect(line.amount).toBe(order.remainingDue);
        expect(server.heard.find(({ route }) => route === "send").params.amount).toBe(
            line.amount.toFixed(2)
        );
        expect(".glase-choice-back").toHaveCount(0, { message: "nobody asks about more or less" });
    });

    test("a refund is asked about, too", async () => {
        const { order, method, server, store } = await setUpPayment();
        order.is_refund = true;
        order.lines.forEach((line) => (line.qty = -line.qty));
        order.uiState.glaseRefundable = [17.85];
        method.update({ split_transactions: true });
        const line = addGlaseLine(order, method);
        const sent = send(line);
        await waitFor(".modal");
        await click(".modal-footer button:last");
        await pass(1);
        await sent.done;
        expect(server.count("refund")).toBe(0);
        order.setPartner(customer(store));
        send(line);
        await pass(1);
        expect(server.count("refund")).toBe(1);
    });
});
