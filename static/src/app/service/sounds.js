import { effect } from "@web/core/utils/reactive";
import { isGlaseMethod } from "@pos_glase/app/service/payment_line";

/** What is heard, of the sounds that Odoo's till has. */
const PAID = "bell";
const WINDOW_OVER = "beep";

function play(pos, sound) {
    const methods = pos.models["pos.payment.method"].filter(isGlaseMethod);
    if (methods.some((method) => method.glase_sound)) {
        pos.sound.play(sound);
    }
}

/** Let whoever is at the till hear that it was paid, if the payment method says so. */
export function playEnd(pos) {
    play(pos, PAID);
}

/**
 * Let the cashier hear that the customer's time is over and an answer is wanted.
 *
 * @param {Object} pos the store
 * @param {PaymentAttempt} attempt
 */
export function followAloud(pos, attempt) {
    effect(({ isWindowOver }) => isWindowOver && play(pos, WINDOW_OVER), [attempt]);
}
