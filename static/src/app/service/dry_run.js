import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";

/**
 * Odoo's own validation of an order, as if it was paid: it asks all that it will ask afterwards,
 * whichever module asks it, and ends before anything is finished.
 */
class DryRunValidation extends OrderPaymentValidation {
    get order() {
        const order = super.order;
        if (this.paidOrder?.order !== order) {
            this.paidOrder = { order, asPaid: asPaid(order) };
        }
        return this.paidOrder.asPaid;
    }

    /** Those that are not done are dropped before an order is finished: here they are to stay. */
    get paymentLines() {
        return [];
    }

    async shouldHideValidationBehindFeedbackScreen() {
        this.isPassed = true;
    }

    async finalizeValidation() {
        this.isPassed = true;
    }
}

/** The order as its readers will see it once what is due was paid; what is written is written. */
function asPaid(order) {
    const due = order.totalDue;
    const assumed = {
        amountPaid: due,
        appliedRounding: order.currency.round(due - order.priceIncl),
        change: 0,
        remainingDue: 0,
        isPaid: () => true,
        isRefundInProcess: () => false,
    };
    return new Proxy(order, {
        get(target, name) {
            if (name in assumed) {
                return assumed[name];
            }
            const value = target[name];
            return typeof value === "function" ? value.bind(target) : value;
        },
        set(target, name, value) {
            target[name] = value;
            return true;
        },
    });
}

/**
 * Whether the order can be finished once it is paid. What is missing is said, or asked for, in the
 * words of the module that wants it.
 *
 * @param {Object} pos the store
 * @param {Object} order
 * @returns {Promise<boolean>}
 */
export async function canBeFinished(pos, order) {
    const dryRun = new DryRunValidation({ pos, orderUuid: order.uuid });
    // The question about an amount that is very large comes when it is paid, and can be answered.
    await dryRun.validateOrder(true);
    return Boolean(dryRun.isPassed);
}
