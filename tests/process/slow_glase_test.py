"""A Glase that hangs: known to all processes of all servers at once, and to who comes after them."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from conftest import Till, wait_for
from crash_points import asked

WORKERS = 2
HANGS = {"operation": "*", "kind": "delay-before", "seconds": 60, "count": None}
POLL_SECONDS = 5


def heard(shop):
    """How often Glase heard each operation."""
    return Counter(call["operation"] for call in shop.simulator.journal()["calls"])


def known(shop):
    """Slow calls in a row, trials since, and whether it was quick again."""
    found = shop.query("SELECT slow, trials, heard_at IS NOT NULL FROM glase_endpoint")
    return found[0] if found else (0, 0, False)


def shut(shop):
    """As if two calls had just been slow, with the first trial due."""
    shop.execute(
        "INSERT INTO glase_endpoint (url, slow, trials) VALUES (%s, 2, 0)"
        " ON CONFLICT (url) DO UPDATE SET slow = 2, trials = 0, tried_at = NULL",
        shop.simulator.endpoint,
    )


def is_slow(view):
    return "slow" in (view["message"] or "")


def send(till, amount):
    bill = till.draft(amount)
    assert till.door("send", **bill)["state"] == "issued"
    return bill


def other_till(shop, url):
    return Till(url, shop.told).log_in("cashier", "cashier")


def test_one_learns_for_all_of_two_servers(shop):
    till = shop.first_till()
    with shop.second_server() as url, ThreadPoolExecutor(1) as pool:
        other = other_till(shop, url)
        bill = send(till, 61)
        shop.simulator.faults(HANGS)
        for _call in range(2):
            assert not is_slow(till.door("status", **asked(bill))), "Glase has not answered"
        assert known(shop)[0] == 2
        before = heard(shop).total()
        trial = pool.submit(till.door, "status", **asked(bill))
        wait_for(lambda: heard(shop).total() > before, "the trial is under way")
        # The other server has never heard a slow call.
        began = time.monotonic()
        assert is_slow(other.door("status", **asked(bill)))
        assert time.monotonic() - began < POLL_SECONDS, "at once"
        assert heard(shop).total() == before + 1, "Glase was not asked"
        assert trial.result()["state"] == "issued"
        shop.simulator.faults()
        shop.advance(POLL_SECONDS)
        answered = other.door("status", **asked(bill))
        assert not is_slow(answered) and answered["state"] == "issued"
        assert known(shop) == (0, 0, True)
        assert not is_slow(till.door("status", **asked(bill))), "and the first hears of it"


def test_a_send_waits_for_a_trial_that_moves_nothing(shop):
    till = shop.first_till()
    shut(shop)
    before = heard(shop)
    send(till, 62)
    assert heard(shop) - before == Counter(benchmarkingNop=1, sendInvoice=1)
    assert known(shop)[0] == 0


def test_a_send_that_finds_glase_slow_has_never_left(shop):
    till = shop.first_till()
    shut(shop)
    shop.simulator.faults(HANGS)
    before = heard(shop)
    bill = till.draft(63)
    view = till.door("send", **bill)
    assert view["state"] == "failed" and is_slow(view)
    assert heard(shop) - before == Counter(benchmarkingNop=1)


def test_a_cancel_may_be_the_trial(shop):
    till = shop.first_till()
    bill = send(till, 64)
    shut(shop)
    before = heard(shop)
    assert till.door("cancel", **asked(bill))["state"] == "canceled"
    assert heard(shop) - before == Counter(cancelInvoice=1, getPaymentStatus=1)
    assert known(shop)[0] == 0


def test_a_process_that_is_killed_in_the_trial_keeps_nobody_out(shop):
    till = shop.first_till()
    bill = send(till, 65)
    shut(shop)
    shop.simulator.faults(HANGS)
    with shop.second_server() as url, ThreadPoolExecutor(1) as pool:
        other = other_till(shop, url)
        before = heard(shop).total()
        trial = pool.submit(till.door, "status", **asked(bill))
        wait_for(lambda: heard(shop).total() > before, "the trial is under way")
        shop.kill()
        assert trial.exception(timeout=30) is not None
        shop.simulator.faults()
        # Its time is over: nobody has to say so.
        shop.advance(POLL_SECONDS)
        view = other.door("status", **asked(bill))
        assert not is_slow(view) and view["state"] == "issued"
        assert known(shop) == (0, 0, True)
    shop.restart()
