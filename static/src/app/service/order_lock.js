import { _t } from "@web/core/l10n/translation";
import { billsOf, isBilled } from "@pos_glase/app/service/order_bills";
import { isGlaseLine, isHeld, isUndecided } from "@pos_glase/app/service/payment_line";

/** What other modules add to the store, if they are installed: each moves what a customer pays. */
const MOVES = {
    startTransferOrder: (pos) => [pos.getOrder()],
    transferOrder: (pos, uuid, table, order) => [byUuid(pos, uuid), order],
    mergeTableOrders: (pos, uuid) => [byUuid(pos, uuid)],
    mergeOrders: (pos, source, destination) => [source, destination],
    restoreOrdersToOriginalTable: (pos, order) => [order],
};

function byUuid(pos, uuid) {
    return pos.models["pos.order"].getBy("uuid", uuid);
}

/**
 * Why what is on this order must stay as it is: its bill is on a customer's phone.
 *
 * @param {Object} [order]
 * @returns {string|false}
 */
export function lockedReason(order) {
    if (!order || order.finalized || !order.payment_ids.some(isUndecided)) {
        return false;
    }
    return order.payment_ids.some((line) => line.payment_status === "reversing")
        ? _t(
              "A Glase payment of this order is being given back. Until then the order stays as it is."
          )
        : _t(
              "A Glase payment of this order is undecided, so the order stays as it is. Finish the " +
                  "payment, check it again or cancel it first."
          );
}

/** Why this order may be neither split nor merged nor moved: also when Glase has been paid. */
export function moveRefusal(order) {
    if (!order || order.finalized) {
        return false;
    }
    const held = order.payment_ids.some(isHeld);
    return (
        lockedReason(order) ||
        (held &&
            _t("This order holds a Glase payment: it can be neither split nor merged nor moved."))
    );
}

/**
 * Why a single change of this order is refused. One that is no longer what was sent is being
 * rebuilt: that is judged when it is complete, and put back if it has become another bill.
 *
 * @returns {string|false}
 */
export function changeRefusal(order) {
    const bills = billsOf(order);
    const reason = lockedReason(order);
    if (!reason) {
        bills?.release(order);
    }
    return reason && (!bills || bills.matches(order)) && reason;
}

/**
 * Tell the cashier if an order is frozen.
 *
 * @returns {boolean} whether it is: the caller then changes nothing
 */
export function refuseLocked(order) {
    return tell(order, changeRefusal(order));
}

/** Nothing finds the prices of an order anew whose bill is out, or paid. */
export function refuseRepricing(order) {
    return tell(
        order,
        lockedReason(order) ||
            (isBilled(order) &&
                _t("This order holds a Glase payment: its prices and taxes stay as they are."))
    );
}

export function refuseMove(...orders) {
    const held = orders.find(moveRefusal);
    return tell(held, moveRefusal(held));
}

function tell(order, reason) {
    if (reason) {
        billsOf(order)?.tell(reason);
    }
    return Boolean(reason);
}

/**
 * `pos_discount` finds the discount on a whole order anew with each change of it, a frame later: not when its
 * bill is out or paid by then. Only another discount was asked for by a person, who is told.
 */
export function guardDiscount(pos) {
    const apply = pos.applyDiscount;
    if (typeof apply !== "function") {
        return;
    }
    pos.applyDiscount = function (percent, order = pos.getOrder()) {
        const isAgain = percent === order.globalDiscountPc;
        const isRefused = isAgain ? billsOf(order)?.isSettled(order) : refuseRepricing(order);
        return isRefused ? undefined : apply.apply(this, arguments);
    };
}

/** Guard what splits, merges and moves orders, whichever module has brought it. */
export function guardMoves(pos) {
    for (const [name, ordersOf] of Object.entries(MOVES)) {
        const move = pos[name];
        if (typeof move !== "function") {
            continue;
        }
        pos[name] = function (...args) {
            return refuseMove(...ordersOf(pos, ...args)) ? undefined : move.apply(this, args);
        };
    }
}

/**
 * Keep what another device says about an order whose payment is running here: this till's own copy
 * is what the customer pays.
 *
 * @param {Object} order the order of the running payment
 * @param {Object} records raw records by model, as another device left them
 * @returns {{kept: Object, dropped: boolean}}
 */
export function withoutOrder(order, records) {
    const own = {
        "pos.order": new Set([order.id]),
        "pos.order.line": new Set(order.lines.map((line) => line.id)),
        "pos.payment": new Set(order.payment_ids.map((line) => line.id)),
    };
    const belongs = (model, record) =>
        own[model]?.has(record.id) ||
        (model === "pos.order.line" && record.order_id === order.id) ||
        (model === "pos.payment" && record.pos_order_id === order.id);
    let dropped = false;
    const kept = {};
    for (const [model, list] of Object.entries(records)) {
        kept[model] = list.filter((record) => !belongs(model, record));
        dropped ||= kept[model].length < list.length;
    }
    return { kept, dropped };
}

// --- Change in cash ---

/** What Odoo gives back of an order for which this much was paid: in whole coins where it rounds. */
function changeFor(order, paid) {
    const { config, currency, priceIncl, totalDue } = order;
    const isOver = totalDue > 0 && currency.round(paid - totalDue) > 0;
    const change = isOver ? currency.round(paid - priceIncl) : 0;
    return config.cash_rounding
        ? Math.abs(config.rounding_method.asymmetricRound(-change))
        : change;
}

/** Note what a payment may give back in cash: agreed with the cashier when it was sent. */
export function agreeOnChange(line) {
    const order = line.pos_order_id;
    const agreed = changeFor(order, order.amountPaid + line.amount);
    order.uiState.glaseChange = { ...order.uiState.glaseChange, [line.uuid]: agreed };
}

/**
 * Why this order may not be finished: it would give back in cash what came from Glase.
 *
 * @returns {number} how much too much; 0 if all is well
 */
export function excessChange(order) {
    const glase = order.payment_ids.filter((line) => isGlaseLine(line) && line.isDone());
    if (order.isRefund || !glase.length || order.priceIncl < 0) {
        return 0;
    }
    const others = order.payment_ids
        .filter((line) => !isGlaseLine(line) && line.isDone() && !line.is_change)
        .reduce((sum, line) => sum + line.amount, 0);
    const agreed = glase.reduce(
        (sum, line) => sum + (order.uiState.glaseChange?.[line.uuid] || 0),
        0
    );
    return Math.max(0, order.currency.round(Math.abs(order.change) - others - agreed));
}
