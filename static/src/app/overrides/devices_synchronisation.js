import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import DevicesSynchronisation from "@point_of_sale/app/utils/devices_synchronisation";
import { withoutOrder } from "@pos_glase/app/service/order_lock";

/** While a payment runs here, its order is what this till has sent, whatever another device says. */
patch(DevicesSynchronisation.prototype, {
    async processDynamicRecords(records) {
        const kept = this.withoutGlaseOrder(records);
        const { bills } = this.pos.glase;
        const unchanged = bills.unchanged();
        const result = await super.processDynamicRecords(kept);
        bills.keepArrived(kept["pos.order"], unchanged);
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
        if (dropped) {
            this.pos.notification.add(
                _t(
                    "Another device has changed this order while its Glase payment is running. This " +
                        "till keeps what the customer pays."
                ),
                { type: "warning" }
            );
        }
        return kept;
    },
});
