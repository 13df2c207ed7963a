import { _t } from "@web/core/l10n/translation";
import { isGlaseLine } from "@pos_glase/app/service/payment_line";

/**
 * What does not follow a payment or refund with Glase although the till's other modules let one expect it.
 *
 * @param {Object} pos the store
 * @param {Object} order that is finished
 * @returns {string[]} a sentence for each
 */
export function whatDoesNotFollow(pos, order) {
    const sentences = [];
    if (!order.payment_ids.some(isGlaseLine)) {
        return sentences;
    }
    // `pos_restaurant` asks for a tip where the first payment of an order can take it.
    const asked = pos.config.set_tip_after_payment && !order.is_tipped && !order.isRefund;
    if (asked && isGlaseLine(order.payment_ids[0])) {
        sentences.push(
            _t(
                "A payment with Glase cannot get a tip afterwards. Put the tip on the receipt before " +
                    "the bill is sent."
            )
        );
    }
    // `pos_loyalty` counts points for what is sold only.
    const programs = pos.models["loyalty.program"]?.getAll() || [];
    const points = programs.some((program) => program.program_type === "loyalty");
    if (order.isRefund && order.partner_id && points) {
        sentences.push(
            _t(
                "Odoo leaves the customer's points as they are after a refund. Change them on the " +
                    "loyalty card if needed."
            )
        );
    }
    return sentences;
}
