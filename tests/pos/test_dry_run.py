from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..shared.refunds import RefundCommon

WORDS = "Please create an invoice for an amount over 400."


def refusing_first(name, error):
    """As a module does whose method refuses an order before Odoo's own is called."""

    def make(original):
        def refuse(self, *args, **kwargs):
            if args == (True,):
                # A draft is stored as ever.
                return original(self, *args, **kwargs)
            raise error

        return name, refuse

    return make


def refusing_paid(original):
    """As a module does that refuses what is written when an order is paid."""

    def write(self, vals):
        if vals.get("state") == "paid":
            raise UserError(WORDS)
        return original(self, vals)

    return "write", write


# Each place at which the server refuses to take an order for paid.
DEMANDS = {
    "a limit for orders without an invoice": refusing_first(
        "_process_saved_order", UserError(WORDS)
    ),
    "what is paid": refusing_first("action_pos_order_paid", ValidationError(WORDS)),
    "what is written": refusing_paid,
}


@tagged("post_install", "-at_install")
class TestDryRun(RefundCommon):
    """What the server demands of an order is demanded before money moves."""

    def demanded(self, make):
        """Let another module demand something, until the end of a ``with``."""
        cls = type(self.env["pos.order"])
        name = make(None)[0]
        return patch.object(cls, name, make(getattr(cls, name))[1])

    def test_before_a_bill_is_sent(self):
        for what, make in DEMANDS.items():
            with self.subTest(what):
                order, line = self.draft_order(self.pos_session, 20)
                before = self.received("sendInvoice")
                with self.demanded(make):
                    view = self.send(order, line)
                self.assertEqual(view, {"ok": False, "reason": "order", "message": WORDS})
                self.assertEqual(self.received("sendInvoice"), before)
                self.assertFalse(self.row(line))
                self.assertEqual(self.send(order, line)["state"], "issued")
                self.customer("pay")
                self.ask(line)
                self.validate(order, line)
                self.assertEqual(order.state, "paid")

    def test_before_money_is_given_back_at_the_till(self):
        original, _row = self.paid_order(20)
        refund, line = self.refund_order(original, 20)
        for what, make in DEMANDS.items():
            with self.subTest(what), self.demanded(make):
                self.assertEqual(self.refund(refund, line, 20)["message"], WORDS)
        self.assertEqual(self.received(), 0)
        self.assertEqual(self.refund(refund, line, 20)["state"], "refunded")

    def test_before_money_is_given_back_in_the_office(self):
        _original, row = self.paid_order(20)
        for what, make in DEMANDS.items():
            with self.subTest(what), self.demanded(make), self.office() as env:
                wizard = env["glase.refund"].create({"transaction_id": row.id, "reason": "Too big"})
                with self.assertRaises(UserError) as caught:
                    wizard.action_refund()
                self.assertEqual(str(caught.exception), WORDS)
        self.assertEqual(self.received(), 0)

    def test_nothing_stays_of_the_asking(self):
        order, line = self.draft_order(self.pos_session, 20)
        name, paid = order.name, order.amount_paid
        self.assertEqual(self.send(order, line)["state"], "issued")
        self.env.invalidate_all()
        self.assertEqual((order.state, order.name, order.amount_paid), ("draft", name, paid))
        self.assertFalse(order.picking_ids)
