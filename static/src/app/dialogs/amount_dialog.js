import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";
import { effect } from "@web/core/utils/reactive";
import { Dialog } from "@web/core/dialog/dialog";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { askWith, back } from "@pos_glase/app/dialogs/choice_dialog";
import { amountFrom } from "@pos_glase/app/service/payment_line";

/** Asks for another amount of the bill that is out. */
export class AmountDialog extends Component {
    static template = "pos_glase.AmountDialog";
    static components = { Dialog };
    static props = {
        startingValue: String,
        // Says why an amount cannot be; false if it can.
        check: Function,
        // Nothing is left to change.
        until: Object,
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ text: this.props.startingValue, message: false });
        useAutofocus({ refName: "amount", selectAll: true });
        this.props.until.then(() => this.props.close());
    }

    confirm() {
        const refusal = this.props.check(this.state.text);
        if (refusal) {
            this.state.message = refusal;
            return;
        }
        this.props.getPayload(this.state.text);
        this.props.close();
    }
}

/**
 * *Change amount* of a bill that is out: asks for it, and lets the payment change it.
 *
 * @param {PaymentService} desk
 * @param {PaymentAttempt} waiting
 */
export async function changeAmount(desk, waiting) {
    const { pos } = desk;
    const text = await makeAwaitable(pos.dialog, AmountDialog, {
        startingValue: desk.text(waiting.amount),
        check: (typed) => amountRefusal(desk, waiting, typed),
        until: waiting.ended,
    });
    if (text === undefined) {
        return;
    }
    waiting.changeAmount(desk.text(amountFrom(text, pos.currency.decimal_places)));
}

/**
 * Keep the line's amount, here and on the server, with what the ledger says stands.
 *
 * @param {PaymentService} desk
 * @param {PaymentAttempt} waiting
 */
export function followAmount(desk, waiting) {
    effect(
        ({ amount, outcome }) => {
            const line = desk.lineOf(waiting.lineUuid);
            if (!line || outcome || line.amount === amount) {
                return;
            }
            line.update({ amount });
            const orders = [line.pos_order_id];
            desk.storing = desk.pos.syncAllOrders({ orders, force: true });
        },
        [waiting]
    );
}

function amountRefusal(desk, waiting, typed) {
    const { pos } = desk;
    const amount = amountFrom(typed, Math.min(2, pos.currency.decimal_places));
    if (amount === false) {
        return _t("Enter an amount with two decimals at most.");
    }
    if (pos.currency.isZero(amount)) {
        return _t("Enter an amount above zero.");
    }
    if (pos.currency.isZero(amount - waiting.amount)) {
        return _t("That is the amount of the bill already.");
    }
    const line = desk.lineOf(waiting.lineUuid);
    const due = line?.pos_order_id.remainingDue || 0;
    if (amount > Math.max(due, waiting.amount)) {
        return _t(
            "At most %s: that is what is left to pay.",
            pos.env.utils.formatCurrency(Math.max(due, waiting.amount))
        );
    }
    return false;
}

/**
 * Glase changes no bill that a customer is looking at: offer to cancel it and to send it anew.
 *
 * @param {PaymentService} desk
 * @param {PaymentAttempt} waiting
 */
export async function offerAnew(desk, waiting) {
    const { amount } = waiting.change;
    const answer = await askWith(desk.pos, {
        title: _t("The customer has scanned already"),
        body: _t(
            "Glase does not change the amount any more. Cancel this bill, and send a new one of " +
                "%s? It is sent only if the cancel is certain: if the customer was faster, the " +
                "payment stands.",
            desk.pos.env.utils.formatCurrency(Number(amount))
        ),
        choices: [back(), { id: "anew", label: _t("Cancel and send anew"), primary: true }],
        until: waiting.ended,
    });
    if (answer && waiting.canCancel) {
        waiting.anew = amount;
        waiting.cancel();
    }
}
