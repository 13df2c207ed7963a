import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * *Move the tills*: asks the server for one till after the other and shows each step.
 *
 * It knows nothing itself: the server says which tills are not moved yet, so whoever presses it
 * again, here or elsewhere, goes on where it stopped. It stops at the first till that fails.
 */
export class MoveTills extends Component {
    static template = "pos_glase.MoveTills";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ till: "" });
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
                if (!moved) {
                    break;
                }
            }
        } finally {
            this.state.till = "";
        }
    }
}

registry.category("view_widgets").add("glase_move_tills", { component: MoveTills });
