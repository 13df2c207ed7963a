import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import {
    isGlaseLine,
    isIdle,
    isLeftOpen,
    isRefundLine,
    isTaken,
    isUndecided,
    isUnproven,
} from "@pos_glase/app/service/payment_line";
import { shortState } from "@pos_glase/app/service/line_state";

patch(PaymentScreenPaymentLines.prototype, {
    /** Glase lines that core's own branches would describe wrongly, or with its own *Force done*. */
    hasGlaseStatus(line) {
        return (
            isGlaseLine(line) && Boolean(line.payment_status) && line.payment_status !== "reversed"
        );
    },

    isGlaseIdle(line) {
        return isIdle(line) && this.pos.glase.runner.preparing !== line.uuid;
    },

    glaseSendText(line) {
        if (isRefundLine(line)) {
            return line.payment_status === "retry" ? _t("Refund again") : _t("Refund");
        }
        return line.payment_status === "retry" ? _t("Retry") : _t("Send");
    },

    /** Undecided, and nothing in this browser is waiting for it. */
    isGlaseStranded(line) {
        return isUndecided(line) && !this.pos.glase.runner.isBusyWith(line);
    },

    /** *Force done* is a manager's; whoever presses it is asked for a manager's log-in. */
    isGlaseForcible(line) {
        return this.isGlaseStranded(line) && isLeftOpen(line);
    },

    isGlaseReversible(line) {
        const { running, preparing } = this.pos.glase.runner;
        return isTaken(line) && !isRefundLine(line) && !running && !preparing;
    },

    isGlaseRefundUnknown(line) {
        return isRefundLine(line) && isUnproven(line);
    },

    /** In two or three words, for a line that is not selected. */
    glaseShortState(line) {
        return shortState(line, this.pos.glase);
    },

    glaseStatusText(line) {
        if (this.pos.glase.runner.preparing === line.uuid) {
            return _t("Checking and storing the order…");
        }
        if (this.isGlaseStranded(line)) {
            return this.glaseStrandedText(line);
        }
        const refund = isRefundLine(line);
        if (line.payment_status === "done") {
            return this.glaseDoneText(line);
        }
        return (
            {
                pending: refund ? _t("Not given back yet") : _t("Not sent yet"),
                retry: refund
                    ? _t("Not refunded: nothing was given back")
                    : this.glaseUnpaidText(line),
                reversing: _t("Giving the payment back…"),
            }[line.payment_status] || _t("Waiting for Glase…")
        );
    },

    glaseUnpaidText(line) {
        return this.pos.glase.payments.reversed.has(line.uuid)
            ? _t("Paid too late: Glase has given the money back to the customer")
            : _t("Not paid: nothing was taken");
    },

    glaseStrandedText(line) {
        if (line.payment_status === "reversing") {
            return _t(
                "Not known whether this payment was given back. The order cannot be finished until " +
                    "it is: a manager decides it in the list of Glase cases."
            );
        }
        if (isRefundLine(line)) {
            return _t("Not known whether the customer has been refunded.");
        }
        return _t("Left open: not known whether the customer has paid. Does not count as paid.");
    },

    glaseDoneText(line) {
        if (isRefundLine(line)) {
            return line.transaction_id
                ? _t("Refunded with Glase: %s", line.transaction_id)
                : _t(
                      "Glase has not answered; the customer may or may not have been refunded. Do " +
                          "not pay back another way without a manager."
                  );
        }
        return line.transaction_id
            ? _t("Paid with Glase: %s", line.transaction_id)
            : _t("Marked as paid by a manager. Glase has not confirmed it yet.");
    },
});
