"""What is said about each kind of case: its name, what happened, and what to do.

One entry for each kind of ``rules/case_kinds.py``. A sentence names what it needs with ``%(name)s``:
what is known of each subject of its sort (``_KNOWN``), or what its opener gives.
"""

from typing import NamedTuple

from odoo.tools.misc import formatLang
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds
from ..support.sentences import lasting, local_time, said, with_values

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class Words(NamedTuple):
    """The words of one kind.

    :ivar of_period: what is said of a period, where that is another sentence
    """

    name: object
    sentence: object
    of_period: object = None


KINDS = {
    "unverified_payment": Words(
        _lt("Payment not proven by the ledger"),
        _lt(
            "The till reported %(amount)s as paid with Glase, but no paid bill of that till and "
            "amount is in the ledger. Check the order with the cashier."
        ),
    ),
    "paid_without_order": Words(
        _lt("Paid, but no order has it"),
        _lt(
            "The customer paid, but no order has this payment. If the till's order does not arrive "
            "by itself, attach it to an order or pay the money back."
        ),
    ),
    "paid_late": Words(
        _lt("Paid after it counted as unpaid"),
        _lt(
            "Glase reports the bill as paid after it had counted as unpaid. Check whether the "
            "customer got the goods, or pay the money back."
        ),
    ),
    "paid_without_reference": Words(
        _lt("Paid, but without a payment reference"),
        _lt(
            "Glase reports the bill as paid but gave no payment reference. Ask Glase before you "
            "hand out goods for it."
        ),
    ),
    "reference_twice": Words(
        _lt("Glase named a reference that another has"),
        _lt(
            "Glase answered with the reference %(named)s, which belongs to %(other)s already: that "
            "proves nothing about this one. Ask Glase what became of it (our own reference of its "
            "call is %(call_reference)s)."
        ),
        of_period=_lt(
            "Glase named this period %(named)s, which is the id of %(other)s already. Ask Glase "
            "which period was marked about %(marked_at)s."
        ),
    ),
    "amount_differs": Words(
        _lt("Glase took another amount"),
        _lt(
            "Glase took %(taken)s %(currency)s instead of the amount on the bill. Settle the "
            "difference with the customer."
        ),
    ),
    "amount_unknown": Words(
        _lt("Paid, but not known how much"),
        _lt(
            "The bill was paid while its amount was being changed, and Glase gave no amount: it may "
            "be %(old)s or %(new)s. Ask Glase which, then attach the payment to its order."
        ),
    ),
    "changed_after_send": Words(
        _lt("Changed after the bill was sent"),
        _lt(
            "%(what)s was changed from %(before)s to %(after)s while the bill was at the customer, "
            "who saw the old one. Check the order."
        ),
    ),
    "forced_done": Words(
        _lt("Marked as paid by a manager"),
        _lt(
            "%(manager)s marked this payment as paid although Glase had not confirmed it: "
            "“%(reason)s”. Glase is asked until it says what became of it."
        ),
    ),
    "goods_without_money": Words(
        _lt("Goods given, no money"),
        _lt(
            "%(manager)s marked this payment as paid, but Glase now says that it was not paid. The "
            "goods are given: ask the customer for the money."
        ),
    ),
    "unknown_refund": Words(
        _lt("Not known whether the refund was made"),
        _lt(
            "Glase has not answered: the customer may or may not have got the money back. Ask "
            "Glase's support about our reference %(call_reference)s, then decide."
        ),
    ),
    "unverified_refund": Words(
        _lt("Refund not proven by the ledger"),
        _lt(
            "The till reported %(amount)s as paid back with Glase, but no such refund is in the "
            "ledger. Check with the cashier whether the customer got the money."
        ),
    ),
    "refund_without_order": Words(
        _lt("Refunded, but no order has it"),
        _lt(
            "Glase gave money back to the customer, but no order has this refund. Enter it with "
            "*Make the Refund Order*, or let the till finish its order."
        ),
    ),
    "unknown_reference": Words(
        _lt("At Glase, but not in the ledger"),
        _lt(
            "In Glase's report, but not known to the ledger: %(count)s. Ask Glase what they are: "
            "%(references)s"
        ),
    ),
    "not_reported": Words(
        _lt("In the ledger, but in no report"),
        _lt(
            "By the ledger this money was moved, but neither Glase's report of the period nor the "
            "next one has it. Ask Glase for it by %(known_by)s, then accept the line of the period "
            "with the answer."
        ),
    ),
    "period_lost": Words(
        _lt("The id of a period is lost"),
        _lt(
            "Glase did not answer when this period was marked, so its id is not known and its "
            "report cannot be fetched. Ask Glase for the id of the period that ended about "
            "%(marked_at)s."
        ),
    ),
    "not_booked": Words(
        _lt("Not in the books"),
        _lt(
            "This money could not be booked on the Glase suspense account: %(why)s It is tried "
            "again every quarter of an hour."
        ),
    ),
    "not_answered_for_till": Words(
        _lt("Glase does not know the till or the bill"),
        _lt(
            "Glase refused to answer about this bill (“%(answer)s”). The registration of the till "
            "may be broken: check the terminal, then ask Glase what became of the bill."
        ),
    ),
    "not_invoiced": Words(
        _lt("Paid, but not invoiced"),
        _lt("The order is paid, %(amount)s with Glase, but not invoiced. %(why)s"),
    ),
    "not_finished": Words(
        _lt("Paid, but something is left to do"),
        _lt("The order is paid, %(amount)s with Glase, but something is left to do. %(why)s"),
    ),
}

# Said in place of a kind's own sentence, where more is known.
INSTEAD = {
    "paid_back": _lt(
        "This order came after its Glase payment of %(amount)s had been paid back to the customer. "
        "The goods are given: ask the customer for the money."
    ),
    "elsewhere": _lt(
        "This order came after its Glase payment of %(amount)s had been attached to %(order)s. "
        "Check which of the two the customer paid for."
    ),
}


def names(env):
    """The kinds of case with their names, in the language of an environment, for a selection."""
    return [(key, said(env, words.name)) for key, words in KINDS.items()]


def sentence(subject, kind, values, instead=None):
    """What happened, and what to do: a sentence that each reads in the own language.

    :param subject: the record that the case is about
    :param str kind: a key of ``KINDS``
    :param dict values: what the sentence names beside what is known of the subject
    :param instead: a key of ``INSTEAD``, or None for the kind's own sentence
    :rtype: Lasting
    """
    own = KINDS[kind]
    words = own.of_period if subject._name == case_kinds.PERIOD else None
    words = INSTEAD[instead] if instead else words or own.sentence
    known = _KNOWN[subject._name](subject)
    return lasting(subject.env, with_values(words, {**known, **values}))


def _of_row(row):
    money = row.currency_id.format
    return {
        "call_reference": row.call_reference or "",
        "known_by": row.ers_reference or row.call_reference or "",
        "taken": formatLang(row.env, row.receipt_amount),
        "currency": row.receipt_currency,
        "old": money(row.amount),
        "new": money(row.proposed_amount),
        "manager": row.forced_by.name,
        "reason": row.forced_reason,
        "answer": row.message or "",
    }


def _of_order_payment(payment):
    return {"amount": payment.currency_id.format(payment.amount)}


def _of_period(period):
    marked_at = period.mark_sent_at
    return {"marked_at": marked_at and local_time(period.account_id, marked_at)}


_KNOWN = {
    case_kinds.ROW: _of_row,
    case_kinds.ORDER_PAYMENT: _of_order_payment,
    case_kinds.PERIOD: _of_period,
}
