import { _t } from "@web/core/l10n/translation";
import { approved, askApproved } from "@pos_glase/app/dialogs/approval_dialog";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";
import { writePaid } from "@pos_glase/app/service/line_result";
import { isTaken } from "@pos_glase/app/service/payment_line";
import { ask } from "@pos_glase/app/attempt/rpc";

/** Milliseconds: how often and how long this till asks on after *Force done*; then the server does. */
export const following = { pause: 1000, end: 60000 };

/**
 * *Force done*: a manager says that a payment counts although Glase has not confirmed it
 * (`doc/ledger.md §10`). It stays unverified until Glase says PAID.
 *
 * @param {PaymentService} desk
 * @param {Object} line undecided: its payment runs, or it was left open
 * @returns {Promise<boolean>} whether the line counts now
 */
export async function forceDone(desk, line) {
    const { pos } = desk;
    const running = desk.running?.lineUuid === line.uuid ? desk.running : null;
    const payment = desk.paymentOf(line);
    let view;
    const done = await approved(pos, {
        title: _t("Mark as paid without Glase's answer"),
        body: _t(
            "Glase has not said that the customer has paid %s. If the customer has not, the shop " +
                "loses the money. Look at the customer's phone first. This is recorded.",
            pos.env.utils.formatCurrency(line.amount)
        ),
        action: _t("Force done"),
        needsLogin: !desk.info.manager,
        until: running?.ended,
        onApprove: async (approval) => {
            const { configId: config_id, lineUuid: line_uuid, attempt } = payment;
            const answer = await askApproved("force", {
                config_id,
                line_uuid,
                attempt,
                ...approval,
            });
            view = answer.view;
            return answer.refusal;
        },
    });
    if (!done) {
        return false;
    }
    if (running) {
        // Its end is noted where all ends are.
        running.receive(view, ++running.sequence, "force");
        return Boolean(running.outcome);
    }
    if (view.state === "paid" && view.reference) {
        writePaid(line, view);
    } else {
        line.setPaymentStatus("done");
        followForced(desk, payment);
    }
    desk.storePaid(line.pos_order_id);
    await desk.validateIfComplete(line.pos_order_id.uuid);
    return true;
}

/**
 * Ask on for a while in the background: a payment that comes late fills in its reference.
 *
 * @param {PaymentService} desk
 * @param {Object} payment see `Attempt`
 */
export function followForced(desk, { configId, lineUuid, attempt }) {
    const params = { config_id: configId, line_uuid: lineUuid, attempt };
    const end = backgroundTimer.now() + following.end;
    let asking = false;
    const stop = backgroundTimer.start(following.pause, async () => {
        if (asking) {
            return;
        }
        asking = true;
        const { view } = await ask("status", params);
        asking = false;
        if (view?.ok && view.final) {
            stop();
            noteForced(desk, lineUuid, view);
        } else if (backgroundTimer.now() >= end) {
            stop();
        }
    });
}

function noteForced(desk, lineUuid, view) {
    const line = desk.lineOf(lineUuid);
    if (view.state === "paid" && view.reference) {
        if (line && line.payment_status === "done" && !isTaken(line)) {
            writePaid(line, view);
        }
        desk.pos.notification.add(
            _t("Glase has confirmed the payment that was marked as paid: %s", view.reference),
            { type: "success" }
        );
        return;
    }
    desk.pos.notification.add(
        _t(
            "Glase says that the payment which was marked as paid was not paid. A manager was told."
        ),
        { type: "danger", sticky: true }
    );
}
