from unittest.mock import patch

from psycopg2.errors import UndefinedColumn

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.ledger import poll
from ..shared.common import GlaseCommon


@tagged("glase_smoke")
class TestTillRoutes(GlaseCommon):
    """What the till asks and hears, over HTTP, against the real simulator."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def received(self, operation):
        """How often the simulator received an operation from this till's terminal."""
        calls = self.simulator.journal()["calls"]
        terminal = self.terminal.terminal_identifier
        return sum(
            call["operation"] == operation and call["principal_id"] == terminal for call in calls
        )

    def test_a_sale_from_send_to_proof(self):
        order, line = self.draft_order(self.pos_session, 148)
        view = self.send(order, line)
        self.assertEqual((view["ok"], view["state"], view["amount"]), (True, "issued", "148.00"))
        self.customer("pay")
        view = self.door("status", line_uuid=line, attempt="1")
        self.assertEqual((view["state"], view["final"]), ("paid", True))
        self.assertTrue(view["reference"])
        row = self.row(line)
        self.assertEqual(row.ers_reference, view["reference"])
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.transaction_id, view["reference"])
        self.assertEqual(order.payment_ids.card_type, "Glase payment")
        self.assertFalse(order.payment_ids.glase_unverified)
        self.assertEqual(self.row(line).payment_id, order.payment_ids)
        self.assertFalse(self.row(line).case_ids)

    @mute_logger("odoo.http")
    def test_a_server_whose_tables_an_update_has_changed_says_what_to_do(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        gone = UndefinedColumn('column "till_seen_at" does not exist')
        asked = {"config_id": self.main_pos_config.id, "line_uuid": line, "attempt": "1"}
        with patch.object(poll, "read", side_effect=gone):
            answer = self.url_open("/pos_glase/status", json={"params": asked}).json()
        self.assertIn("must be restarted", answer["error"]["data"]["message"])
        self.assertNotIn("column", answer["error"]["data"]["message"])
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "issued")

    def test_the_back_office_prints_amount_reference_and_time(self):
        order, line = self.draft_order(self.pos_session, 148)
        self.send(order, line)
        self.customer("pay")
        reference = self.door("status", line_uuid=line, attempt="1")["reference"]
        self.validate(order, line)
        report = self.env["ir.actions.report"].with_user(self.pos_admin)
        content, _kind = report._render_qweb_html("pos_glase.pos_order_receipt", order.ids)
        html = content.decode()
        self.assertIn("Glase payment", html)
        self.assertIn(reference, html)
        self.assertIn("148.00", html)
        shown = self.env["ir.qweb.field.datetime"].with_user(self.pos_admin)
        time = shown.value_to_html(order.payment_ids.glase_paid_at, {})
        self.assertIn(time, html)
        self.assertNotIn("SIMULATION", html)

    def test_the_bill_shows_products_taxes_and_other_tenders(self):
        order, line = self.draft_order(
            self.pos_session, 148, price=198, tenders=[(self.cash_method, 50)]
        )
        self.send(order, line)
        invoice = self.simulator.journal()["invoices"][-1]
        rows = [(row["description"], row["amount"], row["tax_rate"]) for row in invoice["rows"]]
        name = order.lines.full_product_name
        self.assertEqual(rows, [(name, "198.00", "15"), ("Cash", "-50.00", None)])
        self.assertEqual(invoice["amount"], "148.00")

    def test_the_same_attempt_is_sent_once(self):
        order, line = self.draft_order(self.pos_session, 20)
        before = self.received("sendInvoice")
        first, second = self.send(order, line), self.send(order, line)
        self.assertEqual(first["id"], second["id"])
        self.assertEqual(self.received("sendInvoice"), before + 1)

    def test_a_line_that_has_its_money_is_not_sent_again(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.customer("pay")
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "paid")
        before = self.received("sendInvoice")
        view = self.send(order, line, attempt="2")
        self.assertEqual((view["ok"], view["reason"]), (False, "paid"))
        self.assertEqual(self.received("sendInvoice"), before)
        reversed_ = self.door("reverse", line_uuid=line, attempt="1", refund_attempt="3")
        self.assertEqual(reversed_["state"], "refunded")
        self.assertEqual(self.send(order, line, attempt="4")["state"], "issued", "given back")

    def test_the_second_payment_hears_who_is_running(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        other, other_line = self.draft_order(self.pos_session, 30)
        view = self.send(other, other_line)
        self.assertEqual((view["ok"], view["reason"]), (False, "busy"))
        self.assertEqual(view["busy"]["cashier"], "Maja")
        self.assertIn("Finish or cancel it on the device that sent it", view["message"])

    def test_after_one_that_was_left_open_nobody_is_sent_to_finish_it(self):
        _order, line = self.sent()
        self.simulator.faults({"operation": "cancelInvoice", "kind": "drop-before", "count": None})
        self.leave(line)
        other, other_line = self.draft_order(self.pos_session, 30)
        view = self.send(other, other_line)
        self.assertEqual(view["reason"], "busy")
        self.assertIn("free as soon as Glase answers", view["message"])
        self.assertNotIn("Finish or cancel", view["message"])

    def test_the_till_hears_that_the_customer_has_scanned_where_glase_tells_it(self):
        _order, line = self.sent()
        self.assertFalse(self.ask(line)["scanned"])
        self.customer("begin")
        self.assertFalse(self.ask(line)["scanned"], "the status of a bill does not say it")
        self.assertTrue(self.door("cancel", line_uuid=line, attempt="1")["scanned"])

    def test_cancel_is_certain(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        view = self.door("cancel", line_uuid=line, attempt="1")
        self.assertEqual((view["state"], view["cancel"]), ("canceled", "wished"))

    def test_cancel_too_late_keeps_the_payment(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.customer("pay")
        view = self.door("cancel", line_uuid=line, attempt="1")
        self.assertEqual((view["state"], view["cancel"]), ("paid", "too_late"))

    def test_customer_declines(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.customer("decline")
        view = self.door("status", line_uuid=line, attempt="1")
        self.assertEqual(view["state"], "canceled")
        self.assertIn("declined", view["message"])

    def test_lost_send_is_unknown_and_a_new_attempt_goes_on(self):
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        order, line = self.draft_order(self.pos_session, 20)
        self.assertEqual(self.send(order, line)["state"], "unknown")
        self.assertEqual(self.send(order, line, attempt="2")["state"], "issued")

    def test_lost_poll_leaves_the_payment_open(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-before", "count": 1})
        view = self.door("status", line_uuid=line, attempt="1")
        self.assertEqual((view["state"], view["final"]), ("issued", False))
        self.assertTrue(view["message"])

    def test_left_open_is_canceled_before_it_is_asked(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.assertTrue(self.door("leave", line_uuid=line, attempt="1")["given_up"])
        polls = self.received("getPaymentStatus")
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "issued")
        self.assertEqual(self.received("getPaymentStatus"), polls, "given up: nothing asks")
        other, other_line = self.draft_order(self.pos_session, 30)
        self.assertEqual(self.send(other, other_line)["state"], "issued")
        self.assertEqual(self.row(line).state, "canceled")

    def test_silent_till_is_given_up(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.fall_silent()
        other, other_line = self.draft_order(self.pos_session, 30)
        self.assertEqual(self.send(other, other_line)["state"], "issued")
        self.assertEqual(
            (self.row(line).state, self.row(line).given_up_why), ("canceled", "silent")
        )

    def test_refusals_make_no_call(self):
        before = self.received("sendInvoice")
        order, line = self.draft_order(self.pos_session, 20)
        self.assertEqual(self.send(order, line, amount="19.00")["reason"], "order_changed")
        self.assertEqual(self.send(order, line, amount="0")["reason"], "amount")
        self.assertEqual(self.send(order, line, amount="gold")["reason"], "amount")
        self.assertEqual(self.send(order, "no-such-line", amount="20")["reason"], "order_changed")
        self.assertEqual(self.received("sendInvoice"), before)

    def test_unproven_payment_is_stored_marked_and_a_case(self):
        values = self.order_values(
            self.pos_session,
            20,
            [
                {
                    "uuid": "11111111-2222-4333-8444-555555555555",
                    "amount": 20,
                    "payment_method_id": self.glase_method.id,
                    "payment_status": "done",
                    "transaction_id": "forged",
                    "glase_unverified": False,
                }
            ],
            "paid",
        )
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        order = self.env["pos.order"].search([("uuid", "=", values["uuid"])])
        self.assertEqual(order.state, "paid")
        self.assertTrue(order.payment_ids.glase_unverified)
        self.assertFalse(order.payment_ids.transaction_id)
        case = self.env["glase.case"].search([("payment_id", "=", order.payment_ids.id)])
        self.assertEqual(case.kind, "unverified_payment")
