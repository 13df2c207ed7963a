/* global posmodel */

// Shows each state of the till's dialogs with given values, and measures what a person would see of it.
// Read by browser_screens_test.py into the page of a till.
window.glaseScreens = (() => {
    const module = (name) => odoo.loader.modules.get(`@pos_glase/app/${name}`);
    const nothing = () => {};

    /** From now on the texts of an addon are these; a template that was shown already keeps its own. */
    function speak(words, addon = "pos_glase") {
        const { translatedTerms } = odoo.loader.modules.get("@web/core/l10n/translation");
        translatedTerms[addon] = words;
    }

    const VIEW = {
        ok: true,
        state: "issued",
        amount: "0",
        updatable: true,
        glase_id: "4711000815AB",
        sticker: "HTTP://SEQR.SE/Q4711000815AB",
        silence: 0,
    };

    function showPayment({ fields, view, info }) {
        const { PaymentAttempt } = module("attempt/payment_attempt");
        const { PaymentDialog } = module("dialogs/payment_dialog");
        const own = { configId: 0, orderUuid: "", lineUuid: "", attempt: "", amount: info.amount };
        const attempt = new PaymentAttempt(own);
        const { shop, mark } = info;
        attempt.view = { ...VIEW, shop, mark, ...view };
        Object.assign(attempt, fields);
        posmodel.dialog.add(PaymentDialog, {
            attempt,
            info: { shop, mark, glase_id: VIEW.glase_id },
            onRead: nothing,
            onRetry: nothing,
            onSendAgain: nothing,
            onGiveUp: nothing,
            onChangeAmount: nothing,
            onReplace: nothing,
            onForceDone: nothing,
        });
    }

    function showRefund({ fields, view, info, route }) {
        const { RefundAttempt } = module("attempt/refund_attempt");
        const { RefundDialog } = module("dialogs/refund_dialog");
        const own = { configId: 0, orderUuid: "", lineUuid: "", attempt: "", amount: info.amount };
        const attempt = new RefundAttempt({ ...own, route: route || "refund" });
        attempt.view = { ...VIEW, mark: info.mark, ...view };
        Object.assign(attempt, fields);
        posmodel.dialog.add(RefundDialog, {
            attempt,
            info,
            onRead: nothing,
            onPayOtherwise: nothing,
        });
    }

    const never = () => new Promise(nothing);

    function showAmount({ message }) {
        const { AmountDialog } = module("dialogs/amount_dialog");
        const props = { startingValue: "1234567.00", check: () => message, until: never() };
        posmodel.dialog.add(AmountDialog, { ...props, getPayload: nothing });
    }

    function showChoice({ title, body, labels }) {
        const { ChoiceDialog } = module("dialogs/choice_dialog");
        const choices = labels.map((label, index) => ({ id: `${index}`, label, primary: !index }));
        posmodel.dialog.add(ChoiceDialog, { title, body, choices, getPayload: nothing });
    }

    function showApproval({ title, body, action, message }) {
        const { ApprovalDialog } = module("dialogs/approval_dialog");
        posmodel.dialog.add(ApprovalDialog, {
            title,
            body,
            action,
            needsLogin: true,
            onApprove: async () => message,
            getPayload: nothing,
        });
    }

    /** The till's own terminal, or another one: what the server says of it, and answers a press of a button. */
    function showTerminal({ info, answer }) {
        const { TerminalDialog } = module("dialogs/terminal_dialog");
        const call = async () => ({
            ok: true,
            question: false,
            message: "",
            ...answer,
            glase: info,
        });
        const terminal = info ? { info, call } : posmodel.glase.terminal;
        posmodel.dialog.add(TerminalDialog, { terminal });
    }

    /** The closing of the register; `glase` is what the server says of Glase, if it is not its own. */
    async function showClosing(glase) {
        const { ClosePosPopup } = odoo.loader.modules.get(
            "@point_of_sale/app/components/popups/closing_popup/closing_popup"
        );
        const info = await posmodel.getClosePosInfo();
        posmodel.dialog.add(ClosePosPopup, glase ? { ...info, glase } : info);
    }

    /** The open order's Glase line as it looks while its payment stands like this. */
    function showLine({ fields, isRefund, isReversed, isPreparing, isRunning }) {
        const order = posmodel.getOrder();
        const line = order.payment_ids.find(
            (one) => one.payment_method_id.use_payment_terminal === "glase"
        );
        const { runner, payments } = posmodel.glase;
        runner.preparing = isPreparing ? line.uuid : null;
        runner.running = isRunning ? { lineUuid: line.uuid, orderUuid: order.uuid } : null;
        payments.reversed[isReversed ? "add" : "delete"](line.uuid);
        order.is_refund = Boolean(isRefund);
        line.update({ transaction_id: "", ...fields });
    }

    /** What the till sends to the customer's screen. */
    function display(glaseDisplay) {
        new BroadcastChannel("UPDATE_CUSTOMER_DISPLAY").postMessage({
            lines: [],
            finalized: false,
            glaseDisplay,
        });
    }

    /** How large the letters of these elements are, in pixels. */
    function sizes(selector) {
        return [...document.querySelectorAll(selector)].map((each) =>
            Math.round(parseFloat(getComputedStyle(each).fontSize))
        );
    }

    /** That it is paid or given back, over the screen. */
    function showBanner(words) {
        posmodel.glase.screen.banner.words = words;
    }

    /** As long as a test looks at it. */
    function keepBanner() {
        module("timing").timing.banner = 60000;
    }

    /** What stands in the open dialog, each text by itself. */
    function lines() {
        return [...texts(document.querySelector(".modal"))].map((node) => node.textContent.trim());
    }

    function code() {
        return module("dialogs/qr_picture").qrPicture(VIEW.sticker);
    }

    const SHOW = {
        payment: showPayment,
        refund: showRefund,
        amount: showAmount,
        choice: showChoice,
        approval: showApproval,
        terminal: showTerminal,
    };

    /** The part of the screen in which an element's content can be seen. */
    function windowOf(element) {
        const seen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
        for (let each = element; each && each !== document.body; each = each.parentElement) {
            const { overflowX, overflowY } = getComputedStyle(each);
            if (overflowX === "visible" && overflowY === "visible") {
                continue;
            }
            const box = each.getBoundingClientRect();
            seen.left = Math.max(seen.left, box.left);
            seen.top = Math.max(seen.top, box.top);
            seen.right = Math.min(seen.right, box.right);
            seen.bottom = Math.min(seen.bottom, box.bottom);
        }
        return seen;
    }

    function isCut(box, element, scrolls) {
        const seen = windowOf(element);
        return (
            box.left < seen.left - 1 ||
            box.right > seen.right + 1 ||
            (!scrolls && (box.top < seen.top - 1 || box.bottom > seen.bottom + 1))
        );
    }

    function isCovered(box, element) {
        const top = document.elementFromPoint(
            (box.left + box.right) / 2,
            (box.top + box.bottom) / 2
        );
        return !top || !(element.contains(top) || top.contains(element));
    }

    function isShown(element) {
        return element.checkVisibility() && !element.closest(".visually-hidden");
    }

    function* texts(root) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.textContent.trim() && isShown(node.parentElement)) {
                yield node;
            }
        }
    }

    /** Each text under `root`, also what only a screen reader tells. */
    function* told(root) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            yield walker.currentNode.textContent;
        }
        for (const element of root.querySelectorAll("*")) {
            for (const name of ["aria-label", "title", "alt", "placeholder"]) {
                yield element.getAttribute(name) || "";
            }
        }
    }

    /**
     * What under `selector` is said in no translation: its letters stand between no marks of `speak`.
     *
     * @param {string[]} given what the test has put in itself, and names
     */
    function unsaid(selector, given) {
        const found = new Set();
        for (const root of document.querySelectorAll(selector)) {
            for (const text of told(root)) {
                let left = text;
                for (const known of given.toSorted((one, other) => other.length - one.length)) {
                    left = left.replaceAll(known, " ");
                }
                for (let before = ""; before !== left;) {
                    before = left;
                    left = left.replace(/\u2062[^\u2062\u2063]*\u2063/g, " ");
                }
                if (/\p{L}{2,}/u.test(left)) {
                    found.add(left.trim());
                }
            }
        }
        return [...found];
    }

    // Letters and figures, and what stands between them without a space that a line may end at: an amount is one.
    const WORD = /[\p{L}\p{N}](?:[\p{L}\p{N}\u00a0\u202f]|[.,](?=\p{N}))*/gu;
    // A reference of Glase's has 25 figures, and may stand in two lines.
    const REFERENCE = /^\p{N}{20,}$/u;

    /** The words and amounts of a text that stand in two lines. */
    function* broken(node) {
        const range = document.createRange();
        for (const { 0: word, index } of node.textContent.matchAll(WORD)) {
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
            if (lines.size > 1 && !REFERENCE.test(word)) {
                yield word;
            }
        }
    }

    /** Whether a part of a text stands beside the box that it belongs to. */
    function isOut(box, element) {
        let block = element;
        while (getComputedStyle(block).display === "inline") {
            block = block.parentElement;
        }
        const { left, right } = block.getBoundingClientRect();
        return box.left < left - 1 || box.right > right + 1;
    }

    /**
     * What of the words and buttons under `root` is cut off, broken, beside its box or covered, as sentences.
     *
     * @param {string} selector
     * @param {boolean} [scrolls] up and down: what is above or below is no trouble
     */
    function measure(selector, scrolls = false) {
        const root = document.querySelector(selector);
        const troubles = [];
        let words = 0;
        for (const node of texts(root)) {
            const range = document.createRange();
            range.selectNodeContents(node);
            words += 1;
            const said = node.textContent.trim().slice(0, 40);
            for (const word of broken(node)) {
                troubles.push(`broken: ${word}`);
            }
            for (const box of range.getClientRects()) {
                if (isOut(box, node.parentElement)) {
                    troubles.push(`wider than its box: ${said}`);
                }
                if (isCut(box, node.parentElement, scrolls)) {
                    troubles.push(`cut: ${said}`);
                } else if (!scrolls && isCovered(box, node.parentElement)) {
                    troubles.push(`covered: ${said}`);
                }
            }
        }
        const buttons = [...root.querySelectorAll("button, input")].filter(isShown);
        for (const button of buttons) {
            const box = button.getBoundingClientRect();
            const said = (button.textContent || button.id).trim().slice(0, 40);
            if (isCut(box, button, scrolls) || (!scrolls && isCovered(box, button))) {
                troubles.push(`a button is cut or covered: ${said}`);
            }
            if (button.tagName === "BUTTON" && button.scrollWidth > button.clientWidth + 1) {
                troubles.push(`a button's words are cut: ${said}`);
            }
        }
        return { words, buttons: buttons.length, troubles: [...new Set(troubles)] };
    }

    return {
        show: (kind, given) => SHOW[kind](given),
        showClosing,
        showLine,
        showBanner,
        keepBanner,
        display,
        code,
        measure,
        unsaid,
        lines,
        sizes,
        speak,
    };
})();
