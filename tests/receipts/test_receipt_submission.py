import base64

from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from ...models.ledger.exchange import RECEIPT, Exchange
from ...models.receipts import glase_receipt
from ...models.receipts.glase_receipt import receipt_document, values_of
from ...models.support import autonomous_transaction
from ..shared.refunds import RefundCommon

HOSTILE = "<script>alert(1)</script> & \"'</td>"


class TestReceiptSubmission(RefundCommon):
    """Receipts of payments and refunds are submitted later, and never touch the sale."""

    def setUp(self):
        super().setUp()
        self.submitted_before = len(self.simulator.journal()["receipts"])

    def work(self, seconds=0):
        self.advance(seconds)
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.receipt"].sudo()._cron_receipts()
        self.env.invalidate_all()

    def submitted(self):
        """The receipts that the simulator has got in this test."""
        return self.simulator.journal()["receipts"][self.submitted_before :]

    def receipt(self, row):
        return self.env["glase.receipt"].search([("transaction_id", "=", row.id)])

    def document(self, row):
        """The document as it would be sent."""
        values = values_of(row.sudo(), row.payment_id.pos_order_id.sudo())
        return receipt_document(row.account_id, values)

    def test_a_payment(self):
        _order, row = self.paid_order()
        self.assertEqual(self.receipt(row).state, "waiting")
        self.assertFalse(self.submitted(), "nothing is called within the sale")
        self.work()
        self.assertEqual(self.receipt(row).state, "submitted")
        [told] = self.submitted()
        self.assertEqual(told["ers_reference"], row.ers_reference)
        self.assertEqual(told["mime_type"], "text/html")
        self.assertEqual(told["receipt_type"], "PAYMENT_RECEIPT")
        self.assertEqual(told["bytes"], len(self.document(row).data))
        self.work(3600)
        self.assertEqual(len(self.submitted()), 1)

    def test_the_document_tells_the_sale_and_is_small(self):
        order, row = self.paid_order(148)
        text = self.document(row).data.decode()
        for words in ("Fjällboden", order.pos_reference, row.ers_reference, "148.00"):
            self.assertIn(words, text)
        self.assertIn(order.lines.full_product_name, text)
        self.assertLess(len(text), 4000)

    def test_hostile_names_are_escaped(self):
        order, row = self.paid_order()
        order.lines.full_product_name = HOSTILE
        self.account.shop_name = HOSTILE
        text = self.document(row).data.decode()
        self.assertNotIn("<script>", text)
        self.assertIn("&lt;script&gt;", text)
        self.work()
        self.assertEqual(self.receipt(row).state, "submitted")

    def test_a_refund(self):
        order, _row = self.paid_order(100)
        back, line = self.refund_order(order, 40)
        self.assertEqual(self.refund(back, line, 40)["state"], "refunded")
        self.validate(back, line)
        refund = self.row(line)
        self.work()
        references = [told["ers_reference"] for told in self.submitted()]
        self.assertIn(refund.ers_reference, references)
        self.assertEqual(len(references), 2)

    def test_empty_and_another_type(self):
        self.account.write({"receipt_mode": "empty", "receipt_mime": "Base64"})
        self.paid_order()
        self.work()
        [told] = self.submitted()
        self.assertEqual((told["bytes"], told["mime_type"]), (0, "Base64"))

    def test_off(self):
        self.account.receipt_mode = "off"
        _order, row = self.paid_order()
        self.assertFalse(self.receipt(row))
        self.work()
        self.assertFalse(self.submitted())

    def test_no_answer_is_tried_again_with_growing_pauses(self):
        _order, row = self.paid_order()
        fault = {"operation": "submitPaymentReceipt", "kind": "drop-before", "count": 2}
        self.simulator.faults(fault)
        self.work()
        receipt = self.receipt(row)
        self.assertEqual((receipt.state, receipt.tries), ("waiting", 1))
        self.assertEqual(row.state, "paid")
        self.work(30)
        self.assertEqual(receipt.tries, 1, "not before its time")
        self.work(31)
        self.assertEqual(receipt.tries, 2)
        self.work(5 * 60 + 1)
        self.assertEqual(receipt.state, "submitted")

    def test_refused_for_days_it_is_given_up_and_a_manager_tries_again(self):
        order, row = self.paid_order()
        self.simulator.faults(
            {"operation": "submitPaymentReceipt", "kind": "code", "code": 90, "count": None}
        )
        receipt = self.receipt(row)
        for pause in (0, *(pause.total_seconds() + 1 for pause in glase_receipt.PAUSES)):
            self.work(pause)
        self.assertEqual(receipt.state, "failed")
        self.assertIn("90", receipt.message)
        self.assertEqual((row.state, order.state), ("paid", "paid"))
        self.assertFalse(self.env["mail.activity"].search([("res_model", "=", "glase.receipt")]))
        with self.assertRaises(AccessError):
            receipt.with_user(self.pos_user).action_retry()
        self.simulator.faults()
        receipt.with_user(self.pos_admin).action_retry()
        self.work()
        self.assertEqual(receipt.state, "submitted")

    def test_a_reference_that_glase_does_not_know_is_given_up_at_once(self):
        _order, row = self.paid_order()
        self.simulator.faults({"operation": "submitPaymentReceipt", "kind": "code", "code": 23})
        self.work()
        self.assertEqual(self.receipt(row).state, "failed")

    def test_killed_between_call_and_answer_it_is_submitted_again(self):
        _order, row = self.paid_order()
        with self.registry.cursor() as cr:
            exchange = Exchange(self.env(cr=cr)["glase.receipt"].sudo(), RECEIPT)
            _id, submit = autonomous_transaction.with_records(
                exchange.records, lambda mine: mine._claim_next(exchange)
            )
            self.assertEqual(submit().result_code, 0)
        self.env.invalidate_all()
        self.assertEqual(self.receipt(row).state, "sending")
        self.work()
        self.assertEqual(self.receipt(row).state, "sending", "another worker may have it")
        self.work(61)
        self.assertEqual(self.receipt(row).state, "submitted")
        self.assertEqual({told["ers_reference"] for told in self.submitted()}, {row.ers_reference})

    def test_the_order_comes_later(self):
        order, line = self.sent(20)
        self.customer("pay")
        self.ask(line)
        self.work()
        self.assertFalse(self.submitted())
        self.validate(order, line)
        self.work(61)
        self.assertEqual(self.receipt(self.row(line)).state, "submitted")

    def test_what_no_order_has_gets_none_and_neither_does_its_refund(self):
        order, line = self.sent(20)
        self.customer("pay")
        self.ask(line)
        row = self.row(line)
        order.with_user(self.pos_user).action_pos_order_cancel()
        with self.office() as env:
            values = {"transaction_id": row.id, "reason": "No order has it"}
            env["glase.refund"].create(values).action_refund()
        refund = row.refund_ids
        self.assertEqual((refund.state, bool(refund.ers_reference)), ("refunded", True))
        self.assertFalse(refund.order_id)
        self.work()
        self.work(3600)
        self.assertFalse(self.receipt(row) | self.receipt(refund))
        self.assertFalse(self.submitted())
        # An order that comes after all is not proven: it tells Glase nothing, either.
        self.validate(order, line)
        self.work(3600)
        self.assertFalse(self.submitted())

    @mute_logger("odoo.addons.pos_glase.models.receipts.glase_receipt")
    def test_a_broken_template_stops_neither_queue_nor_sale(self):
        view = self.env.ref("pos_glase.glase_receipt_document")
        order, row = self.paid_order()
        arch = view.arch_db
        view.arch_db = arch.replace('t-out="shop"', 't-out="1/0"')
        self.work()
        self.assertEqual(self.receipt(row).state, "waiting")
        self.assertEqual(order.state, "paid")
        view.arch_db = arch
        self.work(61)
        self.assertEqual(self.receipt(row).state, "submitted")

    def test_a_copy_submits_nothing(self):
        _order, row = self.paid_order()
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.uuid", "00000000-1111-2222-3333-444444444444")
        self.work()
        self.work(2 * 3600)
        self.assertFalse(self.submitted())
        self.assertEqual((self.receipt(row).state, self.receipt(row).tries), ("waiting", 0))
        self.account.action_confirm_database()
        self.work(2 * 3600)
        self.assertEqual(self.receipt(row).state, "submitted")

    def test_the_wire_carries_what_was_made(self):
        _order, row = self.paid_order()
        document = self.document(row)
        heard = (
            row.terminal_id.sudo()
            ._client()
            .submit_payment_receipt(
                row.terminal_id.sudo()._principal(), row.ers_reference, document
            )
        )
        self.assertIn(base64.b64encode(document.data).decode(), heard.request_xml)
