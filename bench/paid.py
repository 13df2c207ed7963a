#!/usr/bin/env python3
"""From the customer's confirmation to the till's *paid*, and to its receipt, in a real browser.

Real Odoo in threads, so that its bus answers at the till's own address; real PostgreSQL, Chromium, and the simulator as
a process beside it. A cashier rings up and sends; the customer scans, and confirms at a moment drawn by chance between
two questions of the till. First Glase has no address to push to, then it has. Each time runs from before the
customer's confirmation to the frame of the page in which the till shows it. Prints medians and p95. See
``bench/README.md``.
"""

import argparse
import random
import time

from bench_shop import console, median, p95, prepared, say_machine, served

STICKER = "PROC1"
PRODUCT = "Sourdough Loaf"
# The till asks again after one second, and looks at its clock four times in one.
LONGEST_WAIT = 2.0
SHOWN = {"paid": ".glase-end-banner", "receipt": ".receipt-screen .pos-receipt"}
# When the till shows each for the first time, as milliseconds of this machine's clock.
WATCH = """(shown) => {
    window.firstShown = {};
    const look = () => {
        for (const [name, selector] of Object.entries(shown)) {
            if (!(name in window.firstShown) && document.querySelector(selector)) {
                window.firstShown[name] = Date.now();
            }
        }
    };
    const later = () => requestAnimationFrame(look);
    new MutationObserver(later).observe(document.body, {
        attributes: true, childList: true, subtree: true,
    });
}"""
ALL_SHOWN = """(names) => names.every((name) => name in window.firstShown)"""


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/paid.py", description=__doc__)
    parser.add_argument("--payments", type=int, default=30, help="of each kind; default: 30")
    parser.add_argument("--seed", type=int, default=1, help="when customers confirm; default: 1")
    options = parser.parse_args(arguments)
    stack = prepared(browser=True)
    # With the Python of the stack, which has what drives a browser.
    from till_page import BUNDLE_MILLISECONDS, SCREENS, TillPage, chromium

    chance = random.Random(options.seed)
    with served(stack, workers=0) as shop, chromium() as browser:
        till = TillPage(browser, shop)
        till.come_in("cashier")
        till.page.wait_for_selector(f".open-register-btn, {SCREENS}", timeout=BUNDLE_MILLISECONDS)
        till.start().script(WATCH, SHOWN)
        # For what a page and a server do once.
        _pay(shop, till, 0.0)
        found = {}
        for name, address in (("without push", False), ("with push", shop.url)):
            _push_to(shop, address)
            before = _pushes(shop)
            waits = [chance.uniform(0, LONGEST_WAIT) for _payment in range(options.payments)]
            found[name] = [_pay(shop, till, wait) for wait in waits], _pushes(shop) - before
        till.close()
    _say(found, options)


def _push_to(shop, address):
    """Let Glase post to this address when a customer has paid, or nowhere."""
    [[account, company]] = shop.rows(
        "SELECT a.id, a.company_id FROM glase_account a JOIN glase_terminal t ON t.account_id = a.id"
        " WHERE t.terminal_identifier = %s",
        shop.told["terminal"],
    )
    shop.till("admin").call(
        "glase.account",
        "write",
        [account],
        {"public_url": address},
        context={"allowed_company_ids": [company]},
    )


def _pushes(shop):
    return len(shop.simulator.journal()["notifications"])


def _pay(shop, till, wait):
    """One payment, whose customer confirms so many seconds after scanning.

    :return: milliseconds from the confirmation on, by what is shown
    """
    till.page.wait_for_selector(SHOWN["paid"], state="detached")
    till.new_order().ring_up(PRODUCT).send()
    shop.simulator.customer(STICKER, "scan")
    till.script("() => { window.firstShown = {}; }")
    time.sleep(wait)
    confirmed = time.time() * 1000
    shop.simulator.customer(STICKER, "pay")
    till.until(ALL_SHOWN, list(SHOWN))
    return {name: at - confirmed for name, at in till.script("() => window.firstShown").items()}


def _say(found, options):
    say_machine()
    console.say(
        f"{options.payments} payments of each kind, seed {options.seed}; ms from the customer's confirmation"
    )
    console.say(
        f"{'':>14} {'paid p50':>9} {'paid p95':>9} {'receipt p50':>12} {'receipt p95':>12} {'pushes':>7}"
    )
    for name, (payments, pushes) in found.items():
        cells = []
        for shown, width in (("paid", 9), ("receipt", 12)):
            seconds = [payment[shown] / 1000 for payment in payments]
            cells += [f"{median(seconds):>{width}.0f}", f"{p95(seconds):>{width}.0f}"]
        console.say(f"{name:>14} {' '.join(cells)} {pushes:>7}")


if __name__ == "__main__":
    console.command(main)
