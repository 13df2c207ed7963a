/**
 * A timer that goes on while the tab is hidden.
 *
 * Browsers slow the timers of hidden tabs down to one a minute, but not those of a worker, and
 * Glase reverses a payment that nobody fetches within 20 s (`doc/protocol.md §4.5`). Where there is
 * no worker (old browser, forbidden by a content policy) the page's own timer is used.
 */
const WORKER_SOURCE = `
    let timer;
    onmessage = (event) => {
        clearInterval(timer);
        timer = setInterval(() => postMessage(0), event.data);
    };
`;

export const backgroundTimer = {
    /** Milliseconds of a clock that never jumps. */
    now: () => performance.now(),

    /**
     * @param {number} milliseconds between two ticks
     * @param {() => void} onTick
     * @returns {() => void} stops it
     */
    start(milliseconds, onTick) {
        let url;
        try {
            url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
            const worker = new Worker(url);
            let stopTimer = () => {};
            worker.onmessage = onTick;
            worker.onerror = () => {
                stopTimer = backgroundTimer.startInterval(milliseconds, onTick);
            };
            worker.postMessage(milliseconds);
            return () => {
                worker.terminate();
                URL.revokeObjectURL(url);
                stopTimer();
            };
        } catch {
            return backgroundTimer.startInterval(milliseconds, onTick);
        }
    },

    startInterval(milliseconds, onTick) {
        const timer = setInterval(onTick, milliseconds);
        return () => clearInterval(timer);
    },
};
