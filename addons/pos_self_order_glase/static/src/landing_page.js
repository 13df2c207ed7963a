import { onMounted } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { LandingPage } from "@pos_self_order/app/pages/landing_page/landing_page";

patch(LandingPage.prototype, {
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            // What the server still stores for the last guest would be paid by the next one.
            if (this.selfOrder.glaseStoring) {
                window.location.reload();
            }
        });
    },
});
