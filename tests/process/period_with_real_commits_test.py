"""The server is killed while a period is marked or its report is fetched: the job goes on."""

import pytest
from conftest import wait_for
from crash_points import (
    Glase,
    after_carried_out,
    assert_all_is_well,
    before_carried_out,
    kill_at,
    moments,
    sell,
    storing,
    table_locked,
)

WORKERS = 2
MINUTE = 61
MARK, REPORT = "markTransactionPeriod", "executeReport"


@pytest.fixture
def glase(shop):
    return Glase(shop.simulator)


@pytest.fixture
def till(shop):
    """The till, its register open, and nothing at Glase that is not reported yet."""
    till = shop.first_till()
    [(state,)] = shop.query("SELECT state FROM pos_session WHERE id = %s", till.told["session_id"])
    if state == "closed":
        till.open_register()
    return till


def work(shop, admin, seconds=0):
    """Time passes, and the job works what is due then."""
    shop.advance(seconds)
    admin.run("glase.period", "_work_due")


def settle(shop, admin):
    """The job works until the report is there."""
    for _round in range(4):
        work(shop, admin, 4)


def close(shop, till):
    """Close the register; returns the id of the period that this makes."""
    assert till.close_register()["successful"]
    [(session,)] = shop.query(
        "SELECT state FROM pos_session WHERE id = %s", till.told["session_id"]
    )
    assert session == "closed"
    [(period_id,)] = shop.query(
        "SELECT period_id FROM glase_period_session_rel WHERE session_id = %s",
        till.told["session_id"],
    )
    return period_id


def period(shop, period_id):
    [found] = shop.query("SELECT state FROM glase_period WHERE id = %s", period_id)
    return found[0]


def reported_in(shop, bill):
    [(period_id,)] = shop.query(
        "SELECT period_id FROM glase_transaction WHERE line_uuid = %s", bill["line_uuid"]
    )
    return period_id


def kinds(shop, period_id):
    found = shop.query(
        "SELECT kind FROM glase_period_line WHERE period_id = %s ORDER BY kind", period_id
    )
    return [kind for (kind,) in found]


def lost_cases(shop, period_id):
    return shop.query(
        "SELECT state FROM glase_case WHERE kind = 'period_lost' AND period_id = %s", period_id
    )


@pytest.mark.parametrize("point", moments("never sent", "before", "after", "storing", kept="after"))
def test_killed_while_marking(shop, admin, till, glase, point):
    bill = sell(shop, till, 81)
    first = close(shop, till)
    marks = len(glase.calls(MARK))
    points = {
        "never sent": lambda shop: table_locked(shop, "glase_terminal"),
        "before": lambda _shop: before_carried_out(MARK)(glase),
        "after": lambda _shop: after_carried_out(MARK)(glase),
        "storing": storing(glase, MARK, "glase_period", "id = %s", first),
    }
    kill_at(shop, points[point], lambda: admin.run("glase.period", "_work_due"))
    heard = int(point != "never sent")
    assert len(glase.calls(MARK)) == marks + heard
    if heard:
        wait_for(lambda: glase.calls(MARK)[-1]["carried_out_at"], "Glase has ended the period")
    # Glase and the server down or not, the shop goes on.
    till.open_register()
    work(shop, admin)
    assert period(shop, first) == "marking", "whoever marks it may still be at work"
    work(shop, admin, MINUTE)
    assert period(shop, first) == "mark_unknown"
    [(second, state)] = shop.query(
        "SELECT id, state FROM glase_period WHERE replaces_id = %s", first
    )
    assert state == "to_mark"
    next_bill = sell(shop, till, 82)
    work(shop, admin)
    assert len(glase.calls(MARK)) == marks + heard, "a mark is not repeated at once"
    work(shop, admin, MINUTE)
    assert len(glase.calls(MARK)) == marks + heard + 1
    settle(shop, admin)
    assert (period(shop, second), reported_in(shop, next_bill)) == ("reconciled", second)
    if heard:
        # Only Glase knows the id of the period that has it: not missing, but a case for Glase.
        assert (period(shop, first), kinds(shop, first)) == ("differences", ["unreported"])
        assert reported_in(shop, bill) == first
        assert lost_cases(shop, first) == [("open",)]
    else:
        assert (period(shop, first), kinds(shop, first)) == ("reconciled", [])
        assert reported_in(shop, bill) == second
        assert lost_cases(shop, first) == []
    close(shop, till)
    settle(shop, admin)
    till.open_register()
    assert_all_is_well(shop, 83)
    close(shop, till)
    settle(shop, admin)


@pytest.mark.parametrize("point", moments("before", "after", "storing", kept="storing"))
def test_killed_while_a_report_is_fetched(shop, admin, till, glase, point):
    bills = [sell(shop, till, 84), sell(shop, till, 85)]
    first = close(shop, till)
    work(shop, admin)
    assert period(shop, first) == "marked"
    shop.advance(4)
    marks = len(glase.calls(MARK))
    points = {
        "before": lambda _shop: before_carried_out(REPORT)(glase),
        "after": lambda _shop: after_carried_out(REPORT)(glase),
        "storing": storing(glase, REPORT, "glase_period", "id = %s", first),
    }
    if point == "storing":
        # The first question is answered with "not ready": the second has the report.
        admin.run("glase.period", "_work_due")
        shop.advance(4)
    kill_at(shop, points[point], lambda: admin.run("glase.period", "_work_due"))
    assert (period(shop, first), kinds(shop, first)) == ("marked", [])
    work(shop, admin, MINUTE)
    settle(shop, admin)
    assert (period(shop, first), kinds(shop, first)) == ("reconciled", ["matched", "matched"])
    assert [reported_in(shop, bill) for bill in bills] == [first, first]
    assert len(glase.calls(MARK)) == marks, "the id stays valid: nothing is marked again"
    [(kept,)] = shop.query(
        "SELECT count(*) FROM ir_attachment WHERE res_model = 'glase.period' AND res_id = %s", first
    )
    assert kept == 2, "the details and the summary, once each"
    till.open_register()
    assert_all_is_well(shop, 86)
    close(shop, till)
    settle(shop, admin)


def test_a_glase_that_does_not_answer_holds_up_no_closing(shop, admin, till, glase):
    sell(shop, till, 87)
    marks = len(glase.calls(MARK))
    shop.simulator.faults({"operation": "*", "kind": "delay-before", "seconds": 60, "count": None})
    first = close(shop, till)
    till.open_register()
    assert (period(shop, first), len(glase.calls(MARK))) == ("to_mark", marks)
    shop.simulator.faults()
    settle(shop, admin)
    assert period(shop, first) == "reconciled"
