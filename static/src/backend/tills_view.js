import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { kanbanView } from "@web/views/kanban/kanban_view";

const REFRESH_EVERY = 5000;

/** The page of the tills asks again by itself while somebody looks at it. */
export class TillsController extends kanbanView.Controller {
    setup() {
        super.setup();
        let timer = 0;
        onMounted(() => {
            timer = setInterval(() => this.refresh(), REFRESH_EVERY);
        });
        onWillUnmount(() => clearInterval(timer));
    }

    async refresh() {
        if (document.visibilityState === "visible") {
            await this.model.root.load();
        }
    }
}

registry.category("views").add("glase_tills", { ...kanbanView, Controller: TillsController });
