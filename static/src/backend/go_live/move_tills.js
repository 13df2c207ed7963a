import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

// Until the page looks again whether somebody else has moved a till.
const AGAIN_MS = 1000;

/**
 * *Move the tills*: asks the server for one till after the other and shows each step.
 *
 * It knows nothing itself: the server says which tills are not moved yet, so whoever presses it
 * again, here or elsewhere, goes on where it stopped. It stops at the first till that fails; one that
 * another administrator's page is moving at this moment is waited for.
 */
export class MoveTills extends Component {
    static template = "pos_glase.MoveTills";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ till: "" });
        this.left = false;
        onWillUnmount(() => (this.left = true));
    }

    get next() {
        return this.props.record.data.line_ids.records.find((line) =>
            ["to_register", "to_assign"].includes(line.data.state)
        );
    }

    get label() {
        const { moved_count } = this.props.record.data;
        const tried = this.props.record.data.line_ids.records.some((line) => line.data.message);
        return moved_count || tried ? _t("Go On") : _t("Move the Tills");
    }

    get moving() {
        return _t("Moving %s…", this.state.till);
    }

    async move() {
        const { record } = this.props;
        if (this.state.till || !(await record.save())) {
            return;
        }
        try {
            for (let line = this.next; line; line = this.next) {
                this.state.till = line.data.config_id.display_name;
                const moved = await this.orm.call("glase.go.live.line", "action_move", [
                    [line.resId],
                ]);
                await record.load();
                if (!moved && !(await this.another(line.resId))) {
                    return;
                }
            }
            await this.finish();
        } finally {
            this.state.till = "";
        }
    }

    /** A server that died after the last till had arrived has not ended the move. */
    async finish() {
        const { record } = this.props;
        const { state, moved_count, left_out_names } = record.data;
        if (state === "moving" && moved_count && !left_out_names && !this.next) {
            await this.orm.call("glase.go.live", "action_finish", [[record.resId]]);
            await record.load();
        }
    }

    /**
     * Wait for as long as somebody else moves a till.
     *
     * @returns {Promise<boolean>} whether there was somebody
     */
    async another(lineId) {
        const { record } = this.props;
        const isBusy = () =>
            record.data.line_ids.records.some((line) => line.resId === lineId && line.data.is_busy);
        const found = isBusy();
        while (isBusy() && !this.left) {
            await new Promise((resolve) => browser.setTimeout(resolve, AGAIN_MS));
            await record.load();
        }
        return found && !this.left;
    }
}

registry.category("view_widgets").add("glase_move_tills", { component: MoveTills });
