import { PaymentInterface } from "@point_of_sale/app/utils/payment/payment_interface";
import { register_payment_method } from "@point_of_sale/app/services/pos_store";

/** What Odoo's payment screen calls; all the work is the payment service's (`pos.glase`). */
export class PaymentGlase extends PaymentInterface {
    get fastPayments() {
        return Boolean(this.payment_method_id.glase_send_at_once);
    }

    /** @returns {Promise<boolean>} true only from a paid row; never rejects, always ends */
    sendPaymentRequest(uuid) {
        super.sendPaymentRequest(uuid);
        const line = this.pos.glase.orders.lineOf(uuid);
        return line ? this.pos.glase.pay(line) : Promise.resolve(false);
    }

    /** @returns {Promise<boolean>} whether it is certain that nothing was taken; never rejects */
    sendPaymentCancel(order, uuid) {
        super.sendPaymentCancel(order, uuid);
        const line = this.pos.glase.orders.lineOf(uuid);
        return line ? this.pos.glase.cancel(line) : Promise.resolve(true);
    }
}

register_payment_method("glase", PaymentGlase);
