"""What is said about each kind of line of a period: its name, what it means, and what a person does.

One entry for each kind of ``rules/reconciliation.py``.
"""

from typing import NamedTuple

from odoo.tools.translate import LazyTranslate

from ...rules import reconciliation
from ..support.sentences import filled, said

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class Words(NamedTuple):
    name: object
    sentence: object


KINDS = {
    reconciliation.MATCHED: Words(
        _lt("Matches"),
        _lt("Glase and the ledger say the same."),
    ),
    reconciliation.NETTED: Words(
        _lt("Matches, less its refunds"),
        _lt("Glase has taken the refunds off the payment: the sum is right."),
    ),
    reconciliation.AWAITED: Words(
        _lt("Awaited in the next report"),
        _lt("Not in this report. It should come with the next one: wait."),
    ),
    reconciliation.LATE: Words(
        _lt("Came in a later report"),
        _lt("A later report has it: nothing to do."),
    ),
    reconciliation.OVERLAP: Words(
        _lt("Reported before, by till or shop"),
        _lt(
            "An earlier period has it, from before the account's transaction periods were changed "
            "between till and shop: nothing to do."
        ),
    ),
    reconciliation.VERIFICATION: Words(
        _lt("Of a verification"),
        _lt(
            "Paid or given back while the integration was verified. It is no sale, and what was "
            "paid is given back: nothing to do."
        ),
    ),
    reconciliation.UNKNOWN: Words(
        _lt("At Glase only"),
        _lt(
            "Glase has this money, the ledger has never heard of it. Ask Glase what it is: its case "
            "lists it. Then accept it with the answer."
        ),
    ),
    reconciliation.AMOUNT: Words(
        _lt("Another amount"),
        _lt(
            "Glase says another amount than the ledger. Compare with the receipt; pay back what was "
            "taken too much, or accept it with the reason."
        ),
    ),
    reconciliation.CURRENCY: Words(
        _lt("Another currency"),
        _lt(
            "The payment was made in another currency than this period's, and Glase's report names "
            "none. Compare the amounts by hand, then accept it."
        ),
    ),
    reconciliation.TILL: Words(
        _lt("Another till"),
        _lt(
            "Glase reports it for another till than the one that sold. The money is right: check "
            "whether a sticker stands at the wrong till, then accept it."
        ),
    ),
    reconciliation.TWICE: Words(
        _lt("Reported twice"),
        _lt(
            "A report has had this already. Make sure that Glase pays it out once only, then accept "
            "it."
        ),
    ),
    reconciliation.UNPAID: Words(
        _lt("Not paid by the ledger"),
        _lt(
            "Glase has this money, but by the ledger it was not paid. Take the report's word for "
            "it: its case then lets you attach it to an order, or pay it back."
        ),
    ),
    reconciliation.UNDECIDABLE: Words(
        _lt("Cannot be told apart"),
        _lt(
            "Several payments or refunds could be meant. If a refund is not decided yet, decide its "
            "case first; else ask Glase, then accept it."
        ),
    ),
    reconciliation.MISSING: Words(
        _lt("In the ledger only"),
        _lt(
            "By the ledger this was paid or given back, but neither this report nor the next has "
            "it. Ask Glase by the payment reference, then accept it with the answer."
        ),
    ),
    reconciliation.UNREPORTED: Words(
        _lt("Reported in a period whose id is lost"),
        _lt(
            "It is in a period whose id was lost when Glase did not answer. Ask Glase for that "
            "period: its case says which."
        ),
    ),
    reconciliation.FORCED: Words(
        _lt("Counts as paid, not confirmed by Glase"),
        _lt(
            "A manager has marked it as paid, Glase has not confirmed it: the order counts it, "
            "Glase does not. Its case says what to do; if the shop bears it, accept it."
        ),
    ),
    reconciliation.CONTRADICTION: Words(
        _lt("Glase's two reports contradict each other"),
        _lt(
            "Glase's two reports contradict each other: its payments add up to %(listed)s, its "
            "summary says %(summed)s, or counts other payments. Ask Glase which is right, then "
            "accept it."
        ),
    ),
    reconciliation.UNLISTED: Words(
        _lt("Only a sum at Glase"),
        _lt(
            "Glase's report lists no payments, only their sum: they cannot be compared one by one. "
            "Compare the sum with the ledger's by hand, then accept it."
        ),
    ),
}
# Of a line of an unknown kind that gives money back.
UNKNOWN_REFUND = _lt(
    "Glase has given this money back, the ledger has never heard of it. If a refund of this amount "
    "was decided to be made, choose it; else ask Glase what it is: its case lists it. Then accept "
    "it with the answer."
)


def names(env):
    """The kinds of line with their names, in the language of an environment, for a selection."""
    return [(key, said(env, words.name)) for key, words in KINDS.items()]


def sentence(line):
    """What a line of a period means, and what a person does; False for one without a kind.

    :param line: of ``glase.period.line``
    :rtype: str | bool
    """
    if line.kind not in KINDS:
        return False
    words = KINDS[line.kind].sentence
    if line.kind == reconciliation.UNKNOWN and line.amount < 0:
        words = UNKNOWN_REFUND
    values = {
        "listed": line.currency_id.format(line.period_id.report_total),
        "summed": line.currency_id.format(line.amount),
    }
    return filled(line.env, words, values)
