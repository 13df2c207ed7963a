"""One reference, one row: what Glase has named once names nothing else (``doc/ledger.md §20``)."""

from odoo.fields import Domain

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
