/**
 * Keep the screen on while a customer pays, where the browser can.
 *
 * @returns {() => void} lets the screen sleep again
 */
export function keepScreenOn() {
    let released = false;
    let lock = null;
    const request = async () => {
        if (document.visibilityState !== "visible" || released) {
            return;
        }
        try {
            lock = await navigator.wakeLock?.request("screen");
            if (released) {
                await lock?.release();
            }
        } catch {
            lock = null;
        }
    };
    // The browser lets go of the lock whenever the tab is hidden.
    document.addEventListener("visibilitychange", request);
    request();
    return () => {
        released = true;
        document.removeEventListener("visibilitychange", request);
        lock?.release().catch(() => {});
    };
}
