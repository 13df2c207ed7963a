"""One reference, one row: what Glase has named once names nothing else (``doc/ledger.md §20``).

The payment reference of a refund whose answer was lost may be entered by a manager, who has it from
Glase's portal, its support, or a row of its report. It is evidence: the report is matched by it, and by
nothing else (``doc/ledger.md §12``, ``§15``).
"""

import re

from odoo.fields import Domain

from ...rules import state_machine

# Opaque at Glase (doc/protocol.md §4.15): what keeps words and amounts out, and nothing that Glase gave.
SHAPE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{5,63}", re.ASCII)

# The fields that hold what Glase has named, by model, and where the environment stands.
NAMED = {
    "glase.transaction": ("environment", ("invoice_reference", "own_reference")),
    "glase.verification.bill": (
        "verification_id.environment",
        ("invoice_reference", "ers_reference", "refund_reference"),
    ),
}


def holder(record, environment, references):
    """What else at the same Glase has one of these references already.

    One Glase is one environment, whatever account, reseller, company or address it is reached by.

    :param record: a row of the ledger or a bill of a verification: that one is not meant
    :param str environment: whose references
    :param references: invoice references, payment references; those that are None or False count not
    :return: the other record, of either model; an empty recordset if there is none
    """
    wanted = list(set(references) - {None, False})
    found = record.browse()
    for model, (of_environment, names) in NAMED.items() if wanted else ():
        others = record.env[model].sudo().with_context(active_test=False)
        own = Domain("id", "not in", record.ids if model == record._name else [])
        named = Domain.OR(Domain(name, "in", wanted) for name in names)
        found = others.search(
            own & Domain(of_environment, "=", environment) & named, order="id", limit=1
        )
        if found:
            break
    return found


def why_not(refund, reference):
    """Why a refund cannot have this payment reference, as a sentence; False if it can.

    :param str reference: trimmed
    """
    if reference == refund.call_reference:
        return refund.env._(
            "This is our own reference of the call. Enter the one that Glase gave the refund, "
            "or leave it empty."
        )
    if reference == refund.original_id.ers_reference:
        return refund.env._(
            "This is the reference of the payment. Enter the refund's own, or leave it empty: "
            "a report that has the refund under its payment is understood without."
        )
    other = holder(refund, refund.environment, {reference})
    if other:
        return refund.env._(
            "%(reference)s belongs to %(other)s already. Ask Glase for the reference of this "
            "refund, or leave it empty.",
            reference=reference,
            other=other[:1].display_name,
        )
    return False


def enter(refund, reference, reason, user):
    """Write down the payment reference that Glase gave this refund, under the row's lock.

    :param str reference: checked by :func:`why_not`
    :param str reason: how it is known
    :param user: the manager who says so
    """
    refund.write({"ers_reference": reference, "reference_by": user.id})
    refund._note("reference_named", f"{reference}: {reason}", ers_reference=reference)
    if refund.payment_id:
        refund.payment_id._glase_prove()
        refund.env["glase.receipt"]._queue(refund)


def nameable():
    """Refunds that were decided to be made and that no report has had, as a domain.

    One may have been counted to a period whose id was lost: that has no report.

    One whose reference only a manager has said may get another: what was typed may be wrong.
    """
    return (
        Domain("kind", "=", state_machine.REFUND)
        & Domain("state", "=", state_machine.REFUNDED)
        & (Domain("period_id", "=", False) | Domain("period_id.identifier", "=", False))
        & (Domain("ers_reference", "=", False) | Domain("reference_by", "!=", False))
    )
