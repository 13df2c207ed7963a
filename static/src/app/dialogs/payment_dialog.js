import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { LockedDialog } from "@pos_glase/app/dialogs/locked_dialog";
import { qrPicture } from "@pos_glase/app/dialogs/qr_picture";
import { timing } from "@pos_glase/app/timing";

const RADIUS = 54;
const CIRCUMFERENCE = 2 * Math.PI * RADIUS;

/** Looks of which a screen reader tells at once; the others wait until it has finished. */
const URGENT = new Set(["asking", "silent", "offline", "logged_out", "paid", "unpaid"]);

/** Looks in which the customer may scan: afterwards nobody should. */
const SCANNING = new Set(["sending", "waiting", "asking"]);

/** Ends after which the same line may be sent anew from the dialog. */
const RETRIABLE = new Set(["declined", "failed", "expired", "reversed", "refused", "canceled"]);

/**
 * What the cashier sees of a running payment, and of its end where that needs words.
 *
 * The state stands first and largest. A view only: closing it, by whatever means, ends no payment.
 */
export class PaymentDialog extends Component {
    static template = "pos_glase.PaymentDialog";
    static components = { LockedDialog };
    static props = {
        attempt: Object,
        // What the till knows of itself before the server has said it of the bill.
        info: Object,
        onRead: Function,
        onRetry: Function,
        onSendAgain: Function,
        onGiveUp: Function,
        onChangeAmount: Function,
        onReplace: Function,
        onForceDone: Function,
        close: Function,
    };

    setup() {
        this.attempt = useState(this.props.attempt);
        this.radius = RADIUS;
        this.circumference = CIRCUMFERENCE;
        this.loginUrl = "/web/login";
    }

    get view() {
        return this.attempt.view;
    }

    get amount() {
        return this.env.utils.formatCurrency(this.attempt.amount);
    }

    get shop() {
        return this.view?.shop || this.props.info.shop;
    }

    get glaseId() {
        return this.view?.glase_id || this.props.info.glase_id;
    }

    /** What says that no money is moved, or false in production. */
    get mark() {
        return this.view ? this.view.mark : this.props.info.mark;
    }

    /** The customer can scan it from this screen where there is no sticker at hand. */
    get stickerQr() {
        const text = this.view?.sticker;
        if (text && this.qrText !== text) {
            this.qrText = text;
            this.qr = qrPicture(text);
        }
        return this.qr;
    }

    get dashOffset() {
        return CIRCUMFERENCE * (1 - this.attempt.fraction);
    }

    /**
     * One of: sending, waiting, asking, silent, offline, logged_out, canceling, unsure, late, paid,
     * unpaid.
     */
    get look() {
        const { outcome, cancelState } = this.attempt;
        if (outcome) {
            return outcome.kind === "paid" ? "paid" : "unpaid";
        }
        if (cancelState === "too_late") {
            return "late";
        }
        return this.troubleLook || this.cancelLook || this.waitingLook;
    }

    /** What stands between the till and the answer; false while answers come. */
    get troubleLook() {
        const { trouble, quiet, cancelState } = this.attempt;
        if (trouble === "session") {
            return "logged_out";
        }
        if (!quiet) {
            return false;
        }
        // That a cancel is not answered says more than that nothing is.
        return trouble === "odoo" ? "offline" : !cancelState && "silent";
    }

    get cancelLook() {
        const { cancelState } = this.attempt;
        return cancelState && (cancelState === "asked" ? "canceling" : "unsure");
    }

    get waitingLook() {
        const { isWindowOver, issued } = this.attempt;
        if (!issued) {
            return "sending";
        }
        return isWindowOver ? "asking" : "waiting";
    }

    get mayScan() {
        return SCANNING.has(this.look);
    }

    /** Glase has said that somebody has scanned; without that it is not known. */
    get isScanned() {
        return this.look === "waiting" && this.attempt.scanned;
    }

    get icon() {
        return {
            asking: "fa-question-circle text-warning",
            silent: "fa-exclamation-triangle text-warning",
            offline: "fa-exclamation-triangle text-warning",
            logged_out: "fa-lock text-warning",
            unsure: "fa-exclamation-triangle text-warning",
            paid: "fa-check-circle text-success",
            unpaid: "fa-times-circle text-danger",
        }[this.look];
    }

    get secondsText() {
        return _t("%s seconds left for the customer", this.attempt.secondsLeft);
    }

    /** What is going on, in one short line: it is read from three metres away. */
    get headline() {
        if (this.attempt.outcome) {
            return this.outcomeHeadline;
        }
        if (this.isScanned) {
            return _t("Scanned: the customer is confirming");
        }
        return {
            sending: _t("Sending the bill to Glase…"),
            waiting: _t("Waiting for the customer"),
            asking: _t("The customer has not paid yet"),
            silent: _t("No answer from Glase"),
            offline: _t("No connection to the server"),
            logged_out: _t("Your log-in has expired"),
            canceling: _t("Canceling…"),
            unsure: _t("Not canceled for certain yet"),
            late: _t("Already paid: fetching the receipt…"),
        }[this.look];
    }

    get outcomeHeadline() {
        return {
            paid: _t("PAID"),
            declined: _t("Declined by the customer"),
            failed: _t("The payment failed"),
            expired: _t("Not paid in time"),
            reversed: _t("Paid and given back"),
            lost: _t("Glase has not answered"),
            amount_unknown: _t("Paid, but not known how much"),
            forced: _t("Marked as paid"),
            refused: _t("Not sent to Glase"),
            canceled: _t("Canceled"),
            open: _t("Left open"),
        }[this.attempt.outcome.kind];
    }

    /** What it means and what to do, in a sentence or two. */
    get details() {
        if (this.attempt.outcome) {
            return this.outcomeDetails;
        }
        if (this.isScanned) {
            return _t("The phone shows the bill. It is paid when this till says so.");
        }
        return {
            sending: _t("The customer may scan already."),
            waiting: _t("The customer scans the sticker and confirms on the phone."),
            asking: _t(
                "Try again gives another %s seconds on the same bill. If the customer pays now, " +
                    "the payment still arrives.",
                timing.window / 1000
            ),
            silent: _t("The customer may or may not be charged. The till keeps asking."),
            offline: _t("The customer may or may not be charged. The till keeps trying."),
            canceling: _t("Glase is asked to cancel the bill."),
            unsure: _t(
                "Glase has not confirmed the cancel, so the customer may still pay. It is asked again and again."
            ),
            late: _t("The customer was faster. The payment is kept as soon as Glase confirms it."),
        }[this.look];
    }

    get outcomeDetails() {
        const { kind, message, tooLate, unasked } = this.attempt.outcome;
        if (unasked) {
            return _t("The bill that was left open has been canceled. Nothing was taken.");
        }
        if (kind === "lost") {
            return _t(
                "It is not known whether the bill has arrived. Send it again: if the phone already " +
                    "says paid, that comes back. Or give it up: then it is taken off the sticker."
            );
        }
        if (message) {
            return message;
        }
        if (kind === "amount_unknown") {
            return _t(
                "The customer has paid while the amount was being changed, and Glase has not said " +
                    "how much. The payment does not count here: a manager finds it in the list of " +
                    "Glase cases."
            );
        }
        if (kind === "paid") {
            return tooLate
                ? _t(
                      "Too late to cancel: already paid. The customer was faster, and the payment stands."
                  )
                : _t("The customer has paid meanwhile. The payment stands.");
        }
        return _t("No money was taken. Send the payment again or choose another payment method.");
    }

    /** What a screen reader tells, and how: each in a place of its own that is always there. */
    get spoken() {
        const words = [this.outcomeAmount, this.headline, this.details].filter(Boolean).join(". ");
        const urgent = URGENT.has(this.look);
        return { urgent: urgent ? words : "", calm: urgent ? "" : words };
    }

    get outcomeAmount() {
        return this.look === "paid" && this.amount;
    }

    /** What else is to be known; false if that is nothing. */
    get warning() {
        const { outcome, trouble, troubleMessage } = this.attempt;
        if (outcome) {
            return false;
        }
        if (trouble === "error" && troubleMessage) {
            return _t("The server reports: %s Asking again.", troubleMessage);
        }
        return this.changeText || (!this.troubleLook && this.view?.message) || false;
    }

    /** What became of the newest *Change amount*; false if there is nothing to say. */
    get changeText() {
        const { change, view } = this.attempt;
        if (change?.state === "asked") {
            return _t("The amount is being changed…");
        }
        if (change?.state === "unsure" || view?.proposed) {
            return _t(
                "Glase has not confirmed the change from %(old)s to %(new)s: the customer may pay " +
                    "either. What was really paid is taken over.",
                {
                    old: this.amount,
                    new: this.env.utils.formatCurrency(Number(view?.proposed || change.amount)),
                }
            );
        }
        return change?.state === "refused" && change.message;
    }

    get canReplace() {
        const { change, canCancel, canLeave } = this.attempt;
        return change?.reason === "scanned" && canCancel && !canLeave;
    }

    get isLost() {
        return this.attempt.outcome?.kind === "lost";
    }

    get canRetry() {
        return RETRIABLE.has(this.attempt.outcome?.kind);
    }
}
