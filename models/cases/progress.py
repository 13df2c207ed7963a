"""A case is opened by whoever finds something, and settled by whatever it waited for (``doc/ledger.md §6``)."""

from odoo import fields

from ...rules import case_kinds
from ..support import managers
from . import case_words


def open_case(kind, subject, instead=None, amount=None, **values):
    """Open a case with the sentence of its kind, unless the same one is open already.

    :param str kind: a key of ``case_kinds.KINDS``
    :param subject: the ledger row, the payment of an order, or the period that it is about
    :param str instead: a key of ``case_words.INSTEAD``, where more is known than the kind
    :param float amount: the money that it is about; None for the subject's own
    :param values: what the sentence names beside what is known of the subject; a lazy translation
        is said in the language of each who reads the case
    :return: the open case, as the superuser
    :raises ValueError: for a subject that the kind is not about
    """
    subject.ensure_one()
    entry = case_kinds.KINDS[kind]
    if subject._name not in entry.about:
        raise ValueError(f"A case of kind {kind} is not about {subject._name}")
    read = managers.for_reader(subject)
    summary = case_words.sentence(read, kind, values, instead)
    case = read.env["glase.case"]._open(kind, summary, subject, amount)
    managers.tell(case)
    return case


def settle(cases, note):
    """Close those of these cases that are open, with a note that stays on them.

    :param cases: in the environment of who settles them
    :param note: a text, or a lazy translation, which is said in the language of each who reads the case
    """
    open_cases = cases.sudo().filtered(lambda case: case.state == "open")
    if not open_cases:
        return
    values = {"state": "settled", "settled_by": cases.env.uid}
    for case in open_cases:
        case.write({**values, "note": note, "settled_at": fields.Datetime.now()})
    managers.told(open_cases)


def settle_about(rows, kinds, note):
    """Close the open cases of these kinds about rows of the ledger: what was missing has arrived.

    :param kinds: keys of ``case_kinds.KINDS``
    :param note: as for :func:`settle`
    """
    settle(rows.case_ids.filtered(lambda case: case.kind in kinds), note)
