import { Component, useState } from "@odoo/owl";
import { useAutofocus } from "@web/core/utils/hooks";
import { Dialog } from "@web/core/dialog/dialog";

/** Asks for another amount of the bill that is out. */
export class AmountDialog extends Component {
    static template = "pos_glase.AmountDialog";
    static components = { Dialog };
    static props = {
        startingValue: String,
        // Says why an amount cannot be; false if it can.
        check: Function,
        // Nothing is left to change.
        until: Object,
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ text: this.props.startingValue, message: false });
        useAutofocus({ refName: "amount", selectAll: true });
        this.props.until.then(() => this.props.close());
    }

    confirm() {
        const refusal = this.props.check(this.state.text);
        if (refusal) {
            this.state.message = refusal;
            return;
        }
        this.props.getPayload(this.state.text);
        this.props.close();
    }
}
