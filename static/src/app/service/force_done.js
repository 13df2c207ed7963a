import { _t } from "@web/core/l10n/translation";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";
import { requestFor } from "@pos_glase/app/attempt/rpc";
import { isTaken, writePaid } from "@pos_glase/app/service/payment_line";
import { timing } from "@pos_glase/app/timing";

/**
 * *Force done*: a manager says that a payment counts although Glase has not confirmed it
 * (`doc/ledger.md §10`). It stays unverified until Glase says PAID.
 */
export class ForceDone {
    /** @param {Object} parts of the service: `screen`, `orders`, `runner` */
    constructor({ screen, orders, runner }) {
        Object.assign(this, { screen, orders, runner });
    }

    /**
     * @param {Object} line undecided: its payment runs, or it was left open
     * @returns {Promise<boolean>} whether the line counts now
     */
    async force(line) {
        const { running } = this.runner;
        const attempt = running?.lineUuid === line.uuid ? running : null;
        const payment = this.runner.paymentOf(line);
        const view = await this.screen.approve(
            {
                title: _t("Mark as paid without Glase's answer"),
                body: _t(
                    "Glase has not said that the customer has paid %s. If the customer has not, the " +
                        "shop loses the money. Look at the customer's phone first. This is recorded.",
                    this.screen.money(line.amount)
                ),
                action: _t("Force done"),
                until: attempt?.ended,
            },
            "force",
            { line_uuid: line.uuid, attempt: line.glase_attempt }
        );
        if (!view) {
            return false;
        }
        if (attempt) {
            // Its end is recorded where all ends are.
            attempt.receive(view, ++attempt.sequence, "force");
            return Boolean(attempt.outcome);
        }
        if (view.state === "paid" && view.reference) {
            writePaid(line, view);
        } else {
            line.setPaymentStatus("done");
            this.follow(payment);
        }
        this.orders.storePaid(line.pos_order_id);
        await this.orders.finishIfPaid(line.pos_order_id.uuid);
        return true;
    }

    /**
     * Ask on for a while in the background: a payment that comes late fills in its reference.
     *
     * @param {Object} payment see `Attempt`
     */
    follow(payment) {
        const end = backgroundTimer.now() + timing.forced;
        let pending = false;
        const stop = backgroundTimer.start(timing.pause, async () => {
            if (pending) {
                return;
            }
            pending = true;
            const { view } = await requestFor(payment, "status");
            pending = false;
            if (view?.ok && view.final) {
                stop();
                this.recordEnd(payment.lineUuid, view);
            } else if (backgroundTimer.now() >= end) {
                stop();
            }
        });
    }

    recordEnd(lineUuid, view) {
        const line = this.orders.lineOf(lineUuid);
        this.screen.settle(lineUuid);
        if (view.state !== "paid" || !view.reference) {
            this.screen.notify(
                _t(
                    "Glase says that the payment which was marked as paid was not paid. A manager " +
                        "was told."
                ),
                "danger",
                { sticky: true, about: lineUuid }
            );
            return;
        }
        if (line && line.payment_status === "done" && !isTaken(line)) {
            writePaid(line, view);
        }
        this.screen.notify(
            _t("Glase has confirmed the payment that was marked as paid: %s", view.reference),
            "success"
        );
    }
}
