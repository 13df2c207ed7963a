from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ...rules import polling, state_machine
from ..support import clock
from ..support.public_method import public
from ..support.sentences import said_again

HOUR = timedelta(hours=1)
ERRORS_FOR = timedelta(hours=24)

_LAST_PAYMENTS = """
    SELECT terminal.id, last.id
      FROM unnest(%(terminals)s) AS terminal(id),
           LATERAL (SELECT row.id FROM glase_transaction row
                     WHERE row.terminal_id = terminal.id
                       AND row.kind = 'payment' AND row.state = 'paid'
                     ORDER BY row.paid_at DESC, row.id DESC LIMIT 1) last
"""
_LAST_ERRORS = """
    SELECT DISTINCT ON (row.terminal_id)
           row.terminal_id, COALESCE(event.last_time, event.time) AS heard, event.message
      FROM glase_event event JOIN glase_transaction row ON row.id = event.transaction_id
     WHERE row.terminal_id = ANY(%(terminals)s)
       AND event.time > %(begun)s AND COALESCE(event.last_time, event.time) > %(since)s
       AND event.outcome <> 'note' AND event.message IS NOT NULL
     ORDER BY row.terminal_id, heard DESC, event.id DESC
"""
_ANSWER_TIMES = """
    SELECT row.terminal_id, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY event.seconds),
           (array_agg(event.seconds
                      ORDER BY COALESCE(event.last_time, event.time) DESC, event.id DESC))[1]
      FROM glase_event event JOIN glase_transaction row ON row.id = event.transaction_id
     WHERE row.terminal_id = ANY(%(terminals)s)
       AND event.time > %(begun)s AND COALESCE(event.last_time, event.time) > %(since)s
       AND event.outcome = 'answer' AND event.seconds IS NOT NULL
     GROUP BY row.terminal_id
"""
_UNDECIDED = """
    SELECT terminal_id, count(*)
      FROM glase_transaction
     WHERE terminal_id = ANY(%(terminals)s) AND state IN ('sending', 'issued', 'unknown')
     GROUP BY terminal_id
"""


class GlaseTerminal(models.Model):
    """What a till needs in its first live hour, for all tills with one query a figure."""

    _inherit = "glase.terminal"

    last_payment_id = fields.Many2one(
        "glase.transaction", "Last Paid Transaction", compute="_compute_last_payment"
    )
    last_payment = fields.Char(compute="_compute_last_payment")
    last_payment_at = fields.Datetime("Last Paid", compute="_compute_last_payment")
    last_error = fields.Char(compute="_compute_last_error", help="Of the last 24 hours, in words")
    last_error_at = fields.Datetime("Time of the Last Error", compute="_compute_last_error")
    answer_time = fields.Char(
        "Glase Answers In",
        compute="_compute_answer_time",
        help="How long Glase took to answer this till in the last hour: the median, and the last",
    )
    undecided_count = fields.Integer(compute="_compute_undecided_count")
    sticker_picture = fields.Char(compute="_compute_sticker_picture")

    @api.depends_context("uid", "lang")
    def _compute_last_payment(self):
        found = dict(self._rows_of(_LAST_PAYMENTS))
        rows = self.env["glase.transaction"].sudo()
        for terminal in self:
            row = rows.browse(found.get(terminal.id))
            terminal.last_payment_id = row
            terminal.last_payment_at = row.paid_at
            terminal.last_payment = bool(row) and " · ".join(
                part for part in (row.currency_id.format(row.amount), row.order_name) if part
            )

    @api.depends_context("uid", "lang")
    def _compute_last_error(self):
        since = clock.now(self.env.cr) - ERRORS_FOR
        found = {terminal: error for terminal, *error in self._rows_of(_LAST_ERRORS, since)}
        for terminal in self:
            time, message = found.get(terminal.id, (False, False))
            terminal.last_error_at = time
            terminal.last_error = said_again(self.env, message)

    @api.depends_context("uid", "lang")
    def _compute_answer_time(self):
        since = clock.now(self.env.cr) - HOUR
        found = {terminal: times for terminal, *times in self._rows_of(_ANSWER_TIMES, since)}
        for terminal in self:
            terminal.answer_time = terminal._answer_words(*found.get(terminal.id, (0, 0.0, 0.0)))

    @api.depends_context("uid")
    def _compute_undecided_count(self):
        found = dict(self._rows_of(_UNDECIDED))
        for terminal in self:
            terminal.undecided_count = found.get(terminal.id, 0)

    def _rows_of(self, query, since=None):
        self.env["glase.transaction"].flush_model()
        self.env["glase.event"].flush_model()
        # Equal answers are one event for a while: what ended since then may have begun before.
        begun = since and since - polling.LONGEST_RUN
        self.env.cr.execute(query, {"terminals": self.ids, "since": since, "begun": begun})
        return self.env.cr.fetchall()

    def _answer_words(self, count, median, last):
        if not count:
            return self.env._("not asked in the last hour")
        return self.env._(
            "%(median)s s (last %(last)s s)",
            median=formatLang(self.env, float(median), digits=1),
            last=formatLang(self.env, float(last), digits=1),
        )

    @api.depends("glase_id", "state")
    def _compute_sticker_picture(self):
        for terminal in self:
            shown = terminal.glase_id and terminal.state == "ready"
            terminal.sticker_picture = shown and terminal._sticker_pictures()["qr_code"]

    @public()
    def action_open_undecided(self):
        """The payments and refunds of this till that are not decided yet."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pos_glase.action_glase_transaction")
        states = [state_machine.SENDING, state_machine.ISSUED, state_machine.UNKNOWN]
        action["domain"] = [("terminal_id", "=", self.id), ("state", "in", states)]
        action["context"] = {}
        return action

    @public()
    def action_check_sticker(self):
        """Scan a sticker, to see whether it is this till's."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Is It the Right Sticker?"),
            "res_model": "glase.sticker.check",
            "view_mode": "form",
            "target": "new",
            "context": {"default_terminal_id": self.id},
        }
