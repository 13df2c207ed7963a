import { registry } from "@web/core/registry";
import { patient } from "./glase_util";

// The test tells the tour where the other Glase answers: its port is another one each time.
const endpoint = new URLSearchParams(window.location.search).get("endpoint");

function fill(field, value) {
    return {
        content: `fill in ${field}`,
        trigger: `.o_field_widget[name=${field}] input`,
        run: `edit ${value}`,
    };
}

function press(name) {
    return {
        content: `press ${name}`,
        trigger: `.o_statusbar_buttons button[name=${name}]:enabled`,
        run: "click",
    };
}

const confirm = {
    content: "confirm",
    trigger: ".modal-footer .btn-primary",
    run: "click",
};

function stateIs(label) {
    return {
        content: `the move is at “${label}”`,
        trigger: `.o_arrow_button_current:contains("${label}")`,
    };
}

function moveTills() {
    return [
        { content: "move the tills", trigger: ".glase-move-tills:enabled", run: "click" },
        stateIs("Done"),
        {
            content: "both tills are ready",
            trigger: ".o_data_row:nth-child(2) .o_field_badge:contains(Ready)",
        },
    ];
}

/** Test the log-in, start, and move each till. */
function testAndMove() {
    return [
        press("action_test"),
        {
            content: "the log-in is accepted",
            trigger: ".o_field_widget[name=test_message]:contains(accepts the log-in)",
        },
        press("action_start"),
        confirm,
        stateIs("Moving the tills"),
        ...moveTills(),
    ];
}

registry.category("web_tour.tours").add("GlaseGoLive", {
    steps: () =>
        patient([
            press("action_go_live"),
            {
                content: "nothing was verified: it is said",
                trigger: ".o_field_widget[name=source_verified]:contains(Not verified)",
            },
            fill("endpoint", endpoint),
            fill("reseller_id", "demo"),
            fill("reseller_password", "wrong"),
            press("action_test"),
            {
                content: "a wrong password is said, and Start is not there",
                trigger:
                    ".o_field_widget[name=test_message]:contains(does not accept the password)",
            },
            {
                content: "no Start yet",
                trigger: ".o_statusbar_buttons:not(:has(button[name=action_start]))",
            },
            fill("reseller_password", "demo"),
            ...testAndMove(),
            {
                content: "the shop is live",
                trigger: ".alert-success:contains(From now on the tills take real money)",
            },
        ]),
});

registry.category("web_tour.tours").add("GlaseBackToTest", {
    steps: () =>
        patient([
            press("action_go_live"),
            { content: "to where it came from", trigger: ".badge:contains(Test)" },
            ...testAndMove(),
            {
                content: "the shop is back",
                trigger:
                    ".alert-success:contains(No till that was moved takes real money any more)",
            },
        ]),
});
