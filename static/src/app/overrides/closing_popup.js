import { _t } from "@web/core/l10n/translation";
import { groupBy } from "@web/core/utils/arrays";
import { patch } from "@web/core/utils/patch";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { ClosePosPopup } from "@point_of_sale/app/components/popups/closing_popup/closing_popup";

// A closed list in core.
ClosePosPopup.props = [...ClosePosPopup.props, "glase?"];

patch(ClosePosPopup.prototype, {
    setup() {
        super.setup(...arguments);
        this.state.glaseOverridden = false;
    },

    /** What must be settled with Glase before the register closes; nothing after a manager's word. */
    get glaseBlocking() {
        return this.state.glaseOverridden ? [] : this.props.glase?.blocking || [];
    },

    /** The same by what is to be done: pairs of that, and of the ends that need it. */
    get glaseTasks() {
        return Object.entries(groupBy(this.glaseBlocking, "todo"));
    },

    get glaseCarried() {
        return this.props.glase?.carried || [];
    },

    /** What the session took and gave back, and what Glase's report says where it is there. */
    get glaseFigures() {
        const figures = this.props.glase?.figures;
        const unconfirmed = figures?.unconfirmed_count || figures?.unconfirmed_total;
        if (!figures?.payment_count && !figures?.refund_count && !unconfirmed) {
            return [];
        }
        const lines = [
            { name: _t("Payments (%s)", figures.payment_count), sum: figures.payment_total },
            { name: _t("Net"), sum: figures.net },
        ];
        if (figures.refund_count) {
            const refunds = _t("Refunds (%s)", figures.refund_count);
            lines.splice(1, 0, { name: refunds, sum: figures.refund_total });
        }
        if (unconfirmed) {
            const name = _t("Not confirmed by Glase (%s)", figures.unconfirmed_count);
            lines.push({ name, sum: figures.unconfirmed_total, differs: true });
        }
        if (figures.elsewhere_total) {
            const name = _t("Not in this session's orders");
            lines.push({ name, sum: figures.elsewhere_total, differs: true });
        }
        // What stands below as the payment method's own sum.
        if (figures.order_total !== figures.net) {
            lines.push({ name: _t("In the orders"), sum: figures.order_total });
        }
        if (figures.is_reported) {
            const differs = Boolean(figures.difference);
            lines.push({ name: _t("By Glase's report"), sum: figures.report_total });
            lines.push({ name: _t("Difference"), sum: figures.difference, differs });
        }
        return lines;
    },

    canConfirm() {
        return super.canConfirm() && !this.glaseBlocking.length;
    },

    /** The server refuses, too; this only tells it apart from core's own refusals. */
    async handleClosingError(response) {
        if (!response.glase) {
            return super.handleClosingError(response);
        }
        // Core would offer to cancel all open orders, running payments among them.
        this.dialog.add(AlertDialog, {
            title: _t("The register stays open"),
            body: response.message,
        });
        this.props.close();
    },

    async overrideGlase() {
        const words = {
            title: _t("Close in spite of undecided Glase payments"),
            body: _t(
                "The session's books will not say what became of this money. The reason stays on the session."
            ),
            action: _t("Close all the same"),
        };
        const done = await this.pos.glase.screen.approve(words, "override_closing");
        this.state.glaseOverridden = Boolean(done);
    },
});
