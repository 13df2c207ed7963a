"""What Glase took of a bill, as far as it is known: one table, read by Python and by SQL.

The amount of Glase's receipt where it gave one, else the bill's. Zero where that is not known: a
receipt in another currency, or none that settles an update of the amount (``doc/ledger.md §11``).
"""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Terms:
    """The part of a row that says it; amounts in major units of the row's currency.

    ``receipt_currency``: of Glase's receipt, None without one; ``proposing``: an update of the
    amount is out of which it is not known whether it counts.
    """

    amount: float
    receipt_amount: float
    receipt_currency: str | None
    currency: str
    proposing: bool


class _Line(NamedTuple):
    applies: object
    applies_sql: str
    value: object
    value_sql: str


# The first line that applies counts. In SQL ``row`` is the ledger's, ``currency`` the row's own.
_TABLE = (
    _Line(
        lambda terms: terms.receipt_currency and terms.receipt_currency != terms.currency,
        "COALESCE({row}.receipt_currency, '') NOT IN ('', {currency}.name)",
        lambda _terms: 0.0,
        "0",
    ),
    _Line(
        lambda terms: terms.proposing,
        "{row}.proposing IS TRUE",
        lambda _terms: 0.0,
        "0",
    ),
    _Line(
        lambda terms: terms.receipt_currency,
        "COALESCE({row}.receipt_currency, '') <> ''",
        lambda terms: terms.receipt_amount,
        "{row}.receipt_amount",
    ),
    _Line(
        lambda _terms: True,
        "TRUE",
        lambda terms: terms.amount,
        "{row}.amount",
    ),
)


def amount(terms):
    """What Glase took, or zero where that is not known.

    :param Terms terms: of the row
    """
    return next(line.value(terms) for line in _TABLE if line.applies(terms))


def at_least(terms, proposed):
    """What Glase surely took: the smaller of two amounts where it is not known which.

    :param float proposed: what an update has proposed
    """
    if terms.proposing and not terms.receipt_currency:
        return min(terms.amount, proposed)
    return amount(terms)


def possible(terms, proposed):
    """All amounts that the row may be about, the likeliest first."""
    known = amount(terms) or terms.amount
    return [known, terms.amount, proposed] if terms.proposing else [known]


def differs(terms, is_same):
    """Whether Glase's receipt says another amount than the bill.

    :param is_same: whether two amounts are the same in the row's currency
    """
    if not terms.receipt_currency:
        return False
    other = terms.receipt_currency != terms.currency
    return other or not is_same(terms.receipt_amount, terms.amount)


def sql(row, currency):
    """The same as an expression of SQL.

    :param str row: the alias of ``glase_transaction``
    :param str currency: the alias of the row's ``res_currency``
    """
    cases = " ".join(f"WHEN {line.applies_sql} THEN {line.value_sql}" for line in _TABLE)
    return f"CASE {cases} END".format(row=row, currency=currency)
