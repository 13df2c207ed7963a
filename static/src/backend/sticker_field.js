import { useBus, useService } from "@web/core/utils/hooks";
import { registry } from "@web/core/registry";
import { CharField, charField } from "@web/views/fields/char/char_field";
import { useScannedInput } from "@pos_glase/scan/scanned_input";

/** A sticker that is typed or scanned: each scan replaces the one before, wherever the focus is. */
export class StickerField extends CharField {
    setup() {
        super.setup();
        useScannedInput(this.input, (text) => this.enter(text));
        useBus(useService("barcode").bus, "barcode_scanned", ({ detail }) =>
            this.enter(detail.barcode)
        );
    }

    /** The server says at once what it is. */
    enter(text) {
        if (this.props.readonly) {
            return;
        }
        this.input.el.value = text;
        return this.props.record.update({ [this.props.name]: this.parse(text) });
    }
}

registry.category("fields").add("glase_sticker", { ...charField, component: StickerField });
