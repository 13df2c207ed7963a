from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..periods import export
from ..periods.glase_period import COMPARED, DIFFERENCES, FAILED
from ..support import clock, managers
from ..support.managers import TO_DO

NEVER, DAY, WEEK, MONTH = "never", "day", "week", "month"


def following(every, today):
    """The day of the next mail with periods.

    :param str every: ``DAY``, ``WEEK`` (Mondays) or ``MONTH`` (the first)
    :param datetime.date today: the mail comes after that
    :rtype: datetime.date
    """
    if every == DAY:
        return today + timedelta(days=1)
    if every == WEEK:
        return today + timedelta(days=7 - today.weekday())
    return today.replace(day=1) + relativedelta(months=1)


class GlaseAccount(models.Model):
    """Who settles what a person must settle about an account's money, and what it says by mail.

    Each day what is open, and on a schedule its periods.
    """

    _inherit = "glase.account"

    responsible_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="The manager who gets an activity for each case and each period that a person must "
        "settle. Empty: the manager who has opened the session, else the first one of the company.",
    )
    daily_mail_user_ids = fields.Many2many(
        "res.users",
        "glase_account_daily_mail_rel",
        string="Daily Mail to",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Each morning, if anything is open: cases to settle, periods that differ or failed, and "
        "tills that are not registered. Only Point of Sale administrators of the company get it.",
    )
    period_mail_every = fields.Selection(
        [
            (NEVER, "Never"),
            (DAY, "Each day"),
            (WEEK, "Each Monday"),
            (MONTH, "On the first of each month"),
        ],
        "Mail the Periods",
        default=NEVER,
        required=True,
        tracking=True,
        help="The periods that were compared since the last mail, as a spreadsheet and as CSV",
    )
    period_mail_partner_ids = fields.Many2many(
        "res.partner",
        "glase_account_period_mail_rel",
        string="Bookkeepers",
        help="They get the names of cashiers and the references of payments; they need no log-in.",
    )
    period_mail_from = fields.Datetime(readonly=True, copy=False)
    period_mail_on = fields.Date("Next Mail", readonly=True, copy=False)

    @api.constrains("responsible_id", "company_id")
    def _check_responsible(self):
        for account in self:
            user = account.sudo().responsible_id
            if user and not managers.is_manager(user, account.company_id):
                raise ValidationError(
                    self.env._(
                        "%(user)s is no Point of Sale administrator of %(company)s, so nothing can "
                        "be settled by that person.",
                        user=user.name,
                        company=account.company_id.name,
                    )
                )

    def _hand_over(self):
        """What is open already goes to whoever is responsible now."""
        for account in self.filtered("responsible_id"):
            of_account = [("account_id", "=", account.id)]
            cases = self.env["glase.case"].sudo().search([*of_account, ("state", "=", "open")])
            unsettled = [*of_account, ("state", "in", [DIFFERENCES, FAILED])]
            periods = self.env["glase.period"].sudo().search(unsettled)
            for records in (cases, periods):
                records.activity_reschedule(TO_DO, new_user_id=account.responsible_id.id)

    @api.constrains("period_mail_every", "period_mail_partner_ids")
    def _check_period_mail(self):
        for account in self.filtered(lambda one: one.period_mail_every != NEVER):
            without = account.period_mail_partner_ids.filtered(lambda one: not one.email)
            if without or not account.period_mail_partner_ids:
                raise ValidationError(
                    self.env._("Say who gets the periods by mail: somebody with an e-mail address.")
                )

    def _plan_period_mail(self):
        """From now on: what was compared before is not sent."""
        for account in self:
            never = account.period_mail_every == NEVER
            now = clock.now(self.env.cr)
            account.sudo().write(
                {
                    "period_mail_from": False if never else account.period_mail_from or now,
                    "period_mail_on": not never
                    and following(account.period_mail_every, now.date()),
                }
            )

    # === The scheduled job ===

    @api.model
    def _cron_mail(self):
        """Put the mails of this day into Odoo's queue, and what nobody looks at before a manager."""
        today = clock.now(self.env.cr).date()
        # A copy of the shop's database is silent to people, too.
        copied = self.search([("active", "in", [True, False])]).filtered("unbound_why")
        self._tell_again(copied)
        for account in self.search([("active", "=", True)]) - copied:
            account._mail_what_is_open()
            if account.period_mail_on and account.period_mail_on <= today:
                account._mail_periods()
                account.period_mail_on = following(account.period_mail_every, today)

    @api.model
    def _tell_again(self, copied):
        """See ``managers.tell_again``.

        :param copied: accounts of which nothing is said
        """
        others = ("account_id", "not in", copied.ids)
        managers.tell_again(self.env["glase.case"].search([("state", "=", "open"), others]))
        unsettled = [("state", "in", [DIFFERENCES, FAILED]), others]
        managers.tell_again(self.env["glase.period"].search(unsettled))

    def _mail_what_is_open(self):
        template = self.env.ref("pos_glase.mail_what_is_open", raise_if_not_found=False)
        for user in self.daily_mail_user_ids if template else ():
            if not managers.is_manager(user, self.company_id):
                continue
            seen = self.with_user(user).with_context(
                allowed_company_ids=self.company_id.ids, lang=user.lang, tz=user.tz
            )
            found = seen._what_is_open()
            if any(found.values()):
                values = {"recipient_ids": [fields.Command.set(user.partner_id.ids)]}
                mailer = template.with_context(found=found, reader_lang=user.lang, tz=user.tz)
                mailer.send_mail(self.id, email_values=values)

    def _what_is_open(self):
        """What a person must settle, as far as the reader may see it.

        :return: ``cases``, ``periods`` and ``tills``: records
        :rtype: dict
        """
        of_account = [("account_id", "=", self.id)]
        periods = [*of_account, ("state", "in", [DIFFERENCES, FAILED])]
        tills = self._overview_tills().get(self.sudo(), self.env["pos.config"])
        return {
            "cases": self.env["glase.case"].search([*of_account, ("state", "=", "open")]),
            "periods": self.env["glase.period"].search(periods),
            "tills": tills,
        }

    def _mail_periods(self):
        template = self.env.ref("pos_glase.mail_periods", raise_if_not_found=False)
        periods = self.env["glase.period"].search(
            [
                ("account_id", "=", self.id),
                ("state", "in", list(COMPARED)),
                ("marked_at", ">=", self.period_mail_from),
                ("mailed_at", "=", False),
            ]
        )
        partners = self.period_mail_partner_ids.filtered("email")
        if not (template and periods and partners):
            return
        for lang, readers in partners.grouped("lang").items():
            self._mail_periods_to(readers, lang, template, periods.with_context(lang=lang))
        periods.mailed_at = clock.now(self.env.cr)

    def _mail_periods_to(self, partners, lang, template, periods):
        """One mail for each partner; the files, which are the same for all of a language, are made once."""
        files = [
            {
                "name": export.file_name(periods, kind),
                "raw": export.as_file(periods, kind),
                "mimetype": export.MIME[kind].partition(";")[0],
                "res_model": "mail.mail",
            }
            for kind in (export.XLSX, export.CSV)
        ]
        mailer = template.with_context(found=periods, reader_lang=lang)
        for partner in partners:
            values = {"recipient_ids": [fields.Command.set(partner.ids)]}
            mail = self.env["mail.mail"].browse(mailer.send_mail(self.id, email_values=values))
            mail.attachment_ids = self.env["ir.attachment"].create(
                [{**file, "res_id": mail.id} for file in files]
            )
