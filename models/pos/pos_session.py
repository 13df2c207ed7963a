from odoo import api, fields, models
from odoo.exceptions import UserError

from ...rules.environments import REAL_FIRST
from ..books import books_job, method_accounts, session_books
from ..cases import progress
from ..go_live.moving import lock_opening, refuse_while_moving
from ..ledger import till, unsettled
from ..support.evidence import refuse_system_fields
from ..support.managers import MANAGERS
from ..support.public_method import public
from ..support.till_errors import answers_refusals
from .session_closing import SessionClosing, uses_glase
from .session_figures import SessionFigures

# What Odoo writes on a session that is being closed.
CLOSING = ("closing_control", "closed")
FIGURES = (
    "payment_count",
    "payment_total",
    "refund_count",
    "refund_total",
    "net",
    "unconfirmed_count",
    "unconfirmed_total",
    "elsewhere_total",
    "order_total",
    "is_reported",
    "report_total",
    "difference",
)


class PosSession(models.Model):
    """A session, as far as Glase is concerned: its figures, its closing, its periods and its books.

    Rows of simulator, test and production never mix (``doc/ledger.md §21``): a session has rows of
    one environment only, because its till is moved to another one while it is closed.
    """

    _inherit = "pos.session"

    glase_override_reason = fields.Char("Closed over Open Glase Payments", readonly=True)
    glase_override_by = fields.Many2one(
        "res.users", "Approved by", readonly=True, ondelete="restrict"
    )
    glase_override_at = fields.Datetime("Approved at", readonly=True)
    glase_override_list = fields.Text("Open at That Moment", readonly=True)
    glase_override_keys = fields.Json(
        readonly=True, copy=False, help="What the approval is for: nothing that came afterwards"
    )
    glase_is_used = fields.Boolean(compute="_compute_glase_is_used")

    glase_period_ids = fields.Many2many(
        "glase.period",
        "glase_period_session_rel",
        "session_id",
        "period_id",
        "Glase Periods",
        readonly=True,
        copy=False,
    )
    glase_payment_count = fields.Integer("Glase Payments", compute="_compute_glase_figures")
    glase_payment_total = fields.Monetary("Taken with Glase", compute="_compute_glase_figures")
    glase_refund_count = fields.Integer("Glase Refunds", compute="_compute_glase_figures")
    glase_refund_total = fields.Monetary("Given Back with Glase", compute="_compute_glase_figures")
    glase_net = fields.Monetary("Glase, Net", compute="_compute_glase_figures")
    glase_unconfirmed_count = fields.Integer(
        "Not Confirmed", compute="_compute_glase_figures", help="Payments that no ledger row proves"
    )
    glase_unconfirmed_total = fields.Monetary(
        "Not Confirmed by Glase",
        compute="_compute_glase_figures",
        help="What the orders count as paid or given back beyond what Glase has confirmed",
    )
    glase_elsewhere_total = fields.Monetary(
        "Not in Its Orders",
        compute="_compute_glase_figures",
        help="What Glase moved in this session that is in no order of it, or is in another's; with "
        "a minus what its orders were paid with in another session",
    )
    glase_order_total = fields.Monetary("In the Orders", compute="_compute_glase_figures")
    glase_is_reported = fields.Boolean(compute="_compute_glase_figures")
    glase_report_total = fields.Monetary("By Glase's Report", compute="_compute_glase_figures")
    glase_difference = fields.Monetary("Difference", compute="_compute_glase_figures")

    def _compute_glase_is_used(self):
        for session in self:
            session.glase_is_used = uses_glase(session)

    def _glase_settled_by(self):
        """The account that names who reads what is noted about this session, and the session itself."""
        return self.config_id.glase_terminal_id.account_id, self

    @api.depends(
        "state", "glase_period_ids.state", "glase_period_ids.report_total", "order_ids.payment_ids"
    )
    def _compute_glase_figures(self):
        for session in self:
            figures = SessionFigures(session).first_block()
            for name in FIGURES:
                session[f"glase_{name}"] = figures[name]

    def _glase_environment(self):
        """The environment of this session's rows; False if it has none."""
        self.ensure_one()
        rows = self.env["glase.transaction"].sudo()
        groups = rows._read_group([("session_id", "=", self.id)], ["environment"])
        found = {environment for (environment,) in groups}
        return next((one for one in REAL_FIRST if one in found), False)

    def _glase_is_of(self, environment):
        """Whether money of this environment may be entered in this session."""
        self.ensure_one()
        own = self._glase_environment() or self.config_id._glase_environment()
        return own in (False, environment)

    def load_data(self, models_to_load):
        """Override of `point_of_sale`: the till hears what only it may know, in ``_glase``.

        Only a Point of Sale user who may read the session gets it; see ``_glase_till_info``.
        """
        response = super().load_data(models_to_load)
        for record in response.get("pos.config", ()):
            record["_glase"] = self.config_id._glase_till_info()
        return response

    # === Opened, closed ===

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale`: a cashier may make sessions, but no manager's word.

        :raises AccessError: if a request says what only the system writes
        :raises UserError: for a till that is being moved to another account
        """
        self._glase_refuse_system_fields(vals_list)
        config_ids = [vals["config_id"] for vals in vals_list if vals.get("config_id")]
        refuse_while_moving(self.env["pos.config"].browse(config_ids))
        return super().create(vals_list)

    def write(self, vals):
        """Override of `point_of_sale`: every way of closing a session passes here.

        A refusal raises before *closing* is written, so the till can be opened again: core itself asks
        about draft orders only when that is committed. What the system itself writes as closed has
        been asked in ``_validate_session``.

        :raises AccessError: if a request says what only the system writes
        :raises UserError: if Glase money is undecided, with the sentences for the cashier; for
            *opened*, while the till is moved to another account
        """
        self._glase_refuse_system_fields([vals])
        state = vals.get("state")
        if state == "opened":
            # One whose closing was refused has not been shut: no move has begun meanwhile.
            shut = self.filtered(lambda session: session.state == "opening_control")
            lock_opening(shut.config_id)
            refuse_while_moving(self.config_id)
        if state in CLOSING and not (state == "closed" and self.env.su):
            SessionClosing.guard(self)
        result = super().write(vals)
        if state == "closed":
            self._glase_after_closing()
        return result

    @api.model
    def _glase_refuse_system_fields(self, vals_list):
        """What a manager has approved, and the session's periods, come from the system only."""
        own = [name for name in self._fields if name.startswith("glase_")]
        named = [dict.fromkeys(vals, True) for vals in vals_list]
        refuse_system_fields(self, named, own)

    def _glase_after_closing(self):
        """What follows in the closing transaction itself; nothing in it talks with Glase.

        Money without an order is a case now; its order may still come, lands in the next session and
        settles the case. The periods to mark are made, and the books of these sessions are due.
        """
        rows = self.env["glase.transaction"]
        for row in unsettled.unclaimed(rows.sudo(), [("session_id", "in", self.ids)]):
            progress.open_case("paid_without_order", row)
        self.env["glase.period"]._make_for_closed(self)
        session_books.write_periods(self.sudo())
        books_job.wake(self.env)

    def get_closing_control_data(self):
        """Override of `point_of_sale`: no count is asked for Glase; what is open with it is listed."""
        data = super().get_closing_control_data()
        session_books.mark_uncounted(self, data)
        if not uses_glase(self):
            return {**data, "glase": False}
        closing = SessionClosing(self)
        ends = closing.open_ends()
        blocking = closing.not_approved(ends["blocking"])
        figures = SessionFigures(self).first_block()
        return {**data, "glase": {**ends, "blocking": blocking, "figures": figures}}

    def _cannot_close_session(self, bank_payment_method_diffs=None):
        """Override of `point_of_sale`: refuse while Glase money is undecided.

        What was counted for Glase does not matter.
        """
        diffs = session_books.without_counts(self, bank_payment_method_diffs)
        refusal = super()._cannot_close_session(diffs)
        message = not refusal and SessionClosing(self).refusal()
        if message:
            return {"successful": False, "message": message, "redirect": False, "glase": True}
        return refusal

    def close_session_from_ui(self, bank_payment_method_diff_pairs=None):
        """Override of `point_of_sale`: what is found after *closing* was written opens the till again."""
        answer = super().close_session_from_ui(bank_payment_method_diff_pairs)
        if answer.get("glase") and self.state == "closing_control":
            self.write({"state": "opened", "stop_at": False})
        return answer

    def _validate_session(
        self, balancing_account=False, amount_to_balance=0, bank_payment_method_diffs=None
    ):
        """Override of `point_of_sale`: every way of closing passes here, whoever counted what.

        What is refused is refused before anything is written (``doc/ledger.md §16``).
        """
        SessionClosing.guard(self)
        method_accounts.give(session_books.counted_methods(self))
        session_books.tell_dropped_counts(self, bank_payment_method_diffs)
        diffs = session_books.without_counts(self, bank_payment_method_diffs)
        return super()._validate_session(balancing_account, amount_to_balance, diffs)

    def _create_combine_account_payment(self, payment_method, amounts, diff_amount):
        """Override of `point_of_sale`: a day that gives back more than it takes is booked, too."""
        lines = super()._create_combine_account_payment(payment_method, amounts, diff_amount)
        return session_books.book_apart(self, payment_method, lines)

    def _create_split_account_payment(self, payment, amounts):
        """Override of `point_of_sale`: a payment per customer carries Glase's reference."""
        lines = super()._create_split_account_payment(payment, amounts)
        session_books.name_payment(payment, lines)
        return lines

    # === Asked by people ===

    @api.model
    @answers_refusals
    def _till_override_closing(self, config_id, reason, login="", password=""):
        """Let a manager close a session although Glase money is undecided.

        :param int config_id: the till
        :param str reason: stays on the session, with what was open
        :param str login: of the manager who approves, empty if that is who is logged in
        :param str password: the manager's own; kept nowhere
        :return: ``{"ok": True}``, or a refusal
        :rtype: dict
        """
        config = till.config_of(self.env, config_id)
        SessionClosing(config.current_session_id).override(reason, login, password)
        return {"ok": True}

    @public()
    def action_glase_periods(self):
        """The transaction periods of this session."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pos_glase.action_glase_period")
        return {**action, "domain": [("session_ids", "in", self.ids)]}

    @public(group=MANAGERS)
    def action_glase_mark_period(self):
        """Mark the period of this session's till now; see ``glase.period._mark_by_hand``."""
        self.ensure_one()
        self.check_access("read")
        terminal = self.config_id.glase_terminal_id
        if not terminal:
            raise UserError(self.env._("This till is not registered with Glase."))
        return terminal.action_mark_period()
