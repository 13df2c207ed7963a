import { registry } from "@web/core/registry";
import { run } from "@point_of_sale/../tests/generic_helpers/utils";
import { patient, simulator } from "./glase_util";

const RUNNER = ".glase-verification";

function press(name) {
    return {
        content: `press ${name}`,
        trigger: `.o_statusbar_buttons button[name=${name}]:enabled`,
        run: "click",
    };
}

function asks(words) {
    return {
        content: `the page says: ${words}`,
        trigger: `${RUNNER}-headline:contains("${words}")`,
    };
}

function start() {
    return [
        press("action_verify"),
        {
            content: "the Glase ID of the certification",
            trigger: ".o_field_widget[name=glase_id] input",
            run: "edit VERIFYTOUR",
        },
        press("action_start"),
    ];
}

/** The page shows the code, and for whom it is. */
function code() {
    return [
        asks("Scan the code with the Glase app"),
        {
            content: "the code is there",
            trigger: `${RUNNER}:contains("VERIFYTOUR") img${RUNNER}-qr[src^="data:image"]`,
        },
    ];
}

function scanAndPay() {
    return [
        code(),
        run(() => simulator("POST", "/api/stickers/VERIFYTOUR/pay"), "the customer pays"),
    ];
}

function ended(label) {
    return {
        content: `the run has ended: ${label}`,
        trigger: `.o_arrow_button_current:contains("${label}")`,
    };
}

registry.category("web_tour.tours").add("GlaseVerify", {
    steps: () =>
        patient([
            start(),
            scanAndPay(),
            asks("Do not scan now"),
            scanAndPay(),
            ended("Passed"),
            {
                content: "said in words, and what is not as on the sheet",
                trigger: '.alert-warning:contains("Every step worked"):contains("Point 9")',
            },
            {
                content: "the verdict of a step",
                trigger: '.o_data_row:contains("Status PAID, reference"):contains("OK")',
            },
            {
                content: "the file for Glase is offered",
                trigger: ".o_statusbar_buttons button[name=action_download]:enabled",
            },
            {
                content: "nobody is asked to scan any more",
                trigger: `.o_form_view:not(:has(${RUNNER}))`,
            },
        ]),
});

registry.category("web_tour.tours").add("GlaseVerifyStop", {
    steps: () =>
        patient([
            start(),
            code(),
            press("action_stop"),
            ended("Stopped"),
            {
                content: "what was not done is said",
                trigger: '.o_data_row:contains("Refund the payment"):contains("Skipped")',
            },
            {
                content: "it is cleaned up",
                trigger: '.o_data_row:contains("Nothing is left unpaid, unrefunded")',
            },
            press("action_again"),
            { content: "a new run", trigger: ".o_arrow_button_current:contains('Not started')" },
        ]),
});
