import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { markUnstored, storeDraft } from "@pos_glase/app/service/order_storage";
import { isGlaseLine, isUndecided } from "@pos_glase/app/service/payment_line";

/** The orders of this till, and their Glase lines. */
export class TillOrders {
    /**
     * @param {Object} pos the store
     * @param {Attendance} attendance
     */
    constructor(pos, attendance) {
        this.pos = pos;
        this.attendance = attendance;
    }

    lineOf(uuid) {
        const line = this.pos.models["pos.payment"].getBy("uuid", uuid);
        return isGlaseLine(line) ? line : undefined;
    }

    /** The lines of this till of which it is not known what became of them. */
    undecided() {
        return this.pos.models["pos.payment"].filter(isUndecided);
    }

    orderOf(uuid) {
        return this.pos.models["pos.order"].getBy("uuid", uuid);
    }

    /** What does not finish its order by itself should not be known to this browser alone. */
    storePaid(order) {
        if (!order.isPaid() || !this.pos.config.auto_validate_terminal_payment) {
            this.store(order);
        }
    }

    /**
     * Store what the till knows of an order. Nothing can be clicked meanwhile: what the server
     * answers must not overwrite what was done after it was asked.
     */
    store(order) {
        this.pos.addPendingOrder([order.id]);
        return storeDraft(this.pos, order);
    }

    /**
     * Let the next synchronisation say what became of an order's payments: the server still has what
     * was sent, and what comes from there would undo it.
     */
    noteChanged(order) {
        markUnstored(order);
        this.pos.addPendingOrder([order.id]);
    }

    /** Bring whoever is at the till to a line of an order. */
    async goTo(line) {
        const order = line.pos_order_id;
        await this.attendance.wait();
        if (order.finalized) {
            return;
        }
        this.pos.setOrder(order);
        order.selectPaymentline(line);
        this.pos.navigate("PaymentScreen", { orderUuid: order.uuid });
    }

    /** Finish an order that is paid, as soon as somebody is at the till. */
    async finishIfPaid(orderUuid) {
        const { pos } = this;
        if (!this.isComplete(orderUuid) || !pos.config.auto_validate_terminal_payment) {
            return;
        }
        await this.attendance.wait();
        if (!this.isComplete(orderUuid)) {
            return;
        }
        pos.setOrder(this.orderOf(orderUuid));
        await new OrderPaymentValidation({ pos, orderUuid }).validateOrder(false);
    }

    isComplete(orderUuid) {
        const order = this.orderOf(orderUuid);
        return order && !order.finalized && order.isPaid() && !order.isRefundInProcess();
    }

    /** Core lets nothing else be paid by terminal meanwhile. */
    async withTerminal(work) {
        this.pos.paymentTerminalInProgress = true;
        try {
            return await work();
        } finally {
            this.pos.paymentTerminalInProgress = false;
        }
    }
}
