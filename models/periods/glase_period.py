import psycopg2.errors

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import mute_logger
from odoo.tools.translate import LazyTranslate

from ...rules import reconciliation
from ...rules.environments import ENVIRONMENTS
from ..books import session_books
from ..support import autonomous_transaction, clock, cron
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.sentences import Sentence, local_day, local_time, titled
from .scope import Scope, next_mark_at, open_sessions

# Said in the language of who reads the period.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

TO_MARK, MARKING, MARK_UNKNOWN = "to_mark", "marking", "mark_unknown"
MARKED, RECONCILED, DIFFERENCES, FAILED = "marked", "reconciled", "differences", "failed"

STATES = [
    (TO_MARK, "To mark"),
    (MARKING, "Marking"),
    (MARK_UNKNOWN, "Mark not answered"),
    (MARKED, "Waiting for the report"),
    (RECONCILED, "Reconciled"),
    (DIFFERENCES, "Differences"),
    (FAILED, "Failed"),
]
# Work of the scheduled job: what is left in these is not settled.
UNSETTLED = (TO_MARK, MARKING, MARK_UNKNOWN, MARKED)
# Their reports are here; one that lacks something is asked for again.
COMPARED = (RECONCILED, DIFFERENCES)
# When the books of its sessions learn a period's id: it is known, or its report has named their rows.
NAMED = (MARKED, *COMPARED)


class GlasePeriod(models.Model):
    """A transaction period: marked at Glase, then compared with the ledger (``doc/ledger.md §15``).

    A period is made when a session closes, in the closing transaction itself. All that talks with
    Glase happens afterwards, in a scheduled job, and can neither stop nor slow the closing.
    """

    _name = "glase.period"
    _description = "Glase Transaction Period"
    _inherit = ["pos_glase.kept", "pos_glase.thread", "mail.activity.mixin"]
    _order = "id desc"

    state = fields.Selection(
        STATES, default=TO_MARK, required=True, readonly=True, index=True, tracking=True
    )
    account_id = fields.Many2one("glase.account", required=True, readonly=True, ondelete="restrict")
    terminal_id = fields.Many2one(
        "glase.terminal",
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The till's registration; empty for a period of the whole shop",
    )
    config_id = fields.Many2one("pos.config", "Till", readonly=True, ondelete="set null")
    session_ids = fields.Many2many(
        "pos.session",
        "glase_period_session_rel",
        "period_id",
        "session_id",
        "Sessions",
        readonly=True,
        help="The sessions whose closing asked for this period",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    environment = fields.Selection(ENVIRONMENTS, required=True, readonly=True)

    identifier = fields.Char("Period at Glase", readonly=True, index="btree_not_null")
    mark_sent_at = fields.Datetime(readonly=True)
    marked_at = fields.Datetime(readonly=True)
    call_reference = fields.Char("Reference of the Call", readonly=True)
    replaces_id = fields.Many2one(
        "glase.period",
        "Marked Again for",
        readonly=True,
        ondelete="restrict",
        help="The period whose mark was not answered",
    )
    next_try_at = fields.Datetime(readonly=True, index="btree_not_null")
    tries = fields.Integer(readonly=True, help="Failures in a row")
    asked_again = fields.Integer(
        readonly=True, help="How often the reports were fetched again because they lacked something"
    )
    asked_again_at = fields.Datetime(readonly=True)
    not_ready_count = fields.Integer(readonly=True, help="How often the report was not ready yet")
    contradictions = fields.Integer(
        readonly=True, help="How often Glase's two reports of this period did not agree"
    )
    message = Sentence("Last Message", readonly=True)
    waits_for = fields.Char(compute="_compute_waits_for")

    fetched_at = fields.Datetime("Report Fetched", readonly=True)
    details_id = fields.Many2one("ir.attachment", "Details Report", readonly=True)
    summary_id = fields.Many2one("ir.attachment", "Summary Report", readonly=True)
    line_ids = fields.One2many("glase.period.line", "period_id", readonly=True)
    report_count = fields.Integer("Rows at Glase", readonly=True)
    report_total = fields.Monetary("Total at Glase", readonly=True)
    summary_total = fields.Monetary("Total of the Summary", readonly=True)
    ledger_count = fields.Integer("Rows in the Ledger", readonly=True)
    ledger_total = fields.Monetary("Total in the Ledger", readonly=True)
    difference = fields.Monetary(compute="_compute_difference", store=True)
    difference_count = fields.Integer("Differences", readonly=True)
    mailed_at = fields.Datetime(
        readonly=True, copy=False, help="When the bookkeeper got it by mail"
    )
    awaited_count = fields.Integer(
        "Awaited", readonly=True, help="Payments that the next period's report should have"
    )

    _one_identifier = models.UniqueIndex(
        "(environment, identifier) WHERE identifier IS NOT NULL",
        "Another period has this id at Glase already.",
    )
    _one_to_mark = models.UniqueIndex(
        "(account_id, COALESCE(terminal_id, 0)) WHERE state = 'to_mark'",
        "A period of this till or shop is waiting to be marked already.",
    )

    @api.depends("report_total", "ledger_total")
    def _compute_difference(self):
        for period in self:
            period.difference = period.report_total - period.ledger_total

    @api.depends("terminal_id", "account_id", "mark_sent_at", "fetched_at", "report_total")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for period in self:
            till = period.config_id.name or period.terminal_id.name
            whose = till if period.terminal_id else period.account_id.name
            day = local_day(period.account_id, period.mark_sent_at or period.create_date)
            total = period.fetched_at and period.report_total
            period.display_name = titled(f"{whose} {day}", period.currency_id, total)

    @api.depends("state", "next_try_at")
    @api.depends_context("lang")
    def _compute_waits_for(self):
        for period in self:
            account = period.sudo().account_id
            waits = period.state == TO_MARK and not period.terminal_id and not period.tries
            tills = waits and open_sessions(account).config_id
            period.waits_for = bool(tills) and self.env._(
                "Marked when the last till of the shop is closed (open: %(tills)s), at the latest "
                "%(time)s (%(zone)s).",
                tills=", ".join(tills.mapped("name")),
                time=local_time(account, period.next_try_at),
                zone=account.period_tz,
            )

    def write(self, vals):
        """Override: what the period's sessions have booked learns the period's id."""
        result = super().write(vals)
        if vals.get("state") in NAMED:
            session_books.write_periods_of(self)
        return result

    def _glase_settled_by(self):
        """The account that names who decides, and the sessions whose openers are asked else."""
        return self.account_id, self.session_ids

    # === What it covers ===

    def _scope(self):
        """Whose period this is."""
        self.ensure_one()
        return Scope(self.account_id, self.terminal_id)

    def _covered(self):
        """The rows of the ledger that this period may report, as a domain of ``glase.transaction``."""
        return self._scope().rows(self.environment)

    def _has_ended(self, row):
        """Whether the mark of this period came after a row of the ledger that it covers."""
        self.ensure_one()
        if self.terminal_id:
            covers = self.terminal_id == row.terminal_id
        else:
            covers = (self.account_id, self.environment) == (row.account_id, row.environment)
        return covers and row.ended_at <= self.mark_sent_at

    @api.model
    def _waiting(self, scope):
        """The period of a scope that waits to be marked; it may be none."""
        return self.search(scope.periods() & Domain("state", "=", TO_MARK))

    # === Made by the ledger only ===

    @api.model
    def _make_for_closed(self, sessions):
        """Make the periods that closed sessions end (``doc/ledger.md §15``).

        In the closing transaction itself: nothing that talks with Glase can stop or slow it.
        """
        for session in sessions:
            for scope in Scope.ended_by(session):
                self._make(scope.account, scope.terminal, session)

    @api.model
    def _make(self, account, terminal, sessions, replaces=None):
        """Make the period that is marked next, unless one is waiting already.

        What is paid until this moment is in it either way: one that waits is marked later.

        :param account: whose periods
        :param terminal: the registration whose payments it ends; empty for the whole shop
        :param sessions: the sessions whose money is in it; may be empty
        :param replaces: the period whose mark was not answered, or None
        :return: the period
        :raises ConcurrencyError: another transaction has just made it: begin again, to see it
        """
        period = self.sudo()._waiting(Scope(account, terminal))
        if not period:
            values = self._values_of_new(account, terminal, sessions)
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    period = self.sudo().create(values)
            except psycopg2.errors.UniqueViolation as error:
                # A till of the shop that closes at the same moment.
                words = "A period of this till or shop was made at this moment."
                raise ConcurrencyError(words) from error
        if replaces:
            period.replaces_id = period.replaces_id or replaces
        if sessions:
            # From their side: the job may be at the period's row at this moment.
            sessions.sudo().write({"glase_period_ids": [Command.link(period.id)]})
        self._wake()
        return period

    @api.model
    def _values_of_new(self, account, terminal, sessions):
        # A refund may be made at another till than the one whose registration it belongs to.
        config = terminal.config_id
        tills = config or sessions.config_id or account.terminal_ids.config_id
        now = clock.now(self.env.cr)
        return {
            "account_id": account.id,
            "terminal_id": terminal.id,
            "config_id": config.id,
            "company_id": account.company_id.id,
            "currency_id": (tills.currency_id[:1] or account.company_id.currency_id).id,
            "environment": (terminal or account).environment,
            # The job marks a shop's earlier, as soon as no till of it is open.
            "next_try_at": now if terminal else next_mark_at(account, now),
        }

    @api.model
    def _refuse_while_unsettled(self, accounts):
        """What one way of making periods has begun is not ended by the other.

        :raises UserError: naming the periods of accounts that are not settled
        """
        of_accounts = [("account_id", "in", accounts.ids), ("state", "in", list(UNSETTLED))]
        unsettled = self.sudo().search(of_accounts)
        if unsettled:
            raise UserError(
                self.env._(
                    "Wait until these transaction periods are settled, then change it: %s.",
                    ", ".join(unsettled.mapped("display_name")),
                )
            )

    @api.model
    def _wake(self):
        cron.wake(self.env, "cron_periods")

    def _to_mark_again(self):
        """The values that let this period be marked again; one that waits already has its rows.

        :rtype: dict
        """
        self.ensure_one()
        following = self._waiting(self._scope()) - self
        if not following:
            return {"state": TO_MARK}
        following.session_ids = [Command.link(session.id) for session in self.session_ids]
        following.replaces_id = following.replaces_id or self.replaces_id
        return {
            "state": RECONCILED,
            "next_try_at": False,
            "message": _lt("Not marked: the next period has its rows."),
        }

    # === By hand ===

    @api.model
    def _mark_by_hand(self, account, terminal):
        """Let the job mark a period now, if there is anything in it.

        Within an open session or after it. Pressed twice, or while the session is being closed, it is
        one period all the same.

        :param account: whose period
        :param terminal: the registration; empty for the whole shop
        :return: the action that shows the period
        :rtype: dict
        :raises AccessError: for anyone but a POS administrator
        :raises UserError: if nothing was paid or given back since the last mark
        """
        if not self.env.user.has_group("point_of_sale.group_pos_manager"):
            raise AccessError(self.env._("Only a Point of Sale administrator does this."))
        scope = Scope.of(account, terminal)
        autonomous_transaction.lock((scope.terminal or account).sudo())
        periods = self.sudo()
        unsettled = scope.periods() & Domain("state", "in", list(UNSETTLED))
        period = periods.search(unsettled, limit=1)
        waits = period.state == TO_MARK
        rows = scope.unmarked_rows()
        if rows and not waits:
            period = periods._make(account, scope.terminal, rows.session_id)
            waits = True
        if not period:
            raise UserError(
                self.env._(
                    "There is nothing to mark: no Glase payment was made since the last period."
                )
            )
        if waits and not period.replaces_id:
            period.next_try_at = clock.now(self.env.cr)
            self._wake()
        return period._get_records_action(context={})

    @public(group=MANAGERS, many=True)
    def action_export_xlsx(self):
        """Download these periods as a spreadsheet."""
        return self._export("xlsx")

    @public(group=MANAGERS, many=True)
    def action_export_csv(self):
        """Download these periods as comma-separated values."""
        return self._export("csv")

    def _export(self, kind):
        ids = ",".join(map(str, self.ids))
        return {
            "type": "ir.actions.act_url",
            "url": f"/pos_glase/periods.{kind}?ids={ids}",
            "target": "download",
        }

    @public(group=MANAGERS, access="write", many=True)
    def action_resume(self):
        """Take up a period that failed, or ask for its report again now.

        :raises AccessError: for anyone but a POS administrator
        """
        for period in self.sudo():
            values = {
                "next_try_at": clock.now(self.env.cr),
                "tries": 0,
                "not_ready_count": 0,
                "contradictions": 0,
                "message": False,
            }
            period.write({**values, **period._values_of_resumed()})
        self._wake()

    def _values_of_resumed(self):
        """What a period that is taken up does next.

        :raises UserError: if nothing can come of it
        """
        if self.state == MARK_UNKNOWN:
            raise UserError(self.env._("This mark was not answered: a new period takes its place."))
        if self.identifier:
            return {"state": MARKED} if self.state in (FAILED, *COMPARED) else {}
        if self.state == FAILED:
            return self._to_mark_again()
        if self.state in COMPARED:
            raise UserError(
                self.env._("This period has no report at Glase: another period has its rows.")
            )
        return {}

    @public()
    def action_differences(self):
        """The differences of this period that nobody has accepted yet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Differences"),
            "res_model": "glase.period.line",
            "view_mode": "list,kanban,form",
            "mobile_view_mode": "kanban",
            "domain": [("period_id", "=", self.id), ("is_difference", "in", [True])],
            "help": self.env._("Nothing differs"),
        }

    def _lines_on_paper(self):
        """The lines in the order in which a bookkeeper reads them.

        :return: what differs, or did until somebody accepted it; and all that matches
        :rtype: tuple
        """
        self.ensure_one()
        differing = self.line_ids.filtered(lambda line: line.kind in reconciliation.DIFFERENCES)
        return differing, self.line_ids - differing
