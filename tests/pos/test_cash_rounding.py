import itertools
import random
from decimal import Decimal

from odoo.tests import tagged
from odoo.tools import float_round

from ...models.cases import attach
from ...models.ledger import exchange, row_money
from ...models.pos.bill import Bill
from ...models.receipts import glase_receipt
from ..shared.due_table import due_rows
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

    def round(self, row):
        """Round as a row of the table says: with an open register the settings let nobody do this."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_cash_rounding SET rounding = %s, rounding_method = %s, strategy = %s"
            " WHERE id = %s",
            (row.step, row.method, row.strategy, self.main_pos_config.rounding_method.id),
        )
        self.env.cr.execute(
            "UPDATE pos_config SET only_round_cash_method = %s WHERE id = %s",
            (not row.whole, self.main_pos_config.id),
        )
        self.env.invalidate_all()

    def rung_up(self, row, tenders=()):
        """A draft order of a row of the table, as its till stores it; and its Glase line."""
        order, line = self.draft_order(
            self.pos_session, float(row.due), price=float(row.total), tenders=tenders
        )
        if not row.taxed:
            order.lines.tax_ids = [(5, 0, 0)]
        if row.strategy == "biggest_tax" and row.taxed:
            # What goes into a tax is in the total that the till stores.
            order.amount_total = row.due + row.paid
        return order, line

    def bill(self, order, line, amount):
        invoice = Bill(order).invoice(line, Decimal(amount), self.terminal, "Maja")
        return [(row.description, row.total.value) for row in invoice.rows[1:]]


@tagged("post_install", "-at_install")
class TestCashRounding(RoundingCommon):
    """Of all methods: bill, checks, refunds and the guard of the total ask one function what is due."""

    def test_the_bill_says_rounding_and_the_order_is_proven(self):
        order, line = self.draft_order(self.pos_session, 96.0, price=95.6)
        self.assertEqual(Bill(order).due(line), Decimal("96.00"))
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
        self.patch(Bill, "can_give_more", lambda bill: False)
        self.assertEqual(self.send(order, line)["state"], "issued")

    def test_after_another_tender(self):
        order, line = self.draft_order(
            self.pos_session, 46.0, price=95.6, tenders=[(self.bank_payment_method, 50)]
        )
        self.assertEqual(Bill(order).due(line), Decimal("46.00"))
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

    def products_given_back(self, order, amount):
        """Give all products of an order back in the back office; ``amount`` is proposed."""
        with self.office() as env:
            row = env["glase.transaction"].search([("payment_id", "in", order.payment_ids.ids)])
            wizard = env["glase.refund"].create({"transaction_id": row.id, "reason": "Too big"})
            wizard.what = "products"
            for line in wizard.line_ids:
                line.quantity = line.left_quantity
            self.assertEqual(wizard.amount, amount)
            refund = env["pos.order"].browse(wizard.action_refund()["res_id"])
            self.assertEqual((refund.state, refund.amount_paid), ("paid", -amount))
            self.assertEqual(Bill(refund).total_due(), Decimal(str(-amount)))
            self.assertFalse(refund.payment_ids.glase_unverified)

    def test_the_office_gives_back_for_products_what_the_till_does(self):
        for price, paid in ((95.6, 96.0), (95.4, 95.0)):
            order, line = self.sent(paid, price=price)
            self.customer("pay")
            self.ask(line)
            self.validate(order, line)
            self.products_given_back(order, paid)

    def test_the_office_gives_back_no_coin_that_was_never_paid(self):
        """Three times 10.60 is 32; two of them came back as 11 each."""
        order, line = self.sent(32.0, price=31.8)
        self.customer("pay")
        self.ask(line)
        self.validate(order, line)
        order.lines.write({"qty": 3, "price_unit": 10.6})
        self.refund_of(order, 10.6, 11.0)
        self.refund_of(order, 10.6, 11.0)
        self.products_given_back(order, 10.0)

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
        self.assertEqual(Bill(order).due(line), Decimal("95.60"))
        self.assertEqual(self.bill(order, line, "95.60"), [])
        self.assertEqual(self.send(order, line)["state"], "issued")

    def test_less_than_a_coin_beside_cash_is_nothing(self):
        for price, due in ((95.4, "0"), (95.6, "0.60")):
            order, line = self.draft_order(
                self.pos_session, 0.4, price=price, tenders=[(self.cash_method, 95)]
            )
            self.assertEqual(Bill(order).due(line), Decimal(due))


@tagged("post_install", "-at_install")
class TestRoundingOfTheBill(RoundingCommon):
    """What a bill was rounded by stays with it: a cashier may write how the till rounds from now on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.crowns = cls.main_pos_config.rounding_method
        cls.hundreds = cls.crowns.copy(
            {"name": "Whole hundreds", "rounding": 100.0, "rounding_method": "UP"}
        )

    def rounds(self, method):
        """The cashier lets the till round by another method, or not at all."""
        config = self.main_pos_config.with_user(self.pos_user)
        config.write(
            {
                "cash_rounding": bool(method),
                "rounding_method": method.id,
                "only_round_cash_method": False,
            }
        )
        self.env.flush_all()

    def costs(self, order, total):
        """The cashier writes another total, and the transaction ends."""
        order.with_user(self.pos_user).write({"amount_total": total})
        self.env.cr.flush()

    def assert_no_coin_hides(self, order, line, total=60.0):
        """An order of 100 that costs less is a case, though what it costs is rounded to 100 now."""
        self.rounds(self.hundreds)
        self.assertFalse(self.cases(line))
        self.costs(order, total)
        self.assertEqual(Bill(order).total_due(), Decimal(100).copy_sign(Decimal(total)))
        self.assertEqual(self.cases(line), ["changed_after_send"])

    def paid(self, amount, price=None):
        order, line = self.sent(amount, price=price)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        self.assertEqual((order.state, self.cases(line)), ("paid", []))
        return order, line

    def test_a_bill_that_is_out(self):
        self.assert_no_coin_hides(*self.sent(100.0))

    def test_a_paid_bill(self):
        self.assert_no_coin_hides(*self.paid_bill(100.0))

    def test_a_bill_that_was_marked_as_paid(self):
        order, line = self.sent(100.0)
        self.simulator.faults(
            {"operation": "getPaymentStatus", "kind": "drop-before", "count": None}
        )
        asked = {"line_uuid": line, "attempt": "1", "reason": "Seen on the phone"}
        manager = {"login": "pos_admin", "password": "pos_admin"}
        self.assertTrue(self.door("force", **asked, **manager)["forced"])
        self.validate(order, line)
        self.rounds(self.hundreds)
        self.costs(order, 60.0)
        self.assertIn("changed_after_send", self.cases(line))

    def test_a_finished_order(self):
        self.assert_no_coin_hides(*self.paid(100.0))

    def test_an_order_whose_register_is_closed(self):
        order, line = self.paid(100.0)
        self.pos_session.action_pos_session_closing_control()
        self.assertEqual((self.pos_session.state, self.cases(line)), ("closed", []))
        self.assert_no_coin_hides(order, line)

    def test_a_bill_that_was_rounded(self):
        self.assert_no_coin_hides(*self.paid(100.0, price=99.6))

    def test_a_bill_of_a_till_that_did_not_round(self):
        self.rounds(self.crowns.browse())
        self.assert_no_coin_hides(*self.paid(99.6))

    def test_a_bill_whose_amount_was_changed(self):
        """It is rounded as when it was changed."""
        self.rounds(self.crowns.browse())
        order, line = self.sent(99.6)
        self.rounds(self.crowns)
        asked = {"order_uuid": order.uuid, "line_uuid": line, "attempt": "1"}
        self.assertTrue(self.door("update", amount="100.00", **asked)["ok"])
        order.payment_ids.amount = 100.0
        self.costs(order, 99.6)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.assert_no_coin_hides(order, line)

    def test_what_is_made_anew(self):
        """As the till has it still: of its own name, with its own payment."""
        order, line = self.paid_bill(100.0)
        values = self.order_values(self.pos_session, 60.0, [], "paid", order.uuid)
        order.unlink()
        self.rounds(self.hundreds)
        done = {"uuid": line, "amount": 100.0, "payment_status": "done"}
        done["payment_method_id"] = self.glase_method.id
        values.update(amount_paid=100.0, payment_ids=[(0, 0, done)])
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        self.assertIn("changed_after_send", self.cases(line))

    def test_an_order_of_another_total_is_not_sent(self):
        """Read when it was 100, and changed before its row was made."""
        order, line = self.draft_order(self.pos_session, 100.0)
        claim = exchange.PaymentClaim.make

        def changed_first(it):
            own = it.env["pos.order"].browse(order.id)
            own.config_id.write({"rounding_method": self.hundreds.id})
            own.amount_total = 60.0
            return claim(it)

        self.patch(exchange.PaymentClaim, "make", changed_first)
        self.assertEqual(self.send(order, line)["reason"], "order_changed")

    def test_a_refund_whose_order_gives_back_less(self):
        """More has gone back than the order says."""
        original, _line = self.paid(100.0)
        order, line = self.refund_order(original, 100.0)
        self.assertEqual(self.refund(order, line, 100.0)["state"], "refunded")
        self.assert_no_coin_hides(order, line, -60.0)

    def test_a_till_that_rounds_otherwise_later_is_no_case(self):
        """Neither what the till stores of the order nor what the server makes of it is another bill."""
        order, line = self.paid(96.0, price=95.6)
        for method in (self.crowns.browse(), self.hundreds, self.crowns):
            self.rounds(method)
            for total in (96.0, 95.6):
                self.costs(order, total)
        self.assertEqual(self.cases(line), [])
        totals = glase_receipt.values_of(self.row(line), order)["totals"]
        self.assertEqual({words for _name, words in totals}, {order.currency_id.format(96.0)})
        self.costs(order, 95.4)
        self.assertEqual(self.cases(line), ["changed_after_send"])


@tagged("post_install", "-at_install")
class TestEveryRounding(RoundingCommon):
    """Each way to round that Odoo has: the server owes what the till does, and the sale is whole."""

    def test_amounts_are_rounded_as_odoo_does(self):
        """Currencies with none, two and three decimals, or with a step of their own; coins of any size."""
        order, line = self.sent(20)
        currency, row = order.currency_id, self.row(line)
        method = self.main_pos_config.rounding_method
        chance = random.Random(19)
        for unit, coin, how in itertools.product(
            (1, 0.01, 0.001, 0.05, 0.5, 5), (0.05, 0.5, 1, 5), ("UP", "DOWN", "HALF-UP")
        ):
            self.set_unit(unit)
            self.env.cr.execute(
                "UPDATE account_cash_rounding SET rounding = %s, rounding_method = %s WHERE id = %s",
                (coin, how, method.id),
            )
            self.env.invalidate_all()
            for _time in range(40):
                # Halves of units, and what taxes make of a price.
                value = chance.choice((1, -1)) * chance.choice(
                    (unit * (chance.randrange(4000) + 0.5), chance.uniform(0, 999), 2.675)
                )
                with self.subTest(unit=unit, coin=coin, how=how, value=value):
                    known = currency.round(value)
                    for exact in (Bill(order).decimal(value), row_money.decimal(row, value)):
                        self.assertEqual(float(exact), float_round(known, precision_digits=6))
                    if coin >= unit:
                        due = float(Bill(order).rounded(value))
                        self.assertFalse(
                            currency.compare_amounts(due, currency.round(method.round(known)))
                        )

    def test_an_amount_that_its_currency_does_not_have_is_not_sent(self):
        """A yen has no parts: of half a one the ledger would know another sum than Glase."""
        self.set_unit(1)
        order, line = self.draft_order(self.pos_session, 796)
        refused = self.send(order, line, "795.50")
        self.assertEqual((refused["reason"], refused["ok"]), ("amount", False))
        self.assertIn("796", refused["message"])
        self.assertEqual(self.send(order, line, "796.00")["state"], "issued")
        asked = {"order_uuid": order.uuid, "line_uuid": line, "attempt": "1"}
        self.assertEqual(self.door("update", amount="795.50", **asked)["reason"], "amount")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        refund, refund_line = self.refund_order(order, 796)
        self.assertEqual(self.refund(refund, refund_line, 795.5)["reason"], "amount")

    def test_what_is_due_is_the_tills(self):
        for row in due_rows():
            with self.subTest(row=row):
                self.round(row)
                method = self.cash_method if row.cash else self.bank_payment_method
                tenders = [(method, float(row.paid))] if row.paid else []
                order, line = self.rung_up(row, tenders)
                self.assertEqual(Bill(order).due(line), row.due)

    def whole_sale(self, row):
        """Sell and give back an order of a row of the table."""
        self.round(row)
        order, line = self.rung_up(row)
        rounded = row.due - row.total
        rows = self.bill(order, line, row.due)
        self.assertEqual(rows, [("Rounding", rounded)] if rounded else [])
        self.assertEqual(self.send(order, line)["state"], "issued")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        self.assertEqual((order.state, self.row(line).amount), ("paid", float(row.due)))
        self.assertFalse(order.payment_ids.glase_unverified)
        # As where the server gives change: it finds the total anew.
        order._compute_prices()
        order._glase_compare_totals()
        self.assertEqual(self.cases(line), [])
        back, refund_line = self.refund_order(order, float(row.total))
        back.lines.tax_ids = order.lines.tax_ids
        back.amount_total = -(order.amount_total if row.strategy == "biggest_tax" else row.total)
        back.payment_ids.amount = -float(row.due)
        self.assertEqual(self.refund(back, refund_line, float(row.due))["state"], "refunded")

    def test_a_sale_and_its_refund(self):
        sales = [
            row
            for row in due_rows()
            if row.strategy == "biggest_tax"
            and row.method == "HALF-UP"
            and row.total > 0
            and not row.paid
        ]
        self.assertGreater(len(sales), 3)
        for row in sales:
            with self.subTest(row=row):
                self.whole_sale(row)
