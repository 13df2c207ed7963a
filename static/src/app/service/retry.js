import { _t } from "@web/core/l10n/translation";
import { ask } from "@pos_glase/app/attempt/rpc";

/**
 * Another attempt for a line, with another amount if one is given.
 *
 * @param {PaymentService} desk
 * @param {string} lineUuid
 * @param {string|false} [amount] decimal string
 * @returns {Promise<boolean>} see `PaymentService.pay`
 */
export async function sendAnew(desk, lineUuid, amount) {
    const line = desk.lineOf(lineUuid);
    if (!line) {
        return false;
    }
    if (amount) {
        line.update({ amount: Number(amount) });
    }
    return desk.pay(line, { decided: true });
}

/** *Send again* after a bill that was not answered: a new attempt replaces it. */
export async function sendAgain(desk, waiting) {
    desk.hide(waiting);
    desk.pos.paymentTerminalInProgress = true;
    try {
        if (await sendAnew(desk, waiting.lineUuid)) {
            await desk.validateIfComplete(waiting.orderUuid);
        }
    } finally {
        desk.pos.paymentTerminalInProgress = false;
    }
}

/** *Give up* a bill that was not answered: the server takes it off the sticker. */
export async function giveUp(desk, waiting) {
    const { configId, lineUuid, attempt } = waiting;
    desk.hide(waiting);
    const params = { config_id: configId, line_uuid: lineUuid, attempt };
    const { view } = await ask("leave", params);
    desk.pos.notification.add(
        view?.ok
            ? _t("Given up. The bill is taken off the sticker before the next customer pays.")
            : _t("The server has not answered. It takes the bill off the sticker by itself."),
        { type: view?.ok ? "info" : "warning" }
    );
}
