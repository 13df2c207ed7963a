"""What an account asks of its verifications (``doc/protocol.md §6``)."""

from odoo.exceptions import UserError

from ...rules.certification_sheet import FINISHED, UNFINISHED


def last_verification(account):
    """The newest finished verification of this account in its present environment.

    :return: a ``glase.verification``, empty if there is none; its ``state`` is passed, failed
        or stopped
    """
    finished = [
        ("account_id", "=", account.id),
        ("environment", "=", account.environment),
        ("state", "in", FINISHED),
    ]
    runs = account.env["glase.verification"].sudo()
    return runs.search(finished, order="finished_at desc, id desc", limit=1)


def open_verification(account):
    """The run that is under way, or a new one, as an action that shows it."""
    runs, mine = account.env["glase.verification"], [("account_id", "=", account.id)]
    # Two pages may have made one each: the one that was started is the one to see.
    under_way = runs.search([*mine, ("state", "in", UNFINISHED)], limit=1)
    last = run = under_way or runs.search(mine, limit=1)
    if not last or last.state in FINISHED:
        values = {"account_id": account.id}
        if last.environment == account.environment:
            values.update(glase_id=last.glase_id, amount=last.amount)
        run = last.sudo().create(values)
    return run._get_records_action(name=account.env._("Verify Integration"), context={})


def refuse_while_verifying(account):
    """What a verification relies on stays as it is until that is finished.

    :raises UserError: naming the account
    """
    if account.verification_ids.filtered(lambda run: run.state in UNFINISHED):
        raise UserError(
            account.env._(
                "A verification of “%s” is under way. Stop it, and wait until it has "
                "cleaned up, before you change the account.",
                account.name,
            )
        )


def forget_texts(account, before):
    """Remove requests and answers of finished verifications; what they meant stays.

    :param datetime.datetime before: those that had finished earlier, naive UTC
    """
    old = account.env["glase.verification.exchange"].search(
        [
            ("verification_id.account_id", "=", account.id),
            ("verification_id.state", "in", FINISHED),
            ("texts_removed", "=", False),
            ("verification_id.finished_at", "<", before),
        ]
    )
    old.write({"request": False, "response": False, "repeats": False, "texts_removed": True})
