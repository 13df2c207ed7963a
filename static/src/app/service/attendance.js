import { effect } from "@web/core/utils/reactive";

/** Screens that stand before the till: nobody is at it while one of them is shown. */
export const UNATTENDED_SCREENS = new Set(["LoginScreen", "SaverScreen"]);

/**
 * Whether somebody is at the till: has logged in, and opened the register.
 *
 * @param {Object} pos the store
 */
export function isAttended(pos) {
    return (
        Boolean(pos.cashier) &&
        pos.session?.state === "opened" &&
        !UNATTENDED_SCREENS.has(pos.router.state.current)
    );
}

/**
 * What waits until somebody is at the till: dialogs, which would cover the log-in, and the end of
 * an order, which needs an employee and shows the next screen. Money does not wait here.
 */
export class Attendance {
    constructor(pos) {
        this.pos = pos;
        this.waiting = [];
        this.isWatching = false;
    }

    /** @returns {Promise<void>} ends once somebody is at the till */
    wait() {
        if (isAttended(this.pos)) {
            return Promise.resolve();
        }
        const attended = new Promise((resolve) => this.waiting.push(resolve));
        this.watch();
        return attended;
    }

    /** Begins with the first who waits: only then all that it looks at is loaded. */
    watch() {
        if (this.isWatching) {
            return;
        }
        this.isWatching = true;
        effect(
            (pos) => {
                if (isAttended(pos)) {
                    this.waiting.splice(0).forEach((resolve) => resolve());
                }
            },
            [this.pos]
        );
    }
}
