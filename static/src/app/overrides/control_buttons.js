import { patch } from "@web/core/utils/patch";
import { ControlButtons } from "@point_of_sale/app/screens/product_screen/control_buttons/control_buttons";
import { refuseRepricing } from "@pos_glase/app/service/order_lock";

/** Taxes and prices of a bill that is out stay as they are. */
patch(ControlButtons.prototype, {
    async clickFiscalPosition() {
        return refuseRepricing(this.currentOrder) ? undefined : super.clickFiscalPosition();
    },

    async clickPricelist() {
        return refuseRepricing(this.currentOrder) ? undefined : super.clickPricelist();
    },
});
