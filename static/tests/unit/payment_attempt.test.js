import { expect, test } from "@odoo/hoot";
import { advanceTime } from "@odoo/hoot-mock";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { PaymentAttempt } from "@pos_glase/app/attempt/payment_attempt";
import { makeMockServer, makeServerError } from "@web/../tests/web_test_helpers";
import { ATTEMPT, pass, PlayedServer, useMockedTimer, viewOf } from "./helpers";

definePosModels();

/** A payment that has just been sent, and the server that answers it. */
async function startPayment(says, payment = {}) {
    useMockedTimer();
    const server = new PlayedServer(says);
    await makeMockServer();
    const attempt = new PaymentAttempt({
        configId: 1,
        orderUuid: "order",
        lineUuid: "line",
        attempt: ATTEMPT,
        amount: 17.85,
        amountText: "17.85",
        cashier: "Maja",
        ...payment,
    });
    const ended = attempt.start();
    let outcome = null;
    ended.then((end) => {
        outcome = end;
    });
    return { server, attempt, end: () => outcome };
}

test("paid at once: sent once, asked until paid", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    expect(attempt.issued).toBe(true);
    expect(end()).toBe(null);
    expect(server.heard[0].params).toEqual({
        config_id: 1,
        order_uuid: "order",
        line_uuid: "line",
        attempt: ATTEMPT,
        amount: "17.85",
        cashier: "Maja",
    });

    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid");
    expect(end().view.reference).toBe("ERS1");
    expect(end().tooLate).toBe(false);
    expect(server.count("send")).toBe(1);

    const asked = server.count("status");
    await pass(5);
    expect(server.count("status")).toBe(asked, { message: "nothing is asked after the end" });
});

test("asks once a second, counted from the last answer", async () => {
    const { server } = await startPayment();
    await pass(1);
    const before = server.count("status");
    await pass(10);
    const asked = server.count("status") - before;
    expect(asked).toBeWithin(7, 10);
});

test("a loaded server is asked less often, as it says, but within five seconds", async () => {
    const { server } = await startPayment({
        status: viewOf({ pause: 4, pause_why: "loaded" }),
    });
    await pass(2);
    const before = server.count("status");
    await pass(20);
    expect(server.count("status") - before).toBeWithin(4, 5);
    server.says.status = viewOf({ pause: 3600 });
    await pass(5);
    const later = server.count("status");
    await pass(21);
    expect(server.count("status") - later).toBeWithin(3, 4);
    server.says.status = viewOf({ pause: 0.001 });
    await pass(6);
    const soon = server.count("status");
    await pass(5);
    expect(server.count("status") - soon).toBeWithin(3, 5);
});

for (const [what, happen] of Object.entries({
    "the customer has scanned": ({ server }) => {
        server.says.status = viewOf({ scanned: true, pause: 5, pause_why: "loaded" });
    },
    "a push came": ({ attempt }) => attempt.askNow(),
    "the cashier cancels": ({ server, attempt }) => {
        server.says.cancel = viewOf({ cancel: "wished" });
        attempt.cancel();
    },
})) {
    test(`once ${what}, a loaded server is asked each second`, async () => {
        const payment = await startPayment({
            status: viewOf({ pause: 5, pause_why: "loaded" }),
        });
        const { server } = payment;
        await pass(7);
        happen(payment);
        await pass(6);
        const before = server.count("status");
        await pass(10);
        expect(server.count("status") - before).toBeWithin(7, 10);
    });
}

test("a server that does not answer is asked again after a second", async () => {
    const { server } = await startPayment({ status: viewOf({ pause: 5, pause_why: "loaded" }) });
    await pass(2);
    server.says.status = () => {
        throw makeServerError({ message: "the server is being restarted" });
    };
    await pass(5);
    const before = server.count("status");
    await pass(10);
    expect(server.count("status") - before).toBeWithin(7, 10);
});

test("paid without a reference is not paid", async () => {
    const { server, end } = await startPayment({
        status: viewOf({ state: "paid", reference: false }),
    });
    await pass(4);
    expect(end()).toBe(null);
    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid");
});

test("after 30 s it asks, and goes on asking Glase; try again gives 30 s more", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(1);
    expect(attempt.secondsLeft).toBeWithin(29, 30);
    await pass(28);
    expect(attempt.isWindowOver).toBe(false);
    await pass(2);
    expect(attempt.isWindowOver).toBe(true);
    expect(attempt.secondsLeft).toBe(0);

    const asked = server.count("status");
    await pass(10);
    expect(server.count("status")).toBeGreaterThan(asked + 6);

    attempt.tryAgain();
    expect(attempt.isWindowOver).toBe(false);
    expect(attempt.secondsLeft).toBe(30);
    await pass(29);
    expect(attempt.isWindowOver).toBe(false);
    expect(server.count("send")).toBe(1, { message: "the same bill" });

    await pass(2);
    expect(attempt.isWindowOver).toBe(true);
    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid", { message: "also while it asks" });
});

test("a cancel that is certain", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.cancel = viewOf({ state: "canceled", cancel: "wished" });
    attempt.cancel();
    attempt.cancel();
    expect(attempt.canCancel).toBe(false);
    await pass(1);
    expect(end().kind).toBe("canceled");
    expect(server.count("cancel")).toBe(1);
});

test("a cancel that comes too late keeps the payment", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.cancel = viewOf({ cancel: "too_late" });
    server.says.status = viewOf({ cancel: "too_late" });
    attempt.cancel();
    await pass(2);
    expect(attempt.cancelState).toBe("too_late");
    expect(attempt.canCancel).toBe(false);
    expect(end()).toBe(null, { message: "already paid is not paid yet" });

    server.says.status = viewOf({ state: "paid", cancel: "too_late" });
    await pass(2);
    expect(end().kind).toBe("paid");
    expect(end().tooLate).toBe(true);
});

test("too late to cancel, and then reversed: nothing was taken", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.cancel = viewOf({ cancel: "too_late" });
    server.says.status = viewOf({ cancel: "too_late" });
    attempt.cancel();
    await pass(2);
    server.says.status = viewOf({ state: "reversed", cancel: "too_late" });
    await pass(2);
    expect(end().kind).toBe("reversed");
});

test("a cancel without a certain answer: asked on, then left open", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    expect(attempt.canLeave).toBe(false);
    server.says.cancel = viewOf({ cancel: "wished", message: "Glase is slow." });
    server.says.status = viewOf({ cancel: "wished" });
    attempt.cancel();
    await pass(1);
    expect(attempt.cancelState).toBe("unsure");
    expect(attempt.canLeave).toBe(true);
    const asked = server.count("status");
    await pass(5);
    expect(server.count("status")).toBeGreaterThan(asked + 2);
    expect(end()).toBe(null);

    server.says.leave = viewOf({ cancel: "wished", given_up: true });
    attempt.leave();
    await pass(1);
    expect(end().kind).toBe("open");
    expect(server.count("leave")).toBe(1);
});

test("a cancel that our server never answers is asked again", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.cancel = () => {
        throw makeServerError({ message: "out of order" });
    };
    attempt.cancel();
    await pass(4);
    expect(attempt.cancelState).toBe("unsure");
    expect(server.count("cancel")).toBeGreaterThan(1);
    server.says.cancel = viewOf({ state: "canceled", cancel: "wished" });
    await pass(2);
    expect(end().kind).toBe("canceled");
});

test("a cancel that hangs becomes unsure after 8 s, and polling goes on meanwhile", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.cancel = null;
    attempt.cancel();
    await pass(7);
    expect(attempt.cancelState).toBe("asked");
    await pass(2);
    expect(attempt.cancelState).toBe("unsure");
    server.says.status = viewOf({ state: "paid", cancel: "wished" });
    await pass(2);
    expect(end().kind).toBe("paid");
    expect(end().tooLate).toBe(true);
});

for (const [state, kind] of [
    ["canceled", "declined"],
    ["failed", "failed"],
    ["expired", "expired"],
    ["reversed", "reversed"],
    ["unknown", "lost"],
]) {
    test(`ends as ${kind} when the server says ${state}, in its words`, async () => {
        const { server, end } = await startPayment();
        await pass(2);
        server.says.status = viewOf({ state, message: "As it happened." });
        await pass(2);
        expect(end().kind).toBe(kind);
        expect(end().message).toBe("As it happened.");
    });
}

test("a refusal of the server sends nothing and ends it", async () => {
    const { server, end } = await startPayment({
        send: { ok: false, reason: "busy", message: "Another payment is running." },
    });
    await pass(1);
    expect(end().kind).toBe("refused");
    expect(end().message).toBe("Another payment is running.");
    expect(server.count("status")).toBe(0);
});

test("a lost poll is not a failure", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.status = () => {
        throw makeServerError({ message: "out of order" });
    };
    await pass(10);
    expect(end()).toBe(null);
    expect(attempt.trouble).toBe("error");
    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid");
});

test("one question at a time: one that hangs is dropped after 20 s", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.status = null;
    await pass(2);
    const asked = server.count("status");
    await pass(15);
    expect(server.count("status")).toBe(asked);
    expect(attempt.quiet).toBe(true);
    expect(attempt.canLeave).toBe(true);
    await pass(8);
    expect(server.count("status")).toBe(asked + 1);
    expect(end()).toBe(null);
    server.says.status = viewOf({ state: "paid" });
    await pass(22);
    expect(end().kind).toBe("paid");
});

test("the wait gets quiet when Glase is silent, although our server answers", async () => {
    const { server, attempt } = await startPayment();
    await pass(2);
    expect(attempt.quiet).toBe(false);
    server.says.status = viewOf({ silence: 14 });
    await pass(1.5);
    expect(attempt.quiet).toBe(false);
    server.says.status = viewOf({ silence: 16 });
    await pass(2);
    expect(attempt.quiet).toBe(true);
    server.says.status = viewOf({ silence: 0.2 });
    await pass(2);
    expect(attempt.quiet).toBe(false);
});

test("an answer that is older than the newest changes nothing", async () => {
    const { attempt, end } = await startPayment();
    await pass(2);
    attempt.receive(viewOf({ cancel: "too_late" }), 1000, "cancel");
    attempt.receive(viewOf({ cancel: "wished", message: "old" }), 999, "cancel");
    expect(attempt.cancelState).toBe("too_late");
    expect(attempt.view.message).toBe(false);
    attempt.receive(viewOf({ state: "paid" }), 998, "status");
    await pass(0.25);
    expect(end().kind).toBe("paid", { message: "what is final counts, however late" });
});

test("answers about another attempt are ignored", async () => {
    const { attempt, end } = await startPayment();
    await pass(2);
    attempt.receive(viewOf({ state: "paid", attempt: "another" }), 1000, "status");
    await pass(0.25);
    expect(end()).toBe(null);
});

test("after the end nothing changes it", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.status = viewOf({ state: "canceled" });
    await pass(2);
    attempt.cancel();
    attempt.leave();
    await pass(2);
    expect(end().kind).toBe("declined");
    expect(server.count("cancel")).toBe(0);
    expect(server.count("leave")).toBe(0);
});

test("a bill whose answer is lost is asked for again under the same attempt", async () => {
    const { server, end } = await startPayment({
        send: () => {
            throw makeServerError({ message: "out of order" });
        },
        status: { ok: false, reason: "unknown_attempt", message: "Not known." },
    });
    await pass(3);
    expect(end()).toBe(null);
    server.says.send = viewOf();
    await pass(2);
    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid");
    const attempts = server.heard.map((request) => request.params.attempt);
    expect([...new Set(attempts)]).toEqual([ATTEMPT]);
});

test("polls early when the answer to the bill is slow", async () => {
    const { server, end } = await startPayment({ send: null });
    await pass(4);
    expect(server.count("status")).toBe(0);
    await pass(2);
    expect(server.count("status")).toBeGreaterThan(0);
    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid");
});

test("canceled before the bill is answered: it is not sent again", async () => {
    const { server, attempt, end } = await startPayment({
        send: () => {
            throw makeServerError({ message: "out of order" });
        },
        cancel: { ok: false, reason: "unknown_attempt", message: "Nothing was sent." },
    });
    await advanceTime(100);
    attempt.cancel();
    await pass(3);
    expect(end().kind).toBe("refused");
    expect(server.count("send")).toBe(1);
});

test("an expired log-in is said, and the payment goes on after logging in", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.status = () => {
        throw makeServerError({ errorName: "odoo.http.SessionExpiredException" });
    };
    await pass(2);
    expect(attempt.trouble).toBe("session");
    expect(end()).toBe(null);
    server.says.status = viewOf();
    await pass(2);
    expect(attempt.trouble).toBe(false);
    server.says.status = viewOf({ state: "paid" });
    await pass(2);
    expect(end().kind).toBe("paid");
});

test("leaving ends it even if the server is out of reach", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.leave = null;
    attempt.leave();
    await pass(4);
    expect(end()).toBe(null);
    await pass(2);
    expect(end().kind).toBe("open");
});

test("leaving finds it paid: it is paid", async () => {
    const { server, attempt, end } = await startPayment();
    await pass(2);
    server.says.leave = viewOf({ state: "paid" });
    attempt.leave();
    await pass(1);
    expect(end().kind).toBe("paid");
});

test("a row that the server has given up is open", async () => {
    const { server, end } = await startPayment();
    await pass(2);
    server.says.status = viewOf({ given_up: true });
    await pass(2);
    expect(end().kind).toBe("open");
});

test("check again takes the row back with its first question, and with no other", async () => {
    const { server, end } = await startPayment({}, { amountText: undefined, takeBack: true });
    await pass(4);
    const polls = server.heard.filter((request) => request.route === "status");
    expect(polls[0].params.take_back).toBe(true);
    expect(polls[1].params.take_back).toBe(undefined);
    expect(server.count("send")).toBe(0);
    server.says.status = viewOf({ state: "canceled" });
    await pass(2);
    expect(end().kind).toBe("declined");
});
