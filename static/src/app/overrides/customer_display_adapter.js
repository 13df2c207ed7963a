import { toRaw } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { isGlaseLine, isHeld } from "@pos_glase/app/service/payment_line";

patch(CustomerDisplayPosAdapter.prototype, {
    formatOrderData(order) {
        super.formatOrderData(order);
        // Always there, also as null: the display keeps what it is not told to forget.
        this.data.glaseDisplay = toRaw(order.glaseDisplay) || null;
        // What is not paid does not stand there as if it was.
        this.data.paymentLines = order.payment_ids
            .filter((line) => !isGlaseLine(line) || isHeld(line))
            .map((line) => this.getPaymentData(line));
    },
});
