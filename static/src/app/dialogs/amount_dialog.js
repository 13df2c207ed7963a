import { Component, useState } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { useAutofocus } from "@web/core/utils/hooks";
import { NamedDialog } from "@pos_glase/app/dialogs/named_dialog";
import { Numpad } from "@point_of_sale/app/components/numpad/numpad";

/** Asks for another amount of the bill that is out: typed, or on Odoo's own number pad. */
export class AmountDialog extends Component {
    static template = "pos_glase.AmountDialog";
    static components = { NamedDialog, Numpad };
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
        const text = this.props.startingValue.replace(".", localization.decimalPoint);
        // The first key of the pad replaces the amount that stands there, as the first typed one does.
        this.state = useState({ text, message: false, isUntouched: true });
        this.amount = useAutofocus({ refName: "amount", selectAll: true });
        this.props.until.then(() => this.props.close());
    }

    onTyped() {
        this.state.isUntouched = false;
        this.state.message = false;
    }

    /** @param {string} key of the pad: a digit, the decimal point, or *Backspace* */
    onPad(key) {
        const before = this.state.isUntouched ? "" : this.state.text;
        this.state.text = key === "Backspace" ? before.slice(0, -1) : before + key;
        this.onTyped();
        this.amount.el?.focus();
    }

    confirm() {
        const refusal = this.props.check(this.state.text);
        if (refusal) {
            this.state.message = refusal;
            this.amount.el?.focus();
            return;
        }
        this.props.getPayload(this.state.text);
        this.props.close();
    }
}
