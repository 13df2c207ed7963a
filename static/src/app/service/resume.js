import { _t } from "@web/core/l10n/translation";
import { requestRows } from "@pos_glase/app/attempt/rpc";
import { isGlaseLine, isTaken, isUndecided } from "@pos_glase/app/service/payment_line";
import { timing } from "@pos_glase/app/timing";

/** Goes on where the ledger says that it is, also about a line that this browser gave up on. */
export class Resume {
    /** @param {Object} parts of the service: `pos`, `screen`, `runner`, `payments`, `refunds` */
    constructor({ pos, screen, runner, payments, refunds }) {
        Object.assign(this, { pos, screen, runner, payments, refunds });
    }

    /** After the till was loaded. */
    async all() {
        const lines = this.openLines();
        const rows = await this.rowsOf(lines, () => this.all());
        for (const line of rows ? lines : []) {
            await this.record(line, rows.get(line.uuid));
            rows.delete(line.uuid);
        }
        rows?.forEach((row) => this.reportForeign(row));
    }

    /** After an order was opened: only its lines, and only what nothing in this browser waits for. */
    async order(order) {
        const lines = this.openLines().filter(
            (line) =>
                line.pos_order_id.uuid === order.uuid &&
                isUndecided(line) &&
                !this.runner.isBusyWith(line)
        );
        const rows = lines.length && (await this.rowsOf(lines, () => this.order(order)));
        for (const line of rows ? lines : []) {
            // What is not decided yet may run at another device of this till.
            if (rows.get(line.uuid)?.final) {
                await this.record(line, rows.get(line.uuid));
            }
        }
    }

    /** The newest row of each line by its uuid; a server out of reach is asked again later. */
    async rowsOf(lines, again) {
        const { view } = await requestRows(this.pos.config.id, lines);
        if (!view && lines.length) {
            setTimeout(again, timing.resume);
        }
        return view?.ok && new Map(view.rows.map((row) => [row.line_uuid, row]));
    }

    record(line, row) {
        const flow = row?.kind === "refund" ? this.refunds : this.payments;
        return flow.recordRow(line, row);
    }

    openLines() {
        return this.pos.models["pos.payment"].filter(
            (line) =>
                isGlaseLine(line) &&
                line.glase_attempt &&
                !isTaken(line) &&
                line.payment_status !== "reversed" &&
                line.pos_order_id?.config_id?.id === this.pos.config.id &&
                !line.pos_order_id.finalized
        );
    }

    reportForeign(row) {
        if (row.final || row.given_up || row.kind === "refund") {
            return;
        }
        this.followForeign(row.line_uuid);
        this.screen.notify(
            _t(
                "A Glase payment of %s is still undecided at this till, but its order is not here. " +
                    "It is followed up and ends by itself within a few minutes.",
                this.screen.money(Number(row.amount))
            ),
            "warning",
            { sticky: true, about: row.line_uuid }
        );
    }

    /** Until it has ended, or may not be looked at any more; looking at the ledger asks Glase nothing. */
    async followForeign(uuid) {
        let view, row;
        do {
            await new Promise((resolve) => setTimeout(resolve, timing.foreign));
            // A server out of reach gives no view: it is asked again.
            ({ view } = await requestRows(this.pos.config.id, [{ uuid }]));
            row = view?.ok && view.rows.find((found) => found.line_uuid === uuid);
        } while (!view || (row && !row.final));
        if (view.ok) {
            this.screen.settle(uuid);
        }
    }
}
