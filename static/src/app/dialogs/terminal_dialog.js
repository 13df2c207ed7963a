import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { NamedDialog } from "@pos_glase/app/dialogs/named_dialog";
import { useBus, useService } from "@web/core/utils/hooks";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { ConnectionLostError } from "@web/core/network/rpc";
import { ask } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { useBarcodeReader } from "@point_of_sale/app/hooks/barcode_reader_hook";
import { useScannedInput } from "@pos_glase/scan/scanned_input";

// All kinds that the shop's rules may see in a code: a sticker's digits can look like any of them.
const BARCODE_KINDS = [
    "alias",
    "cashier",
    "client",
    "coupon",
    "credit",
    "discount",
    "error",
    "gift_card",
    "gs1",
    "location",
    "lot",
    "package",
    "price",
    "product",
    "quantity",
    "weight",
];

/**
 * The till's own terminal: what it is, and a manager's actions on it. The server checks who asks.
 */
export class TerminalDialog extends Component {
    static template = "pos_glase.TerminalDialog";
    static components = { NamedDialog };
    static props = {
        // What the server says about it (`info`), and its actions (`call`).
        terminal: Object,
        close: Function,
    };

    setup() {
        this.terminal = useState(this.props.terminal);
        this.dialog = useService("dialog");
        this.input = useRef("input");
        this.state = useState({ typed: "", busy: false, message: "", ok: true, question: "" });
        this.turn = 0;
        // The raw code is taken below; while this is open nobody else reads a scanner.
        useBarcodeReader(Object.fromEntries(BARCODE_KINDS.map((kind) => [kind, () => {}])), true);
        useBus(useService("barcode").bus, "barcode_scanned", (event) =>
            this.onScanned(event.detail.barcode)
        );
        useScannedInput(this.input, (text) => this.onScanned(text));
        onMounted(() => this.run("glase_till_status", [], { quiet: true }));
    }

    get info() {
        return this.terminal.info;
    }

    /** The account is there, so registering is possible (or done). */
    get hasAccount() {
        return this.info.state !== "no_account";
    }

    get isRegistered() {
        return ["ready", "no_glase_id"].includes(this.info.state);
    }

    get stateText() {
        return {
            no_account: _t("Not set up"),
            not_registered: _t("Not registered"),
            no_glase_id: _t("Registered, without a Glase ID"),
            ready: _t("Ready to take payments"),
        }[this.info.state];
    }

    get environmentText() {
        return {
            simulator: _t("Simulator: no money is moved"),
            test: _t("Test system of Glase"),
            production: _t("Production"),
        }[this.info.environment];
    }

    async onScanned(code) {
        if (!this.isRegistered || this.state.busy) {
            return;
        }
        this.state.typed = code;
        await this.assign();
    }

    /** A till that has a sticker is asked first: what was scanned may be a product. */
    async assign() {
        const text = this.state.typed.trim();
        this.state.question = "";
        if (!text) {
            this.tell(false, _t("Type the Glase ID of the sticker, or scan the sticker."));
            this.input.el?.focus();
        } else if (!this.info.glase_id) {
            await this.assignNow(text);
        } else if (await this.run("glase_till_check", [text])) {
            this.state.question = this.answer.question ? text : "";
        }
    }

    async assignNow(text) {
        this.state.question = "";
        if (await this.run("glase_till_assign", [text])) {
            this.state.typed = "";
        }
    }

    keep() {
        Object.assign(this.state, { question: "", typed: "", message: "" });
        this.input.el?.focus();
    }

    register() {
        return this.run("glase_till_register");
    }

    test() {
        return this.run("glase_till_test");
    }

    async unregister() {
        const sure = await ask(
            this.dialog,
            {
                title: _t("Unregister this till?"),
                body: _t("It takes no Glase payments until it is registered again."),
                confirmLabel: _t("Unregister"),
                cancelLabel: _t("Back"),
            },
            {},
            ConfirmationDialog
        );
        if (sure) {
            await this.run("glase_till_unregister");
        }
    }

    tell(ok, message) {
        this.state.ok = ok;
        this.state.message = message;
    }

    /**
     * One action on the server, and its sentence.
     *
     * @returns {Promise<boolean>} whether it was done
     */
    async run(method, args = [], { quiet = false } = {}) {
        const turn = ++this.turn;
        // A sticker may be scanned while the state is still being read.
        this.state.busy = !quiet;
        try {
            const result = await this.terminal.call(method, ...args);
            if (turn === this.turn) {
                this.terminal.info = result.glase;
                this.answer = result;
            }
            if (!quiet) {
                this.tell(result.ok, result.message);
            }
            return result.ok;
        } catch (error) {
            const offline = error instanceof ConnectionLostError;
            this.tell(
                false,
                offline
                    ? _t("The server is out of reach. Try again.")
                    : error.data?.message || error.message
            );
            return false;
        } finally {
            if (turn === this.turn) {
                this.state.busy = false;
            }
        }
    }
}
