import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { NamedDialog } from "@pos_glase/app/dialogs/named_dialog";

/** A question with any number of answers; leaving it is the first one, *Back*. */
export class ChoiceDialog extends Component {
    static template = "pos_glase.ChoiceDialog";
    static components = { NamedDialog };
    static props = {
        title: String,
        body: String,
        choices: {
            type: Array,
            element: { type: Object, shape: { id: String, label: String, primary: Boolean } },
        },
        // What makes the question void once it comes.
        until: { type: Object, optional: true },
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.props.until?.then(() => this.props.close());
    }

    choose(choice) {
        this.props.getPayload(choice.id);
        this.props.close();
    }
}

/** The first choice of each question. */
export function back(primary = false) {
    return { id: "", label: _t("Back"), primary };
}
