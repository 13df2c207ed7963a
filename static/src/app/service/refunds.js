import { _t } from "@web/core/l10n/translation";
import { uuidv4 } from "@point_of_sale/utils";
import { RefundAttempt } from "@pos_glase/app/attempt/refund_attempt";
import { request, requestRows } from "@pos_glase/app/attempt/rpc";
import { RefundDialog } from "@pos_glase/app/dialogs/refund_dialog";
import { canBeFinished } from "@pos_glase/app/service/dry_run";
import { offlineRefusal } from "@pos_glase/app/service/order_storage";
import { isTaken, isUndecided, writeRefunded } from "@pos_glase/app/service/payment_line";
import { amountText, refundRefusal } from "@pos_glase/app/service/send_checks";

/** Money that goes back: a refund of a refund order's line, or the reversal of a payment. */
export class Refunds {
    /** @param {Object} parts of the service: `pos`, `terminal`, `screen`, `orders`, `runner` */
    constructor({ pos, terminal, screen, orders, runner }) {
        Object.assign(this, { pos, terminal, screen, orders, runner });
    }

    /**
     * Ask the server what Glase can give back for a refund order.
     *
     * @param {Object} order
     * @returns {Promise<Object|undefined>} the server's answer (`refundable`); undefined without one
     */
    async loadRefundable(order) {
        const originals = new Set(
            order.lines.map((line) => line.refunded_orderline_id?.order_id?.id)
        );
        const { view } = await request("refundable", {
            config_id: this.pos.config.id,
            order_uuid: order.uuid,
            refunded_order_ids: [...originals].filter((id) => typeof id === "number"),
        });
        if (view?.ok) {
            order.uiState.glaseRefundable = view.payments.map((payment) =>
                Number(payment.refundable)
            );
        }
        return view;
    }

    /**
     * Give money back with Glase, from the checks to the end.
     *
     * @param {Object} line of a refund order
     * @returns {Promise<boolean>} whether it was given back. Never rejects.
     */
    take(line) {
        return this.runner.once(line, async () => {
            const { uuid } = line;
            const isPrepared = await this.runner.prepare(
                line,
                _t("Not given back"),
                async () =>
                    this.terminal.notReadyReason ||
                    refundRefusal(this.pos, line) ||
                    (await offlineRefusal(this.pos)) ||
                    !(await canBeFinished(this.pos, line.pos_order_id))
            );
            if (!isPrepared) {
                return false;
            }
            const attempt = new RefundAttempt({
                ...this.runner.paymentOf(line),
                route: "refund",
                amount: Math.abs(line.amount),
                amountText: amountText(this.pos, Math.abs(line.amount)),
            });
            const { kind } = await this.run(attempt);
            return kind === "refunded" && Boolean(this.orders.lineOf(uuid));
        });
    }

    /**
     * *Reverse*: give a payment back before its order is finished.
     *
     * @param {Object} line paid by Glase
     * @returns {Promise<boolean>} whether it was given back
     */
    async reverse(line) {
        const refusal =
            this.runner.busyReason(line) ||
            this.terminal.notReadyReason ||
            (await offlineRefusal(this.pos));
        if (refusal || !isTaken(line)) {
            this.screen.say(
                _t("Not given back"),
                refusal || _t("This payment is not paid by Glase.")
            );
            return false;
        }
        line.setPaymentStatus("reversing");
        const payment = this.runner.paymentOf(line);
        const { kind } = await this.run(
            new RefundAttempt({ ...payment, route: "reverse", refundAttempt: uuidv4() })
        );
        return kind === "refunded";
    }

    /** Run one attempt to its end, and record the end on its line. */
    run(attempt, view) {
        const hide = () => this.screen.hide(attempt);
        const onPayOtherwise = async () => {
            const line = this.orders.lineOf(attempt.lineUuid);
            if (!line || (await this.payBackOtherwise(line))) {
                hide();
            }
        };
        const props = { onRead: hide, onPayOtherwise };
        return this.runner.run(attempt, RefundDialog, props, view, async ({ kind, view: last }) => {
            const line = this.orders.lineOf(attempt.lineUuid);
            if (line && attempt.isReversal) {
                this.recordReversal(line, kind);
            } else if (line) {
                this.recordRefund(line, kind, last);
            }
            if (kind === "refunded") {
                this.screen.showEnd(_t("REFUNDED"), attempt.amount, last.mark);
            }
            if (["refunded", "open"].includes(kind)) {
                hide();
            }
        });
    }

    recordRefund(line, kind, view) {
        if (kind === "refunded") {
            writeRefunded(line, view);
        } else if (kind === "unknown") {
            // It counts, unproven: otherwise somebody pays it back a second time.
            line.setPaymentStatus("done");
        } else if (kind !== "open") {
            line.setPaymentStatus("retry");
        }
        if (["refunded", "unknown"].includes(kind)) {
            this.orders.storePaid(line.pos_order_id);
            this.loadRefundable(line.pos_order_id);
        }
    }

    recordReversal(line, kind) {
        if (kind === "refunded") {
            line.update({ amount: 0 });
            line.setPaymentStatus("reversed");
            this.orders.store(line.pos_order_id);
        } else if (["failed", "refused"].includes(kind)) {
            // The payment stands as it was.
            line.setPaymentStatus("done");
        }
    }

    /**
     * Another way to pay back what an unanswered refund may have given back already: a manager's to
     * allow (`doc/ledger.md §12`).
     *
     * @param {Object} line a refund that was not answered
     * @returns {Promise<boolean>} whether the line is gone and another tender may be taken
     */
    async payBackOtherwise(line) {
        const { uuid, pos_order_id: order } = line;
        const done = await this.screen.approve(
            {
                title: _t("Pay back another way"),
                body: _t(
                    "Glase may have given %s back already. If it has, the customer gets the money " +
                        "twice. A manager has to allow another way. This is recorded.",
                    this.screen.money(Math.abs(line.amount))
                ),
                action: _t("Allow another way"),
            },
            "approve_refund_tender",
            { order_uuid: order.uuid }
        );
        const left = done && this.orders.lineOf(uuid);
        if (!left) {
            return false;
        }
        left.setPaymentStatus("retry");
        order.removePaymentline(left);
        await this.orders.store(order);
        return true;
    }

    /**
     * Go on with a refund or a reversal where the server knows it to be.
     *
     * @param {Object} line
     * @param {Object} row the newest of the line, a refund
     * @returns {Promise<string>} how it ended, see `RefundAttempt`; `busy` if another one runs
     */
    async recordRow(line, row) {
        if (this.runner.running) {
            return "busy";
        }
        const isReversal = !line.pos_order_id.isRefund;
        if (!isReversal) {
            line.glase_attempt = row.attempt;
        }
        line.setPaymentStatus(isReversal ? "reversing" : "waiting");
        const attempt = new RefundAttempt({
            ...this.runner.paymentOf(line),
            amount: Number(row.amount),
            resumed: true,
            refundAttempt: isReversal ? row.attempt : undefined,
            route: isReversal ? "reverse" : "refund",
        });
        this.orders.goTo(line);
        return this.orders.withTerminal(async () => {
            const { kind } = await this.run(attempt, row);
            if (kind === "refunded" && !isReversal) {
                await this.orders.finishIfPaid(attempt.orderUuid);
            }
            return kind;
        });
    }

    /** *Check again* on a refund or a reversal that is undecided. */
    async check(line) {
        const { view } = await requestRows(this.pos.config.id, [line]);
        const row = view?.ok && view.rows.find((found) => found.line_uuid === line.uuid);
        if (row && row.kind === "refund") {
            return this.recordRow(line, row);
        }
        if (view?.ok && isUndecided(line)) {
            // The request has never arrived: nothing was given back.
            line.setPaymentStatus(line.pos_order_id.isRefund ? "retry" : "done");
            return "refused";
        }
        this.screen.say(_t("Not checked"), _t("The server has not answered. Try again."));
        return "open";
    }
}
