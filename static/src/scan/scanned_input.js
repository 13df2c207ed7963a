import { useEffect } from "@odoo/owl";

// On average a scanner that types takes less than this for a key, and a person more.
const KEY_MS = 50;
// What comes after such a pause is not the same scan.
const PAUSE_MS = 500;
const SHORTEST_SCAN = 4;

/** Keys that came without a pause, and what they have put into an input. */
class Burst {
    constructor(input) {
        this.input = input;
        this.clear();
    }

    clear() {
        this.keys = 0;
        this.last = -Infinity;
    }

    /** A key is about to be typed. */
    add(at) {
        if (at - this.last > PAUSE_MS) {
            const { value, selectionStart, selectionEnd } = this.input;
            this.head = value.slice(0, selectionStart);
            this.tail = value.slice(selectionEnd);
            this.keys = 0;
            this.first = at;
        }
        this.keys++;
        this.last = at;
    }

    /** What a scanner has typed; empty if it was a person. Read from the input: keys are not letters. */
    get scanned() {
        const { value } = this.input;
        const quick = this.last - this.first <= KEY_MS * (this.keys - 1);
        if (this.keys < SHORTEST_SCAN || !quick) {
            return "";
        }
        return value.startsWith(this.head) && value.endsWith(this.tail)
            ? value.slice(this.head.length, value.length - this.tail.length)
            : "";
    }
}

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
            const burst = new Burst(input);
            let timer = null;

            function end() {
                clearTimeout(timer);
                const { scanned } = burst;
                burst.clear();
                if (scanned && input.value !== scanned) {
                    input.value = scanned;
                    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
                }
                return scanned;
            }

            function onKeydown(event) {
                if (["Enter", "Tab"].includes(event.key)) {
                    if (!end() && event.key === "Tab") {
                        return;
                    }
                    event.preventDefault();
                    event.stopPropagation();
                    onEntered(input.value);
                    input.select();
                } else if (event.key?.length === 1 && !event.ctrlKey && !event.metaKey) {
                    burst.add(event.timeStamp);
                    clearTimeout(timer);
                    timer = setTimeout(end, PAUSE_MS);
                }
            }

            const listeners = {
                keydown: onKeydown,
                blur: end,
                focus: () => input.select(),
            };
            for (const [name, listener] of Object.entries(listeners)) {
                input.addEventListener(name, listener, { capture: true });
            }
            return () => {
                clearTimeout(timer);
                for (const [name, listener] of Object.entries(listeners)) {
                    input.removeEventListener(name, listener, { capture: true });
                }
            };
        },
        () => [ref.el]
    );
}
