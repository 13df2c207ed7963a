import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";

const NO_INFO = { state: "no_account", message: false, mark: false, manager: false };

/** What the server says about this till's terminal, and a manager's actions on it. */
export class TillTerminal extends Reactive {
    /** @param {Object} pos the store */
    constructor(pos) {
        super();
        this.pos = pos;
        this.changedInfo = null;
    }

    /** State, shop, sticker (`pos.config._glase_till_info`). */
    get info() {
        return this.changedInfo || this.pos.config._glase || NO_INFO;
    }

    set info(info) {
        this.changedInfo = info;
    }

    /** Why this till cannot use Glase now, in the server's words; false if it can. */
    get notReadyReason() {
        const { state, message } = this.info;
        if (state === "ready") {
            return false;
        }
        return message || _t("Glase is not set up for this till. Ask a manager to set it up.");
    }

    /** One of the actions `glase_till_…` of `pos.config`: `ok`, `message`, and `glase`, the new info. */
    call(method, ...args) {
        return this.pos.data.call("pos.config", method, [[this.pos.config.id], ...args]);
    }
}
