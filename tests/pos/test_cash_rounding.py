import itertools
import random
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import float_round

from ...models.cases import attach
from ...models.ledger import exchange, row_money
from ...models.pos.bill import Bill
from ...models.receipts import glase_receipt
from ...rules.due import total_due
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

    @classmethod
    def coin(cls, step, method="HALF-UP"):
        """Another rounding, with the accounts of the first."""
        first = cls.main_pos_config.rounding_method
        accounts = {name: first[name].id for name in ("profit_account_id", "loss_account_id")}
        return first.copy({"rounding": step, "rounding_method": method, **accounts})

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
    """What a bill was rounded by stays with it, however its till comes to round."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.crowns = cls.main_pos_config.rounding_method
        cls.hundreds = cls.coin(100.0, "UP")

    def costs(self, order, total):
        """The cashier writes another total, and the transaction ends."""
        order.with_user(self.pos_user).write({"amount_total": total})
        self.env.cr.flush()

    def assert_no_coin_hides(self, order, line, total=60.0):
        """An order of 100 that costs less is a case, though what it costs is rounded to 100 now."""
        self.let_round(self.hundreds)
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
        self.let_round(self.hundreds)
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
        self.let_round(self.crowns.browse())
        self.assert_no_coin_hides(*self.paid(99.6))

    def test_a_bill_whose_amount_was_changed(self):
        """It is rounded as when it was changed."""
        self.let_round(self.crowns.browse())
        order, line = self.sent(99.6)
        self.let_round(self.crowns)
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
        self.let_round(self.hundreds)
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
            self.let_round(self.hundreds, it.env)
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
            self.let_round(method)
            for total in (96.0, 95.6):
                self.costs(order, total)
        self.assertEqual(self.cases(line), [])
        totals = glase_receipt.values_of(self.row(line), order)["totals"]
        self.assertEqual({words for _name, words in totals}, {order.currency_id.format(96.0)})
        self.costs(order, 95.4)
        self.assertEqual(self.cases(line), ["changed_after_send"])


@tagged("post_install", "-at_install")
class TestRoundingStands(RoundingCommon):
    """While a till is open nobody changes how it rounds, in whatever way and of whatever company."""

    def changes(self):
        """Each field of a till that says how it rounds, with another value."""
        config = self.main_pos_config
        other = self.coin(100.0)
        return {
            "cash_rounding": not config.cash_rounding,
            "only_round_cash_method": not config.only_round_cash_method,
            "rounding_method": other.id,
        }

    def test_what_an_open_till_rounds_by_is_nobodys_to_change(self):
        for user, (name, value) in itertools.product(
            (self.pos_user, self.pos_admin), self.changes().items()
        ):
            with self.subTest(user=user.login, field=name), self.assertRaises(UserError):
                self.main_pos_config.with_user(user).write({name: value})

    def test_each_field_that_says_how_a_till_rounds_is_one_of_these(self):
        rounds = {name for name in self.main_pos_config._fields if "round" in name}
        # The picture behind the customer's screen.
        self.assertEqual(rounds - set(self.changes()), {"customer_display_bg_img"} & rounds)

    def test_a_closed_till_and_one_without_glase_are_their_shops(self):
        without = self.main_pos_config.copy({"name": "Cash only"})
        without.payment_method_ids -= self.glase_method
        self.open_register(without)
        changes = self.changes()
        without.write(changes)
        self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self.pos_session.state, "closed")
        (self.main_pos_config | without).write(changes)
        self.assertFalse(self.main_pos_config.cash_rounding)

    def test_a_coin_of_an_open_till_is_not_changed_from_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        groups = "account.group_account_manager", "point_of_sale.group_pos_manager"
        stranger = self.env["res.users"].create(
            {
                "name": "Stranger",
                "login": "stranger",
                "company_id": elsewhere.id,
                "company_ids": [(6, 0, elsewhere.ids)],
                "group_ids": [(6, 0, [self.env.ref(group).id for group in groups])],
            }
        )
        coin = self.main_pos_config.rounding_method.with_user(stranger)
        for values in ({"rounding": 100.0}, {"rounding_method": "UP"}, {"strategy": "biggest_tax"}):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, "already opened"):
                coin.write(values)


@tagged("post_install", "-at_install")
class TestRefundOfAnotherRounding(RoundingCommon):
    """What comes back is worth what it was sold for, however a till has come to round since."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.crowns = cls.main_pos_config.rounding_method
        cls.hundreds = cls.coin(100.0, "UP")

    def sold(self, quantity, each, paid):
        """A finished order of some pieces of a product; returns it and its row."""
        order, line = self.draft_order(self.pos_session, paid, price=quantity * each)
        order.lines.write({"qty": quantity, "price_unit": each})
        self.assertEqual(self.send(order, line)["state"], "issued")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        self.assertEqual((order.state, self.cases(line)), ("paid", []))
        return order, self.row(line)

    def next_day(self, method):
        """The register is closed, its cashier lets the till round otherwise, and opens it again."""
        self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self.pos_session.state, "closed")
        self.env.cr.postcommit.run()
        self.main_pos_config.with_user(self.pos_user).write(
            {
                "cash_rounding": bool(method),
                "only_round_cash_method": False,
                "rounding_method": method.id,
            }
        )
        self.pos_session = self.open_register()

    def at_till(self, original, worth, amount):
        order, line = self.refund_order(original, worth, session=self.pos_session)
        order.payment_ids.amount = -amount
        said = self.refund(order, line, amount)
        if said["ok"]:
            self.validate(order, line)
        return said

    def in_office(self, row, quantity, amount=None):
        """Give pieces back in the office: what is proposed, or another amount."""
        with self.office() as env:
            wizard = env["glase.refund"].create({"transaction_id": row.id, "reason": "Too big"})
            wizard.what = "products"
            wizard.line_ids.quantity = quantity
            proposed = wizard.amount
            if amount:
                wizard.amount = amount
            refund = env["pos.order"].browse(wizard.action_refund()["res_id"])
            self.assertEqual((refund.state, refund.amount_paid), ("paid", -wizard.amount))
            self.assertFalse(refund.payment_ids.glase_unverified)
            return proposed

    def test_a_till_gives_back_no_coin_that_it_has_got_since(self):
        self.let_round(self.crowns.browse())
        order, row = self.sold(10, 10, 100)
        self.next_day(self.hundreds)
        refused = self.at_till(order, 10, 100)
        self.assertEqual((refused["ok"], refused["reason"]), (False, "amount"))
        self.assertIn(order.currency_id.format(10), refused["message"])
        self.assertEqual(self.at_till(order, 10, 10)["state"], "refunded")
        self.assertEqual(row_money.left(row), 90)

    def test_all_that_was_sold_brings_back_all_that_was_paid(self):
        for then, since, paid, due in (
            (self.crowns.browse(), self.hundreds, 99.6, 99.6),
            (self.crowns, self.hundreds, 100, 100),
            # As the till says: it does not round any more.
            (self.crowns, self.crowns.browse(), 100, 99.6),
        ):
            with self.subTest(then=then.rounding, since=since.rounding):
                self.let_round(then)
                order, row = self.sold(1, 99.6, paid)
                self.next_day(since)
                self.assertEqual(self.at_till(order, 99.6, due)["state"], "refunded")
                self.assertAlmostEqual(float(row_money.left(row)), paid - due)

    def test_pieces_one_after_another_bring_back_what_was_paid(self):
        for how, price, paid, parts in (
            ("HALF-UP", 10.6, 32, (11, 11, 10)),
            ("HALF-UP", 10.4, 31, (10, 10, 11)),
            ("UP", 10.2, 31, (11, 11, 9)),
            ("DOWN", 10.6, 31, (10, 10, 11)),
        ):
            with self.subTest(how=how, price=price):
                self.let_round(self.coin(1.0, how))
                _order, row = self.sold(3, price, paid)
                self.next_day(self.hundreds)
                self.assertEqual(tuple(self.in_office(row, 1) for _part in parts), parts)
                self.assertEqual(row_money.left(row), 0)

    def test_a_till_that_rounds_as_it_did_gives_back_piece_by_piece_what_it_proposes(self):
        """Its cashier is never left with a coin that Glase does not give back and nothing else can."""
        self.let_round(self.coin(1.0, "HALF-UP"))
        order, row = self.sold(3, 10.6, 32)
        for _piece in range(2):
            self.assertEqual(self.at_till(order, 10.6, 11)["state"], "refunded")
        self.assertEqual(self.in_office(row, 1), 10)
        self.assertEqual(row_money.left(row), 0)

    def test_an_office_gives_back_no_coin_that_its_till_has_got_since(self):
        self.let_round(self.crowns.browse())
        _order, row = self.sold(10, 10, 100)
        self.next_day(self.hundreds)
        with self.assertRaisesRegex(UserError, "add up"):
            self.in_office(row, 1, 100)
        self.assertEqual(self.in_office(row, 1), 10)
        self.assertEqual(row_money.left(row), 90)

    def test_what_was_agreed_on_is_attached_however_the_till_rounds(self):
        """The customer has paid 96 for 95.60: their own order lacks just that."""
        for since in (self.crowns.browse(), self.hundreds):
            with self.subTest(since=since.rounding):
                self.let_round(self.crowns)
                order, line = self.sent(96.0, price=95.6)
                self.customer("pay")
                self.assertEqual(self.ask(line)["state"], "paid")
                self.let_round(since)
                self.assertIn(order, attach.attachable_orders(self.env, self.row(line)))

    def test_no_coin_hides_that_an_order_is_worth_less_than_what_is_attached(self):
        self.let_round(self.crowns.browse())
        order, line = self.sent(100.0)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        order.amount_total = 60.0
        self.let_round(self.hundreds)
        self.assertNotIn(order, attach.attachable_orders(self.env, self.row(line)))


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
                        rounding = Bill(order).rounding()
                        due = float(total_due(Bill(order).decimal(value), rounding))
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
