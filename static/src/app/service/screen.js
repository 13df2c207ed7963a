import { reactive, toRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { request } from "@pos_glase/app/attempt/rpc";
import { ApprovalDialog } from "@pos_glase/app/dialogs/approval_dialog";
import { ChoiceDialog } from "@pos_glase/app/dialogs/choice_dialog";
import { Attendance, isAttended } from "@pos_glase/app/service/attendance";
import { timing } from "@pos_glase/app/timing";
import { moneyText } from "@pos_glase/app/service/send_checks";

/** What people see: dialogs, one at a time, and only while somebody is at the till. */
export class Screen {
    /**
     * @param {Object} pos the store
     * @param {TillTerminal} terminal
     */
    constructor(pos, terminal) {
        this.pos = pos;
        this.terminal = terminal;
        this.attendance = new Attendance(pos);
        /** Ends when nothing of ours is left to be read. */
        this.allRead = Promise.resolve();
        /** Of each attempt: its `turn`, `close` (its dialog), and `isHidden`. */
        this.dialogs = new WeakMap();
        /** Of what somebody was told of, by uuid of the line: what takes it from the screen. */
        this.told = new Map();
        /** What is said large for a moment, see `EndBanner`; `words` is null while there is nothing. */
        this.banner = reactive({ words: null });
    }

    dialogOf(attempt) {
        const key = toRaw(attempt);
        if (!this.dialogs.has(key)) {
            this.dialogs.set(key, {});
        }
        return this.dialogs.get(key);
    }

    money(amount) {
        return moneyText(this.pos, amount);
    }

    /**
     * @param {string} words
     * @param {string} type of Odoo's notification
     * @param {Object} [options]
     * @param {boolean} [options.sticky] until it is closed, or settled
     * @param {string} [options.about] uuid of a payment line, see `settle`
     */
    notify(words, type, { sticky = false, about } = {}) {
        const close = this.pos.notification.add(words, { type, sticky });
        if (about) {
            this.told.set(about, [...(this.told.get(about) || []), close]);
        }
    }

    /** What was told about a payment is no longer so: it goes from the screen. */
    settle(about) {
        const closing = this.told.get(about) || [];
        this.told.delete(about);
        closing.forEach((close) => close());
    }

    /** Say for a moment, large, that money was paid or given back. */
    showEnd(headline, amount, mark) {
        const words = { headline, amount: this.money(amount), mark: mark || false };
        this.banner.words = words;
        setTimeout(() => {
            if (toRaw(this.banner).words === words) {
                this.banner.words = null;
            }
        }, timing.banner);
    }

    /**
     * Dialogs come one at a time, in the order in which they were asked for.
     *
     * @returns {{comes: Promise<void>, end: () => void}} what comes later waits for `end`
     */
    takeTurn() {
        const turn = { comes: this.allRead };
        this.allRead = new Promise((resolve) => {
            turn.end = resolve;
        }).then(() => turn.comes);
        return turn;
    }

    /** The dialog of an attempt, until it is hidden: an end that needs words is read first. */
    async show(attempt, component, props) {
        const dialog = this.dialogOf(attempt);
        dialog.turn ||= this.takeTurn();
        await dialog.turn.comes;
        await this.attendance.wait();
        if (dialog.isHidden) {
            return;
        }
        const reopen = () => {
            if (!dialog.isHidden) {
                setTimeout(() => this.show(attempt, component, props));
            }
        };
        dialog.close = this.pos.dialog.add(
            component,
            { attempt, info: this.terminal.info, ...props },
            // The till closes all dialogs on some occasions; a payment goes on.
            { onClose: reopen }
        );
    }

    hide(attempt) {
        const dialog = this.dialogOf(attempt);
        dialog.isHidden = true;
        dialog.close?.();
        dialog.turn?.end();
    }

    /** Say something to whoever is at the till, after what else is to be read. */
    async say(title, body) {
        const turn = this.takeTurn();
        await turn.comes;
        await this.attendance.wait();
        const onClose = () => {
            // Closed with the till, not by its reader.
            if (isAttended(this.pos)) {
                turn.end();
            } else {
                this.attendance.wait().then(open);
            }
        };
        const open = () => this.pos.dialog.add(AlertDialog, { title, body }, { onClose });
        open();
    }

    /**
     * Ask whoever has just pressed something, over the dialog that it was pressed in.
     *
     * @returns {Promise<string|undefined>} the id of the choice; empty or undefined for *Back*
     */
    choose(props) {
        return makeAwaitable(this.pos.dialog, ChoiceDialog, props);
    }

    /**
     * Let a manager approve something, and have the server do it.
     *
     * @param {Object} props `title`, `body`, `action`, `until`, see `ApprovalDialog`
     * @param {string} route
     * @param {Object} [params]
     * @returns {Promise<Object|false>} the server's view; false if it was not done
     */
    async approve(props, route, params) {
        let done = false;
        const isApproved = await makeAwaitable(this.pos.dialog, ApprovalDialog, {
            ...props,
            needsLogin: !this.terminal.info.manager,
            onApprove: async (approval) => {
                const asked = { config_id: this.pos.config.id, ...params, ...approval };
                const answer = request(route, asked);
                const late = setTimeout(() => answer.abort(), timing.request);
                const { view, message } = await answer;
                clearTimeout(late);
                done = Boolean(view?.ok) && view;
                const unknown = _t(
                    "The server has not answered: it is not known whether this was done. Try again."
                );
                return !done && (view?.message || message || unknown);
            },
        });
        return Boolean(isApproved) && done;
    }
}
