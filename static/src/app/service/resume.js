import { _t } from "@web/core/l10n/translation";
import { requestRows } from "@pos_glase/app/attempt/rpc";
import { noteReversed } from "@pos_glase/app/service/payment_end";
import { followForced } from "@pos_glase/app/service/force_done";
import { resumeRefund } from "@pos_glase/app/service/refunds";
import { isGlaseLine, isTaken, isUndecided } from "@pos_glase/app/service/payment_line";

const RESUME_PAUSE = 5000;

/**
 * After the till was loaded, or an order was opened: go on where the ledger says that it is.
 *
 * @param {PaymentService} desk
 * @param {Object} [order] only this one, and only what nothing in this browser waits for
 */
export async function resumeLines(desk, order) {
    const lines = order ? strandedLines(desk, order) : linesToResume(desk.pos);
    if (order && !lines.length) {
        return;
    }
    const { view } = await requestRows(desk.pos.config.id, lines);
    if (!view && lines.length) {
        setTimeout(() => resumeLines(desk, order), RESUME_PAUSE);
    }
    if (!view?.ok) {
        return;
    }
    const rows = new Map(view.rows.map((row) => [row.line_uuid, row]));
    for (const line of lines) {
        const row = rows.get(line.uuid);
        // What is not decided yet may run at another device of this till.
        if (!order || row?.final) {
            await resumeFrom(desk, line, row);
        }
        rows.delete(line.uuid);
    }
    if (order) {
        return;
    }
    for (const row of rows.values()) {
        reportForeign(desk, row);
    }
}

function strandedLines(desk, order) {
    const busy = [desk.running?.lineUuid, desk.preparing];
    return linesToResume(desk.pos).filter(
        (line) =>
            line.pos_order_id.uuid === order.uuid && isUndecided(line) && !busy.includes(line.uuid)
    );
}

function linesToResume(pos) {
    return pos.models["pos.payment"].filter(
        (line) =>
            isGlaseLine(line) &&
            line.glase_attempt &&
            !isTaken(line) &&
            line.payment_status !== "reversed" &&
            line.pos_order_id?.config_id?.id === pos.config.id &&
            !line.pos_order_id.finalized
    );
}

/** The newest row of the server decides, also about a line that this browser gave up on. */
async function resumeFrom(desk, line, row) {
    if (row?.kind === "refund") {
        await resumeRefund(desk, line, row);
        return;
    }
    if (!row || row.state === "unknown" || (row.final && row.state !== "paid")) {
        const wasUndecided = isUndecided(line);
        line.setPaymentStatus("retry");
        desk.bills.judge();
        noteReversed(desk, line.uuid, row?.state);
        if (wasUndecided && row?.state === "reversed") {
            const amount = desk.pos.env.utils.formatCurrency(Number(row.amount));
            desk.say(_t("Paid and given back: %s", amount), row.message);
        }
        return;
    }
    line.glase_attempt = row.attempt;
    if (row.forced && !row.final) {
        line.setPaymentStatus("done");
        followForced(desk, desk.paymentOf(line));
    } else if (row.given_up && !row.final) {
        line.setPaymentStatus("glase_open");
    } else if (!desk.running) {
        line.setPaymentStatus("waiting");
        await desk.resumeLine(line, { view: row });
    }
}

function reportForeign(desk, row) {
    if (row.final || row.given_up || row.kind === "refund") {
        return;
    }
    const { pos } = desk;
    const amount = pos.env.utils.formatCurrency(Number(row.amount));
    pos.notification.add(
        _t(
            "A Glase payment of %s is still undecided at this till, but its order is not here. " +
                "It is followed up and ends by itself within a few minutes.",
            amount
        ),
        { type: "warning", sticky: true }
    );
}
