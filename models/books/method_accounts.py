"""The accounts of the payment method *Glase* (``doc/bookkeeping.md``).

What Glase has taken and not paid out yet stands on its *outstanding* account; money of which it is
not clear whose it is stands on its *suspense* account as well, until that is settled.
"""

from odoo.exceptions import ValidationError

# A change of one of these may leave a Glase method without an account of its own.
RELEVANT = frozenset(
    {"use_payment_terminal", "journal_id", "outstanding_account_id", "glase_suspense_account_id"}
)


def _glase(methods):
    return methods.filtered(lambda method: method.use_payment_terminal == "glase")


def give(methods):
    """Give each Glase method the accounts that it lacks; done twice it changes nothing."""
    for method in _glase(methods.sudo()):
        if method.journal_id.type != "bank":
            continue
        journal = method.journal_id.name
        if not method.outstanding_account_id:
            name = method.env._("%s: taken, not paid out yet", journal)
            account = _new_account(method, name, "asset_current")
            method.write({"outstanding_account_id": account.id})
        if not method.glase_suspense_account_id:
            name = method.env._("%s: suspense", journal)
            account = _new_account(method, name, "liability_current")
            method.write({"glase_suspense_account_id": account.id})


def _new_account(method, name, account_type):
    """An account that is reconciled, with the next free code beside its like.

    :param str account_type: a key of ``account.account``'s types
    """
    company = method.company_id.sudo()
    accounts = method.env["account.account"].sudo().with_company(company)
    like = accounts.search(
        [
            ("company_ids", "in", company.ids),
            ("account_type", "=", account_type),
            ("code", "!=", False),
        ],
        order="code desc",
        limit=1,
    )
    bank = method.journal_id.default_account_id.with_company(company)
    beside = bank if account_type == "asset_current" else like or bank
    return accounts.create(
        {
            "name": name,
            "code": accounts._search_new_account_code(beside.code or "1000"),
            "account_type": account_type,
            "reconcile": True,
            "company_ids": [(6, 0, company.ids)],
        }
    )


def changed(methods, vals):
    """What follows from a change: no Glase method is left without an account.

    :raises ValidationError: if the outstanding account of a Glase method was taken away
    """
    if not RELEVANT & set(vals):
        return
    taken_away = not vals.get("outstanding_account_id", True)
    for method in _glase(methods) if taken_away else ():
        raise ValidationError(
            method.env._(
                "“%s” uses Glase: it needs an outstanding account, or its money would be "
                "booked together with that of other payment methods.",
                method.name,
            )
        )
    give(methods)


def not_given_yet(methods):
    """Names of fields that may be written during a session: where there is no account yet, none can
    be in use by an open session.

    :rtype: set
    """
    return set() if any(methods.mapped("outstanding_account_id")) else {"outstanding_account_id"}


def drop_shared(method):
    """Core proposes the account of all other methods: Glase gets one of its own on saving."""
    if _glase(method) and others_on(method, method.outstanding_account_id):
        method.outstanding_account_id = False


def check(methods):
    """Glase's money can be compared with what Glase pays out.

    :raises ValidationError: if a Glase method shares an account, or has one that cannot be cleared
    """
    for method in _glase(methods):
        outstanding = method.outstanding_account_id
        suspense = method.glase_suspense_account_id
        others = others_on(method, outstanding)
        if others:
            raise ValidationError(
                method.env._(
                    "“%(account)s” is the outstanding account of “%(other)s” too: give "
                    "“%(method)s” one of its own, so that Glase's money can be compared with "
                    "what Glase pays out.",
                    account=outstanding.display_name,
                    other=others[0].name,
                    method=method.name,
                )
            )
        if suspense and (suspense == outstanding or not suspense.reconcile):
            raise ValidationError(
                method.env._(
                    "The suspense account of “%s” must allow reconciliation and be another "
                    "one than its outstanding account.",
                    method.name,
                )
            )


def others_on(method, account):
    """Other payment methods whose outstanding account this one is."""
    if not account:
        return method.browse()
    known = method.ids or method._origin.ids
    return method.sudo().search(
        [("outstanding_account_id", "=", account.id), ("id", "not in", known)]
    )
