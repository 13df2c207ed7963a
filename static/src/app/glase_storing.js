import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";

const CONNECTIVITY_LIMIT = 5000;
const SYNC_PAUSE = 100;
const SYNC_TRIES = 50;

/**
 * Whether the server can be reached now, not whether it could a while ago.
 *
 * @param {Object} pos the store
 * @returns {Promise<string|false>} a sentence if it cannot
 */
export async function offlineRefusal(pos) {
    const late = new Promise((resolve) => setTimeout(() => resolve("late"), CONNECTIVITY_LIMIT));
    const outcome = await Promise.race([pos.data.checkConnectivity(), late]);
    if (outcome !== "late" && !pos.data.network.offline) {
        return false;
    }
    return _t("This till is offline, and Glase needs a connection. Choose another payment method.");
}

/**
 * Store the order with its waiting line on the server: what only a browser holds dies with it.
 *
 * @param {Object} pos the store
 * @param {Object} order
 * @returns {Promise<string|false>} a sentence if it could not be stored
 */
export async function storeDraft(pos, order) {
    try {
        for (let tries = 0; tries < SYNC_TRIES; tries++) {
            // Nothing comes back while another synchronisation of this order is under way.
            if (await pos.syncAllOrders({ orders: [order], force: true, throw: true })) {
                return false;
            }
            await new Promise((resolve) => setTimeout(resolve, SYNC_PAUSE));
        }
    } catch (error) {
        if (!(error instanceof ConnectionLostError)) {
            const reason = error.data?.message || error.message;
            return _t("The order could not be stored: %s Nothing was sent to Glase.", reason);
        }
    }
    return _t("The order could not be stored on the server. Nothing was sent to Glase.");
}
