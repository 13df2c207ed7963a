import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { raisedAmount, stillOpenAfter } from "@pos_glase/app/service/payment_line";

/** A question with any number of answers; leaving it is the first one, *Back*. */
export class ChoiceDialog extends Component {
    static template = "pos_glase.ChoiceDialog";
    static components = { Dialog };
    static props = {
        title: String,
        body: String,
        choices: {
            type: Array,
            element: { type: Object, shape: { id: String, label: String, primary: Boolean } },
        },
        // What makes the question void once it comes.
        until: { type: Object, optional: true },
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.props.until?.then(() => this.props.close());
    }

    choose(choice) {
        this.props.getPayload(choice.id);
        this.props.close();
    }
}

/**
 * What the cashier has to decide before a line is sent.
 *
 * @param {Object} pos the store
 * @param {Object} line
 * @returns {Promise<boolean>} whether to send it
 */
export async function askBefore(pos, line) {
    return (await settleRaisedAmount(pos, line)) && (await confirmLastTender(pos, line));
}

async function settleRaisedAmount(pos, line) {
    const { extra, tip, change } = raisedAmount(pos, line);
    if (!extra) {
        return true;
    }
    const { formatCurrency } = pos.env.utils;
    const words = {
        due: formatCurrency(line.pos_order_id.remainingDue),
        extra: formatCurrency(extra),
    };
    const choices = [back()];
    if (change) {
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
            : _t("%(due)s is left to pay. What are the %(extra)s more?", words);
    const title = _t("More than what is left to pay");
    const answer = await askWith(pos, { title, body, choices });
    if (answer === "tip") {
        await pos.setTip((line.pos_order_id.getTip() || 0) + extra);
    }
    return Boolean(answer);
}

async function confirmLastTender(pos, line) {
    const open = stillOpenAfter(pos, line);
    if (!open) {
        return true;
    }
    const choices = [{ ...back(), primary: true }];
    if (line.payment_method_id.glase_last_tender !== "refuse") {
        choices.push({ id: "continue", label: _t("Continue anyway"), primary: false });
    }
    const body = _t(
        "%s would still be left to pay. Take the other payments first and Glase last: then the " +
            "customer's bill shows how the rest was paid.",
        pos.env.utils.formatCurrency(open)
    );
    const title = _t("Glase is the last payment");
    return (await askWith(pos, { title, body, choices })) === "continue";
}

export function back() {
    return { id: "", label: _t("Back"), primary: false };
}

/** @returns {Promise<string|undefined>} the id of the choice; empty or undefined for *Back* */
export function askWith(pos, props) {
    return makeAwaitable(pos.dialog, ChoiceDialog, props);
}
