import { _t } from "@web/core/l10n/translation";
import { isGlaseLine } from "@pos_glase/app/service/payment_line";

/** Uuids of payments that the cashier was told about. */
const told = new Set();

/**
 * Tell the cashier about Glase payments that the server has stored, but could not prove.
 *
 * @param {Object} pos the store
 * @param {Object[]} orders as they came back from the server
 */
export function tellUnverified(pos, orders) {
    const unproven = (orders || [])
        .flatMap((order) => order.payment_ids)
        .filter((line) => isGlaseLine(line) && line.glase_unverified && !told.has(line.uuid));
    for (const line of unproven) {
        told.add(line.uuid);
        pos.notification.add(
            _t(
                "Glase payment of %s: stored, but not proven. A manager was told.",
                pos.env.utils.formatCurrency(line.amount)
            ),
            { type: "warning", sticky: true }
        );
    }
}
