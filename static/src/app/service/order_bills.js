import { toRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { isAmountFixed, isUndecided } from "@pos_glase/app/service/payment_line";
import { timing } from "@pos_glase/app/timing";

/** What of a line is on the bill, in the order in which it is put back. */
const COPIED = [
    "product_id",
    "qty",
    "price_unit",
    "price_extra",
    "discount",
    "full_product_name",
    "customer_note",
    "note",
    "extra_tax_data",
];
const LINKED = ["tax_ids", "attribute_value_ids"];
/** By which an order's prices are found. */
const PRICING = ["pricelist_id", "fiscal_position_id"];
/** Says of a line that a promotion has made it, and will make it again (`pos_loyalty`). */
const OF_PROMOTION = "is_reward_line";
/** Ties a promotion's line to the coupon or wallet that pays for it. */
const TIES = [OF_PROMOTION, "reward_id", "coupon_id", "points_cost", "reward_identifier_code"];

/**
 * Whether what is on this order is settled with the customer: its bill is out, or paid.
 *
 * @param {Object} order
 */
export function isBilled(order) {
    return Boolean(order) && !order.finalized && order.payment_ids.some(isAmountFixed);
}

/** One row as the customer sees it: what, how many, for how much. */
function rowOf(line) {
    const attributes = line.attribute_value_ids.map((value) => value.id).sort();
    const price = line.currency.round(line.priceIncl);
    return [line.product_id?.id, line.qty, price, ...attributes].join("|");
}

/**
 * What a line needs to be a promotion's again. Without a coupon that exists there is nothing to
 * pay with, and the promotion's own module would stumble over the line.
 */
function tiesOf(line) {
    return line.coupon_id?.id > 0
        ? Object.fromEntries(TIES.map((name) => [name, line[name]]))
        : undefined;
}

function pricingOf(order) {
    return Object.fromEntries(PRICING.map((name) => [name, order[name]]));
}

function rowsOf(order) {
    return order.lines.map(rowOf).sort();
}

/** A record knows its models, and not the till. */
const billsOfModels = new WeakMap();

/** @returns {Bills|undefined} of the till that an order belongs to */
export function billsOf(order) {
    return order && billsOfModels.get(toRaw(order.models));
}

/**
 * The bills of this till's orders as they were sent, and that they stay so.
 *
 * Another module may take a line away and make it anew: after a reload a promotion does. So not
 * the single change is judged, but what the order is once the change is complete. If it is
 * another bill, it is put back as it was.
 */
export class Bills {
    /**
     * @param {Object} pos the store
     * @param {(words: string) => void} tell
     */
    constructor(pos, tell) {
        this.pos = pos;
        this.tell = tell;
        /** By uuid of the order. */
        this.kept = new Map();
        /** Uuids of paid orders that a cashier has changed since: nobody judges them. */
        this.released = new Set();
        this.timer = null;
        this.isWatching = false;
    }

    /** Keep the bill of an order as it is now. */
    keep(order) {
        this.released.delete(order.uuid);
        const replacements = this.kept.get(order.uuid)?.replacements || new Set();
        this.kept.set(order.uuid, {
            replacements,
            rows: rowsOf(order),
            total: order.priceIncl,
            pricing: pricingOf(order),
            lines: order.lines.map((line) => ({
                uuid: line.uuid,
                row: rowOf(line),
                ties: tiesOf(line),
                ofPromotion: Boolean(line[OF_PROMOTION]) || replacements.has(line.uuid),
                values: Object.fromEntries(COPIED.map((name) => [name, line[name]])),
                links: Object.fromEntries(LINKED.map((name) => [name, [...(line[name] || [])]])),
            })),
        });
    }

    /** Keep what nobody has kept yet: another module is about to change it. */
    keepBefore(order) {
        if (isBilled(order) && !this.kept.has(order.uuid) && !this.released.has(order.uuid)) {
            this.keep(order);
        }
    }

    /** Keep what the till was loaded with, before another module looks at its orders. */
    keepLoaded() {
        billsOfModels.set(toRaw(this.pos.data.models), this);
        this.pos.data.models["pos.order"].filter(isBilled).forEach((order) => this.keep(order));
    }

    /** Uuids of the orders that are what was sent, before something comes from the server. */
    unchanged() {
        const orders = this.pos.data.models["pos.order"];
        return new Set(
            [...this.kept.keys()].filter((uuid) => this.matches(orders.getBy("uuid", uuid)))
        );
    }

    /** Keep them as they are since the server has said that some of their lines are gone. */
    keepAgain(unchanged) {
        const orders = this.pos.data.models["pos.order"];
        [...unchanged]
            .map((uuid) => orders.getBy("uuid", uuid))
            .filter(isBilled)
            .forEach((order) => this.keep(order));
    }

    /**
     * Keep what has come from the server: another till may have changed it. What this till had
     * changed by then is judged by what was kept before.
     *
     * @param {Object[]} records raw orders
     * @param {Set<string>} unchanged see `unchanged`, before they came
     */
    keepArrived(records, unchanged) {
        for (const { id } of records || []) {
            const order = this.pos.data.models["pos.order"].get(id);
            if (isBilled(order) && (unchanged.has(order.uuid) || !this.kept.has(order.uuid))) {
                this.keep(order);
            }
        }
    }

    /** From now on each change is judged. */
    watch() {
        this.isWatching = true;
        const changed = () => this.changed();
        const lines = this.pos.models["pos.order.line"];
        for (const event of ["create", "update", "delete"]) {
            lines.addEventListener(event, changed);
        }
        this.pos.models["pos.order"].addEventListener("update", ({ fields }) => {
            if (fields?.some((name) => PRICING.includes(name))) {
                changed();
            }
        });
    }

    changed() {
        if (!this.kept.size || this.timer) {
            return;
        }
        this.timer = setTimeout(() => this.judge(), timing.changeComplete);
    }

    /** Whether the order is what was sent; true also for one of which nothing was kept. */
    matches(order) {
        const bill = this.kept.get(order?.uuid);
        return (
            !bill ||
            (Object.entries(pricingOf(order)).every(
                ([name, record]) => record?.id === bill.pricing[name]?.id
            ) &&
                order.currency.isZero(bill.total - order.priceIncl) &&
                String(bill.rows) === String(rowsOf(order)))
        );
    }

    /** What a cashier does to an order that is paid already is the cashier's to do. */
    release(order) {
        if (order && !order.payment_ids.some(isUndecided)) {
            this.kept.delete(order.uuid);
            this.released.add(order.uuid);
        }
    }

    /**
     * Nothing of this order is with Glase any more. What stood in for a promotion's line goes, and
     * the promotion makes its own again.
     */
    end(order) {
        const replacements = this.kept.get(order.uuid)?.replacements;
        this.kept.delete(order.uuid);
        if (order.finalized || !replacements?.size) {
            return;
        }
        order.lines.filter((line) => replacements.has(line.uuid)).forEach((line) => line.delete());
        this.pos.updateRewards?.();
    }

    /** Put back what is no longer what was sent. */
    judge() {
        clearTimeout(this.timer);
        this.timer = null;
        for (const uuid of [...this.kept.keys()]) {
            const order = this.pos.models["pos.order"].getBy("uuid", uuid);
            if (!order) {
                this.kept.delete(uuid);
            } else if (!isBilled(order)) {
                this.end(order);
            } else if (!this.matches(order)) {
                this.putBack(order, this.kept.get(uuid));
                if (this.isWatching) {
                    this.tell(_t("The order stays as it was sent to Glase."));
                }
            }
        }
    }

    putBack(order, bill) {
        order.update(bill.pricing);
        const missing = new Map(bill.lines.map((line) => [line.uuid, line]));
        const others = [];
        for (const line of [...order.lines]) {
            const sent = missing.get(line.uuid);
            if (sent) {
                missing.delete(line.uuid);
                if (rowOf(line) !== sent.row) {
                    line.update(
                        { ...sent.values, ...linksOf(sent.links, "set") },
                        { omitUnknownField: true }
                    );
                }
            } else {
                others.push(line);
            }
        }
        for (const line of others) {
            const same = [...missing.values()].find((sent) => sent.row === rowOf(line));
            if (same) {
                missing.delete(same.uuid);
            } else {
                line.delete();
            }
        }
        for (const { values, links, ties, ofPromotion } of missing.values()) {
            const line = this.pos.data.models["pos.order.line"].create({
                ...values,
                ...linksOf(links, "link"),
                ...ties,
                order_id: order,
                price_type: "manual",
            });
            if (ofPromotion && !ties) {
                bill.replacements.add(line.uuid);
            }
        }
        // The lines that stand now are the same bill.
        this.keep(order);
    }
}

function linksOf(links, command) {
    return Object.fromEntries(
        Object.entries(links).map(([name, records]) => [name, [[command, ...records]]])
    );
}
