import { Component, useState } from "@odoo/owl";
import { NamedDialog } from "@pos_glase/app/dialogs/named_dialog";

/**
 * A manager approves something with a reason, and with a log-in where a cashier is logged in.
 *
 * What is typed is sent once and kept nowhere: it leaves this component as soon as it is sent.
 */
export class ApprovalDialog extends Component {
    static template = "pos_glase.ApprovalDialog";
    static components = { NamedDialog };
    static props = {
        title: String,
        body: String,
        action: String,
        needsLogin: Boolean,
        // Sends it; answers with a sentence if it was refused, and with false if it was done.
        onApprove: Function,
        // Nothing is left to approve.
        until: { type: Object, optional: true },
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ reason: "", login: "", password: "", message: false, busy: false });
        this.props.until?.then(() => this.props.close());
    }

    get isComplete() {
        const { reason, login, password } = this.state;
        return Boolean(reason.trim() && (!this.props.needsLogin || (login.trim() && password)));
    }

    async approve() {
        if (!this.isComplete || this.state.busy) {
            return;
        }
        const { reason, login, password } = this.state;
        Object.assign(this.state, { password: "", message: false, busy: true });
        const refusal = await this.props.onApprove({
            reason: reason.trim(),
            login: login.trim(),
            password,
        });
        this.state.busy = false;
        if (refusal) {
            this.state.message = refusal;
            return;
        }
        this.props.getPayload(true);
        this.props.close();
    }
}
