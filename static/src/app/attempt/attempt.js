import { Reactive } from "@web/core/utils/reactive";
import { Deferred } from "@web/core/utils/concurrency";
import { requestFor } from "@pos_glase/app/attempt/rpc";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";
import { timing } from "@pos_glase/app/timing";

/**
 * What a till asks its server about one attempt, until it knows how that ended.
 *
 * At most one request is under way on each channel. A request that fails, whatever the reason, is
 * no answer about the money (`doc/ledger.md §4` to `§6`). Those who extend it say what is asked
 * (`tick`), how long an answer may take (`limitOf`), when to ask next (`pauseAfter`), and what an
 * answer means (`receive`, `onNoAnswer`).
 */
export class Attempt extends Reactive {
    /**
     * @param {Object} attempt
     * @param {number} attempt.configId the till
     * @param {string} attempt.orderUuid
     * @param {string} attempt.lineUuid
     * @param {string} attempt.attempt
     * @param {number} attempt.amount in the till's currency
     * @param {string} [attempt.cashier]
     */
    constructor({ configId, orderUuid, lineUuid, attempt, amount, cashier = "" }) {
        super();
        Object.assign(this, { configId, orderUuid, lineUuid, attempt, amount, cashier });
        /** The newest answer about the row. */
        this.view = null;
        /** How it ended, once it has: `kind` and what belongs to it. */
        this.outcome = null;
        this.trouble = false;
        this.troubleMessage = false;
        /** Nobody has answered for a while. */
        this.quiet = false;
        this.ended = new Deferred();
        this.requests = {};
        this.sequence = 0;
    }

    /** Begin to ask; `tick` is called until the end. */
    startPolling() {
        this.startedAt = backgroundTimer.now();
        this.heardAt = this.startedAt;
        this.stopTimer = backgroundTimer.start(timing.tick, () => this.tick());
    }

    abortIfLate(channel) {
        const pending = this.requests[channel];
        if (pending && backgroundTimer.now() - pending.startedAt >= this.limitOf(pending.route)) {
            pending.abort();
        }
    }

    /** Forget the request on a channel: its answer changes nothing any more. */
    drop(channel) {
        this.requests[channel]?.abort();
        this.requests[channel] = null;
    }

    async ask(channel, route, params) {
        const sequence = ++this.sequence;
        const answer = requestFor(this, route, params);
        this.requests[channel] = {
            route,
            sequence,
            startedAt: backgroundTimer.now(),
            abort: answer.abort,
        };
        const { view, trouble, message } = await answer;
        const superseded = this.requests[channel]?.sequence !== sequence;
        if (!superseded) {
            this.requests[channel] = null;
            this.pauseAfter(channel, view);
        }
        if (this.outcome || superseded) {
            return;
        }
        if (view) {
            this.receive(view, sequence, route);
        } else {
            this.trouble = trouble;
            this.troubleMessage = message || false;
            this.onNoAnswer(route);
        }
    }

    /** Record a view of the row; it is the newest word about it. */
    recordView(view) {
        this.view = view;
        this.trouble = false;
        this.troubleMessage = false;
        this.heardAt = backgroundTimer.now() - (view.silence || 0) * 1000;
        this.updateQuiet();
    }

    updateQuiet() {
        this.quiet = backgroundTimer.now() - this.heardAt >= timing.quiet;
    }

    finish(outcome) {
        this.outcome = outcome;
        this.stopTimer?.();
        for (const channel of Object.keys(this.requests)) {
            this.drop(channel);
        }
        this.ended.resolve(outcome);
    }
}
