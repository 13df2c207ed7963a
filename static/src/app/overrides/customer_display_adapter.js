import { toRaw } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";

patch(CustomerDisplayPosAdapter.prototype, {
    formatOrderData(order) {
        super.formatOrderData(order);
        // Always there, also as null: the display keeps what it is not told to forget.
        this.data.glaseScanToPay = toRaw(order.glaseScanToPay) || null;
    },
});
