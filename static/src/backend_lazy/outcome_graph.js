import { registry } from "@web/core/registry";
import { SEP } from "@web/views/graph/graph_model";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";

/** Of each outcome its colour, in each chart the same one: what was paid is green. */
export const COLORS = {
    paid: "#2e9e5b",
    refunded: "#8481dd",
    declined: "#f4a261",
    canceled: "#a4a8b6",
    expired: "#ffbc2c",
    failed: "#ce4257",
    reversed: "#7f4295",
    unknown: "#545b70",
    issued: "#4ea7f2",
    sending: "#3188e6",
    draft: "#dcd0d9",
};

export class OutcomeGraphRenderer extends GraphRenderer {
    /** The colour of a group that is of one outcome; null for any other group. */
    colorOf(label) {
        const words = (label || "").split(SEP);
        const { selection } = this.model.metaData.fields.outcome;
        const outcome = selection.find(([_key, name]) => words.includes(name));
        return outcome ? COLORS[outcome[0]] : null;
    }

    /** Whether the chart has a group for each outcome. */
    get isByOutcome() {
        return this.model.metaData.groupBy.some(({ fieldName }) => fieldName === "outcome");
    }

    paint(datasets, names) {
        for (const dataset of this.isByOutcome ? datasets : []) {
            const color = this.colorOf(dataset.label);
            for (const name of color ? names : []) {
                dataset[name] = color;
            }
        }
    }

    getBarChartData() {
        const data = super.getBarChartData();
        this.paint(data.datasets, ["backgroundColor"]);
        return data;
    }

    getLineChartData() {
        const data = super.getLineChartData();
        this.paint(data.datasets, ["borderColor", "pointBackgroundColor"]);
        return data;
    }

    getPieChartData() {
        const data = super.getPieChartData();
        if (this.isByOutcome) {
            for (const dataset of data.datasets) {
                dataset.backgroundColor = data.labels.map(
                    (label, index) => this.colorOf(label) || dataset.backgroundColor[index]
                );
                dataset.hoverBackgroundColor = dataset.backgroundColor;
            }
        }
        return data;
    }

    getLegendOptions() {
        const options = super.getLegendOptions();
        if (this.model.metaData.mode === "pie" && this.isByOutcome) {
            const { generateLabels } = options.labels;
            options.labels.generateLabels = (chart) =>
                generateLabels(chart).map((label) => ({
                    ...label,
                    fillStyle: this.colorOf(label.fullText) || label.fillStyle,
                }));
        }
        return options;
    }
}

registry
    .category("views")
    .add("glase_outcome_graph", { ...graphView, Renderer: OutcomeGraphRenderer });
