import { animationFrame, delay } from "@odoo/hoot-dom";
import { advanceTime, Deferred, freezeTime } from "@odoo/hoot-mock";
import { mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { patch } from "@web/core/utils/patch";
import { PosConfig } from "@point_of_sale/../tests/unit/data/pos_config.data";
import { PosPaymentMethod } from "@point_of_sale/../tests/unit/data/pos_payment_method.data";
import { getFilledOrder, setupPosEnv } from "@point_of_sale/../tests/unit/utils";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";

export const GLASE_METHOD_ID = 77;
export const ATTEMPT = "attempt-1";
/** What a view says of the amount if a test does not: the server says what was sent instead. */
const ORDER_TOTAL = "17.85";

export const TILL_INFO = {
    state: "ready",
    message: false,
    shop: "Fjällboden",
    glase_id: "TILL0001",
    sticker: "HTTP://SEQR.SE/QTILL0001",
    phone_url: false,
    simulation: false,
    environment: "test",
    manager: true,
    terminal_name: "Till 1",
    can_unregister: true,
};

patch(PosPaymentMethod.prototype, {
    _load_pos_data_fields() {
        return [
            ...super._load_pos_data_fields(),
            "glase_send_at_once",
            "glase_last_tender",
            "glase_sound",
        ];
    },
});

patch(PosConfig.prototype, {
    _load_pos_data_read(data) {
        const records = super._load_pos_data_read(...arguments);
        records[0]._glase = { ...TILL_INFO };
        return records;
    },
});

/** Let the mocked clock drive the payments: no worker, and a clock that `advanceTime` moves. */
export function useMockedTimer() {
    freezeTime();
    patchWithCleanup(backgroundTimer, {
        now: () => Date.now(),
        start: (milliseconds, onTick) => backgroundTimer.startInterval(milliseconds, onTick),
    });
}

/** A view of a row of the ledger, as the server answers it. */
export function viewOf(values = {}) {
    const state = values.state || "issued";
    return {
        ok: true,
        id: 1,
        line_uuid: "line",
        attempt: ATTEMPT,
        kind: "payment",
        state,
        final: ["paid", "canceled", "failed", "expired", "reversed", "refunded"].includes(state),
        amount: ORDER_TOTAL,
        currency: "USD",
        invoice_reference: "INV1",
        reference: { paid: "ERS1", refunded: "ERS2" }[state] || false,
        paid_at: state === "paid" ? "2025-11-24 10:00:00" : false,
        qr: false,
        sticker: TILL_INFO.sticker,
        glase_id: TILL_INFO.glase_id,
        shop: TILL_INFO.shop,
        simulation: false,
        silence: 0,
        given_up: false,
        cancel: false,
        message: false,
        code: false,
        forced: false,
        proposed: false,
        original_reference: false,
        amount_certain: true,
        updatable: state === "issued",
        scanned: false,
        ...values,
    };
}

/**
 * The server's part, played by a test: what it says is in `says`, what it heard in `heard`.
 *
 * A value of `says` is a view, a function that makes one from the request's parameters (it may
 * throw or return a promise), or null for a server that does not answer at all.
 */
export class PlayedServer {
    constructor(says = {}) {
        this.says = {
            send: viewOf(),
            status: viewOf(),
            cancel: viewOf(),
            leave: viewOf(),
            update: viewOf(),
            force: viewOf({ forced: true }),
            refundable: { ok: true, payments: [], total: "0", message: "No Glase payment." },
            refund: viewOf({ kind: "refund", state: "refunded" }),
            reverse: viewOf({ kind: "refund", state: "refunded" }),
            approve_refund_tender: { ok: true },
            ...says,
        };
        this.heard = [];
        /** The amount that was sent: a view says it again unless the test says otherwise. */
        this.amount = false;
        this.inFlight = {};
        this.mostInFlight = {};
        for (const route of [...Object.keys(this.says), "resume"]) {
            this.inFlight[route] = this.mostInFlight[route] = 0;
            onRpc(`/pos_glase/${route}`, (request) => this.answer(route, request));
        }
    }

    async answer(route, request) {
        const { params } = await request.json();
        this.heard.push({ route, params });
        if (["send", "refund"].includes(route)) {
            this.amount = params.amount;
        }
        this.inFlight[route]++;
        this.mostInFlight[route] = Math.max(this.mostInFlight[route], this.inFlight[route]);
        try {
            return await this.speak(route, params);
        } finally {
            this.inFlight[route]--;
        }
    }

    async speak(route, params) {
        let says = this.says[route];
        if (typeof says === "function") {
            says = await says(params);
        }
        if (route === "resume") {
            return says || { ok: true, rows: [] };
        }
        if (says === null) {
            return new Deferred();
        }
        if (!says.ok || !says.state) {
            return says;
        }
        const { line_uuid, attempt, refund_attempt } = params;
        const sent = says.amount === ORDER_TOTAL && this.amount;
        const amount = sent || says.amount;
        return { ...says, amount, line_uuid, attempt: refund_attempt || attempt };
    }

    count(route) {
        return this.heard.filter((request) => request.route === route).length;
    }
}

/** A till with the Glase method, and an order of 17.85. */
export async function setUpTill() {
    useMockedTimer();
    const method = {
        id: GLASE_METHOD_ID,
        name: "Glase",
        is_cash_count: false,
        use_payment_terminal: "glase",
        split_transactions: false,
        type: "bank",
        image: false,
        sequence: 9,
        payment_method_type: "terminal",
        default_qr: false,
        glase_send_at_once: false,
        glase_last_tender: "offer",
        glase_sound: true,
    };
    // HOOT keeps a model's records for each test apart.
    PosPaymentMethod._records = [...PosPaymentMethod._records, method];
    const store = await setupPosEnv();
    // Somebody is at the till.
    store.session.state = "opened";
    store.router.state.current = "ProductScreen";
    patchWithCleanup(store.data, {
        async checkConnectivity() {},
    });
    // The mocked page has no till's address, so that routes are watched where they are taken.
    const routes = [];
    patchWithCleanup(store.router, {
        navigate(name, params) {
            routes.push([name, params.orderUuid]);
        },
    });
    const order = await getFilledOrder(store);
    const glase = store.models["pos.payment.method"].get(GLASE_METHOD_ID);
    store.config.update({ payment_method_ids: [["link", glase]] });
    return { store, order, routes, method: glase };
}

export function addGlaseLine(order, method, amount) {
    const { data: line } = order.addPaymentline(method);
    if (amount !== undefined) {
        line.setAmount(amount);
    }
    return line;
}

/** A till with an order, a place for dialogs, and the server. */
export async function setUpPayment(says) {
    const server = new PlayedServer(says);
    const till = await setUpTill();
    await mountWithCleanup(MainComponentsContainer);
    return { server, ...till };
}

/** Press *Send*; the promise ends with the payment. */
export function send(line) {
    let result;
    const done = line.pay().then((paid) => {
        result = paid;
    });
    return { done, result: () => result };
}

/**
 * Let `seconds` pass, with the answers that arrive meanwhile.
 *
 * What waits for a frame gets it of the mocked clock. The browser draws one at the end: with one for each step, these
 * tests waited for its screen more than for all else.
 */
export async function pass(seconds) {
    for (let quarter = 0; quarter < seconds * 4; quarter++) {
        await advanceTime(250, { animationFrame: false });
        await delay();
    }
    await animationFrame();
}
