from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import Form

from ...models.ledger.exchange import Exchange
from ..shared.refunds import RefundCommon


class TestRefundBackOffice(RefundCommon):
    """*Refund* on a paid transaction, for managers, on the real simulator."""

    def wizard(self, env, row, **values):
        wizard = env["glase.refund"].create(
            {"transaction_id": row.id, "reason": "The customer brought it back", **values}
        )
        wizard.flush_recordset()
        return wizard

    def press_refund(self, row, quantity=None, **values):
        """Press *Refund* as the Point of Sale administrator; returns the action that follows."""
        with self.office() as env:
            wizard = self.wizard(env, row, **values)
            if quantity:
                wizard.what = "products"
                wizard.line_ids[:1].quantity = quantity
            return wizard.action_refund()

    def refusal(self, row, **values):
        """Press *Refund* and return the sentence with which it is refused.

        In a test a rollback would take with it what the ledger has committed: so there is none.
        """
        with self.office() as env:
            wizard = self.wizard(env, row, **values)
            try:
                wizard.action_refund()
            except UserError as error:
                return str(error)
        return self.fail("nothing was refused")

    def shown(self, action):
        """The record that an action shows."""
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_an_amount_goes_back_with_the_taxes_of_the_original(self):
        original, paid = self.paid_order(148)
        order = self.shown(self.press_refund(paid, amount=50))
        self.assertEqual(order.state, "paid")
        self.assertEqual((order.amount_total, order.session_id), (-50, self.pos_session))
        self.assertEqual(order.lines.product_id, self.env.ref("pos_glase.product_refund"))
        self.assertEqual(order.lines.tax_ids, original.lines.tax_ids)
        self.assertAlmostEqual(order.amount_tax, -50 + 50 / 1.15, 2)
        payment = order.payment_ids
        refund = payment and self.row(payment.uuid)
        self.assertEqual((payment.amount, payment.glase_unverified), (-50, False))
        self.assertEqual(payment.transaction_id, refund.ers_reference)
        self.assertEqual(payment.glase_original_reference, paid.ers_reference)
        self.assertEqual((refund.original_id, refund.payment_id), (paid, payment))
        self.assertEqual(refund.refund_reason, "The customer brought it back")
        self.assertEqual(self.refunds_at_glase(), ["50.00"])
        self.assertEqual(paid.refundable_amount, 98)
        self.assertFalse(refund.case_ids)

    def test_chosen_products_come_back(self):
        original, paid = self.paid_order(148)
        order = self.shown(self.press_refund(paid, quantity=1))
        self.assertEqual((order.amount_total, order.lines.qty), (-148, -1))
        self.assertEqual(order.lines.refunded_orderline_id, original.lines)
        self.assertEqual(original.lines.refunded_qty, 1)
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertIn("above zero", self.refusal(paid, what="products"))

    def test_products_that_cost_something_else_today_are_not_guessed(self):
        original, paid = self.paid_order(100)
        original.lines.price_unit = 80
        with self.assertRaises(UserError) as caught:
            self.press_refund(paid, quantity=1)
        self.assertIn("do not add up", str(caught.exception))
        self.assertEqual(self.received(), 0)

    def test_half_a_product_and_odd_amounts_add_up(self):
        _original, paid = self.paid_order(100)
        half = self.shown(self.press_refund(paid, quantity=0.5))
        self.assertEqual((half.amount_total, half.state), (-50, "paid"))
        for amount in (0.01, 4.17, 33.33):
            order = self.shown(self.press_refund(paid, amount=amount))
            self.assertEqual((order.amount_total, order.state), (-amount, "paid"))
            self.assertEqual(order.amount_paid, -amount)
        self.assertEqual(self.refunds_at_glase(), ["50.00", "0.01", "4.17", "33.33"])

    def test_taxes_of_several_products_in_proportion(self):
        original, paid = self.paid_order(100)
        taxes = self.env["account.tax"].create(
            [
                {"name": "25 % included", "amount": 25, "price_include_override": "tax_included"},
                {"name": "6 % on top", "amount": 6, "price_include_override": "tax_excluded"},
            ]
        )
        self.env["pos.order.line"].create(
            [
                {
                    "order_id": original.id,
                    "product_id": original.lines.product_id.id,
                    "qty": 1,
                    "price_unit": 1,
                    "price_subtotal": 1,
                    "price_subtotal_incl": incl,
                    "tax_ids": [(6, 0, tax.ids)],
                }
                for tax, incl in zip(taxes, (60, 40), strict=True)
            ]
        )
        original.lines[0].price_subtotal_incl = 100
        order = self.shown(self.press_refund(paid, amount=77.77))
        self.assertEqual((order.amount_total, order.state), (-77.77, "paid"))
        shares = {line.tax_ids: -line.price_subtotal_incl for line in order.lines}
        self.assertAlmostEqual(shares[taxes[0]], 77.77 * 60 / 200, 2)
        self.assertAlmostEqual(shares[taxes[1]], 77.77 * 40 / 200, 2)

    def test_what_does_not_fit_is_refused_before_the_call(self):
        _original, paid = self.paid_order(100)
        refusals = (
            ({"amount": 100.01}, "At most"),
            ({"amount": -5}, "above zero"),
            ({"amount": 5, "reason": "  "}, "Write why"),
        )
        orders = self.env["pos.order"].search_count([])
        for values, words in refusals:
            with self.assertRaises(UserError) as caught, self.office() as env:
                self.wizard(env, paid, **values).action_refund()
            self.assertIn(words, str(caught.exception).replace("\xa0", " "))
        self.assertEqual(self.received(), 0)
        self.assertEqual(self.env["pos.order"].search_count([]), orders)

    def test_the_product_of_refunds_may_have_been_deleted(self):
        self.env.ref("pos_glase.product_refund").unlink()
        for amount in (10, 20):
            _original, paid = self.paid_order(100)
            order = self.shown(self.press_refund(paid, amount=amount))
            self.assertEqual((order.amount_total, order.state), (-amount, "paid"))
        product = self.env.ref("pos_glase.product_refund")
        self.assertEqual((order.lines.product_id, product.taxes_id.ids), (product, []))

    def test_products_of_another_order_do_not_come_back_with_this_payment(self):
        _original, paid = self.paid_order(100)
        other, _row = self.paid_order(40)
        piece = {"order_line_id": other.lines.id, "quantity": 1}
        chosen = {"what": "products", "line_ids": [Command.clear(), Command.create(piece)]}
        with self.assertRaisesRegex(UserError, "at most 0"), self.office() as env:
            self.wizard(env, paid, **chosen).action_refund()
        with self.assertRaisesRegex(UserError, "at most 0"), self.office() as env:
            wizard = self.wizard(env, paid, what="products")
            wizard.line_ids.quantity = 1
            wizard.line_ids.order_line_id = other.lines.id
            wizard.action_refund()
        self.assertEqual((self.received(), other.lines.refunded_qty), (0, 0))

    def test_a_cashier_does_not_refund_in_the_back_office(self):
        _original, paid = self.paid_order(100)
        for name, record in (("action_refund", paid), ("action_make_refund_order", paid)):
            with self.assertRaises(AccessError), self.office(self.pos_user) as env:
                getattr(record.with_env(env), name)()
        with self.assertRaises(AccessError), self.office(self.pos_user) as env:
            self.wizard(env, paid)
        self.assertEqual(self.received(), 0)

    def test_no_open_register_is_said_with_a_button_before_the_call(self):
        _original, paid = self.paid_order(100)
        self.pos_session.sudo().state = "closed"
        with self.assertRaises(RedirectWarning) as caught, self.office() as env:
            wizard = self.wizard(env, paid, amount=10)
            self.assertFalse(wizard.register_open)
            wizard.action_refund()
        message, action, button = caught.exception.args[:3]
        self.assertIn("is not open", message)
        self.assertEqual((action["type"], button), ("ir.actions.act_url", "Open Register"))
        self.assertEqual(self.received(), 0)
        session = self.open_register()
        self.assertNotEqual(session, self.pos_session)
        order = self.shown(self.press_refund(paid, amount=10))
        self.assertEqual((order.session_id, order.state), (session, "paid"))

    def test_the_session_is_booked_with_its_refunds(self):
        original, paid = self.paid_order(100)
        odd = self.shown(self.press_refund(paid, amount=4.17))
        whole = self.shown(self.press_refund(paid, amount=95.83))
        self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self.pos_session.state, "closed")
        self.assertEqual(set((original | odd | whole).mapped("state")), {"done"})
        lines = self.pos_session.move_id.line_ids
        self.assertEqual(sum(lines.mapped("balance")), 0)
        tax_lines = lines.filtered("tax_line_id")
        self.assertAlmostEqual(sum(tax_lines.mapped("balance")), 0, 2)

    def test_what_glase_refuses_leaves_no_order(self):
        original, paid = self.paid_order(100)
        self.profile(payer_takes_refunds=False)
        self.assertIn("does not take refunds", self.refusal(paid, amount=40))
        row = paid.refund_ids
        self.assertEqual((row.state, paid.refundable_amount), ("failed", 100))
        self.assertEqual(row.order_id.state, "cancel")
        self.assertFalse(row.case_ids | paid.case_ids)
        self.assertTrue(original.lines.refunded_qty == 0)

    def test_a_lost_answer_closes_the_order_unverified_and_is_a_case(self):
        _original, paid = self.paid_order(100)
        self.simulator.faults({"operation": "refundPayment", "kind": "drop-after", "count": 1})
        case = self.shown(self.press_refund(paid, amount=40))
        self.assertEqual((case._name, case.kind), ("glase.case", "unknown_refund"))
        refund = case.transaction_id
        self.assertEqual((refund.state, refund.order_id.state), ("unknown", "paid"))
        self.assertTrue(refund.order_id.payment_ids.glase_unverified)
        self.assertEqual(paid.refundable_amount, 60)
        every = self.env["glase.case"].search([("order_id", "=", refund.order_id.id)])
        self.assertEqual(every, case, "one case for one thing")

    def test_the_request_is_repeated_and_the_money_goes_back_once(self):
        """Odoo repeats a request after a conflict: the same press of *Refund* goes on."""
        _original, paid = self.paid_order(100)
        with self.office() as env:
            wizard = self.wizard(env, paid, amount=40)
            first, second = wizard.action_refund(), wizard.action_refund()
        self.assertEqual(first, second)
        self.assertEqual(self.refunds_at_glase(), ["40.00"])

    def test_a_server_that_died_during_the_call_leaves_a_draft_that_can_be_finished(self):
        _original, paid = self.paid_order(100)
        with patch.object(Exchange, "make", lambda *_arguments: None):
            self.assertIn("under way", self.refusal(paid, amount=40))
        row = paid.refund_ids
        self.assertEqual((row.state, row.order_id.state), ("sending", "draft"))
        self.advance(61)
        self.run_job()
        self.assertEqual((row.state, row.case_ids.kind), ("unknown", "unknown_refund"))
        self.advance(900)
        with self.office() as env:
            case = row.case_ids.with_env(env)
            case.reason = "It is in the bank's list"
            case.action_was_refunded()
        self.assertEqual(
            (row.state, row.payment_id.pos_order_id.state), ("refunded", "draft"), "not finished"
        )
        self.advance(400)
        self.run_job()
        case = row.case_ids.filtered(lambda case: case.state == "open")
        self.assertEqual(case.kind, "refund_without_order")
        with self.office() as env:
            case.with_env(env).action_make_refund_order()
        self.assertEqual((row.order_id.state, row.payment_id), ("paid", row.order_id.payment_ids))
        self.assertEqual(case.state, "settled")

    def orphan(self, amount=100):
        """A payment that no order has, with its case."""
        order, line = self.draft_order(self.pos_session, amount)
        self.send(order, line)
        self.customer("pay")
        self.door("status", line_uuid=line, attempt="1")
        self.advance(400)
        self.run_job()
        row = self.row(line)
        self.assertEqual(row.case_ids.kind, "paid_without_order")
        return order, line, row

    def test_a_payment_without_an_order_is_given_back_without_one(self):
        order, line, row = self.orphan()
        orders = self.env["pos.order"].search_count([])
        with self.office() as env:
            action = row.case_ids.with_env(env).action_refund()
            self.assertEqual(action["context"], {"default_transaction_id": row.id})
        refund = self.shown(self.press_refund(row))
        self.assertEqual((refund.state, refund.original_id), ("refunded", row))
        self.assertEqual((row.refund_claim, row.refundable_amount), ("refund", 0))
        self.assertEqual(row.case_ids.state, "settled")
        self.assertEqual(self.env["pos.order"].search_count([]), orders)
        self.validate(order, line)
        self.assertTrue(order.payment_ids.glase_unverified, "the order came too late")
        self.assertFalse(row.payment_id)

    def test_without_an_order_all_goes_back_or_nothing(self):
        _order, _line, row = self.orphan()
        self.assertIn("cannot be divided", self.refusal(row, amount=40))
        self.profile(refunds_allowed=False)
        self.assertIn("may not refund", self.refusal(row))
        self.assertEqual(row.refund_ids.state, "failed")
        self.assertFalse(row.refund_claim, "an order may still have it")
        self.assertEqual(row.case_ids.state, "open")

    def test_an_order_that_came_first_keeps_its_payment(self):
        order, line, row = self.orphan()
        with self.office() as env:
            wizard = self.wizard(env, row)
            self.validate(order, line)
            env.invalidate_all()
            wizard.amount = 100
            action = wizard.action_refund()
        refund = self.shown(action)
        self.assertEqual((refund._name, refund.amount_total), ("pos.order", -100))
        self.assertFalse(row.refund_claim)

    def test_a_refund_whose_order_was_lost_is_a_case_and_gets_an_order(self):
        original, paid = self.paid_order(100)
        order, line = self.refund_order(original, 40)
        self.assertEqual(self.refund(order, line, 40)["state"], "refunded")
        order.with_user(self.pos_user).write({"state": "cancel"})
        order.with_user(self.pos_user).unlink()
        self.advance(400)
        self.run_job()
        refund = paid.refund_ids
        self.assertEqual(refund.case_ids.mapped("kind"), ["refund_without_order"])
        with self.office() as env:
            action = refund.case_ids.with_env(env).action_make_refund_order()
        made = self.shown(action)
        self.assertEqual((made.state, made.amount_total), ("paid", -40))
        self.assertEqual(refund.payment_id, made.payment_ids)
        self.assertEqual(refund.case_ids.state, "settled")
        self.assertEqual(self.refunds_at_glase(), ["40.00"])

    def test_the_form_of_the_wizard(self):
        original, paid = self.paid_order(148)
        with self.office() as env:
            asked = env["glase.refund"].with_context(default_transaction_id=paid.id)
            with Form(asked) as form:
                self.assertEqual((form.amount, form.refundable_amount), (148, 148))
                form.what = "products"
                self.assertEqual(form.amount, 0)
                with form.line_ids.edit(0) as line:
                    self.assertEqual(line.name, original.lines.full_product_name)
                    line.quantity = 1
                self.assertEqual(form.amount, 148)
                form.reason = "Brought back"

    def test_the_receipt_says_what_went_back_and_for_what(self):
        _original, paid = self.paid_order(148)
        order = self.shown(self.press_refund(paid, amount=48))
        report = self.env["ir.actions.report"].with_user(self.pos_admin)
        content, _kind = report._render_qweb_html("pos_glase.pos_order_receipt", order.ids)
        html = content.decode()
        self.assertIn("Glase refund", html)
        self.assertIn("48.00", html)
        self.assertIn(order.payment_ids.transaction_id, html)
        self.assertIn(paid.ers_reference, html)
        self.assertNotIn("Glase payment", html)
