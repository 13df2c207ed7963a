import { _t } from "@web/core/l10n/translation";
import { PosPayment } from "@point_of_sale/app/models/pos_payment";
import { patch } from "@web/core/utils/patch";
import { isGlaseLine } from "@pos_glase/app/service/payment_line";

/** What says that no money is moved, by the access token of an order that was paid at this page. */
export const marks = {};

// What the receipt of the till asks of a payment; what is the ledger's own stays on the server.
patch(PosPayment.prototype, {
    get isGlase() {
        return isGlaseLine(this);
    },

    get isGlaseRefund() {
        return false;
    },

    get glaseMark() {
        const simulated =
            this.card_type === "Glase simulation" && _t("SIMULATION: no money is moved");
        return marks[this.pos_order_id?.access_token] || simulated;
    },
});
