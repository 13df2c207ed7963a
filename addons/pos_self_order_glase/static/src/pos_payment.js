import { PosPayment } from "@point_of_sale/app/models/pos_payment";
import { patch } from "@web/core/utils/patch";

/** SIMULATION or TEST, by the access token of an order that was paid at this page. */
export const marks = {};

// What the receipt of the till asks of a payment; what is the ledger's own stays on the server.
patch(PosPayment.prototype, {
    get isGlase() {
        return this.payment_method_id?.use_payment_terminal === "glase";
    },

    get isGlaseRefund() {
        return false;
    },

    get glaseMark() {
        const simulated = this.card_type === "Glase simulation" && "SIMULATION";
        return marks[this.pos_order_id?.access_token] || simulated;
    },
});
