import { _t } from "@web/core/l10n/translation";
import { formatCurrency } from "@web/core/currency";
import { back } from "@pos_glase/app/dialogs/choice_dialog";

/**
 * Why this line cannot be sent, before anything is asked or sent (`doc/protocol.md §4.2`).
 *
 * @param {Object} pos the store
 * @param {Object} line
 * @returns {string|false} a sentence for the cashier
 */
export function sendRefusal(pos, line) {
    const order = line.pos_order_id;
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

/** An amount as the server reads it: a decimal string. */
export function amountText(pos, amount) {
    return amount.toFixed(pos.currency.decimal_places);
}

/**
 * An amount as a person reads it. Not by `env.utils`: those are there only once the store is ready, and
 * after a reload an answer may come before.
 */
export function moneyText(pos, amount) {
    return formatCurrency(amount, pos.currency.id);
}

/** Why this line cannot give money back; false if it can. */
export function refundRefusal(pos, line) {
    if (pos.currency.isZero(line.amount)) {
        return _t("Enter the amount to give back.");
    }
    const due = Math.abs(line.pos_order_id.remainingDue);
    if (pos.currency.round(Math.abs(line.amount) - due) > 0) {
        return _t("Only %s is left to give back.", moneyText(pos, due));
    }
    return false;
}

/**
 * What the cashier has to decide before a line is sent.
 *
 * @param {Object} pos the store
 * @param {Screen} screen
 * @param {Object} line
 * @returns {Promise<boolean>} whether to send it
 */
export async function confirmSending(pos, screen, line) {
    return (
        (await settleRaisedAmount(pos, screen, line)) &&
        (await confirmLastTender(pos, screen, line))
    );
}

async function settleRaisedAmount(pos, screen, line) {
    const { config, currency } = pos;
    const due = line.pos_order_id.remainingDue;
    const extra = currency.round(line.amount - due);
    if (extra <= 0) {
        return true;
    }
    const tip = config.iface_tipproduct && config.tip_product_id;
    const words = { due: screen.money(due), extra: screen.money(extra) };
    const choices = [back()];
    if (config.payment_method_ids.some((method) => method.is_cash_count)) {
        choices.push({ id: "change", label: _t("Change in cash"), primary: !tip });
    }
    if (tip) {
        choices.push({ id: "tip", label: _t("Tip"), primary: true });
    }
    const body =
        choices.length === 1
            ? _t(
                  "Only %(due)s is left to pay. This till takes no tips and has no cash to give " +
                      "%(extra)s back: lower the amount.",
                  words
              )
            : _t("%(due)s is left to pay. What is the extra %(extra)s for?", words);
    const title = _t("More than what is left to pay");
    const answer = await screen.choose({ title, body, choices });
    if (answer === "tip") {
        await pos.setTip((line.pos_order_id.getTip() || 0) + extra);
    }
    return Boolean(answer);
}

/** What is left to pay once this much more was paid: less than a coin is nothing, where Odoo rounds. */
function leftAfter(order, amount) {
    const { config, currency } = order;
    const left = currency.round(order.remainingDue - amount);
    const stands = left <= 0 || !order.orderIsRounded;
    return stands || config.rounding_method.asymmetricRound(left) ? left : 0;
}

async function confirmLastTender(pos, screen, line) {
    const open = leftAfter(line.pos_order_id, line.amount);
    if (open <= 0) {
        return true;
    }
    const choices = [back(true)];
    if (line.payment_method_id.glase_last_tender !== "refuse") {
        choices.push({ id: "continue", label: _t("Continue anyway"), primary: false });
    }
    const body = _t(
        "%s would still be left to pay. Take the other payments first and Glase last: then the " +
            "customer's bill shows how the rest was paid.",
        screen.money(open)
    );
    const title = _t("Glase is the last payment");
    return (await screen.choose({ title, body, choices })) === "continue";
}
