"""What a case about a row of the ledger says: what happened, and what to do (``doc/ledger.md §6``)."""


def _paid_without_order(row, **_details):
    return row.env._(
        "The customer paid, but no order has this payment. If the till's order does "
        "not arrive by itself, attach it to an order or pay the money back."
    )


def _paid_late(row, **_details):
    return row.env._(
        "Glase reports the bill as paid after it had counted as unpaid. Check whether "
        "the customer got the goods, or pay the money back."
    )


def _paid_without_reference(row, **_details):
    return row.env._(
        "Glase reports the bill as paid but gave no payment reference. Ask Glase "
        "before you hand out goods for it."
    )


def _not_reported(row, **_details):
    return row.env._(
        "By the ledger this money was moved, but neither Glase's report of the period "
        "nor the next one has it. Ask Glase for it by %s, then accept the line of the "
        "period with the answer.",
        row.ers_reference or row.call_reference or "",
    )


def _reference_twice(row, other, evidence):
    return row.env._(
        "Glase answered with the reference %(reference)s, which belongs to %(other)s "
        "already: that proves nothing about this one. Ask Glase what became of it (our "
        "own reference of its call is %(call)s).",
        reference=evidence.ers_reference or evidence.invoice_reference,
        other=other.display_name,
        call=row.call_reference,
    )


def _amount_differs(row, **_details):
    return row.env._(
        "Glase took %(taken)s %(currency)s instead of the amount on the bill. Settle "
        "the difference with the customer.",
        taken=row.receipt_amount,
        currency=row.receipt_currency,
    )


def _amount_unknown(row, **_details):
    return row.env._(
        "The bill was paid while its amount was being changed, and Glase gave no "
        "amount: it may be %(old)s or %(new)s. Ask Glase which, then attach the "
        "payment to its order.",
        old=row.currency_id.format(row.amount),
        new=row.currency_id.format(row.proposed_amount),
    )


def _changed_after_send(row, what, before, after):
    return row.env._(
        "%(what)s was changed from %(before)s to %(after)s while the bill was at the "
        "customer, who saw the old one. Check the order.",
        what=what,
        before=before,
        after=after,
    )


def _forced_done(row, **_details):
    return row.env._(
        "%(manager)s marked this payment as paid although Glase had not confirmed it: "
        "“%(reason)s”. Glase is asked until it says what became of it.",
        manager=row.forced_by.name,
        reason=row.forced_reason,
    )


def _goods_without_money(row, **_details):
    return row.env._(
        "%(manager)s marked this payment as paid, but Glase now says that it was not "
        "paid. The goods are given: ask the customer for the money.",
        manager=row.forced_by.name,
    )


def _unknown_refund(row, **_details):
    return row.env._(
        "Glase has not answered: the customer may or may not have got the money back. "
        "Ask Glase's support about our reference %s, then decide.",
        row.call_reference or "",
    )


def _not_answered_for_till(row, **_details):
    return row.env._(
        "Glase refused to answer about this bill (“%s”). The registration of the till "
        "may be broken: check the terminal, then ask Glase what became of the bill.",
        row.message or "",
    )


def _refund_without_order(row, **_details):
    return row.env._(
        "Glase gave money back to the customer, but no order has this refund. Enter it with "
        "*Make the Refund Order*, or let the till finish its order."
    )


# By kind of case: called with the row and what the kind's sentence names beside it.
SENTENCES = {
    "paid_without_order": _paid_without_order,
    "paid_late": _paid_late,
    "paid_without_reference": _paid_without_reference,
    "not_reported": _not_reported,
    "reference_twice": _reference_twice,
    "amount_differs": _amount_differs,
    "amount_unknown": _amount_unknown,
    "changed_after_send": _changed_after_send,
    "forced_done": _forced_done,
    "goods_without_money": _goods_without_money,
    "unknown_refund": _unknown_refund,
    "not_answered_for_till": _not_answered_for_till,
    "refund_without_order": _refund_without_order,
}
