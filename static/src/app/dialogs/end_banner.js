import { Component } from "@odoo/owl";

/**
 * Says for a moment how it ended, large enough for the customer; what is behind it can be used.
 *
 * A screen reader tells it at once.
 */
export class EndBanner extends Component {
    static template = "pos_glase.EndBanner";
    static props = {
        headline: String,
        amount: String,
        // What says that no money is moved, or false in production.
        mark: { type: [String, Boolean], optional: true },
    };
}
