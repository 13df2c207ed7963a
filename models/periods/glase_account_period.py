from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError, ValidationError

from ..registration.glase_terminal import LIVE
from .glase_period import UNSETTLED

TERMINAL, SHOP = "terminal", "shop"


class GlaseAccount(models.Model):
    """Whether each till has its own transaction periods, or the whole shop (``doc/ledger.md §15``)."""

    _inherit = "glase.account"

    period_scope = fields.Selection(
        [(TERMINAL, "Each till for itself"), (SHOP, "The whole shop at once")],
        "Transaction Periods",
        default=TERMINAL,
        required=True,
        tracking=True,
        help="What Glase reports together. Each till for itself: its period ends when its session "
        "is closed. The whole shop: the period ends when the last till is closed, and at the time "
        "of day below whatever is open then.",
    )
    period_time = fields.Float(
        "Ends at the Latest at",
        default=3.0,
        required=True,
        tracking=True,
        help="Time of day, in the time zone beside it",
    )
    period_tz = fields.Selection(
        _tz_get,
        "Time Zone",
        default=lambda self: self._default_period_tz(),
        required=True,
        tracking=True,
    )

    @api.model
    def _default_period_tz(self):
        return self.env.company.partner_id.tz or self.env.user.tz or "UTC"

    @api.constrains("period_time")
    def _check_period_time(self):
        for account in self:
            if not 0 <= account.period_time < 24:
                raise ValidationError(self.env._("A time of day is from 00:00 to 23:59."))

    def write(self, vals):
        if "period_scope" in vals:
            changing = self.filtered(lambda one: one.period_scope != vals["period_scope"])
            changing._refuse_while_unsettled()
        return super().write(vals)

    def _refuse_while_unsettled(self):
        """What one way has begun is not ended by the other.

        :raises UserError: naming the periods that are not settled
        """
        periods = self.env["glase.period"].sudo()
        unsettled = periods.search(
            [("account_id", "in", self.ids), ("state", "in", list(UNSETTLED))]
        )
        if unsettled:
            raise UserError(
                self.env._(
                    "Wait until these transaction periods are settled, then change it: %s.",
                    ", ".join(unsettled.mapped("display_name")),
                )
            )

    def _next_mark_at(self, now):
        """The next moment at which it is this account's time of day.

        :param datetime.datetime now: naive UTC
        :return: naive UTC, after ``now``
        :rtype: datetime.datetime
        """
        self.ensure_one()
        zone = ZoneInfo(self.period_tz)
        minutes = round(self.period_time * 60)
        of_day = time(minutes // 60 % 24, minutes % 60)
        day = now.replace(tzinfo=timezone.utc).astimezone(zone).date()
        for date in (day, day + timedelta(days=1)):
            local = datetime.combine(date, of_day, zone)
            at = local.astimezone(timezone.utc).replace(tzinfo=None)
            if at > now:
                break
        return at

    def _local_time(self, moment):
        """A moment (naive UTC) in this account's time zone, for people."""
        self.ensure_one()
        local = moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(self.period_tz))
        return f"{local:%Y-%m-%d %H:%M}"

    def _open_sessions(self):
        """Sessions that may still take money with this account.

        Those of its registered tills, and those that have taken some before their till was
        registered with another account.
        """
        self.ensure_one()
        rows = self.env["glase.transaction"].sudo()
        of_rows = rows._read_group(
            [("account_id", "=", self.id), ("session_id.state", "!=", "closed")], ["session_id"]
        )
        live = self.sudo().terminal_ids.filtered(lambda terminal: terminal.state in LIVE)
        sessions = self.env["pos.session"].sudo()
        of_tills = sessions.search(
            [("config_id", "in", live.config_id.ids), ("state", "!=", "closed")]
        )
        return of_tills.union(*(session for (session,) in of_rows))
