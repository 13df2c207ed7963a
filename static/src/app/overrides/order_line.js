import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import { PosOrderline } from "@point_of_sale/app/models/pos_order_line";
import { frozenWords, refuseFrozen } from "@pos_glase/app/glase_freeze";

/** What is on a bill that a customer may be paying stays as it is. */
patch(PosOrderline.prototype, {
    setQuantity() {
        const words = frozenWords(this.order_id);
        if (words) {
            return { title: _t("The order stays as it is"), body: words };
        }
        return super.setQuantity(...arguments);
    },

    setDiscount() {
        if (!refuseFrozen(this.order_id)) {
            super.setDiscount(...arguments);
        }
    },

    setUnitPrice() {
        if (!refuseFrozen(this.order_id)) {
            super.setUnitPrice(...arguments);
        }
    },

    delete() {
        if (!refuseFrozen(this.order_id)) {
            return super.delete(...arguments);
        }
    },
});
