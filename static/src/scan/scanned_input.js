import { useEffect } from "@odoo/owl";

// A scanner that types is faster than this between two keys, and a person is not for four of them.
const BETWEEN_KEYS_MS = 50;
const SHORTEST_SCAN = 4;

/**
 * An input that a person types into and a scanner, too: what is scanned replaces what stood there.
 *
 * Enter, and the Tab that some scanners end with, hands over what stands in the input. It is selected
 * then, so what is typed or scanned next replaces it.
 *
 * @param {{el: HTMLInputElement}} ref
 * @param {(text: string) => void} onEntered
 */
export function useScannedInput(ref, onEntered) {
    useEffect(
        (input) => {
            if (!input) {
                return;
            }
            let scanned = "";
            let last = -Infinity;
            let timer = null;

            function settle() {
                clearTimeout(timer);
                const isScan = scanned.length >= SHORTEST_SCAN;
                if (isScan && input.value !== scanned) {
                    input.value = scanned;
                    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
                }
                scanned = "";
                return isScan;
            }

            function onKeydown(event) {
                const quick = event.timeStamp - last <= BETWEEN_KEYS_MS;
                if (["Enter", "Tab"].includes(event.key)) {
                    const isScan = quick && settle();
                    scanned = "";
                    if (event.key === "Tab" && !isScan) {
                        return;
                    }
                    event.preventDefault();
                    event.stopPropagation();
                    onEntered(input.value);
                    input.select();
                    return;
                }
                if (event.key?.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) {
                    return;
                }
                scanned = quick ? scanned + event.key : event.key;
                last = event.timeStamp;
                clearTimeout(timer);
                timer = setTimeout(settle, 2 * BETWEEN_KEYS_MS);
            }

            const select = () => input.select();
            input.addEventListener("keydown", onKeydown, { capture: true });
            input.addEventListener("focus", select);
            return () => {
                clearTimeout(timer);
                input.removeEventListener("keydown", onKeydown, { capture: true });
                input.removeEventListener("focus", select);
            };
        },
        () => [ref.el]
    );
}
