"""The table of the kinds of case: what each of them offers, and what ends it."""

import ast
from pathlib import Path

import pytest

from pos_glase.rules import case_kinds, reconciliation, state_machine
from pos_glase.rules.case_kinds import ended_by, explaining, offering, stopping_a_closing

OPENERS = ("open_case",)
WITHOUT_ORDER = {"paid_without_order", "paid_late"}


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        (case_kinds.ATTACH, WITHOUT_ORDER | {"amount_differs"}),
        (case_kinds.REFUND, WITHOUT_ORDER),
        (case_kinds.MAKE_REFUND_ORDER, {"refund_without_order"}),
        (
            case_kinds.NOT_PAID,
            {"not_answered_for_till", "paid_without_reference", "reference_twice", "forced_done"},
        ),
        (case_kinds.OLD_AMOUNT, {"amount_unknown"}),
        (case_kinds.NEW_AMOUNT, {"amount_unknown"}),
        (case_kinds.WAS_REFUNDED, {"unknown_refund"}),
        (case_kinds.WAS_NOT_REFUNDED, {"unknown_refund"}),
        (case_kinds.REPEAT_REFUND, {"unknown_refund"}),
        (case_kinds.SETTLE, set(case_kinds.KINDS) - {"amount_unknown"}),
        (
            case_kinds.WRITE_OFF,
            WITHOUT_ORDER
            | {"unverified_payment", "unverified_refund", "refund_without_order", "not_booked"}
            | {"amount_differs", "changed_after_send", "forced_done", "goods_without_money"},
        ),
    ],
)
def test_what_a_manager_may_do(action, kinds):
    assert offering(action) == kinds


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        (
            case_kinds.PAID,
            {"forced_done", "goods_without_money", "reference_twice"}
            | {"not_answered_for_till", "paid_without_reference"},
        ),
        (case_kinds.UNPAID, {"forced_done", "not_answered_for_till"}),
        (case_kinds.AMOUNT_KNOWN, {"amount_unknown"}),
        (case_kinds.IN_ORDER, {"paid_without_order", "refund_without_order", "unknown_refund"}),
        (case_kinds.PROVEN, {"unverified_payment", "unverified_refund"}),
        (case_kinds.REPORTED, {"not_reported"}),
        (case_kinds.LINES_KNOWN, {"unknown_reference"}),
        (case_kinds.ROWS_REPORTED, {"period_lost"}),
        (case_kinds.BOOKED, {"not_booked"}),
        (case_kinds.DECIDED, {"unknown_refund"}),
    ],
)
def test_what_ends_a_case_by_itself(what, kinds):
    assert ended_by(what) == kinds


def test_a_session_is_closed_over_no_question_about_its_own_orders():
    assert stopping_a_closing() == {
        "unverified_payment",
        "forced_done",
        "goods_without_money",
        "amount_unknown",
    }


def test_one_case_says_why_a_payment_is_not_proven():
    assert explaining(case_kinds.OF_LINKED) == {"changed_after_send"}
    assert explaining(case_kinds.OF_LINE) == {
        "amount_unknown",
        "forced_done",
        "goods_without_money",
        "unknown_refund",
    }


@pytest.mark.parametrize(
    "what", sorted({one for k in case_kinds.KINDS.values() for one in k.ends_by})
)
def test_what_ends_a_case_happens_somewhere(what):
    """A word of the table that nothing asks for would end no case."""
    [name] = [name for name, value in vars(case_kinds).items() if value == what]
    models = Path(case_kinds.__file__).parents[1] / "models"
    asked = [path for path in models.rglob("*.py") if f"case_kinds.{name}" in path.read_text()]
    assert asked


def test_what_a_kind_says_stands_in_the_table():
    assert case_kinds.without_order(state_machine.PAYMENT) == "paid_without_order"
    assert case_kinds.without_order(state_machine.REFUND) == "refund_without_order"
    assert case_kinds.listing(reconciliation.UNKNOWN) == "unknown_reference"
    assert case_kinds.listing(reconciliation.UNREPORTED) == "period_lost"
    assert case_kinds.listing(reconciliation.AMOUNT) is None
    assert case_kinds.listing(False) is False
    assert case_kinds.naming_another() == {"reference_twice"}


def test_a_kind_is_named_only_where_its_case_is_opened():
    """Whoever treats one kind otherwise than another asks the table, not for its name."""
    product = Path(case_kinds.__file__).parents[1]
    named = set()
    hunt = [f"tests/hunt/{folder}" for folder in ("world", "steps", "month")]
    for folder in ("models", "wizard", "controllers", *hunt):
        for path in (product / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            opened = {
                id(inner)
                for call in ast.walk(tree)
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in OPENERS
                for inner in ast.walk(call)
            }
            named |= {
                f"{path.name}:{node.lineno} {node.value}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and node.value in case_kinds.KINDS
                and id(node) not in opened
            }
    assert not {where for where in named if not where.startswith("case_words.py")}


def test_each_kind_can_be_ended():
    """No kind stays open for good: somebody may end it, or something does."""
    assert [key for key, kind in case_kinds.KINDS.items() if not kind.offers] == []


def test_one_cause_is_one_case():
    """What takes over, and what is part of something, is about the same: a row of the ledger."""
    for key, kind in case_kinds.KINDS.items():
        for other in (*kind.takes_over, *kind.part_of):
            assert other in case_kinds.KINDS and other != key
            assert case_kinds.KINDS[other].about == kind.about == (case_kinds.ROW,)
        assert not set(kind.takes_over) & set(kind.part_of)


def test_no_two_kinds_take_each_other_over():
    """A case goes one way only: else it would change for ever."""
    later = {key: set(kind.takes_over) for key, kind in case_kinds.KINDS.items()}
    for key in later:
        seen, ahead = set(), set(later[key])
        while ahead:
            each = ahead.pop()
            seen.add(each)
            ahead |= later[each] - seen
        assert key not in seen
