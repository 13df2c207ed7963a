from decimal import Decimal

from odoo.tests import tagged

from ...models.cases import attach
from ..shared.refunds import RefundCommon


class RoundingCommon(RefundCommon):
    """A till that rounds to whole crowns."""

    CASH_ONLY = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        account = cls.env["account.account"].search(
            [("company_ids", "in", cls.company.ids), ("account_type", "=", "expense")], limit=1
        )
        rounding = cls.env["account.cash.rounding"].create(
            {
                "name": "Whole crowns",
                "rounding": 1.0,
                "rounding_method": "HALF-UP",
                "strategy": "add_invoice_line",
                "profit_account_id": account.id,
                "loss_account_id": account.id,
            }
        )
        cls.main_pos_config.write(
            {
                "cash_rounding": True,
                "only_round_cash_method": cls.CASH_ONLY,
                "rounding_method": rounding.id,
            }
        )

    def bill(self, order, line, amount):
        invoice = order._glase_invoice(line, Decimal(amount), self.terminal, "Maja")
        return [(row.description, row.total.value) for row in invoice.rows[1:]]


@tagged("post_install", "-at_install")
class TestCashRounding(RoundingCommon):
    """Of all methods: bill, checks, refunds and the guard of the total ask one function what is due."""

    def test_the_bill_says_rounding_and_the_order_is_proven(self):
        order, line = self.draft_order(self.pos_session, 96.0, price=95.6)
        self.assertEqual(order._glase_due(line), Decimal("96.00"))
        self.assertEqual(self.bill(order, line, "96.00"), [("Rounding", Decimal("0.40"))])
        self.assertEqual(self.send(order, line)["state"], "issued")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.cases(line), [])

    def test_a_total_that_the_server_rounds_itself_is_no_other_bill(self):
        order, line = self.sent(96.0, price=95.6)
        self.assertAlmostEqual(order.amount_total, 95.6)
        for total in (96.0, 95.6, 96.0):
            order.amount_total = total
            self.env.flush_all()
            order._glase_compare_totals()
        self.assertEqual(self.cases(line), [])
        order.amount_total = 94.6
        order._glase_compare_totals()
        self.assertEqual(self.cases(line), ["changed_after_send"])

    def test_a_tip_and_a_rounding_are_two_rows(self):
        order, line = self.draft_order(self.pos_session, 100.0, price=95.6)
        self.assertEqual(
            self.bill(order, line, "100.00"),
            [("Rounding", Decimal("0.40")), ("Tip or change", Decimal("4.00"))],
        )

    def test_more_than_the_rounded_total_needs_a_tip_or_change(self):
        order, line = self.draft_order(self.pos_session, 96.0, price=95.6)
        self.patch(type(order), "_glase_can_give_more", lambda order: False)
        self.assertEqual(self.send(order, line)["state"], "issued")

    def test_after_another_tender(self):
        order, line = self.draft_order(
            self.pos_session, 46.0, price=95.6, tenders=[(self.bank_payment_method, 50)]
        )
        self.assertEqual(order._glase_due(line), Decimal("46.00"))
        rows = self.bill(order, line, "46.00")
        self.assertEqual([total for _name, total in rows], [Decimal("0.40"), Decimal("-50.00")])

    def test_rounded_down_nothing_is_left(self):
        order, line = self.draft_order(
            self.pos_session, 0.4, price=95.4, tenders=[(self.bank_payment_method, 95)]
        )
        view = self.send(order, line)
        self.assertFalse(view["ok"])

    def paid_and_rounded(self):
        """An order of 95.60 for which 96.00 was paid."""
        order, line = self.sent(96.0, price=95.6)
        self.customer("pay")
        self.ask(line)
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        return order

    def refund_of(self, original, price, amount):
        """What the server says when the till gives back ``amount`` for goods of ``price``."""
        refund, line = self.refund_order(original, price)
        refund.payment_ids.amount = -amount
        return self.refund(refund, line, amount)

    def test_a_refund_gives_back_what_was_rounded(self):
        self.assertEqual(self.refund_of(self.paid_and_rounded(), 95.6, 96.0)["state"], "refunded")

    def test_a_refund_in_parts_gives_back_what_was_rounded(self):
        order = self.paid_and_rounded()
        for _part in range(2):
            self.assertEqual(self.refund_of(order, 47.8, 48.0)["state"], "refunded")

    def test_a_refund_is_not_more_than_what_is_due(self):
        self.assertFalse(self.refund_of(self.paid_and_rounded(), 47.4, 47.5)["ok"])

    def test_money_that_is_attached_finishes_a_rounded_order(self):
        order, line = self.sent(96.0, price=95.6)
        self.customer("pay")
        self.ask(line)
        order.payment_ids.payment_status = "done"
        attach.finish(order)
        self.assertEqual(order.state, "paid")


@tagged("post_install", "-at_install")
class TestRoundingOfCashOnly(RoundingCommon):
    """Of cash only: what Glase is owed is not rounded."""

    CASH_ONLY = True

    def test_the_bill_is_not_rounded(self):
        order, line = self.draft_order(self.pos_session, 95.6)
        self.assertEqual(order._glase_due(line), Decimal("95.60"))
        self.assertEqual(self.bill(order, line, "95.60"), [])
        self.assertEqual(self.send(order, line)["state"], "issued")

    def test_less_than_a_coin_beside_cash_is_nothing(self):
        for price, due in ((95.4, "0"), (95.6, "0.60")):
            order, line = self.draft_order(
                self.pos_session, 0.4, price=price, tenders=[(self.cash_method, 95)]
            )
            self.assertEqual(order._glase_due(line), Decimal(due))
