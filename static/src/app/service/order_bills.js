import { toRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { isAmountFixed, isHeld, isUndecided } from "@pos_glase/app/service/payment_line";
import { isFinishedAtServer } from "@pos_glase/app/service/order_storage";
import { timing } from "@pos_glase/app/timing";

/** What a line that is put back has of its own, or gets once all lines are there. */
const NOT_COPIED = new Set([
    ...["id", "uuid", "order_id", "combo_parent_id", "price_type", "write_date"],
    ...["price_subtotal", "price_subtotal_incl", "refunded_qty"],
]);
/** What hangs on a line and goes with it: lots, and what was typed for an attribute. */
const PARTS = ["pack_lot_ids", "custom_attribute_value_ids"];
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

/** Of how many finished orders it is known how the server has them: what is late with one ends soon. */
const MOST_STORED = 20;

/** What is sold: the product, its price or what else tells rows apart, and its attributes. */
function whatOf(line, ...more) {
    const attributes = line.attribute_value_ids.map((value) => value.id).sort();
    return [line.product_id?.id, ...more, ...attributes].join("|");
}

/** One row as the customer sees it: what, how many, for how much. */
function rowOf(line) {
    return whatOf(line, line.qty, line.currency.round(line.priceIncl));
}

/**
 * Whether a line that is put back can be a promotion's again. Without a coupon that exists there
 * is nothing to pay with, and the promotion's own module would stumble over the line.
 */
function isTied(line) {
    return line.coupon_id?.id > 0;
}

/**
 * All that this record is, whichever module's fields it has: what it takes to make it anew.
 *
 * @param {Object} record a line, or a part of one
 * @param {string[]} without names of fields that are not wanted
 * @returns {Object} values by field; those of many records as their list
 */
function valuesOf(record, without = []) {
    const values = {};
    for (const [name, field] of Object.entries(record.model.fields)) {
        const isOurs = !field.dummy && !field.compute && !field.related && !field.local;
        const isCopied = field.type !== "one2many" && !NOT_COPIED.has(name);
        if (isOurs && isCopied && !without.includes(name)) {
            values[name] = field.type === "many2many" ? [...(record[name] || [])] : record[name];
        }
    }
    return values;
}

/** The parts of a line, each as the values that make it anew. */
function partsOf(line) {
    const present = PARTS.filter((name) => line.model.fields[name] && line[name]?.length);
    return Object.fromEntries(
        present.map((name) => {
            const { inverse_name } = line.model.fields[name];
            return [name, line[name].map((part) => valuesOf(part, [inverse_name]))];
        })
    );
}

function pricingOf(order) {
    return Object.fromEntries(PRICING.map((name) => [name, order[name]]));
}

/**
 * What promotions will write on cards and wallets once the order is paid (`pos_loyalty`): points,
 * program and card, by card.
 */
function pointsOf(order) {
    return JSON.parse(JSON.stringify(order.uiState.couponPointChanges || {}));
}

function sumOf(points, program) {
    const own = points.filter((change) => change.program_id === program);
    return own.reduce((sum, change) => sum + change.points, 0);
}

/**
 * What is on the order; equal lines are one, as a promotion makes one line of two. Lines of nothing go
 * when an order is finished.
 */
function rowsOf(order) {
    const sums = new Map();
    for (const line of order.lines.filter((one) => one.qty)) {
        const key = whatOf(line, line.currency.round(line.priceIncl / line.qty));
        const [qty, price] = sums.get(key) || [0, 0];
        sums.set(key, [qty + line.qty, line.currency.round(price + line.priceIncl)]);
    }
    return [...sums].map(String).sort();
}

/**
 * What a finished order is, line by line: also which lines, for the server knows each by its uuid.
 */
function linesOf(order) {
    return order.lines
        .map((line) => `${line.uuid}|${rowOf(line)}`)
        .sort()
        .join();
}

/** Whether something here has changed a finished order since its records came from the server. */
function isTouched(order) {
    return order.isDirty() || order.lines.some((line) => line.isDirty());
}

/** A record knows its models, and not the till. */
const billsOfModels = new WeakMap();

/** @returns {Bills|undefined} of the till that an order, or whatever has its models, belongs to */
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
     * @param {(words: string, how?: Object) => void} tell
     */
    constructor(pos, tell) {
        this.pos = pos;
        this.tell = tell;
        /** By uuid of the order. */
        this.kept = new Map();
        /** Orders that the server has as paid, as it has them, by uuid; see `keepStored`. */
        this.stored = new Map();
        /** Uuids of paid orders that a cashier has changed since: nobody judges them. */
        this.released = new Set();
        this.timer = null;
        this.isWatching = false;
    }

    /** Keep the bill of an order as it is now. */
    keep(order) {
        this.released.delete(order.uuid);
        const {
            replacements = new Set(),
            points = pointsOf(order),
            isFinishing = false,
        } = this.kept.get(order.uuid) || {};
        this.kept.set(order.uuid, {
            replacements,
            points,
            isFinishing,
            rows: rowsOf(order),
            total: order.priceIncl,
            pricing: pricingOf(order),
            lines: order.lines.map((line) => ({
                uuid: line.uuid,
                row: rowOf(line),
                combo: line.combo_parent_id?.uuid,
                ofPromotion: Boolean(line[OF_PROMOTION]) || replacements.has(line.uuid),
                isTied: isTied(line),
                values: valuesOf(line, isTied(line) ? [] : TIES),
                parts: partsOf(line),
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
        for (const order of this.pos.data.models["pos.order"].filter(isBilled)) {
            this.dropUnstored(order);
            this.keep(order);
        }
    }

    /**
     * What was sent is stored, and what the browser has beside it was made anew since: then the old
     * lines are here again, with the new ones. What is being given back was paid: a cashier may
     * have added to it.
     */
    dropUnstored(order) {
        const stored = order.lines.filter((line) => line.isSynced);
        const isOut = (line) => isUndecided(line) && line.payment_status !== "reversing";
        if (stored.length && order.payment_ids.some(isOut)) {
            order.lines.filter((line) => !line.isSynced).forEach((line) => line.delete());
        }
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
            } else if (order?.finalized && this.kept.has(order.uuid)) {
                // Another till has finished it, or this one has.
                this.kept.get(order.uuid).isFinishing = false;
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
        if (this.timer || !(this.kept.size || this.stored.size)) {
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

    /** Whether this order stays what it is: as it was sent, or as the server has it. */
    isSettled(order) {
        return this.kept.has(order.uuid) || this.stored.has(order.uuid);
    }

    /**
     * What a cashier does to an order that is paid already is the cashier's to do. Odoo opens a finished
     * one again to put a tip on it.
     */
    release(order) {
        if (order && !order.finalized && !order.payment_ids.some(isUndecided)) {
            this.kept.delete(order.uuid);
            this.stored.delete(order.uuid);
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

    /** This till finishes the order: it stays what was sent until the server has it as paid. */
    finish(order) {
        this.restorePoints(order);
        const bill = this.kept.get(order.uuid);
        if (bill) {
            bill.isFinishing = true;
        }
    }

    /** What a module has begun with an order before it was finished may end afterwards. */
    isFinishing(order) {
        return this.kept.get(order.uuid).isFinishing && !isFinishedAtServer(order);
    }

    /**
     * The server has answered that it has these orders. Those that are paid stay what it has: what a
     * module began with one before, and ends only now, changes neither the receipt nor what is stored next.
     *
     * @param {Object[]} orders as a synchronisation has brought them back
     */
    keepStored(orders) {
        for (const order of orders.filter((one) => one.finalized && one.payment_ids.some(isHeld))) {
            // Made here while the server stored the order: it has not heard of them.
            order.lines.filter((line) => !line.isSynced).forEach((line) => line.delete());
            this.stored.set(order.uuid, {
                lines: linesOf(order),
                records: JSON.stringify(order.lines.map((line) => line.raw)),
            });
            forgetChanges(order);
        }
        const oldest = [...this.stored.keys()].slice(0, -MOST_STORED);
        oldest.forEach((uuid) => this.stored.delete(uuid));
    }

    /** Put back what is no longer as the server has it; what the server itself has changed stands. */
    judgeStored() {
        for (const [uuid, { lines, records }] of [...this.stored]) {
            const order = this.pos.models["pos.order"].getBy("uuid", uuid);
            if (!order) {
                this.stored.delete(uuid);
            } else if (order.finalized && linesOf(order) !== lines) {
                if (isTouched(order)) {
                    this.putBackStored(order, JSON.parse(records));
                }
                this.keepStored([order]);
            }
        }
    }

    putBackStored(order, records) {
        const known = new Set(records.map(({ uuid }) => uuid));
        order.lines.filter((line) => !known.has(line.uuid)).forEach((line) => line.delete());
        this.pos.models.connectNewData({ "pos.order.line": records });
        // Odoo finds sums anew with what is written, not with what is loaded.
        order.triggerRecomputeAllPrices();
    }

    /** Put back what is no longer what was sent. */
    judge() {
        clearTimeout(this.timer);
        this.timer = null;
        this.judgeStored();
        for (const uuid of [...this.kept.keys()]) {
            const order = this.pos.models["pos.order"].getBy("uuid", uuid);
            if (!order) {
                this.kept.delete(uuid);
            } else if (!isBilled(order) && !this.isFinishing(order)) {
                this.end(order);
            } else if (!this.matches(order)) {
                this.putBack(order, this.kept.get(uuid));
                if (this.isWatching) {
                    this.tell(_t("The order stays as it was sent to Glase."));
                }
            }
        }
    }

    /**
     * A promotion's module knows which line fills a card, or a wallet, only until the till is loaded
     * anew, and then gives nothing. The customer has paid for what was on the order when it was sent.
     */
    restorePoints(order) {
        const kept = Object.values(this.kept.get(order.uuid)?.points || {});
        const changes = Object.values(order.uiState.couponPointChanges || {});
        const lost = new Set(
            kept
                .map((change) => change.program_id)
                .filter((program) => sumOf(kept, program) !== sumOf(changes, program))
        );
        if (!lost.size) {
            return;
        }
        const standing = changes.filter((change) => !lost.has(change.program_id));
        // A card that is still to be made has a negative number, and a till counts anew.
        let fresh = Math.min(0, ...standing.map((change) => change.coupon_id));
        const restored = kept
            .filter((change) => lost.has(change.program_id))
            .map((change) => ({
                ...change,
                coupon_id: change.coupon_id > 0 ? change.coupon_id : --fresh,
            }));
        order.uiState.couponPointChanges = Object.fromEntries(
            [...standing, ...restored].map((change) => [change.coupon_id, change])
        );
    }

    /**
     * A coupon may be gone since the bill was sent: used up at another till, or its program has ended.
     * Odoo finishes no order with one, and the customer has paid with it.
     *
     * @param {Object} answer of the server, whether the coupons of the order that is being finished hold
     * @returns {Object} the answer for an order that goes on
     */
    keepCoupons(answer) {
        const order = this.pos.getOrder();
        const isPaid = order?.payment_ids.some(isHeld) && this.kept.has(order.uuid);
        if (answer.successful || !isPaid) {
            return answer;
        }
        const reason = answer.payload.message;
        // The receipt comes at once: what is said stays beside it until somebody has read it.
        const words = _t("%s The customer has paid the bill as it was sent: it stays so.", reason);
        this.tell(words, { sticky: true });
        return { successful: true };
    }

    putBack(order, bill) {
        order.update(bill.pricing);
        const missing = new Map(bill.lines.map((line) => [line.uuid, line]));
        const standing = new Map();
        const others = [];
        for (const line of [...order.lines]) {
            const sent = missing.get(line.uuid);
            if (sent) {
                missing.delete(line.uuid);
                standing.set(line.uuid, line);
                if (rowOf(line) !== sent.row) {
                    line.update(commandsOf(sent.values, "set"), { omitUnknownField: true });
                }
            } else {
                others.push(line);
            }
        }
        for (const line of others) {
            const same = [...missing.values()].find((sent) => sent.row === rowOf(line));
            if (same) {
                missing.delete(same.uuid);
                standing.set(same.uuid, line);
            } else {
                line.delete();
            }
        }
        for (const sent of missing.values()) {
            const line = this.pos.data.models["pos.order.line"].create({
                ...commandsOf(sent.values, "link"),
                ...commandsOf(sent.parts, "create"),
                order_id: order,
                price_type: "manual",
            });
            standing.set(sent.uuid, line);
            if (sent.ofPromotion && !sent.isTied) {
                bill.replacements.add(line.uuid);
            }
        }
        for (const { uuid, combo } of missing.values()) {
            if (combo) {
                standing.get(uuid).combo_parent_id = standing.get(combo);
            }
        }
        // The lines that stand now are the same bill.
        this.keep(order);
    }
}

/** Nothing of what was changed here is told to the server: Odoo's own way to drop it. */
function forgetChanges(order) {
    order.serializeForORM();
}

/** Values as the store takes them: lists as a command, and nothing that is gone meanwhile. */
function commandsOf(values, command) {
    const stands = (value) => !value?.model || value.model.exists(value.id);
    const told = Object.entries(values).filter(([, value]) => stands(value));
    return Object.fromEntries(
        told.map(([name, value]) => [
            name,
            Array.isArray(value) ? [[command, ...value.filter(stands)]] : value,
        ])
    );
}
