import { expect, test } from "@odoo/hoot";
import { advanceTime, freezeTime, mockWorker, tick } from "@odoo/hoot-mock";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { backgroundTimer } from "@pos_glase/app/attempt/background_timer";

test("a worker ticks, as often as it is told", async () => {
    let ofPage;
    let told;
    mockWorker((worker) => {
        ofPage = worker;
        worker._messageChannel.port2.onmessage = (event) => {
            told = event.data;
        };
    });
    let ticks = 0;
    const stop = backgroundTimer.start(250, () => ticks++);
    await tick();
    expect(told).toBe(250);

    ofPage.dispatchEvent(new MessageEvent("message", { data: 0 }));
    expect(ticks).toBe(1);
    await advanceTime(1000);
    expect(ticks).toBe(1, { message: "the page's timer is not used" });
    stop();
});

test("without a worker the page's own timer ticks", async () => {
    freezeTime();
    patchWithCleanup(window, {
        Worker: class {
            constructor() {
                throw new Error("no workers here");
            }
        },
    });
    let ticks = 0;
    const stop = backgroundTimer.start(250, () => ticks++);
    await advanceTime(1000);
    expect(ticks).toBe(4);
    stop();
    await advanceTime(1000);
    expect(ticks).toBe(4);
});
