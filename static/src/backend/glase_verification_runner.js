import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";

const DRIVEN = ["running", "cleaning"];
const WATCHED = [...DRIVEN, "paused"];

/**
 * While it is open, this drives a verification: one call a second at most, like a till. A pause may be
 * ended from elsewhere (another page, the server after a day): it is watched.
 */
export class GlaseVerificationRunner extends Component {
    static template = "pos_glase.VerificationRunner";
    static props = { ...standardWidgetProps };
    static pause = { changed: 200, same: 1000, watched: 3000, lost: 3000 };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ view: null, lost: false });
        this.seen = "";
        onMounted(() => this.advance());
        onWillUnmount(() => clearTimeout(this.timer));
    }

    get run() {
        return this.props.record;
    }

    get isDriven() {
        return DRIVEN.includes(this.run.data.state);
    }

    /** The line above the step that is under way. */
    get headline() {
        const { view } = this.state;
        if (this.state.lost) {
            return _t("The server does not answer. It is asked again.");
        }
        if (view?.unbound) {
            return view.unbound;
        }
        if (view?.state === "cleaning") {
            return _t("Cleaning up: bills are canceled, payments given back …");
        }
        if (view?.pausing) {
            return _t("Ending what is under way …");
        }
        return view?.person || view?.title || _t("Working …");
    }

    get percent() {
        const { view } = this.state;
        return view?.total ? Math.round((100 * view.done) / view.total) : 0;
    }

    async advance() {
        clearTimeout(this.timer);
        let pause = GlaseVerificationRunner.pause.same;
        if (WATCHED.includes(this.run.data.state) && this.run.resId) {
            try {
                pause = await this.ask();
            } catch {
                this.state.lost = true;
                pause = GlaseVerificationRunner.pause.lost;
            }
        } else {
            this.state.view = null;
        }
        if (this.__owl__.status !== 3) {
            this.timer = setTimeout(() => this.advance(), pause);
        }
    }

    /** Ask the server for one step; the form is read again only when something has changed. */
    async ask() {
        const view = await this.orm.silent.call("glase.verification", "action_advance", [
            [this.run.resId],
        ]);
        Object.assign(this.state, { view, lost: false });
        const now = [view.state, view.done, view.title, view.pausing].join("|");
        if (now === this.seen) {
            const { same, watched } = GlaseVerificationRunner.pause;
            return DRIVEN.includes(view.state) ? same : watched;
        }
        this.seen = now;
        await this.run.load();
        return GlaseVerificationRunner.pause.changed;
    }
}

export const glaseVerificationRunner = { component: GlaseVerificationRunner };

registry.category("view_widgets").add("glase_verification_runner", glaseVerificationRunner);
