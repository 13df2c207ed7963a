import { patch } from "@web/core/utils/patch";
import { PosData } from "@point_of_sale/app/services/data_service";
import { billsOf } from "@pos_glase/app/service/order_bills";

patch(PosData.prototype, {
    /** Before an order is finished `pos_loyalty` asks whether its coupons hold: what is paid with one is finished with it. */
    async call(model, method) {
        const answer = await super.call(...arguments);
        const bills = method === "validate_coupon_programs" && billsOf(this);
        return bills ? bills.keepCoupons(answer) : answer;
    },
});
