from odoo import api, fields, models

from ..periods.glase_period import DIFFERENCES as DIFFERENT
from ..periods.glase_period import MARKED, RECONCILED
from ..support.evidence import refuse_system_fields

# When the sessions of a period learn its id: it is known, or its report has named their rows.
TELLING = (MARKED, RECONCILED, DIFFERENT)


class AccountPayment(models.Model):
    """What a bank line is matched by: Glase's references on what Odoo books (``doc/bookkeeping.md``).

    They are fields of their own: the memo of an entry that is posted is never rewritten.
    """

    _inherit = "account.payment"

    glase_pos_payment_id = fields.Many2one(
        "pos.payment", "Glase Payment", readonly=True, copy=False, index="btree_not_null"
    )
    glase_reference = fields.Char(related="move_id.glase_reference")
    glase_period = fields.Char(related="move_id.glase_period")

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account`: which Glase payment this is says the system."""
        refuse_system_fields(self, vals_list, {"glase_pos_payment_id"})
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account`: which Glase payment this is says the system."""
        refuse_system_fields(self, [dict.fromkeys(vals, True)], {"glase_pos_payment_id"})
        return super().write(vals)


class PosSession(models.Model):
    _inherit = "pos.session"

    def _create_split_account_payment(self, payment, amounts):
        """Override of `point_of_sale`: a payment per customer carries Glase's reference."""
        lines = super()._create_split_account_payment(payment, amounts)
        if payment._is_glase():
            booked = lines.move_id.origin_payment_id
            booked.sudo().glase_pos_payment_id = payment
            payment._glase_write_reference()
        return lines

    def _glase_write_periods(self):
        """Write the ids of their transaction periods to what these sessions have booked.

        A payment of its own gets the period that its row was reported in as soon as it is known;
        until then, and the combined payment of a session, gets all periods of that session.
        """
        if not self.ids:
            return
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH named AS (
                SELECT closed.session_id, period.id, period.identifier
                  FROM glase_period period
                  JOIN glase_period_session_rel closed ON closed.period_id = period.id
                 WHERE closed.session_id = ANY(%(sessions)s)
                UNION
                SELECT COALESCE(payment.session_id, row.session_id), period.id, period.identifier
                  FROM glase_transaction row
                  JOIN glase_period period ON period.id = row.period_id
                  LEFT JOIN pos_payment payment ON payment.id = row.payment_id
                 WHERE row.session_id = ANY(%(sessions)s)
                    OR payment.session_id = ANY(%(sessions)s)
            ), listed AS (
                SELECT session_id, string_agg(identifier, ', ' ORDER BY id) AS identifiers
                  FROM named WHERE identifier <> '' GROUP BY session_id
            )
            UPDATE account_move move
               SET glase_period = COALESCE(
                       (SELECT period.identifier FROM glase_transaction row
                          JOIN glase_period period ON period.id = row.period_id
                         WHERE row.payment_id = booked.glase_pos_payment_id),
                       listed.identifiers)
              FROM listed, account_payment booked, pos_payment_method method
             WHERE move.id = booked.move_id
               AND booked.pos_session_id = listed.session_id
               AND listed.session_id = ANY(%(sessions)s)
               AND method.id = booked.pos_payment_method_id
               AND method.use_payment_terminal = 'glase'
            """,
            {"sessions": self.ids},
        )
        self.env["account.payment"].invalidate_model(["glase_period"])
        self.env["account.move"].invalidate_model(["glase_period"])


class GlasePeriod(models.Model):
    _inherit = "glase.period"

    def write(self, vals):
        """Override: what the period's sessions have booked learns the period's id."""
        result = super().write(vals)
        if vals.get("state") in TELLING:
            self._booked_sessions()._glase_write_periods()
            self._name_in_corrections()
        return result

    def _booked_sessions(self):
        """The closed sessions that have money in these periods."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT DISTINCT COALESCE(payment.session_id, row.session_id)
              FROM glase_transaction row
              LEFT JOIN pos_payment payment ON payment.id = row.payment_id
             WHERE row.period_id = ANY(%s)
            """,
            (self.ids,),
        )
        found = [session_id for (session_id,) in self.env.cr.fetchall() if session_id]
        sessions = self.session_ids | self.env["pos.session"].browse(found)
        return sessions.filtered(lambda session: session.state == "closed")

    def _name_in_corrections(self):
        self.env.cr.execute(
            """
            UPDATE account_move move SET glase_period = period.identifier
              FROM glase_transaction row JOIN glase_period period ON period.id = row.period_id
             WHERE move.glase_transaction_id = row.id AND period.id = ANY(%s)
               AND period.identifier <> ''
            """,
            (self.ids,),
        )
        self.env["account.move"].invalidate_model(["glase_period"])
