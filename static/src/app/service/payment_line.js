import { _t } from "@web/core/l10n/translation";

/** Line statuses in which Glase may still take the money, or be giving it back. */
const UNDECIDED = new Set(["waiting", "waitingCard", "waitingCancel", "glase_open", "reversing"]);

/** Ends of a payment after which it is certain that no money was taken. */
export const UNPAID = new Set(["canceled", "declined", "failed", "expired", "reversed", "refused"]);

export function isGlaseMethod(method) {
    return method?.use_payment_terminal === "glase";
}

export function isGlaseLine(line) {
    return isGlaseMethod(line?.payment_method_id);
}

/** Whether the line gives money back to the customer. */
export function isRefundLine(line) {
    return isGlaseLine(line) && Boolean(line.pos_order_id?.isRefund);
}

/** Whether it is not known yet what Glase makes of this payment line. */
export function isUndecided(line) {
    return isGlaseLine(line) && UNDECIDED.has(line.payment_status);
}

/** Whether the line holds money that Glase has taken, or given back, as Glase itself has said. */
export function isTaken(line) {
    return isGlaseLine(line) && line.payment_status === "done" && Boolean(line.transaction_id);
}

/**
 * Whether the line counts although Glase has not confirmed it: a manager said that it is paid, or
 * a refund was not answered. It is stored unverified.
 */
export function isUnproven(line) {
    return isGlaseLine(line) && line.payment_status === "done" && !line.transaction_id;
}

/** Whether the line was left open: undecided, and it does not stand in the way of other tenders. */
export function isLeftOpen(line) {
    return isGlaseLine(line) && line.payment_status === "glase_open";
}

/** Whether the line waits for the cashier: nothing was sent, or it is certain to be unpaid. */
export function isIdle(line) {
    return isGlaseLine(line) && ["pending", "retry"].includes(line.payment_status);
}

/** What an idle line goes back to if nothing comes of an attempt. */
export function idleStatus(line) {
    return line.glase_attempt ? "retry" : "pending";
}

/**
 * What a new Glase line of a refund order gives back: what is due, as far as one payment covers it.
 *
 * @param {Object} order
 * @returns {number|undefined} zero or below; undefined while it is not known what can be given back
 */
export function defaultRefund(order) {
    const rests = order.uiState.glaseRefundable;
    return rests && -Math.min(Math.abs(order.remainingDue), Math.max(0, ...rests));
}

/**
 * Why this line cannot be sent, before anything is asked or sent (`doc/protocol.md §4.2`).
 *
 * @param {Object} pos the store
 * @param {Object} line
 * @returns {string|false} a sentence for the cashier
 */
export function refusalOf(pos, line) {
    const order = line.pos_order_id;
    const notReady = notReadyReason(pos);
    if (notReady) {
        return notReady;
    }
    if (!order.lines.length) {
        return _t("Add a product to the receipt first.");
    }
    if (pos.currency.isZero(order.remainingDue)) {
        return _t("Nothing is left to pay on this receipt.");
    }
    if (order.remainingDue < 0) {
        return _t("This receipt pays money back to the customer. Choose another payment method.");
    }
    if (line.amount < 0 || pos.currency.isZero(line.amount)) {
        return _t("Enter an amount above zero.");
    }
    return false;
}

/** Why this till cannot use Glase now, in the server's words; false if it can. */
export function notReadyReason(pos) {
    const { info } = pos.glase;
    if (info.state === "ready") {
        return false;
    }
    return info.message || _t("Glase is not set up for this till. Ask a manager to set it up.");
}

/**
 * What can become of an amount above what is due, as Odoo itself allows it.
 *
 * @returns {{extra: number, tip: boolean, change: boolean}} `extra` is 0 if nothing is raised
 */
export function raisedAmount(pos, line) {
    const order = line.pos_order_id;
    const extra = pos.currency.round(line.amount - order.remainingDue);
    return {
        extra: extra > 0 ? extra : 0,
        tip: Boolean(pos.config.iface_tipproduct && pos.config.tip_product_id),
        change: pos.config.payment_method_ids.some((method) => method.is_cash_count),
    };
}

/** What would be left to pay after this line, in the till's currency; never below 0. */
export function stillOpenAfter(pos, line) {
    return Math.max(0, pos.currency.round(line.pos_order_id.remainingDue - line.amount));
}

/**
 * Read an amount that a person has typed, with comma or point.
 *
 * @param {string} text
 * @param {number} decimals at most, of the currency
 * @returns {number|false} false if it is no amount
 */
export function amountFrom(text, decimals) {
    const match = /^(\d+)(?:[.,](\d*))?$/.exec(text.replace(/\s/g, ""));
    if (!match || (match[2] || "").length > decimals) {
        return false;
    }
    return Number(`${match[1]}.${match[2] || 0}`);
}
