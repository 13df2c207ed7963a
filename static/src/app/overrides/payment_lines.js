import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import { isGlaseLine, isIdle, isUndecided } from "@pos_glase/app/glase_rules";

patch(PaymentScreenPaymentLines.prototype, {
    /** Glase lines that core's own branches would describe wrongly, or with *Force done*. */
    hasGlaseStatus(line) {
        return (
            isGlaseLine(line) && Boolean(line.payment_status) && line.payment_status !== "reversed"
        );
    },

    isGlaseIdle(line) {
        return isIdle(line);
    },

    /** Undecided, and nothing in this browser is waiting for it. */
    isGlaseStranded(line) {
        const { running, preparing } = this.pos.glase;
        return isUndecided(line) && ![running?.lineUuid, preparing].includes(line.uuid);
    },

    glaseStatusWords(line) {
        if (this.pos.glase.preparing === line.uuid) {
            return _t("Checking and storing the order…");
        }
        if (this.isGlaseStranded(line)) {
            return _t(
                "Left open: not known whether the customer has paid. Does not count as paid."
            );
        }
        return (
            {
                pending: _t("Not sent yet"),
                retry: _t("Not paid: nothing was taken"),
                done: _t("Paid with Glase: %s", line.transaction_id || ""),
            }[line.payment_status] || _t("Waiting for Glase…")
        );
    },
});
