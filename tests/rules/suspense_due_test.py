"""What the books must be corrected by: the examples of ``doc/bookkeeping.md``."""

from decimal import Decimal

import pytest

from pos_glase.rules import taken
from pos_glase.rules.suspense_due import Subject

PAID = {"kind": "payment", "state": "paid", "taken": Decimal(100)}
REFUNDED = {"kind": "refund", "state": "refunded", "taken": Decimal(30)}
SOLD = {"payment": Decimal(100), "is_glase": True, "order": "paid"}


@pytest.mark.parametrize(
    ("subject", "correction", "ended"),
    [
        (Subject(**PAID, session="opened"), 0, False),
        (Subject(**PAID, session="closed"), 100, True),
        (Subject(**PAID), 100, True),
        (Subject(**PAID, session="closed", **SOLD, payment_session="closed"), 0, True),
        (Subject(**PAID, session="closed", **SOLD, payment_session="opened"), 100, False),
        (Subject(**PAID, session="opened", **SOLD, payment_session="closed"), 0, False),
        (Subject(**{**PAID, "state": "canceled"}, session="closed"), 0, True),
        (Subject(**REFUNDED, session="closed"), -30, True),
        (Subject(**SOLD, payment_session="closed"), -100, True),
        (Subject(**SOLD, payment_session="opened"), 0, False),
        (Subject(**{**SOLD, "order": "draft"}, payment_session="closed"), 0, True),
        (Subject(**{**SOLD, "is_glase": False}, payment_session="closed"), 0, True),
    ],
)
def test_what_is_due(subject, correction, ended):
    assert (subject.correction(), subject.ended()) == (correction, ended)


@pytest.mark.parametrize(
    ("proposing", "receipt", "took"),
    [
        (False, None, 10),
        (True, None, 0),
        (False, (9, "SEK"), 9),
        (False, (9, "EUR"), 0),
        (True, (9, "SEK"), 0),
    ],
)
def test_what_glase_took(proposing, receipt, took):
    amount, currency = receipt or (0, None)
    assert taken.amount(taken.Terms(10, amount, currency, "SEK", proposing)) == took
