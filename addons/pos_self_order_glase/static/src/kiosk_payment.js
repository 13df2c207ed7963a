import { rpc } from "@web/core/network/rpc";
import { Reactive } from "@web/core/utils/reactive";
import { uuidv4 } from "@point_of_sale/utils";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";
import { timing } from "@pos_self_order_glase/timing";

/** What of a payment a reload of this window does not lose: two tokens, until its end. */
export const keptPayment = {
    get key() {
        return `pos_self_order_glase ${odoo.access_token}`;
    },
    read() {
        try {
            return JSON.parse(sessionStorage.getItem(this.key));
        } catch {
            return null;
        }
    },
    write(payment) {
        sessionStorage.setItem(this.key, JSON.stringify(payment));
    },
    clear() {
        sessionStorage.removeItem(this.key);
    },
};

/** One request to a route of the kiosk about a payment. */
export function askKiosk(route, { accessToken, orderToken, attempt }) {
    const asked = { access_token: accessToken, order_access_token: orderToken, attempt };
    return rpc(`/pos_self_order_glase/${route}`, asked, { silent: true });
}

/** Ends after which the same order may be paid with a new bill. */
const REPEATABLE = new Set(["declined", "canceled", "timed_out", "failed", "reversed", "lost"]);

/** How a payment ends that the server refuses. None of them is *paid*: only an answer says that. */
const ENDS_OF_REFUSALS = {
    busy: "busy",
    limit: "limit",
    closed: "closed",
    changed: "changed",
    done: "gone",
    gone: "gone",
};

/**
 * The Glase payment of one guest, from *Pay* to its end.
 *
 * The server's ledger decides what happened, and how long the guest has; this object asks, and knows
 * what the page shows. One request is under way at most; one that fails says nothing about money.
 *
 * Looks: `storing` and `sending`, `waiting`, `quiet` (Glase does not answer), `offline` (the server
 * does not), `canceling`, `checking` (the time is up, and it is not certain how it ended); and the
 * ends: `paid`, those that may be tried again (`REPEATABLE`), `busy` and `limit` (may be, too),
 * `undecided` (the server finds out), `closed`, `changed`, `gone` and `unavailable`.
 */
export class KioskPayment extends Reactive {
    /**
     * @param {Object} payment
     * @param {string} payment.accessToken the kiosk's
     * @param {string} payment.orderToken the order's own
     * @param {string} [payment.attempt] of a payment that was begun before a reload
     */
    constructor({ accessToken, orderToken, attempt = false }) {
        super();
        this.accessToken = accessToken;
        this.orderToken = orderToken;
        this.attempt = attempt;
        /** The newest answer of the server. */
        this.view = null;
        this.end = false;
        this.cancelAsked = false;
        this.secondsLeft = null;
        this.isOffline = false;
        this.request = null;
    }

    get look() {
        if (this.end) {
            return this.end;
        }
        if (this.isOffline) {
            return "offline";
        }
        if (!this.view) {
            return "sending";
        }
        if (this.view.canceling) {
            return this.secondsLeft ? "canceling" : "checking";
        }
        if (this.cancelAsked) {
            return "canceling";
        }
        return this.view.silence * 1000 >= timing.quiet ? "quiet" : "waiting";
    }

    get canCancel() {
        return ["waiting", "quiet"].includes(this.look);
    }

    get canRepeat() {
        return REPEATABLE.has(this.end) || ["busy", "limit"].includes(this.end);
    }

    /** Nothing was taken, and nothing can be: the order may be taken off. */
    get isOver() {
        return this.canRepeat || ["changed", "unavailable"].includes(this.end);
    }

    /** Send a new bill. */
    begin() {
        this.attempt = uuidv4();
        this.start("send");
    }

    /** Ask on about a bill that was sent before the page was loaded anew. */
    resume() {
        this.start("status");
    }

    start(route) {
        Object.assign(this, { view: null, end: false, cancelAsked: false, secondsLeft: null });
        keptPayment.write({ orderToken: this.orderToken, attempt: this.attempt });
        this.isOffline = false;
        this.heardAt = backgroundTimer.now();
        this.askAt = this.heardAt;
        this.route = route;
        this.stopTimer = backgroundTimer.start(timing.tick, () => this.tick());
        this.tick();
    }

    cancel() {
        if (this.canCancel) {
            this.cancelAsked = true;
            this.route = "cancel";
            this.askAt = backgroundTimer.now();
            this.tick();
        }
    }

    /** The guest goes, or the page does: the server works the bill to an end. */
    leave() {
        if (this.stopTimer && !this.end) {
            this.finish("undecided");
            askKiosk("leave", this).catch(() => {});
        }
    }

    tick() {
        const now = backgroundTimer.now();
        if (this.end) {
            return;
        }
        if (this.view) {
            const since = (now - this.heardAt) / 1000;
            this.secondsLeft = Math.max(0, Math.ceil(this.view.seconds_left - since));
        }
        if (now - this.heardAt >= timing.unreachable || this.isOvertime(now)) {
            this.leave();
        } else if (this.request && now - this.request.startedAt >= timing.request) {
            this.request.abort();
        } else if (!this.request && now >= this.askAt) {
            this.ask();
        }
    }

    isOvertime(now) {
        if (this.secondsLeft !== 0) {
            this.overSince = null;
            return false;
        }
        this.overSince ??= now;
        return now - this.overSince >= timing.overtime;
    }

    async ask() {
        const { route } = this;
        const call = askKiosk(route, this);
        this.request = { startedAt: backgroundTimer.now(), abort: () => call.abort() };
        let answer = null;
        try {
            answer = await call;
        } catch {
            // Says nothing about the money.
        }
        this.request = null;
        this.askAt = backgroundTimer.now() + timing.pause;
        if (this.end) {
            return;
        }
        this.isOffline = !answer;
        if (!answer) {
            return;
        }
        this.heardAt = backgroundTimer.now();
        // Unless something else is to be asked by now.
        if (this.route === route) {
            this.route = "status";
        }
        this.receive(answer, route);
    }

    receive(answer, route) {
        if (!answer.ok) {
            this.refused(answer.reason, route);
            return;
        }
        this.view = answer;
        this.secondsLeft = Math.ceil(answer.seconds_left);
        if (answer.end) {
            this.finish(answer.end);
        } else if (answer.given_up) {
            this.finish("undecided");
        }
    }

    refused(reason, route) {
        if (reason === "unknown_attempt") {
            // The bill never reached the server: it is sent now.
            this.route = "send";
        } else if (reason === "limit" && route !== "send") {
            this.askAt = backgroundTimer.now() + 5 * timing.pause;
        } else {
            this.finish(ENDS_OF_REFUSALS[reason] || "unavailable");
        }
    }

    finish(end) {
        this.end = end;
        this.stopTimer?.();
        this.request?.abort();
        keptPayment.clear();
    }
}
