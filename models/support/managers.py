"""The managers who settle what becomes a case: who they are, how they are told, how one approves at a till."""

import psycopg2

from odoo import fields
from odoo.exceptions import AccessDenied

from ...glase.logs import get_logger
from .caller_context import with_own_context
from .till_errors import Refused

_logger = get_logger(__name__)

MANAGERS = "point_of_sale.group_pos_manager"
TO_DO = ["mail.mail_activity_data_todo"]


def tell(record):
    """Put a record of one company before a manager, as one activity that says the newest.

    Whatever keeps somebody from being told keeps nothing from being stored.

    :param record: a case or a period
    """
    record.ensure_one()
    _at_best(record, _put_before)


def tell_again(records):
    """Put before a manager what none has before him any more: one has left, or an activity is gone.

    :param records: cases and periods that are not settled
    """
    for record in records:
        known = record.activity_search(TO_DO)
        if not any(is_manager(user, record.company_id) for user in known.user_id):
            tell(record)


def told(records):
    """What records were put before a manager for is settled."""

    def settled(some):
        for record in some:
            reader = for_reader(record)
            reader.activity_feedback(TO_DO, feedback=reader.env._("Settled."))

    _at_best(records, settled)


def _at_best(records, do):
    """Do what may fail without harm; the records stand as they were written either way."""
    records.env.flush_all()
    # A slow mail server must not hold up a till: what is sent is sent by Odoo's queue.
    queued = with_own_context(records).with_context(mail_notify_force_send=False)
    try:
        with records.env.cr.savepoint():
            do(queued)
    except psycopg2.OperationalError:
        # Another transaction was first: this one begins again.
        raise
    except Exception:
        _logger.exception("Nobody could be told of %s", records)


def _put_before(record):
    known = record.activity_search(TO_DO)
    if not known:
        manager = responsible(record)
        summary = to_settle(record, manager)
        record.activity_schedule(*TO_DO, summary=summary, user_id=manager.id)
        return
    # Whoever has left, or is no manager any more, settles nothing.
    left = known.filtered(lambda one: not is_manager(one.user_id, record.company_id))
    left.write({"user_id": responsible(record).id})
    today = fields.Date.context_today(record)
    for activity in known:
        summary = to_settle(record, activity.user_id)
        if activity.summary != summary:
            activity.write({"summary": summary, "date_deadline": today})


def to_settle(record, user):
    """What an activity says of a case or a period, in the language of the user who has it.

    :param user: may be nobody
    :rtype: str
    """
    return record.sudo().with_context(lang=user.sudo().lang)._glase_to_settle()


def for_reader(record):
    """A record in the language of the manager who settles it: for words that are stored.

    Whoever asks may be a cashier who reads another language, or a job, which reads none.

    :param record: as for :func:`responsible`
    """
    return record.with_context(lang=responsible(record).lang)


def responsible(record):
    """Which manager settles a case or a period, where there are several.

    Whom its account names; else who has opened the session; else the first manager of the company.

    :param record: with ``company_id`` and ``_glase_settled_by``
    :return: one user; without any manager the one who is logged in
    """
    record = record.sudo()
    account, sessions = record._glase_settled_by()
    for user in (account.responsible_id, *sessions.user_id):
        if is_manager(user, record.company_id):
            return user
    first = record.env["res.users"].search(
        [
            ("all_group_ids", "in", record.env.ref(MANAGERS).ids),
            ("company_ids", "in", record.company_id.ids),
            ("share", "=", False),
            ("active", "=", True),
        ],
        order="id",
        limit=1,
    )
    return first or record.env.user


def is_manager(user, company):
    """Whether a user may settle what a company's money is about; nobody is not."""
    return bool(
        user.active and not user.share and company in user.company_ids and user.has_group(MANAGERS)
    )


def approve(env, company, login="", password=""):
    """The manager who approves something at a till, proven by the manager's own log-in.

    What a browser says about its cashier proves nothing (``doc/ledger.md §14``). Odoo's own
    limit on wrong passwords holds. A manager with two-factor authentication gives an API key
    instead of the password.

    :param company: the till's company
    :param str login: empty if the manager is who is logged in
    :param str password: kept nowhere
    :rtype: res.users
    :raises Refused: if nobody approved who may
    """
    if not login:
        manager = env.user
    else:
        credential = {"type": "password", "login": login, "password": password or ""}
        try:
            # Odoo writes it into its log as it is.
            if not login.isprintable():
                raise AccessDenied()
            known = env["res.users"].sudo()._login(credential, {"interactive": False})
        except AccessDenied as error:
            raise Refused("approval", env._("This log-in or password is not right.")) from error
        manager = env["res.users"].browse(known["uid"])
    may = manager.sudo()
    if not may.has_group(MANAGERS) or company not in may.company_ids:
        raise Refused(
            "approval",
            env._(
                "A manager must approve this: log in here as a Point of Sale administrator "
                "of this company."
            ),
        )
    return manager
