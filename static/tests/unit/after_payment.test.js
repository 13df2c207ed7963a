import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { makeServerError, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { addGlaseLine, pass, setUpPayment } from "./helpers";

definePosModels();

/** An order whose Glase line is paid, and what becomes of it when the till finishes it. */
async function finish({ isStored = true, left = "", fails = {}, prepare } = {}) {
    const till = await setUpPayment();
    prepare?.(till);
    const { order, method, store } = till;
    const line = addGlaseLine(order, method);
    line.update({ amount: order.totalDue, transaction_id: "ERS1" });
    line.setPaymentStatus("done");
    const steps = [];
    patchWithCleanup(store, {
        async syncAllOrders() {
            if (!isStored) {
                throw makeServerError({ message: "Not fully paid" });
            }
            order.glase_left_to_do = left;
            await this.postSyncAllOrders([order]);
            return [order];
        },
        async printReceipt() {
            steps.push("receipt");
            if (fails.receipt) {
                throw new Error("The printer is out of paper.");
            }
        },
        // The kitchen's printer of the test data cannot be reached, and says so at any moment.
        checkPreparationStateAndSentOrderInPreparation: () => {},
        navigate: (page) => steps.push(page),
        addPendingOrder: () => {},
    });
    store.config.update({ iface_print_auto: true, iface_print_skip_screen: false });
    order.waitForPushOrder = () => true;
    patchWithCleanup(OrderPaymentValidation.prototype, {
        shouldDownloadInvoice() {
            if (fails.invoice) {
                throw makeServerError({ message: "Unable to find Wkhtmltopdf." });
            }
            return false;
        },
        async beforePostPushOrderResolve() {
            steps.push("points");
            if (fails.points) {
                throw makeServerError({ message: "The coupon is gone." });
            }
            return true;
        },
    });
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    validation.validateOrder(false);
    await pass(1);
    return { ...till, line, steps };
}

const LEFT = {
    "the invoice": ["invoice", "Wkhtmltopdf"],
    "the points": ["points", "The coupon is gone"],
    "the receipt": ["receipt", "out of paper"],
};
for (const [what, [step, words]] of Object.entries(LEFT)) {
    test(`what comes after ${what} failed is done, and the order is paid`, async () => {
        const { order, line, steps } = await finish({ fails: { [step]: true } });
        await waitFor(".modal");
        expect(queryAllTexts(".modal-body").join()).toInclude(words);
        expect(order.state).toBe("paid");
        expect(line.payment_status).toBe("done");
        expect(steps).toEqual(["points", "receipt", "ReceiptScreen"]);
        await click(".modal-footer button");
        await pass(1);
        expect(".modal").toHaveCount(0);
    });
}

test("what the server could not do is said once, in its words", async () => {
    const { steps } = await finish({ left: "The invoice was not made: no VAT number." });
    await waitFor(".modal");
    expect(queryAllTexts(".modal-body")).toEqual(["The invoice was not made: no VAT number."]);
    expect(steps).toEqual(["points", "receipt", "ReceiptScreen"]);
});

test("nothing is said where nothing is left", async () => {
    const { steps } = await finish();
    expect(steps).toEqual(["points", "receipt", "ReceiptScreen"]);
    expect(".modal").toHaveCount(0);
});

test("an order that the server refused is no paid one", async () => {
    const { order, steps } = await finish({ isStored: false });
    await waitFor(".modal");
    expect(order.state).toBe("draft");
    expect(steps).toEqual([]);
});

for (const asks of [true, false]) {
    const till = asks ? "asks for them" : "does not ask";
    test(`of tips after the payment is spoken where the till ${till}`, async () => {
        const told = [];
        const { order } = await finish({
            prepare({ store }) {
                store.config.set_tip_after_payment = asks;
                patchWithCleanup(store.glase.screen, { notify: (words) => told.push(words) });
            },
        });
        expect(order.state).toBe("paid");
        expect(told.some((words) => words.includes("cannot get a tip afterwards"))).toBe(asks);
    });
}
