import { registry } from "@web/core/registry";
import { patient } from "./glase_util";

const BUTTONS = ".o_statusbar_buttons button[name]";

/** The form offers these buttons, by the names of their methods, and no others. */
function offered(...names) {
    const others = names.map((name) => `:not([name=${name}])`).join("");
    return [
        { content: "the case is open", trigger: ".o_arrow_button_current:contains(Open)" },
        ...names.map((name) => ({
            content: `${name} is offered`,
            trigger: `.o_statusbar_buttons button[name=${name}]`,
        })),
        {
            content: "nothing else is offered",
            trigger: `.o_statusbar_buttons:not(:has(button[name]${others}))`,
        },
    ];
}

/** Settle the case with a reason. */
function settle() {
    return [
        {
            content: "say how it was settled",
            trigger: ".o_field_widget[name=reason] input",
            run: "edit The customer has called",
        },
        { content: "settle", trigger: `${BUTTONS}[name=action_settle]`, run: "click" },
        { content: "it is settled", trigger: ".o_arrow_button_current:contains(Settled)" },
        { content: "nothing is offered any more", trigger: `body:not(:has(${BUTTONS}))` },
    ];
}

registry.category("web_tour.tours").add("GlaseCaseWithoutOrder", {
    steps: () =>
        patient([...offered("action_attach", "action_refund", "action_settle"), ...settle()]),
});

registry.category("web_tour.tours").add("GlaseCaseOfUnknownAmount", {
    steps: () => patient(offered("action_old_amount_taken", "action_new_amount_taken")),
});

/** The chart of the outcomes: what was paid is green in it, as its legend is. */
registry.category("web_tour.tours").add("GlaseOutcomes", {
    steps: () =>
        patient([
            {
                content: "the chart is drawn",
                trigger: ".o_graph_canvas_container canvas",
                run({ anchor }) {
                    const [paid] = window.Chart.getChart(anchor).data.datasets;
                    if (paid.label !== "Paid" || paid.backgroundColor !== "#2e9e5b") {
                        throw new Error(`${paid.label} is ${paid.backgroundColor}`);
                    }
                },
            },
        ]),
});
