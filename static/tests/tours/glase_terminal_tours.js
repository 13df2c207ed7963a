import { registry } from "@web/core/registry";
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import { scan_barcode } from "@point_of_sale/../tests/generic_helpers/utils";
import * as Glase from "./glase_util";

function stateIs(state) {
    return {
        content: `the terminal is ${state}`,
        trigger: `.glase-terminal-state[data-state="${state}"]`,
    };
}

registry.category("web_tour.tours").add("GlaseAssignByScan", {
    steps: () =>
        Glase.patient([
            Glase.startTill(),
            Chrome.clickMenuOption("Glase terminal"),
            stateIs("no_glase_id"),
            scan_barcode("HTTP://SEQR.SE/QSCANNED42"),
            stateIs("ready"),
            {
                content: "with the scanned Glase ID",
                trigger: '.glase-terminal-id:contains("SCANNED42")',
            },
            { content: "and a sentence", trigger: ".glase-terminal-message.alert-success" },
            {
                content: "close",
                trigger: '.glase-terminal .modal-footer button:contains("Close")',
                run: "click",
            },
            // The till knows it at once: no reload.
            Glase.sell(),
            Glase.chooseGlase(),
            Glase.clickSend(),
            Glase.waitsFor("5.10"),
            Glase.customer("pay"),
            Glase.receiptShowsGlase("5.10"),
            Glase.allStored(),
        ]),
});

registry.category("web_tour.tours").add("GlaseNoMenuForCashiers", {
    steps: () => Glase.patient([Glase.startTill(), Chrome.notExistMenuOption("Glase terminal")]),
});
