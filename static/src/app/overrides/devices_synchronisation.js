import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import DevicesSynchronisation from "@point_of_sale/app/utils/devices_synchronisation";
import { withoutOrder } from "@pos_glase/app/service/order_lock";
import { isTaken } from "@pos_glase/app/service/payment_line";

/** While a payment runs here, its order is what this till has sent, whatever another device says. */
patch(DevicesSynchronisation.prototype, {
    async processDynamicRecords(records) {
        const kept = this.withoutGlaseOrder(records);
        const { bills, orders, runner } = this.pos.glase;
        const unchanged = bills.unchanged();
        const undecided = orders.undecided().filter((line) => !runner.isBusyWith(line));
        const result = await super.processDynamicRecords(kept);
        bills.keepArrived(kept["pos.order"], unchanged);
        undecided.filter(isTaken).forEach((line) => this.tellPaidElsewhere(line));
        return result;
    },

    processDeletedRecords(ids) {
        const records = Object.fromEntries(
            Object.entries(ids).map(([model, list]) => [model, list.map((id) => ({ id }))])
        );
        const kept = this.withoutGlaseOrder(records);
        const { bills } = this.pos.glase;
        const unchanged = bills.unchanged();
        const result = super.processDeletedRecords(
            Object.fromEntries(
                Object.entries(kept).map(([model, list]) => [model, list.map(({ id }) => id)])
            )
        );
        bills.keepAgain(unchanged);
        return result;
    },

    withoutGlaseOrder(records) {
        const { running } = this.pos.glase;
        const order = running && this.models["pos.order"].getBy("uuid", running.orderUuid);
        if (!order) {
            return records;
        }
        const { kept, dropped } = withoutOrder(order, records);
        const line = this.pos.glase.orders.lineOf(running.lineUuid);
        const isPaid = (records["pos.payment"] || []).some(
            (payment) =>
                payment.uuid === running.lineUuid &&
                payment.payment_status === "done" &&
                payment.transaction_id
        );
        if (isPaid && line) {
            // This till hears it of the ledger, too: it finishes nothing a second time.
            running.askNow?.();
            this.tellPaidElsewhere(line);
        } else if (dropped) {
            this.pos.glase.screen.notify(
                _t(
                    "Another device has changed this order while its Glase payment is running. This " +
                        "till keeps what the customer pays."
                ),
                "warning",
                { about: running.lineUuid }
            );
        }
        return kept;
    },

    tellPaidElsewhere(line) {
        const { screen, paidElsewhere } = this.pos.glase;
        if (paidElsewhere.has(line.uuid)) {
            return;
        }
        paidElsewhere.add(line.uuid);
        screen.notify(_t("Paid on the other device: %s", screen.money(line.amount)), "success");
    },
});
