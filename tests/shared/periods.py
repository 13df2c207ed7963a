"""What the tests of transaction periods share."""

from ...glase import Client, Principal
from .common import RESELLER, RESELLER_PASSWORD, RESELLER_USER
from .refunds import RefundCommon


class PeriodSteps:
    """Mixed into a test of a till: its newest period, and the job that works it."""

    def setUp(self):
        super().setUp()
        # What another test has left at Glase belongs to no period of this one.
        self.mark_at_glase(self.terminal)

    def mark_at_glase(self, terminal=None):
        """End the period of a till, or of the shop, beside the ledger."""
        reseller = Principal.reseller(RESELLER, RESELLER_USER, RESELLER_PASSWORD)
        client = Client(self.simulator.endpoint)
        client.mark_transaction_period(reseller, terminal and terminal.terminal_identifier)

    def period(self):
        """The newest period of the till, or of the shop."""
        self.env.invalidate_all()
        terminals = [self.terminal.id, False]
        return self.env["glase.period"].search(
            [("account_id", "=", self.account.id), ("terminal_id", "in", terminals)], limit=1
        )

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


class PeriodCommon(PeriodSteps, RefundCommon):
    """A till whose sessions close, and Glase that reports about them."""

    def close(self):
        """Close the session; returns the period that its closing made."""
        self.pos_session.sudo().state = "closed"
        return self.period()

    def closed_and_settled(self):
        period = self.close()
        self.settle()
        return period

    def next_day(self):
        """Open the till's next session."""
        self.pos_session = self.open_register()

    def paid_order_at(self, terminal, session, amount):
        """An order that was paid with Glase at another till; returns it and its row."""
        order, line = self.draft_order(session, amount)
        config = {"config_id": session.config_id.id}
        self.door(
            "send", order_uuid=order.uuid, line_uuid=line, attempt="1", amount=str(amount), **config
        )
        self.customer("pay", terminal)
        view = self.door("status", line_uuid=line, attempt="1", **config)
        self.assertEqual(view["state"], "paid", view)
        self.validate(order, line)
        return order, self.row(line)

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
