import { _t } from "@web/core/l10n/translation";
import { askWith, back } from "@pos_glase/app/dialogs/choice_dialog";
import { loadRefundable } from "@pos_glase/app/service/refunds";
import { isGlaseMethod, isTaken, isUndecided } from "@pos_glase/app/service/payment_line";
import { ask } from "@pos_glase/app/attempt/rpc";

/**
 * Whether another payment line may be added to an order now.
 *
 * A Glase payment that is still open is canceled for certain before another tender is taken. If the
 * cancel stays unanswered, the cashier decides after a warning, and the payment is given up.
 *
 * @param {PaymentService} desk
 * @param {Object} order
 * @param {Object} method of the new line
 * @returns {Promise<boolean>}
 */
export async function mayAddTender(desk, order, method) {
    for (const line of order.payment_ids.filter(isUndecided)) {
        if (line.uuid === desk.running?.lineUuid || !(await settledBefore(desk, line))) {
            return false;
        }
    }
    if (!order.isRefund || !isGlaseMethod(method)) {
        return true;
    }
    const view = await loadRefundable(desk, order);
    if (view?.ok && Number(view.total) > 0) {
        return true;
    }
    desk.say(
        _t("Glase cannot give this back"),
        view?.message ||
            (view
                ? _t(
                      "No Glase payment of the original receipt can be given back. Choose another " +
                          "payment method."
                  )
                : _t("The server has not answered. Try again."))
    );
    return false;
}

async function settledBefore(desk, line) {
    if (line.pos_order_id.isRefund || line.payment_status === "reversing") {
        desk.say(
            _t("Glase is giving money back"),
            _t("It is not known yet whether the customer has it. Check it again first.")
        );
        return false;
    }
    const { uuid } = line;
    if (!desk.unanswered.has(uuid)) {
        if (await desk.cancel(line)) {
            return true;
        }
        if (!isUndecided(line) || isTaken(line)) {
            // Paid meanwhile: what is due has changed, the cashier looks at it first.
            return false;
        }
    }
    const answer = await askWith(desk.pos, {
        title: _t("The Glase payment is not canceled for certain"),
        body: _t(
            "Glase has not answered; the customer may or may not be charged. If you take another " +
                "payment now, the Glase payment is given up: should the customer have paid it, a " +
                "manager gives that back."
        ),
        choices: [
            { ...back(), primary: true },
            { id: "other", label: _t("Take another payment"), primary: false },
        ],
    });
    if (!answer) {
        return false;
    }
    ask("leave", {
        config_id: desk.pos.config.id,
        line_uuid: uuid,
        attempt: line.glase_attempt,
    });
    line.setPaymentStatus("glase_open");
    return true;
}
