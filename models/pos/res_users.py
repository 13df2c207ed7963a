from odoo import api, fields, models
from odoo.exceptions import AccessDenied

from ..support.till_errors import Refused

MANAGERS = "point_of_sale.group_pos_manager"
TO_DO = ["mail.mail_activity_data_todo"]


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _glase_tell(self, record, summary):
        """Put a record of one company before a manager, as one activity that says the newest.

        :param record: a record with ``company_id`` and activities
        :param str summary: what it is about
        """
        record.ensure_one()
        told = record.activity_search(TO_DO)
        if told:
            told.filtered(lambda activity: activity.summary != summary).write(
                {"summary": summary, "date_deadline": fields.Date.context_today(self)}
            )
            return
        manager = self.env.ref(MANAGERS).all_user_ids.filtered(
            lambda user: user.active and not user.share and record.company_id in user.company_ids
        )[:1]
        record.activity_schedule(*TO_DO, summary=summary, user_id=manager.id or self.env.uid)

    @api.model
    def _glase_told(self, records):
        """What records were put before a manager for is settled."""
        records.activity_feedback(TO_DO, feedback=self.env._("Settled."))

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
