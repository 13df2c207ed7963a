import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { addGlaseLine, pass, send, setUpPayment, viewOf } from "./helpers";

definePosModels();

const PAID = viewOf({ state: "paid" });

/** Notes which orders Odoo begins to finish. */
function watchValidation() {
    const validated = [];
    patchWithCleanup(OrderPaymentValidation.prototype, {
        async validateOrder() {
            validated.push(this.order.uuid);
            this.isPassed = true;
        },
    });
    return validated;
}

/** A bill that was sent from the payment screen, and what Odoo has begun to finish. */
async function sendAtScreen() {
    const validated = watchValidation();
    const till = await setUpPayment();
    const line = addGlaseLine(till.order, till.method);
    const screen = await mountWithCleanup(PaymentScreen, {
        props: { orderUuid: till.order.uuid },
    });
    screen.sendPaymentRequest(line);
    await pass(2);
    return { ...till, line, validated };
}

/** Each way in which nobody is at the till, and how somebody comes. */
const AWAY = {
    "nobody has logged in": {
        leave: (store) => (store.cashier = false),
        come: (store) => store.setCashier(store.user),
    },
    "the log-in is shown": {
        leave: (store) => (store.router.state.current = "LoginScreen"),
        come: (store) => (store.router.state.current = "ProductScreen"),
    },
    "the screen saver is shown": {
        leave: (store) => (store.router.state.current = "SaverScreen"),
        come: (store) => (store.router.state.current = "ProductScreen"),
    },
    "the register is not open": {
        leave: (store) => (store.session.state = "opening_control"),
        come: (store) => (store.session.state = "opened"),
    },
};

for (const [when, { leave, come }] of Object.entries(AWAY)) {
    describe(`while ${when}`, () => {
        test("a bill that goes on covers nothing, and is shown once somebody comes", async () => {
            const { store, order, method, server, routes } = await setUpPayment();
            const line = addGlaseLine(order, method);
            line.glase_attempt = "attempt-1";
            line.setPaymentStatus("waiting");
            leave(store);
            store.glase.payments.resume(line);
            await pass(3);
            expect(server.count("status")).toBeGreaterThan(1, { message: "money does not wait" });
            expect(".modal").toHaveCount(0);
            expect(routes).toEqual([]);
            come(store);
            await pass(1);
            expect(".glase-dialog").toHaveCount(1);
            expect(routes.at(-1)).toEqual(["PaymentScreen", order.uuid]);
            server.says.status = PAID;
            await pass(2);
        });

        test("a payment arrives, and its order is finished once somebody comes", async () => {
            const { store, order, line, server, validated } = await sendAtScreen();
            const rehearsed = validated.length;
            leave(store);
            store.dialog.closeAll();
            await pass(1);
            expect(".modal").toHaveCount(0);
            server.says.status = PAID;
            await pass(3);
            expect(line.payment_status).toBe("done", { message: "the money is noted" });
            expect(validated).toHaveLength(rehearsed);
            come(store);
            await pass(1);
            expect(validated.slice(rehearsed)).toEqual([order.uuid]);
        });

        test("another device finishes the order: it is not finished once more", async () => {
            const { store, order, server, validated } = await sendAtScreen();
            const rehearsed = validated.length;
            leave(store);
            server.says.status = PAID;
            await pass(3);
            order.state = "paid";
            come(store);
            await pass(1);
            expect(validated).toHaveLength(rehearsed);
        });

        test("nothing is said, and it is said once somebody comes", async () => {
            const { store } = await setUpPayment();
            leave(store);
            store.glase.screen.say("Title", "Words");
            await pass(1);
            expect(".modal").toHaveCount(0);
            come(store);
            await pass(1);
            expect(queryAllTexts(".modal-title")).toEqual(["Title"]);
            leave(store);
            store.dialog.closeAll();
            await pass(1);
            expect(".modal").toHaveCount(0);
            come(store);
            await pass(1);
            expect(queryAllTexts(".modal-title")).toEqual(["Title"], {
                message: "nobody has read it",
            });
        });
    });
}

/** A Glase line of which nothing in this browser knows yet what became of it. */
function lineThatIsOut({ store, order, method }) {
    const values = { pos_order_id: order, payment_method_id: method, amount: 5 };
    const line = store.models["pos.payment"].create(values);
    line.glase_attempt = "attempt-1";
    line.setPaymentStatus("waiting");
    return line;
}

/** What may open a dialog at any moment, and what its dialog is known by. */
const EVENTS = {
    "something is said": {
        happen: ({ store }) => store.glase.screen.say("Said", "Words"),
        shows: "Said",
    },
    "a bill goes on": {
        happen: (till) => till.store.glase.payments.resume(lineThatIsOut(till)),
        shows: "bill",
    },
    "money went back by itself": {
        happen: (till) =>
            till.store.glase.payments.recordRow(
                lineThatIsOut(till),
                viewOf({ state: "reversed", amount: "5.00", message: "It went back." })
            ),
        shows: "Paid and given back: $ 5.00",
    },
    "a paid order is deleted": {
        happen: (till) => {
            const order = till.store.addNewOrder();
            const line = lineThatIsOut({ ...till, order });
            line.update({ transaction_id: "ERS1", payment_status: "done" });
            till.store._onBeforeDeleteOrder(order);
        },
        shows: "The order stays",
    },
};

/** What the one dialog on the screen is. */
function shown() {
    expect(".modal").toHaveCount(1);
    return queryAllTexts(".glase-dialog").length ? "bill" : queryAllTexts(".modal-title").join();
}

/** The dialog on the screen is read; a bill is canceled elsewhere first. */
async function readDialog({ server }) {
    if (shown() === "bill") {
        server.says.status = viewOf({ state: "canceled" });
        await pass(2);
        server.says.status = viewOf();
        await click(".glase-read");
    } else {
        await click(".modal footer button");
    }
    await pass(1);
}

describe("one at a time", () => {
    test("whatever two things happen", async () => {
        const till = await setUpPayment();
        for (const [first, one] of Object.entries(EVENTS)) {
            for (const [second, other] of Object.entries(EVENTS)) {
                if (one === other) {
                    continue;
                }
                const message = `${first}, then ${second}`;
                one.happen(till);
                await pass(1);
                other.happen(till);
                await pass(1);
                expect(shown()).toBe(one.shows, { message });
                await readDialog(till);
                expect(shown()).toBe(other.shows, { message });
                await readDialog(till);
                expect(".modal").toHaveCount(0, { message });
            }
        }
    });

    test("what is to be read comes after what is being read", async () => {
        const { store } = await setUpPayment();
        store.glase.screen.say("First", "Words");
        store.glase.screen.say("Second", "Words");
        await pass(1);
        expect(queryAllTexts(".modal-title")).toEqual(["First"]);
        await click(".modal footer button");
        await pass(1);
        expect(queryAllTexts(".modal-title")).toEqual(["Second"]);
    });

    test("an order that is paid is not deleted, in one sentence, without a question", async () => {
        const { store, order, method, server } = await setUpPayment({ status: PAID });
        const sent = send(addGlaseLine(order, method));
        await pass(2);
        await sent.done;
        expect(server.count("send")).toBe(1);
        expect(await store.onDeleteOrder(order)).toBe(false);
        await pass(1);
        expect(queryAllTexts(".modal-title")).toEqual(["The order stays"]);
        expect(store.models["pos.order"].getBy("uuid", order.uuid)).not.toBe(undefined);
    });

    test("an order that turns out paid while it is deleted says one thing after the other", async () => {
        const { store, order, method, server } = await setUpPayment();
        const line = addGlaseLine(order, method);
        send(line);
        await pass(2);
        server.says.cancel = viewOf({ state: "paid", cancel: "too_late" });
        const deleted = store._onBeforeDeleteOrder(order);
        await pass(1);
        expect(await deleted).toBe(false);
        expect(".modal").toHaveCount(1);
        expect(".glase-dialog .glase-details").toHaveText(/already paid/);
        await click(".glase-read");
        await pass(1);
        expect(queryAllTexts(".modal-title")).toEqual(["The order stays"]);
        await animationFrame();
    });
});
