import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { LockedDialog } from "@pos_glase/app/dialogs/locked_dialog";

/** What the cashier sees of money that is being given back, and of its end where it needs words. */
export class RefundDialog extends Component {
    static template = "pos_glase.RefundDialog";
    static components = { LockedDialog };
    static props = {
        attempt: Object,
        // What the till knows of itself before the server has said it of the refund.
        info: Object,
        onRead: Function,
        onPayOtherwise: Function,
        close: Function,
    };

    setup() {
        this.attempt = useState(this.props.attempt);
        this.loginUrl = "/web/login";
    }

    get amount() {
        return this.env.utils.formatCurrency(this.attempt.amount);
    }

    get mark() {
        return this.attempt.view ? this.attempt.view.mark : this.props.info.mark;
    }

    /** One of: giving, silent, logged_out, refunded, unknown, refused. */
    get look() {
        const { outcome, trouble, quiet } = this.attempt;
        if (!outcome) {
            const silent = trouble === "odoo" || quiet ? "silent" : "giving";
            return trouble === "session" ? "logged_out" : silent;
        }
        return ["refunded", "unknown"].includes(outcome.kind) ? outcome.kind : "refused";
    }

    get icon() {
        return {
            giving: "fa-circle-o-notch fa-spin",
            silent: "fa-exclamation-triangle text-warning",
            logged_out: "fa-lock text-warning",
            refunded: "fa-check-circle text-success",
            unknown: "fa-question-circle text-warning",
            refused: "fa-times-circle text-danger",
        }[this.look];
    }

    get headline() {
        return {
            giving: _t("Refunding…"),
            silent: _t("No answer from the server"),
            logged_out: _t("Your log-in has expired"),
            refunded: _t("REFUNDED"),
            unknown: _t("Not known whether it was refunded"),
            refused: _t("Not refunded"),
        }[this.look];
    }

    /** What a screen reader tells, see `PaymentDialog`. */
    get spoken() {
        const words = [this.headline, this.details].filter(Boolean).join(". ");
        const calm = this.look === "giving";
        return { urgent: calm ? "" : words, calm: calm ? words : "" };
    }

    get details() {
        const { outcome, isReversal } = this.attempt;
        switch (this.look) {
            case "giving":
                return _t("Glase gives the money back to the customer.");
            case "silent":
                return _t("The till keeps asking; the money is given back once at most.");
            case "logged_out":
                return false;
            case "refunded":
                return _t("The customer has the money back.");
            case "unknown":
                return isReversal
                    ? _t(
                          "Glase has not answered; the customer may or may not have been refunded. " +
                              "A manager decides it in the list of Glase cases; then check it again " +
                              "here. Until then this order cannot be finished."
                      )
                    : _t(
                          "Glase has not answered; the customer may or may not have been refunded. " +
                              "Do not pay back another way without a manager."
                      );
        }
        return (
            outcome.message ||
            _t("Nothing was given back. Try again, or choose another payment method.")
        );
    }

    get warning() {
        const { trouble, troubleMessage, outcome } = this.attempt;
        return (
            !outcome &&
            trouble === "error" &&
            Boolean(troubleMessage) &&
            _t("The server reports: %s Asking again.", troubleMessage)
        );
    }

    /** Another way to pay back is a manager's to allow; a reversal stays what it is. */
    get mayPayOtherwise() {
        return this.look === "unknown" && !this.attempt.isReversal;
    }
}
