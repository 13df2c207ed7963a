"""What follows a payment and fails takes no payment out of its order (``doc/ledger.md §6``)."""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.addons.account.models.account_move import AccountMove
from odoo.addons.base.models.ir_actions_report import IrActionsReport
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.point_of_sale.models.pos_order import PosOrder, PosOrderLine
from odoo.addons.point_of_sale.models.stock_picking import StockPicking
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

from ..shared.refunds import RefundCommon

QUIET = "odoo.addons.pos_glase.models.pos.after_payment"


class TestAfterPayment(RefundCommon):
    """An order that is paid with Glase, and what Odoo does next."""

    def setUp(self):
        super().setUp()
        self.customer_record = self.env["res.partner"].create({"name": "Maja", "email": "m@m.se"})

    def finish(self, *failing, to_invoice=True, **values):
        """Pay an order with Glase and finish it as its till does; returns it.

        :param failing: contexts in which something fails that follows the payment
        """
        order, line = self.sent(100)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        order.partner_id = self.customer_record
        payment = order.payment_ids.filtered(lambda payment: payment.uuid == line)
        synced = self.order_values(order.session_id, 100, [], "paid", order.uuid)
        synced.update(
            lines=[],
            amount_paid=100,
            to_invoice=to_invoice,
            partner_id=self.customer_record.id,
            payment_ids=[(1, payment.id, {"payment_status": "done"})],
            **values,
        )
        with ExitStack() as stack:
            for context in (mute_logger(QUIET), *failing):
                stack.enter_context(context)
            self.told = self.env["pos.order"].with_user(self.pos_user).sync_from_ui([synced])
        self.env.invalidate_all()
        return order

    def assert_paid_but(self, order, kind, words):
        """The order is paid and proven; one case, the till and the order say what is left."""
        self.assertIn(order.state, ("paid", "done"))
        [payment] = order.payment_ids
        self.assertTrue(payment.transaction_id)
        self.assertFalse(payment.glase_unverified)
        self.assertEqual(self.cases(payment.uuid), [kind])
        self.assertRegex(order.glase_left_to_do, words)
        [told] = self.told["pos.order"]
        self.assertEqual(told["glase_left_to_do"], order.glase_left_to_do)
        self.assertIn(told["state"], ("paid", "done"))
        self.assertFalse(
            payment.pos_order_id.session_id.order_ids.filtered(lambda o: o.state == "draft")
        )

    # === Nothing fails ===

    def test_an_invoice_that_is_made_leaves_nothing(self):
        order = self.finish()
        self.assertEqual(order.account_move.state, "posted")
        self.assertEqual(order.account_move.payment_state, "paid")
        self.assertFalse(order.glase_left_to_do)
        self.assertEqual(self.cases(order.payment_ids.uuid), [])

    # === The invoice ===

    def test_whatever_keeps_the_invoice_from_being_made(self):
        for name, fail in self.ways():
            with self.subTest(name):
                order = self.finish(fail())
                self.assert_paid_but(
                    order,
                    "not_invoiced",
                    "paid.*not invoiced.*(invoice was not made|invoice journal)",
                )
                self.assertFalse(order.account_move)
                self.assertEqual(order.state, "paid")
                # Later, what kept it from being made is gone: the case ends by itself.
                order.with_user(self.pos_admin).action_pos_order_invoice()
                self.env.invalidate_all()
                self.assertEqual(order.account_move.state, "posted")
                self.assertFalse(order.glase_left_to_do)
                self.assertEqual(self.cases(order.payment_ids.uuid), [])

    def ways(self):
        """What keeps an invoice from being made, each with what brings it about for a while."""

        def refuse(*_args, **_kwargs):
            raise UserError(self.env._("The customer has no VAT number."))

        def crash(*_args, **_kwargs):
            raise KeyError("tax_totals")

        config = self.main_pos_config
        yield "a VAT number is missing", lambda: patch.object(AccountMove, "_post", refuse)
        yield "another module fails", lambda: patch.object(AccountMove, "_post", crash)
        yield (
            "the journal is archived",
            lambda: self.changed(config.invoice_journal_id, active=False),
        )
        yield (
            "the till has no journal any more",
            lambda: self.changed(config, invoice_journal_id=False),
        )
        account = self.customer_record.property_account_receivable_id
        yield "an account is blocked", lambda: self.changed(account, active=False)

    @contextmanager
    def changed(self, record, **values):
        """Something is otherwise for a while, past what its model asks of who changes it."""
        before = {
            name: record._fields[name].convert_to_write(record[name], record) for name in values
        }
        self.env.flush_all()
        self.on_disk(record, values)
        try:
            yield
        finally:
            self.on_disk(record, before)

    def on_disk(self, record, values):
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(record._table),
                    SQL.identifier(name),
                    value or (False if record._fields[name].type == "boolean" else None),
                    record.id,
                )
            )
        self.env.invalidate_all()

    def test_the_period_is_closed(self):
        """Odoo dates the invoice after the lock: whatever it does, the order is paid."""
        order = self.finish(self.changed(self.company, sale_lock_date=fields.Date.today()))
        self.assertIn(order.state, ("paid", "done"))
        self.assertFalse(order.payment_ids.glase_unverified)

    def test_the_invoice_stays_where_it_cannot_be_printed(self):
        def nothing(*_args, **_kwargs):
            raise UserError(self.env._("Unable to find Wkhtmltopdf on this system."))

        order = self.finish(patch.object(IrActionsReport, "_pre_render_qweb_pdf", nothing))
        self.assert_paid_but(order, "not_finished", "made, but not printed or sent.*Wkhtmltopdf")
        self.assertEqual(order.account_move.state, "posted")
        self.assertEqual(order.account_move.payment_state, "paid")

    def test_a_mail_server_that_fails(self):
        """Odoo itself keeps what it could not send."""
        self.customer_record.invoice_sending_method = "email"
        order = self.finish(
            patch.object(IrMail_Server, "_connect__", side_effect=OSError("refused"))
        )
        self.assertEqual(order.account_move.payment_state, "paid")
        self.assertIn(order.state, ("paid", "done"))

    # === What else follows ===

    def test_goods_that_cannot_leave_the_stock(self):
        def refuse(*_args, **_kwargs):
            raise UserError(self.env._("No rule has been found."))

        order = self.finish(
            patch.object(StockPicking, "_create_picking_from_pos_order_lines", refuse)
        )
        self.assert_paid_but(order, "not_finished", "did not leave the stock: No rule.*delivery")
        self.assertEqual(order.account_move.payment_state, "paid", "the rest is done")

    def test_goods_that_cannot_be_shipped_later(self):
        def refuse(*_args, **_kwargs):
            raise UserError(self.env._("No rule has been found."))

        order = self.finish(
            patch.object(PosOrderLine, "_launch_stock_rule_from_pos_order_lines", refuse),
            to_invoice=False,
            shipping_date="2030-01-02",
        )
        self.assert_paid_but(order, "not_finished", "did not leave the stock: No rule")

    def test_any_other_step(self):
        order = self.finish(
            patch.object(PosOrder, "_compute_total_cost_in_real_time", side_effect=KeyError("x"))
        )
        self.assert_paid_but(order, "not_invoiced", "Not all was done.*error of the server")

    def test_all_that_is_left_is_one_case(self):
        refuse = {"side_effect": UserError("No.")}
        order = self.finish(
            patch.object(StockPicking, "_create_picking_from_pos_order_lines", **refuse),
            patch.object(AccountMove, "_post", **refuse),
        )
        self.assert_paid_but(order, "not_invoiced", "stock: No.*invoice was not made: No")

    # === Who else is paid ===

    def test_an_order_that_a_payment_is_attached_to(self):
        order, line = self.sent(100)
        order.write({"partner_id": self.customer_record.id, "to_invoice": True})
        self.pay_and_leave(line)
        [case] = self.env["glase.case"].search([("transaction_id", "=", self.row(line).id)])
        case.attach_order_id = order
        with patch.object(AccountMove, "_post", side_effect=UserError("No.")), mute_logger(QUIET):
            case.with_user(self.pos_admin).action_attach()
        self.env.invalidate_all()
        self.assertEqual((order.state, case.state), ("paid", "settled"))
        self.assertEqual(self.cases(line), ["not_invoiced"])

    def test_a_session_is_closed_over_it(self):
        order = self.finish(patch.object(AccountMove, "_post", side_effect=UserError("No.")))
        session = order.session_id.with_user(self.pos_user)
        session.post_closing_cash_details(session.cash_register_balance_end)
        session.update_closing_control_state_session("")
        answer = session.close_session_from_ui([])
        self.assertTrue(answer["successful"], answer)
        order.action_pos_order_invoice()
        self.assertEqual(order.account_move.payment_state, "paid")
        self.assertFalse(order.glase_left_to_do)

    # === Where the payment is not Glase's, or there is none yet ===

    def test_orders_of_other_tenders_are_as_in_odoo(self):
        values = self.order_values(
            self.pos_session,
            100,
            [{"amount": 100, "payment_method_id": self.cash_method.id}],
            "paid",
        )
        values.update(to_invoice=True, partner_id=self.customer_record.id)
        with (
            patch.object(AccountMove, "_post", side_effect=UserError("No.")),
            self.assertRaisesRegex(UserError, "No"),
        ):
            self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])

    def test_what_fails_before_the_order_is_paid_is_said(self):
        with self.assertRaisesRegex(UserError, "Not paid"):
            self.finish(
                patch.object(PosOrder, "action_pos_order_paid", side_effect=UserError("Not paid."))
            )

    def test_a_conflict_is_odoos_to_repeat(self):
        with self.assertRaises(SerializationFailure):
            self.finish(
                patch.object(AccountMove, "_post", side_effect=SerializationFailure("again"))
            )

    def test_no_request_can_say_that_an_order_ends(self):
        """Who asks for an invoice in the office hears why there is none."""
        order = self.finish(to_invoice=False)
        asked = order.with_context(glase_after_payment={"_left": []}).with_user(self.pos_admin)
        with (
            patch.object(AccountMove, "_post", side_effect=UserError("No.")),
            self.assertRaisesRegex(UserError, "No"),
        ):
            asked.action_pos_order_invoice()
