import { onMounted } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

export const NAMED_PROPS = { ...Dialog.props, label: { type: String, optional: true } };

/**
 * Give a dialog a name for a screen reader: its title, or `label` where it shows none.
 *
 * @param {Dialog} dialog in its setup
 */
export function nameDialog(dialog) {
    onMounted(() => {
        const { label, title } = dialog.props;
        dialog.modalRef.el.setAttribute("aria-label", label || title);
    });
}

/** Odoo's dialog, with a name. */
export class NamedDialog extends Dialog {
    static props = NAMED_PROPS;

    setup() {
        super.setup();
        nameDialog(this);
    }
}
