import { isHeld } from "@pos_glase/app/service/payment_line";

/**
 * Where employees log in (`pos_hr`), the one who sends a payment stands on its order.
 *
 * @param {Object} pos the store
 * @param {Object} order
 */
export function recordSender(pos, order) {
    const sender = pos.config.module_pos_hr && pos.getCashier();
    if (sender) {
        order.employee_id = sender;
        order.uiState.glaseSender = sender.id;
    }
}

/**
 * Who has sent what this order is paid with.
 *
 * @returns {Object|undefined} an employee; nobody where no employees log in, and without a payment
 */
export function senderOf(pos, order) {
    const paid = order?.payment_ids.some(isHeld);
    if (!pos.config.module_pos_hr || !paid) {
        return undefined;
    }
    // In another browser only the order's own field is there.
    return pos.models["hr.employee"]?.get(order.uiState.glaseSender) || order.employee_id;
}
