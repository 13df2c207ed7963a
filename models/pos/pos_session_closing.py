from datetime import datetime, timedelta
from operator import itemgetter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import groupby

from ...rules import state_machine
from ..support import autonomous_transaction, clock
from ..support.evidence import refuse_system_fields
from ..support.till_errors import Refused, answers_refusals

# What Odoo writes on a session that is being closed.
CLOSING = ("closing_control", "closed")
# Sessions that this transaction has latched and found settled.
GUARDED = "pos_glase.guarded"
# A latch that nobody lifted, because its server died, holds no till longer than this.
LATCH_FOR = timedelta(minutes=5)
# A manager's word holds for the closing at hand, not for one after more sales.
OVERRIDE_FOR = timedelta(minutes=15)
# Kinds of case that a session is not closed over: the money of its own orders is in question.
IN_QUESTION = ("unverified_payment", "forced_done", "goods_without_money", "amount_unknown")


class GlaseTerminal(models.Model):
    _inherit = "glase.terminal"

    closing_latches = fields.Json(
        readonly=True,
        copy=False,
        help="When each closing of the till's register began that has not ended: nothing is sent",
    )

    def _is_closing(self):
        """Whether the till's register is being closed. Meaningful under the till's lock only."""
        self.ensure_one()
        return bool(self._standing_latches())

    def _standing_latches(self):
        return [
            latch
            for latch in self.sudo().closing_latches or []
            if clock.is_recent(self.env.cr, datetime.fromisoformat(latch), LATCH_FOR)
        ]

    def _set_latch(self):
        """Latch these registrations, each under its lock; several closings do not disturb each other.

        :return: what :meth:`_lift_latch` needs
        :rtype: str
        """
        autonomous_transaction.lock(self)
        latch = clock.now(self.env.cr).isoformat()
        for terminal in self:
            terminal.closing_latches = [*terminal._standing_latches(), latch]
        return latch

    def _lift_latch(self, latch):
        autonomous_transaction.lock(self)
        for terminal in self:
            terminal.closing_latches = [one for one in terminal._standing_latches() if one != latch]

    def _refuse_closing(self):
        """:raises Refused: while the till's register is being closed; see :meth:`_is_closing`"""
        if any(terminal._is_closing() for terminal in self):
            raise Refused(
                "closing",
                self.env._("This till's register is being closed: nothing is sent any more."),
            )


class PosSession(models.Model):
    """A session is closed over no Glase money that is undecided (``doc/ledger.md §16``)."""

    _inherit = "pos.session"

    glase_override_reason = fields.Char("Closed over Open Glase Payments", readonly=True)
    glase_override_by = fields.Many2one("res.users", "Approved by", readonly=True)
    glase_override_at = fields.Datetime("Approved at", readonly=True)
    glase_override_list = fields.Text("Open at That Moment", readonly=True)
    glase_override_keys = fields.Json(
        readonly=True, copy=False, help="What the approval is for: nothing that came afterwards"
    )
    glase_is_used = fields.Boolean(compute="_compute_glase_is_used")

    def _compute_glase_is_used(self):
        for session in self:
            session.glase_is_used = session._glase_uses()

    # === What is open ===

    def _glase_open_ends(self):
        """What must be settled before this session is closed, and what is carried over.

        Read in a transaction of its own: the request's may have begun before the last payment.

        :return: ``blocking`` and ``carried``: lists of ``what`` and ``todo``, two sentences; what
            blocks has a ``key``, the same for the same money whatever becomes of it
        :rtype: dict
        """
        self.ensure_one()
        session_id = self.id
        return autonomous_transaction.run(
            self.env, lambda env: env["pos.session"].browse(session_id)._glase_read_open_ends()
        )

    def _glase_read_open_ends(self):
        rows = self.env["glase.transaction"]
        of_till = self._glase_of_till()
        rows._age(rows.search([*of_till, ("state", "in", [state_machine.SENDING])]).terminal_id)
        running = rows.search([*of_till, ("state", "in", list(state_machine.HOLDS_TILL))])
        unclaimed = rows._undecided_ends([("session_id", "=", self.id)])
        cases = self.env["glase.case"].search(
            [
                ("state", "=", "open"),
                ("kind", "in", list(IN_QUESTION)),
                "|",
                ("transaction_id.session_id", "=", self.id),
                ("payment_id.pos_order_id.session_id", "=", self.id),
            ]
        )
        carried = rows.search([*of_till, ("state", "=", state_machine.UNKNOWN)])
        periods = self.env["glase.period"].search(
            [("session_ids.config_id", "=", self.config_id.id), ("state", "!=", "reconciled")]
        )
        return {
            "blocking": [
                *(self._glase_running(row) for row in running),
                *(self._glase_unclaimed(row) for row in unclaimed),
                *(self._glase_in_question(case) for case in cases - running.case_ids),
            ],
            "carried": [
                *(self._glase_carried(row) for row in carried),
                *(self._glase_period_words(period) for period in periods),
            ],
        }

    def _glase_key(self, record):
        return f"{record._name},{record.id}"

    def _glase_subject(self, row):
        amount = row.currency_id.format(row.amount)
        return f"{amount} {row.order_name or ''}".strip()

    def _glase_running(self, row):
        return {
            "key": self._glase_key(row),
            "what": self.env._("Running: %s", self._glase_subject(row)),
            "todo": self.env._(
                "Check it again or cancel it at the till. What was left open ends by itself within "
                "a few minutes."
            ),
        }

    def _glase_unclaimed(self, row):
        return {
            "key": self._glase_key(row),
            "what": self.env._("Paid, but no order has it: %s", self._glase_subject(row)),
            "todo": self.env._(
                "Open its order at the till: it goes on by itself. If the order is gone, a manager "
                "attaches the payment or pays it back: Glase / Cases, some minutes after it was paid."
            ),
        }

    def _glase_in_question(self, case):
        kind = dict(case._fields["kind"]._description_selection(self.env))[case.kind]
        amount = case.currency_id.format(case.amount)
        return {
            "key": self._glase_key(case.transaction_id or case.payment_id),
            "what": f"{kind}: {amount} {case.order_reference or ''}".strip(),
            "todo": self.env._("A manager settles it: Glase / Cases."),
        }

    def _glase_carried(self, row):
        subject = self._glase_subject(row)
        if row.kind == state_machine.REFUND:
            what = self.env._("Not known whether the refund was made: %s", subject)
        else:
            what = self.env._("Sent without an answer: %s", subject)
        return {"what": what, "todo": self.env._("Does not hold up the closing.")}

    def _glase_period_words(self, period):
        return {
            "what": self.env._("Transaction period not settled: %s", period.display_name),
            "todo": self.env._("Does not hold up the closing."),
        }

    def _glase_uses(self):
        """Whether Glase has to do with this session: by its till, or by what the ledger has of it."""
        self.ensure_one()
        session = self.sudo()
        return bool(
            session.config_id._glase_payment_method() or session._glase_ledger_rows(limit=1)
        )

    def _glase_ledger_rows(self, **options):
        """The rows that were made in these sessions, whatever till a session is said to be of now."""
        return (
            self.env["glase.transaction"].sudo().search([("session_id", "in", self.ids)], **options)
        )

    def _glase_of_till(self):
        """The rows of this session's till, as a domain.

        Which till that is, the rows say, too: the session itself may have been written to another.
        """
        self.ensure_one()
        configs = self.config_id | self._glase_ledger_rows().config_id
        return [("config_id", "in", configs.ids)]

    def _glase_refusal(self):
        """Why this session cannot be closed now: sentences for the cashier, or False."""
        self.ensure_one()
        if self.state == "closed" or not self._glase_uses():
            return False
        blocking = self._glase_not_approved(self._glase_open_ends()["blocking"])
        if not blocking:
            return False
        listed = ""
        for todo, ends in groupby(blocking, itemgetter("todo")):
            listed += "".join(f"\n• {end['what']}" for end in ends) + f"\n{todo}\n"
        return self.env._(
            "The register stays open, because Glase payments are undecided:\n%s", listed
        ).strip()

    def _glase_refuse_closed(self):
        """Asked under the till's lock: a closing may have ended since the till was heard.

        :raises Refused: if no money is moved in this session any more
        """
        self.ensure_one()
        if self.state != "opened":
            raise Refused("session", self.env._("Open the register first."))

    def _glase_not_approved(self, blocking):
        """What a manager's word does not cover: what came after it, and all when it has run out."""
        self.ensure_one()
        since = self.glase_override_at
        if not since or not clock.is_recent(self.env.cr, since, OVERRIDE_FOR):
            return blocking
        return [end for end in blocking if end["key"] not in (self.glase_override_keys or [])]

    # === Every way of closing ===

    def get_closing_control_data(self):
        """Override of `point_of_sale` to list what is open with Glase in the closing popup."""
        data = super().get_closing_control_data()
        if not self._glase_uses():
            return {**data, "glase": False}
        ends = self._glase_open_ends()
        blocking = self._glase_not_approved(ends["blocking"])
        data["glase"] = {**ends, "blocking": blocking, "figures": self._glase_figures()}
        return data

    def _cannot_close_session(self, bank_payment_method_diffs=None):
        """Override of `point_of_sale`: refuse while Glase money is undecided."""
        refusal = super()._cannot_close_session(bank_payment_method_diffs)
        message = not refusal and self._glase_refusal()
        if message:
            return {"successful": False, "message": message, "redirect": False, "glase": True}
        return refusal

    def close_session_from_ui(self, bank_payment_method_diff_pairs=None):
        """Override of `point_of_sale`: what is found after *closing* was written opens the till again."""
        answer = super().close_session_from_ui(bank_payment_method_diff_pairs)
        if answer.get("glase") and self.state == "closing_control":
            self.write({"state": "opened", "stop_at": False})
        return answer

    def write(self, vals):
        """Override of `point_of_sale`: no way of closing goes round this.

        A refusal raises before *closing* is written, so the till can be opened again: core itself asks
        about draft orders only when that is committed. What the system itself writes as closed has
        been asked in ``_validate_session``.
        """
        self._glase_check_override([vals])
        state = vals.get("state")
        if state in CLOSING and not (state == "closed" and self.env.su):
            self._glase_guard_closing()
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale`: a cashier may make sessions, but no manager's word."""
        self._glase_check_override(vals_list)
        return super().create(vals_list)

    @api.model
    def _glase_check_override(self, vals_list):
        """What a manager has approved, and the session's periods, come from the system only.

        :raises AccessError: if a request says it itself
        """
        own = [name for name in self._fields if name.startswith("glase_")]
        named = [dict.fromkeys(vals, True) for vals in vals_list]
        refuse_system_fields(self, named, own)

    def _glase_guard_closing(self):
        """Latch the tills, then ask whether they may be closed; once in a transaction.

        :raises UserError: if not, with the sentences for the cashier
        """
        guarded = self.env.cr.postcommit.data.setdefault(GUARDED, set())
        closing = self.filtered(
            lambda one: one.id not in guarded and one.state != "closed" and one._glase_uses()
        )
        for session in closing:
            session._glase_latch()
            refusal = session._cannot_close_session()
            if refusal:
                raise UserError(refusal["message"])
            guarded.add(session.id)
        # What has changed since this request began to read is a conflict here: it is repeated.
        autonomous_transaction.lock(closing._glase_ledger_rows())

    def _glase_latch(self):
        """From here on nothing is sent at this till, until this transaction has ended."""
        session = self.sudo().with_context(active_test=False)
        terminals = session.config_id.glase_terminal_ids | session._glase_ledger_rows().terminal_id
        terminal_ids = terminals.ids
        env = self.env
        latch = autonomous_transaction.run(
            env, lambda own: own["glase.terminal"].browse(terminal_ids)._set_latch()
        )

        def lift():
            autonomous_transaction.run(
                env, lambda own: own["glase.terminal"].browse(terminal_ids)._lift_latch(latch)
            )

        self.env.cr.postcommit.add(lift)
        self.env.cr.postrollback.add(lift)

    # === A manager closes all the same ===

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
        config = self.env["glase.transaction"]._till_config(config_id)
        config.current_session_id._glase_override(reason, login, password)
        return {"ok": True}

    def _glase_override(self, reason, login="", password=""):
        """A manager's word that this session may be closed over what is open at this moment.

        :param str reason: stays on the session, with what was open
        :param str login: of the manager who approves, empty if that is who is logged in
        :param str password: the manager's own; kept nowhere
        :raises Refused: without a reason, or if nobody approved who may
        """
        self.ensure_one()
        reason = (reason or "").strip()
        if not reason:
            raise Refused("reason", self.env._("Write why the register is closed all the same."))
        company = self.config_id.company_id
        manager = self.env["res.users"]._glase_approve(company, login, password)
        blocking = self._glase_open_ends()["blocking"]
        self.sudo().write(
            {
                "glase_override_reason": reason,
                "glase_override_by": manager.id,
                "glase_override_at": clock.now(self.env.cr),
                "glase_override_list": "\n".join(end["what"] for end in blocking),
                "glase_override_keys": [end["key"] for end in blocking],
            }
        )
        self.sudo().message_post(
            body=self.env._(
                "%(manager)s lets this session be closed over undecided Glase payments: "
                "“%(reason)s”. %(listed)s",
                manager=manager.name,
                reason=reason,
                listed="; ".join(end["what"] for end in blocking),
            )
        )
