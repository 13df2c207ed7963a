import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import { PosOrderline } from "@point_of_sale/app/models/pos_order_line";
import { billsOf } from "@pos_glase/app/service/order_bills";
import { changeRefusal, refuseLocked } from "@pos_glase/app/service/order_lock";

/**
 * What is on a bill that a customer may be paying stays as it is. People delete a line through its
 * order; what deletes the record itself is a module, and is judged by what it makes (`Bills`).
 */
patch(PosOrderline.prototype, {
    setQuantity() {
        const words = changeRefusal(this.order_id);
        if (words) {
            return { title: _t("The order stays as it is"), body: words };
        }
        return super.setQuantity(...arguments);
    },

    setDiscount() {
        if (!refuseLocked(this.order_id)) {
            super.setDiscount(...arguments);
        }
    },

    setUnitPrice() {
        if (!refuseLocked(this.order_id)) {
            super.setUnitPrice(...arguments);
        }
    },

    delete() {
        billsOf(this.order_id)?.keepBefore(this.order_id);
        return super.delete(...arguments);
    },
});
