import { Dialog } from "@web/core/dialog/dialog";
import { NAMED_PROPS, nameDialog } from "@pos_glase/app/dialogs/named_dialog";

/** A dialog without a way out but its own buttons: Escape and Control+Enter end nothing. */
export class LockedDialog extends Dialog {
    static props = NAMED_PROPS;

    setup() {
        super.setup();
        nameDialog(this);
    }

    onEscape() {}

    async dismiss() {}
}
