from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from ...rules import state_machine
from ...rules.environments import REAL_FIRST
from ...rules.session_figures import Moved, totals

KINDS = (state_machine.PAYMENT, state_machine.REFUND)

# What the finished orders of sessions say was paid or given back with Glase: the sum of the payments,
# how many of them nothing proves, and by how much they differ from what their rows moved.
IN_ORDERS = """
    SELECT payment.session_id, SUM(payment.amount),
           COUNT(*) FILTER (WHERE payment.glase_unverified OR linked.moved IS NULL),
           SUM(payment.amount - COALESCE(linked.moved, 0))
      FROM pos_payment payment
      JOIN pos_order AS of_payment ON of_payment.id = payment.pos_order_id
      JOIN pos_payment_method method ON method.id = payment.payment_method_id
      LEFT JOIN LATERAL (
            SELECT SUM(row.signed_amount) AS moved
              FROM glase_transaction row
             WHERE row.payment_id = payment.id AND row.state IN ('paid', 'refunded')
           ) linked ON TRUE
     WHERE payment.session_id = ANY(%s) AND method.use_payment_terminal = 'glase'
       AND of_payment.state NOT IN ('draft', 'cancel')
       AND (%s::timestamp IS NULL OR of_payment.date_order >= %s)
       AND (%s::timestamp IS NULL OR of_payment.date_order < %s)
     GROUP BY payment.session_id
"""


def moved_between(since=None, until=None):
    """Rows that moved money, from ``since`` on and before ``until`` if given: a domain.

    :param datetime.datetime since: naive UTC
    :rtype: Domain
    """
    moved = Domain("state", "in", [state_machine.PAID, state_machine.REFUNDED])
    if since:
        moved &= Domain("ended_at", ">=", since) & Domain("ended_at", "<", until)
    return moved


class SessionFigures:
    """What sessions took and gave back with Glase, by the ledger and by Glase's own report.

    Play money is never added to real money, nor one currency to another (``doc/ledger.md §21``): there
    is one block of figures for each environment and currency.
    """

    def __init__(self, sessions, since=None, until=None):
        """
        :param sessions: of ``pos.session``
        :param datetime.datetime since: naive UTC: only what moved from then on, and before ``until``
        """
        self.sessions, self.env = sessions, sessions.env
        self.since, self.until = since, until

    def blocks(self):
        """Counts and sums of the sessions' rows that moved money.

        :return: a block for each environment and currency, real money first
        :rtype: list[dict]
        """
        moved, ordered = self._moved(), self._in_orders()
        found = sorted(
            moved.keys() | ordered.keys(), key=lambda key: (REAL_FIRST.index(key[0]), key[1].name)
        )
        return [self._block(*key, moved.get(key, {}), ordered.get(key)) for key in found]

    def first_block(self):
        """The block that counts for one session; all zero without any.

        :rtype: dict
        """
        blocks = self.blocks()
        return blocks[0] if blocks else self._block(False, self.sessions.currency_id, {})

    def _moved(self):
        """By environment and currency: count and sum of each kind of row."""
        rows = self.env["glase.transaction"].sudo()
        of_sessions = Domain("counted_session_id", "in", self.sessions.ids)
        groups = rows._read_group(
            moved_between(self.since, self.until) & of_sessions,
            ["environment", "currency_id", "kind"],
            ["__count", "signed_amount:sum"],
        )
        found = {}
        for environment, currency, kind, count, total in groups:
            found.setdefault((environment, currency), {})[kind] = (count, total)
        return found

    def _in_orders(self):
        """By environment and currency: the three sums of ``IN_ORDERS``."""
        self.env.flush_all()
        since, until = self.since, self.until
        self.env.cr.execute(IN_ORDERS, (self.sessions.ids, since, since, until, until))
        found = {}
        for session_id, *sums in self.env.cr.fetchall():
            session = self.sessions.browse(session_id)
            own = session._glase_environment() or session.config_id._glase_environment()
            key = own or REAL_FIRST[0], session.currency_id
            sums = [float(each) for each in sums]
            known = found.get(key, (0.0, 0.0, 0.0))
            found[key] = tuple(map(sum, zip(known, sums, strict=True)))
        return found

    def _block(self, environment, currency, of_kind, ordered=None):
        """What these sessions moved at the Glase of one environment, in one currency.

        :param dict of_kind: count and sum of each kind of row
        :param tuple ordered: the three sums of ``IN_ORDERS``, or None
        """
        payments, refunds = (of_kind.get(kind, (0, 0.0)) for kind in KINDS)
        order_total, unproven, unconfirmed = ordered or (0.0, 0, 0.0)
        is_reported, reported = self._reported(environment, currency)
        moved = Moved(payments[1], refunds[1], order_total, unconfirmed, reported, is_reported)
        return {
            "title": self._title(environment),
            "currency": currency.name,
            "precision": currency.decimal_places,
            "payment_count": payments[0],
            "refund_count": refunds[0],
            "unconfirmed_count": int(unproven),
            **totals(moved, currency.round),
        }

    def _title(self, environment):
        """What stands above a block: the environment, and whether its money is real."""
        labels = dict(
            self.env["glase.account"]._fields["environment"]._description_selection(self.env)
        )
        label = labels.get(environment, "")
        if not label or environment == REAL_FIRST[0]:
            return label
        return self.env._("%(environment)s: no real money", environment=label)

    # === By Glase's own reports ===

    def _reported(self, environment, currency):
        """Whether Glase's reports of all this money are there, and their sum.

        Glase's own figures are of whole periods. What matches a session's row is the session's,
        whichever period reports it; what matches nothing is the session's if its period ends no
        other.
        """
        periods = self.sessions.sudo().glase_period_ids.filtered(
            lambda period: (
                period.fetched_at
                and period.environment == environment
                and period.currency_id == currency
            )
        )
        of_block = Domain("environment", "=", environment) & Domain("currency_id", "=", currency.id)
        is_reported = bool(periods) and not self._awaits_report(periods, of_block)
        return is_reported, periods._report_total_of(self.sessions, self.since, self.until)

    def _awaits_report(self, periods, of_block):
        """Whether money of these sessions is in no period yet whose report is there."""
        waiting = (
            moved_between(self.since, self.until)
            & of_block
            & Domain("counted_session_id", "in", self.sessions.ids)
            & Domain("period_id", "=", False)
        )
        return any(
            not any(period._has_ended(row) for period in periods)
            for row in self.env["glase.transaction"].sudo().search(waiting)
        )


class ReportSaleDetails(models.AbstractModel):
    _inherit = "report.point_of_sale.report_saledetails"

    @api.model
    def get_sale_details(
        self, date_start=False, date_stop=False, config_ids=False, session_ids=False, **kwargs
    ):
        """Override of `point_of_sale`: a Glase block for each environment and currency.

        Of the sessions that were asked for; or of what moved in the range, whatever sessions it cuts.
        """
        details = super().get_sale_details(date_start, date_stop, config_ids, session_ids, **kwargs)
        since = until = None
        asked = Domain("id", "in", session_ids or [])
        if not session_ids:
            since, until = self._get_date_start_and_date_stop(date_start, date_stop)
            # Odoo's range ends with a whole second.
            until += timedelta(seconds=1)
            asked = self._glase_sessions_between(since, until)
            if config_ids:
                asked &= Domain("config_id", "in", config_ids)
        sessions = self.env["pos.session"].search(asked)
        return {**details, "glase": SessionFigures(sessions, since, until).blocks()}

    @api.model
    def _glase_sessions_between(self, since, until):
        """The sessions with Glase money that moved, or orders that were made, in a range: a domain."""
        groups = (
            self.env["glase.transaction"]
            .sudo()
            ._read_group(moved_between(since, until), ["counted_session_id"])
        )
        payments = self.env["pos.payment"].search(
            [
                ("payment_method_id.use_payment_terminal", "=", "glase"),
                ("pos_order_id.date_order", ">=", since),
                ("pos_order_id.date_order", "<", until),
            ]
        )
        ids = {session.id for (session,) in groups} | set(payments.session_id.ids)
        return Domain("id", "in", list(ids))
