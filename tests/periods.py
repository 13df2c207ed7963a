"""What the tests of transaction periods share."""

from ..glase import Client, Principal
from .common import RESELLER, RESELLER_PASSWORD, RESELLER_USER
from .refunds import RefundCommon


class PeriodCommon(RefundCommon):
    """A till whose sessions close, and Glase that reports about them."""

    def setUp(self):
        super().setUp()
        # What another test has left at Glase belongs to no period of this one.
        reseller = Principal.reseller(RESELLER, RESELLER_USER, RESELLER_PASSWORD)
        client = Client(self.simulator.endpoint)
        client.mark_transaction_period(reseller, self.terminal.terminal_identifier)

    def close(self):
        """Close the session; returns the period that its closing made."""
        self.pos_session.state = "closed"
        return self.period()

    def period(self):
        self.env.invalidate_all()
        return self.env["glase.period"].search([("terminal_id", "=", self.terminal.id)], limit=1)

    def work(self, seconds=0):
        """Let time pass, and the scheduled job work what is due then."""
        self.advance(seconds)
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.period"].sudo()._work_due()
        self.env.invalidate_all()

    def settle(self):
        """Work until the report is there."""
        for _round in range(4):
            self.work(4)

    def closed_and_settled(self):
        period = self.close()
        self.settle()
        return period

    def next_day(self):
        """Open the till's next session."""
        self.pos_session = self.open_register()

    def kinds(self, period):
        return sorted(period.line_ids.mapped("kind"))

    def give_back(self, order, amount, line_attempt="refund-1"):
        refund_order, line = self.refund_order(order, amount)
        view = self.door(
            "refund",
            order_uuid=refund_order.uuid,
            line_uuid=line,
            attempt=line_attempt,
            amount=f"{amount:.2f}",
        )
        self.assertEqual(view["state"], "refunded", view)
        return self.row(line)
