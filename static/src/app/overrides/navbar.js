import { patch } from "@web/core/utils/patch";
import { Navbar } from "@point_of_sale/app/components/navbar/navbar";
import { TerminalDialog } from "@pos_glase/app/dialogs/terminal_dialog";

patch(Navbar.prototype, {
    openGlaseTerminal() {
        this.dialog.add(TerminalDialog, { terminal: this.pos.glase.terminal });
    },
});
