import { _t } from "@web/core/l10n/translation";
import { askForRows } from "@pos_glase/app/glase_wire";
import { followForced } from "@pos_glase/app/glase_forcing";
import { resumeRefund } from "@pos_glase/app/glase_refunding";
import { isGlaseLine, isTaken } from "@pos_glase/app/glase_rules";

const RESUME_PAUSE = 5000;

/**
 * After the till was loaded: go on with what was running when it was left.
 *
 * @param {GlaseDesk} desk
 */
export async function resumeLines(desk) {
    const lines = linesToResume(desk.pos);
    const { view } = await askForRows(desk.pos.config.id, lines);
    if (!view && lines.length) {
        setTimeout(() => resumeLines(desk), RESUME_PAUSE);
    }
    if (!view?.ok) {
        return;
    }
    const rows = new Map(view.rows.map((row) => [row.line_uuid, row]));
    for (const line of lines) {
        await resumeFrom(desk, line, rows.get(line.uuid));
        rows.delete(line.uuid);
    }
    for (const row of rows.values()) {
        reportForeign(desk, row);
    }
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
        line.setPaymentStatus("retry");
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
