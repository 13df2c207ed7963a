"""Rows of the ledger of which something is not settled yet: each is a search, as plain functions.

``rows``: of ``glase.transaction``, in the environment that is to search.
"""

from ...rules import case_kinds, state_machine

# What a manager has settled with a note is settled.
_SETTLED_CASE = [("state", "=", "settled"), ("note", "!=", False)]


def undecided(rows, terminals):
    """The rows of registrations whose money is not decided yet.

    While there are any, the registration must stay as it is (``doc/ledger.md §8``).
    """
    states = [state_machine.SENDING, state_machine.ISSUED, state_machine.UNKNOWN]
    return rows.sudo().search([("terminal_id", "in", terminals.ids), ("state", "in", states)])


def unclaimed(rows, domain, limit=None):
    """Paid rows that neither an order nor a refund has taken, and no case has named yet.

    An order has taken one when it is finished: a draft may never be.
    """
    kind = case_kinds.without_order(state_machine.PAYMENT)
    unnamed = ("case_ids", "not any", [("kind", "=", kind)])
    return _without_end(rows, [*domain, unnamed], limit)


def undecided_ends(rows, domain):
    """Paid rows that neither an order nor a refund has taken, and nobody has settled."""
    return _without_end(rows, [*domain, ("case_ids", "not any", _SETTLED_CASE)])


def _without_end(rows, domain, limit=None):
    return _without_order(
        rows,
        [
            *domain,
            ("state", "=", state_machine.PAID),
            ("kind", "=", state_machine.PAYMENT),
            ("refund_claim", "=", False),
            ("refund_ids", "not any", [("state", "!=", state_machine.FAILED)]),
        ],
        limit,
    )


def unclaimed_refunds(rows, domain, limit=None):
    """Refunds that were made for an order which does not have them, or is a draft yet."""
    without = case_kinds.without_order(state_machine.REFUND)
    return _without_order(
        rows,
        [
            *domain,
            ("kind", "=", state_machine.REFUND),
            ("state", "=", state_machine.REFUNDED),
            ("original_id.refund_claim", "=", False),
            ("case_ids", "not any", [("kind", "=", without)]),
        ],
        limit,
    )


def _without_order(rows, domain, limit):
    """Those of a domain that no order has, or only a draft.

    Two searches, as each has an index: for *the one or the other* PostgreSQL reads the whole ledger.
    """
    unlinked = rows.search([*domain, ("payment_id", "=", False)], limit=limit)
    of_drafts = rows.search([*domain, ("payment_id.pos_order_id.state", "=", "draft")])
    return (unlinked | of_drafts)[:limit]


def to_be_booked(rows, domain):
    """Rows that the books have not been compared with, but for what somebody has settled."""
    return rows.search([*domain, ("books_due", "=", True), ("case_ids", "not any", _SETTLED_CASE)])
