import { _t } from "@web/core/l10n/translation";
import { effect } from "@web/core/utils/reactive";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { AmountDialog } from "@pos_glase/app/dialogs/amount_dialog";
import { back } from "@pos_glase/app/dialogs/choice_dialog";
import { within } from "@pos_glase/app/service/order_storage";
import { amountFrom, amountText } from "@pos_glase/app/service/send_checks";
import { timing } from "@pos_glase/app/timing";

/** Changes of the amount of a bill that is out. */
export class BillAmount {
    /** @param {Object} parts of the service: `pos`, `screen`, `orders` */
    constructor({ pos, screen, orders }) {
        Object.assign(this, { pos, screen, orders });
        /** A changed amount on its way to the server: its answer must not come after the end. */
        this.storing = null;
    }

    /** Until the server has stored the newest amount, or has taken too long. */
    stored() {
        return within(timing.storeAmount, this.storing);
    }

    /** Keep the line's amount, here and on the server, with what the ledger says stands. */
    follow(attempt) {
        effect(
            ({ amount, outcome }) => {
                const line = this.orders.lineOf(attempt.lineUuid);
                if (!line || outcome || line.amount === amount) {
                    return;
                }
                line.update({ amount });
                const orders = [line.pos_order_id];
                this.storing = this.pos.syncAllOrders({ orders, force: true });
            },
            [attempt]
        );
    }

    /** *Change amount*: asks for it, and lets the attempt change it. */
    async change(attempt) {
        const { pos } = this;
        const text = await makeAwaitable(pos.dialog, AmountDialog, {
            startingValue: amountText(pos, attempt.amount),
            check: (typed) => this.refusalOf(attempt, typed),
            until: attempt.ended,
        });
        if (text !== undefined) {
            attempt.changeAmount(amountText(pos, amountFrom(text, pos.currency.decimal_places)));
        }
    }

    refusalOf(attempt, typed) {
        const { currency } = this.pos;
        const amount = amountFrom(typed, Math.min(2, currency.decimal_places));
        if (amount === false) {
            return _t("Enter an amount with two decimals at most.");
        }
        if (currency.isZero(amount)) {
            return _t("Enter an amount above zero.");
        }
        if (currency.isZero(amount - attempt.amount)) {
            return _t("That is the amount of the bill already.");
        }
        const due = this.orders.lineOf(attempt.lineUuid)?.pos_order_id.remainingDue || 0;
        const most = Math.max(due, attempt.amount);
        return (
            amount > most && _t("At most %s: that is what is left to pay.", this.screen.money(most))
        );
    }

    /** Glase changes no bill that a customer is looking at: offer to cancel it and to replace it. */
    async offerReplacement(attempt) {
        const { amount } = attempt.change;
        const answer = await this.screen.choose({
            title: _t("The customer has scanned already"),
            body: _t(
                "Glase does not change the amount any more. Cancel this bill, and send a new one of " +
                    "%s? It is sent only if the cancel is certain: if the customer was faster, the " +
                    "payment stands.",
                this.screen.money(Number(amount))
            ),
            choices: [back(), { id: "anew", label: _t("Cancel and send anew"), primary: true }],
            until: attempt.ended,
        });
        if (answer && attempt.canCancel) {
            attempt.replacementAmount = amount;
            attempt.cancel();
        }
    }
}
