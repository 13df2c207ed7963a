import { registry } from "@web/core/registry";
import { press, queryOne } from "@odoo/hoot-dom";
import { patient } from "./glase_util";

const INPUT = ".o_field_widget[name=text] input";

/** Keys as a scanner types them that is plugged in as a keyboard. */
function scan(text, into = INPUT) {
    return {
        content: `scan ${text}`,
        trigger: into,
        async run() {
            queryOne(into).focus();
            for (const key of text) {
                await press(key);
            }
            await press("Enter");
        },
    };
}

function says(kind, words) {
    return {
        content: `it says “${words}”`,
        trigger: `.modal .alert-${kind} .o_field_widget[name=verdict]:contains("${words}")`,
    };
}

function holds(text) {
    return {
        content: `the field holds ${text}`,
        trigger: INPUT,
        run() {
            const { value } = queryOne(INPUT);
            if (value !== text) {
                throw new Error(`The field holds “${value}”`);
            }
        },
    };
}

registry.category("web_tour.tours").add("GlaseAssignInTheOffice", {
    steps: () =>
        patient([
            { content: "Assign", trigger: "button[name=action_open_assign]:enabled", run: "click" },
            scan("http://example.com/x"),
            says("danger", "This is not the code of a Glase sticker"),
            scan("5410013101703"),
            says("danger", "is the bar code of the product"),
            scan("scana111"),
            says("success", "scana111 can be assigned"),
            scan("scana111"),
            holds("scana111"),
            // As after a click beside the input: the keys go to the page, and Enter presses nothing.
            scan("scanb222", ".modal-footer button[name=action_assign]"),
            says("success", "scanb222 can be assigned"),
            holds("scanb222"),
            scan("scana111"),
            says("success", "scana111 can be assigned"),
            {
                content: "assign it",
                trigger: ".modal-footer button[name=action_assign]",
                run: "click",
            },
            {
                content: "the till is ready",
                trigger: ".o_field_widget[name=glase_id]:contains(scana111)",
            },
        ]),
});
