import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { whatDoesNotFollow } from "@pos_glase/app/service/after_sale";
import { excessChange } from "@pos_glase/app/service/order_lock";
import { isHeld, isLeftOpen, isTaken, isUndecided } from "@pos_glase/app/service/payment_line";
import { isFinishedAtServer, markUnstored } from "@pos_glase/app/service/order_storage";
import { senderOf } from "@pos_glase/app/service/order_employee";

patch(OrderPaymentValidation.prototype, {
    setup() {
        super.setup(...arguments);
        // Before `pos_hr` writes whoever happens to be at the till when the money comes.
        this.glaseSender = senderOf(this.pos, this.order);
    },

    /** Validating drops what is not done, in the database too: not while a customer may pay. */
    async askBeforeValidation() {
        this.pos.glase.bills.judge();
        this.pos.glase.bills.finish(this.order);
        if (this.glaseSender) {
            this.order.employee_id = this.glaseSender;
        }
        markUnstored(this.order);
        if (this.order.payment_ids.some((line) => isUndecided(line) && !isLeftOpen(line))) {
            this.pos.glase.screen.say(
                _t("A Glase payment is undecided"),
                _t("Check it again or cancel it before this order is finished.")
            );
            return false;
        }
        const excess = excessChange(this.order);
        if (excess) {
            this.pos.glase.screen.say(
                _t("No change in cash from Glase"),
                _t(
                    "%s of what was paid with Glase would be given back in cash. Put the goods back " +
                        "on the receipt, or reverse the Glase payment and send a new one.",
                    this.pos.glase.screen.money(excess)
                )
            );
            return false;
        }
        return super.askBeforeValidation(...arguments);
    },

    /** What the server could not do of it, it has said: there is no invoice to fetch. */
    shouldDownloadInvoice() {
        return !this.order.glase_left_to_do && super.shouldDownloadInvoice(...arguments);
    },

    async postPushOrderResolve() {
        this.glaseIsResolved = true;
        return super.postPushOrderResolve(...arguments);
    },

    async afterOrderValidation() {
        this.glaseIsThrough = true;
        if (this.order.glase_left_to_do) {
            this.pos.glase.screen.say(_t("The order is paid"), this.order.glase_left_to_do);
        }
        for (const words of whatDoesNotFollow(this.pos, this.order)) {
            this.pos.glase.screen.notify(words, "info");
        }
        return super.afterOrderValidation(...arguments);
    },

    /**
     * Once the server has the order as paid, it is: whatever fails after that is said, and the till
     * goes on. Before that the order is not finished; what Glase has taken is stored all the same.
     */
    handleValidationError(error) {
        const { order } = this;
        if (
            !(error instanceof ConnectionLostError) &&
            order.payment_ids.some(isHeld) &&
            isFinishedAtServer(order)
        ) {
            return this.glaseGoOn(error);
        }
        const handled = super.handleValidationError(...arguments);
        if (!order.finalized && order.payment_ids.some(isTaken)) {
            this.pos.glase.orders.store(order);
        }
        return handled;
    },

    /** Say what failed, and do what would have come after it, each step once. */
    async glaseGoOn(error) {
        this.glaseSayLeft(error);
        try {
            if (!this.glaseIsResolved && this.order.waitForPushOrder()) {
                await this.postPushOrderResolve([this.order.id]);
            }
        } catch (another) {
            this.glaseSayLeft(another);
        }
        try {
            if (!this.glaseIsThrough) {
                await this.afterOrderValidation();
            }
        } catch (another) {
            this.glaseSayLeft(another);
        }
    },

    glaseSayLeft(error) {
        this.pos.glase.screen.say(
            _t("The order is paid"),
            _t(
                "The order is paid and stored, but what follows was not all done: %s Receipt and invoice " +
                    "can be made again from the list of orders.",
                error.data?.message || error.message
            )
        );
    },
});
