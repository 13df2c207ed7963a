import { Dialog } from "@web/core/dialog/dialog";

/** A dialog without a way out but its own buttons: Escape and Control+Enter end nothing. */
export class LockedDialog extends Dialog {
    onEscape() {}

    async dismiss() {}
}
