import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessDenied

from ...glase.logs import get_logger
from .caller_context import with_own_context
from .till_errors import Refused

_logger = get_logger(__name__)

MANAGERS = "point_of_sale.group_pos_manager"
TO_DO = ["mail.mail_activity_data_todo"]


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _glase_tell(self, record, summary=None):
        """Put a record of one company before a manager, as one activity that says the newest.

        Whatever keeps somebody from being told keeps nothing from being stored.

        :param record: a case or a period
        :param str summary: what it is about; by default its title, in the manager's language
        """
        record.ensure_one()
        self._glase_at_best(record, lambda told: self._glase_put_before(told, summary))

    @api.model
    def _glase_tell_again(self, records):
        """Put before a manager what none has before him any more: one has left, or an activity is gone.

        :param records: cases and periods that are not settled
        """
        for record in records:
            told = record.activity_search(TO_DO)
            if not any(user._glase_is_manager(record.company_id) for user in told.user_id):
                self._glase_tell(record, told[:1].summary)

    @api.model
    def _glase_told(self, records):
        """What records were put before a manager for is settled."""

        def settled(some):
            some.activity_feedback(TO_DO, feedback=self.env._("Settled."))

        self._glase_at_best(records, settled)

    @api.model
    def _glase_at_best(self, records, do):
        """Do what may fail without harm; the records stand as they were written either way."""
        self.env.flush_all()
        # A slow mail server must not hold up a till: what is sent is sent by Odoo's queue.
        queued = with_own_context(records).with_context(mail_notify_force_send=False)
        try:
            with self.env.cr.savepoint():
                do(queued)
        except psycopg2.OperationalError:
            # Another transaction was first: this one begins again.
            raise
        except Exception:
            _logger.exception("Nobody could be told of %s", records)

    @api.model
    def _glase_put_before(self, record, summary):
        manager = self._glase_responsible(record)
        summary = summary or record.with_context(lang=manager.lang).display_name
        told = record.activity_search(TO_DO)
        if not told:
            record.activity_schedule(*TO_DO, summary=summary, user_id=manager.id)
            return
        values = {"summary": summary, "date_deadline": fields.Date.context_today(self)}
        told.filtered(lambda activity: activity.summary != summary).write(values)
        # Whoever has left, or is no manager any more, settles nothing.
        left = told.filtered(lambda one: not one.user_id._glase_is_manager(record.company_id))
        left.write({"user_id": manager.id})

    @api.model
    def _glase_for_reader(self, record):
        """A record in the language of the manager who settles it: for words that are stored.

        Whoever asks may be a cashier who reads another language, or a job, which reads none.

        :param record: as for :meth:`_glase_responsible`
        """
        return record.with_context(lang=self._glase_responsible(record).lang)

    @api.model
    def _glase_responsible(self, record):
        """Which manager settles a case or a period, where there are several.

        Whom its account names; else who has opened the session; else the first manager of the company.

        :param record: with ``company_id`` and ``_glase_settled_by``
        :return: one user; without any manager the one who is logged in
        """
        record = record.sudo()
        account, sessions = record._glase_settled_by()
        for user in (account.responsible_id, *sessions.user_id):
            if user._glase_is_manager(record.company_id):
                return user
        managers = self.env.ref(MANAGERS).sudo().all_user_ids.sorted("id")
        own = managers.filtered(lambda user: user._glase_is_manager(record.company_id))
        return own[:1] or self.env.user

    def _glase_is_manager(self, company):
        """Whether this user may settle what a company's money is about; nobody is not."""
        return bool(
            self.active
            and not self.share
            and company in self.company_ids
            and self.has_group(MANAGERS)
        )

    @api.model
    def _glase_approve(self, company, login="", password=""):
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
            manager = self.env.user
        else:
            credential = {"type": "password", "login": login, "password": password or ""}
            try:
                # Odoo writes it into its log as it is.
                if not login.isprintable():
                    raise AccessDenied()
                known = self.sudo()._login(credential, {"interactive": False})
            except AccessDenied as error:
                raise Refused(
                    "approval", self.env._("This log-in or password is not right.")
                ) from error
            manager = self.browse(known["uid"])
        may = manager.sudo()
        if not may.has_group(MANAGERS) or company not in may.company_ids:
            raise Refused(
                "approval",
                self.env._(
                    "A manager must approve this: log in here as a Point of Sale administrator "
                    "of this company."
                ),
            )
        return manager
