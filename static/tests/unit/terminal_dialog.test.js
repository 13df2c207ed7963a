import { expect, test } from "@odoo/hoot";
import { click, edit, press, queryOne } from "@odoo/hoot-dom";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import { getService, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { ConnectionLostError } from "@web/core/network/rpc";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { TerminalDialog } from "@pos_glase/app/dialogs/terminal_dialog";
import { PlayedServer, setUpTill, TILL_INFO } from "./helpers";

definePosModels();

const WITHOUT_ID = { ...TILL_INFO, state: "no_glase_id", glase_id: false, message: "Assign one." };

/** The dialog of a till whose server answers what `answers` says for each method. */
async function openDialog(info, answers) {
    new PlayedServer();
    const { store } = await setUpTill();
    const calls = [];
    store.glase.terminal.info = info;
    const call = store.data.call.bind(store.data);
    patchWithCleanup(store.data, {
        call(model, method, args) {
            if (!method.startsWith("glase_till_")) {
                return call(...arguments);
            }
            calls.push([method, ...args.slice(1)]);
            const answer = answers[method] || { ok: true, message: "", glase: store.glase.info };
            return typeof answer === "function" ? answer() : Promise.resolve(answer);
        },
    });
    await mountWithCleanup(MainComponentsContainer);
    getService("dialog").add(TerminalDialog, { terminal: store.glase.terminal });
    await animationFrame();
    await animationFrame();
    return { store, calls };
}

const ASSIGNED = {
    ok: true,
    message: "The till has its Glase ID.",
    glase: { ...TILL_INFO, glase_id: "NEW42" },
};

test("a scanned sticker is assigned, whatever the shop's barcode rules make of it", async () => {
    const { store, calls } = await openDialog(WITHOUT_ID, { glase_till_assign: ASSIGNED });
    document.activeElement.blur();
    for (const key of "HTTP://SEQR.SE/QNEW42") {
        await press(key);
    }
    await press("Enter");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["glase_till_assign", "HTTP://SEQR.SE/QNEW42"]);
    expect(queryOne(".glase-terminal-id").textContent).toBe("NEW42");
    expect(store.glase.info.state).toBe("ready");
    expect(".o_notification").toHaveCount(0, { message: "nobody else has read the scanner" });
});

test("a scan is not lost while the state is still being read", async () => {
    const state = new Deferred();
    const { store, calls } = await openDialog(WITHOUT_ID, {
        glase_till_status: () => state,
        glase_till_assign: ASSIGNED,
    });
    getService("barcode").bus.trigger("barcode_scanned", {
        barcode: "NEW42",
        target: document.body,
    });
    await animationFrame();
    expect(calls.at(-1)).toEqual(["glase_till_assign", "NEW42"]);
    state.resolve({ ok: false, message: "", glase: WITHOUT_ID });
    await animationFrame();
    expect(store.glase.info.glase_id).toBe("NEW42", { message: "the older answer came later" });
});

test("typed and refused: the server's words, and the till as it was", async () => {
    const { store, calls } = await openDialog(WITHOUT_ID, {
        glase_till_assign: { ok: false, message: "That Glase ID is taken.", glase: WITHOUT_ID },
    });
    await click("#glase-id-input");
    await edit("TAKEN1");
    await click(".glase-assign");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["glase_till_assign", "TAKEN1"]);
    expect(queryOne(".glase-terminal-message").textContent).toBe("That Glase ID is taken.");
    expect(store.glase.info.state).toBe("no_glase_id");
    expect(queryOne("#glase-id-input").value).toBe("TAKEN1");
});

/** Keys as a scanner types them that is plugged in as a keyboard, into whatever has the focus. */
async function scan(text, end = "Enter") {
    for (const key of text) {
        await press(key);
    }
    await press(end);
    await animationFrame();
    await animationFrame();
}

const QUESTION = { ok: true, question: true, message: "Use it instead?", glase: TILL_INFO };

test("a scan after a refused one takes its place in the input", async () => {
    const { calls } = await openDialog(WITHOUT_ID, {
        glase_till_assign: { ok: false, message: "That Glase ID is taken.", glase: WITHOUT_ID },
    });
    for (const [code, end] of [
        ["scana111", "Enter"],
        ["scana111", "Enter"],
        ["scanb222", "Tab"],
    ]) {
        await click("#glase-id-input");
        await scan(code, end);
        expect(calls.at(-1)).toEqual(["glase_till_assign", code]);
        expect(queryOne("#glase-id-input").value).toBe(code);
    }
    expect(calls.filter(([method]) => method === "glase_till_assign")).toHaveLength(3);
});

test("at a ready till a stray scan asks, and nothing that is scanned answers", async () => {
    const { calls } = await openDialog(TILL_INFO, {
        glase_till_check: QUESTION,
        glase_till_assign: ASSIGNED,
    });
    document.activeElement.blur();
    await scan("5410013101703");
    expect(calls.at(-1)).toEqual(["glase_till_check", "5410013101703"]);
    expect(queryOne(".glase-terminal-message").textContent).toInclude("Use it instead?");
    await scan("5410013101703");
    await click("#glase-id-input");
    await scan("5410013101703");
    expect(calls.filter(([method]) => method === "glase_till_assign")).toHaveLength(0);
    await click(".glase-keep");
    await animationFrame();
    expect(".glase-replace").toHaveCount(0);
    expect(queryOne("#glase-id-input").value).toBe("");
    await scan("new42");
    await click(".glase-replace");
    await animationFrame();
    await animationFrame();
    expect(calls.at(-1)).toEqual(["glase_till_assign", "new42"]);
    expect(queryOne(".glase-terminal-id").textContent).toBe("NEW42");
});

test("at a ready till junk is refused, without a question", async () => {
    const { calls } = await openDialog(TILL_INFO, {
        glase_till_check: { ok: false, question: false, message: "No Glase ID.", glase: TILL_INFO },
    });
    document.activeElement.blur();
    await scan("http://example.com");
    expect(calls.at(-1)).toEqual(["glase_till_check", "http://example.com"]);
    expect(queryOne(".glase-terminal-message").textContent).toInclude("No Glase ID.");
    expect(".glase-replace").toHaveCount(0);
});

test("nothing typed asks nothing", async () => {
    const { calls } = await openDialog(WITHOUT_ID, {});
    await click(".glase-assign");
    await animationFrame();
    expect(calls.map(([method]) => method)).toEqual(["glase_till_status"]);
    expect(queryOne(".glase-terminal-message").textContent).toInclude("Type the Glase ID");
});

test("where it would be refused, unregister is not offered", async () => {
    await openDialog({ ...TILL_INFO, can_unregister: false }, {});
    expect(".glase-test").toHaveCount(1);
    expect(".glase-unregister").toHaveCount(0);
});

test("unregister asks first", async () => {
    const { calls } = await openDialog(TILL_INFO, {
        glase_till_unregister: {
            ok: true,
            message: "Unregistered.",
            glase: { ...TILL_INFO, state: "not_registered", glase_id: false },
        },
    });
    await click(".glase-unregister");
    await animationFrame();
    expect(calls).toHaveLength(1);
    await click(".o_dialog:not(.o_inactive_modal) .modal-footer .btn-primary");
    await animationFrame();
    await animationFrame();
    expect(calls.at(-1)).toEqual(["glase_till_unregister"]);
    expect(".glase-register").toHaveCount(1);
    expect(".glase-unregister").toHaveCount(0);
});

test("a server out of reach is said, not thrown", async () => {
    const { store } = await openDialog(TILL_INFO, {
        glase_till_test: () => Promise.reject(new ConnectionLostError("/web")),
    });
    await click(".glase-test");
    await animationFrame();
    expect(queryOne(".glase-terminal-message").textContent).toInclude("out of reach");
    expect(store.glase.info.state).toBe("ready");
});
