import { toRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { isGlaseLine } from "@pos_glase/app/service/payment_line";
import { timing } from "@pos_glase/app/timing";

/** `promise`, or `"late"` if it takes longer than `milliseconds`. */
export function within(milliseconds, promise) {
    const late = new Promise((resolve) => setTimeout(() => resolve("late"), milliseconds));
    return Promise.race([promise, late]);
}

/** Nothing else can be clicked while `work` is done: the order stays as it is. */
async function undisturbed(pos, work) {
    const { ui } = pos.env.services;
    ui.block({ message: _t("Storing the order…") });
    try {
        return await work();
    } finally {
        ui.unblock();
    }
}

/**
 * Whether the server can be reached now, not whether it could a while ago.
 *
 * @param {Object} pos the store
 * @returns {Promise<string|false>} a sentence if it cannot
 */
export async function offlineRefusal(pos) {
    const outcome = await undisturbed(pos, () =>
        within(timing.connectivityCheck, pos.data.checkConnectivity())
    );
    if (outcome === "late") {
        return _t(
            "The server does not answer, so nothing was sent to Glase. Try again, or choose another " +
                "payment method."
        );
    }
    if (!pos.data.network.offline) {
        return false;
    }
    return _t("This till is offline, and Glase needs a connection. Choose another payment method.");
}

/**
 * What only this browser knows, such as the card that a promotion fills, outlives a reload from now on.
 * Core writes it down a moment later. A browser that cannot goes on: the server has the order.
 *
 * @param {Object} pos the store
 */
export async function keepInBrowser(pos) {
    try {
        await within(timing.storeOrder, pos.data.synchronizeLocalDataInIndexedDB());
    } catch (error) {
        console.warn("What only this browser knows could not be stored", error);
    }
}

/**
 * Store the order with its waiting line on the server: what only a browser holds dies with it.
 *
 * @param {Object} pos the store
 * @param {Object} order
 * @returns {Promise<string|false>} a sentence if it could not be stored
 */
export async function storeDraft(pos, order) {
    markUnstored(order);
    try {
        const stored = await undisturbed(pos, () => within(timing.storeOrder, store(pos, order)));
        if (stored !== "late") {
            return false;
        }
    } catch (error) {
        // Core takes what it could not store for stored.
        markUnstored(order);
        if (!(error instanceof ConnectionLostError)) {
            const reason = error.data?.message || error.message;
            return _t("The order could not be stored: %s Nothing was sent to Glase.", reason);
        }
    }
    return _t("The order could not be stored on the server. Nothing was sent to Glase.");
}

/** Whether a Glase payment is, or will be, part of an open order: it is stored before it is paid. */
export function hasGlase(order) {
    return !order.finalized && order.payment_ids.some(isGlaseLine);
}

/**
 * Lists that only the browser has, such as the coupons whose codes were read (`pos_loyalty`): core empties
 * them when the server's answer is loaded, and a promotion then takes off what was agreed on.
 *
 * @param {Object[]} orders before they are stored
 * @returns {() => void} puts back what the lists have lost since
 */
export function localListsOf(orders) {
    const lists = orders.flatMap((order) =>
        Object.values(order.model.fields)
            .filter((field) => field.local && field.type.endsWith("2many"))
            .map(({ name }) => ({ order, name, records: [...(order[name] || [])] }))
    );
    return () => {
        for (const { order, name, records } of lists) {
            const lost = records.filter((record) => !order[name].includes(record));
            if (lost.length) {
                order[name] = [["link", ...lost]];
            }
        }
    };
}

/** What stores an order at the moment, by order. */
const underWay = new WeakMap();

/**
 * Store orders with a Glase payment after what stores the same ones already. Each would make the lines that the
 * server does not have yet, and the second is refused. (Core leaves out only what the server does not know at all: it
 * notes ids and looks for uuids.)
 *
 * @param {Object[]} orders that are stored
 * @param {() => Promise} synchronize stores them
 * @returns {Promise} what `synchronize` gives
 */
export async function afterOthers(orders, synchronize) {
    const raw = orders.map(toRaw);
    const others = () =>
        raw
            .filter((order) => order.payment_ids.some(isGlaseLine))
            .map((order) => underWay.get(order))
            .filter(Boolean);
    const deadline = Date.now() + timing.otherStored;
    while (others().length && Date.now() < deadline) {
        await within(deadline - Date.now(), Promise.all(others()));
    }
    const stored = synchronize();
    const ended = Promise.allSettled([stored]);
    raw.forEach((order) => underWay.set(order, ended));
    await ended;
    raw.filter((order) => underWay.get(order) === ended).forEach((order) => underWay.delete(order));
    return stored;
}

/** Let the next synchronisation of this order say again what became of its Glase payments. */
export function markUnstored(order) {
    for (const line of order.payment_ids.filter(isGlaseLine)) {
        line._markDirty();
    }
}

/**
 * Let finished orders be sent until the server has them. Core takes what it has sent for stored, also where the
 * connection was lost meanwhile: the sale would stay at the till, and the money without an order.
 *
 * @param {Object[]} orders that wait to be stored
 */
export function sendFinished(orders) {
    for (const order of orders.filter((one) => one.finalized)) {
        if (order.payment_ids.some(isGlaseLine)) {
            markUnstored(order);
            order._markDirty();
        }
    }
}

/** Orders that the server has as paid, whatever the till makes of them afterwards. */
const finishedAtServer = new WeakSet();

/** Note what a synchronisation has brought back. */
export function noteStored(orders) {
    for (const order of orders.filter((one) => one.finalized)) {
        finishedAtServer.add(toRaw(order));
    }
}

/** Whether the server has answered that it has this order as paid. */
export function isFinishedAtServer(order) {
    return finishedAtServer.has(toRaw(order));
}

async function store(pos, order) {
    const deadline = Date.now() + timing.storeOrder;
    while (Date.now() < deadline) {
        const stored = await pos.syncAllOrders({ orders: [order], force: true, throw: true });
        // Nothing comes back while another synchronisation of this order is under way.
        if (stored) {
            return stored;
        }
        await new Promise((resolve) => setTimeout(resolve, timing.storeRetry));
    }
    return "late";
}
