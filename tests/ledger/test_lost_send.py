from contextlib import ExitStack
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tools import mute_logger

from ...models.ledger import exchange
from ..shared.common import GlaseCommon

QUIET = "odoo.addons.pos_glase.models.ledger.exchange"


class TestLostSend(GlaseCommon):
    """A bill that was sent without an answer: nobody knows its reference, so nobody may ask for it."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.calls_before = {call["seq"] for call in self.simulator.journal()["calls"]}

    def lose(self, kind="drop-after"):
        """A draft whose bill was sent, but not answered."""
        order, line = self.draft_order(self.pos_session, 20)
        self.simulator.faults({"operation": "sendInvoice", "kind": kind, "count": 1})
        view = self.send(order, line)
        self.assertEqual((view["state"], view["invoice_reference"]), ("unknown", False))
        return order, line

    def screen(self):
        return self.simulator.request("GET", f"/api/stickers/{self.terminal.glase_id}")["screen"]

    def calls(self, operation):
        return [
            call
            for call in self.simulator.journal()["calls"]
            if call["operation"] == operation and call["seq"] not in self.calls_before
        ]

    def first(self, line):
        return self.env["glase.transaction"].search(
            [("line_uuid", "=", line), ("attempt", "=", "1")]
        )

    def test_a_fault_of_our_own_is_stored_whatever_it_is_about(self):
        """A step after the call that fails, or words that cannot be said, keep no answer from the ledger."""
        for names in (
            ("evidence_of_answer",),
            ("evidence_of_answer", "sentence_of"),
            ("sentence_of",),
        ):
            order, line = self.draft_order(self.pos_session, 20)
            if "sentence_of" in names:
                self.simulator.faults(
                    {"operation": "sendInvoice", "kind": "drop-after", "count": 1}
                )
            with self.subTest(names), mute_logger(QUIET), ExitStack() as broken:
                for name in names:
                    broken.enter_context(patch.object(exchange, name, side_effect=RuntimeError))
                self.assertEqual(self.send(order, line)["state"], "unknown")
            self.assertIn("sendInvoice", self.first(line).event_ids.mapped("operation"))

    def test_a_server_that_stood_still_after_its_claim_does_not_send_any_more(self):
        """Whoever may call does so within ten seconds: later the row may be taken for lost."""
        order, line = self.draft_order(self.pos_session, 20)
        moments = iter([100.0, 110.5])
        with patch.object(exchange, "time", SimpleNamespace(monotonic=lambda: next(moments))):
            view = self.send(order, line)
        self.assertEqual(view["state"], "failed")
        self.assertEqual(self.calls("sendInvoice"), [])

    def test_it_is_never_asked_for_and_never_canceled(self):
        _order, line = self.lose()
        self.ask(line)
        self.door("cancel", line_uuid=line, attempt="1")
        self.run_job()
        self.assertEqual(self.calls("getPaymentStatus"), [])
        self.assertEqual(self.calls("cancelInvoice"), [])

    def test_send_again_is_a_new_attempt_and_ends_the_lost_one(self):
        order, line = self.lose()
        self.assertEqual(self.send(order, line, attempt="2")["state"], "issued")
        self.advance(61)
        self.run_job()
        lost = self.first(line)
        self.assertEqual((lost.state, lost.inferred), ("canceled", True))

    def test_give_up_takes_the_bill_off_the_sticker(self):
        _order, line = self.lose()
        self.assertEqual(self.screen(), "bill", "the next customer would find it")
        view = self.leave(line)
        self.assertEqual((view["state"], view["given_up"]), ("unknown", True))
        self.run_job()
        self.assertNotEqual(self.screen(), "bill")
        self.assertEqual(len(self.calls("sendInvoice")), 2)
        self.assertEqual(len(self.calls("cancelInvoice")), 1)
        clearing = self.env["glase.transaction"].search(
            [("replaces_lost_id", "=", self.first(line).id)]
        )
        self.assertEqual(clearing.state, "canceled")
        self.advance(61)
        self.run_job()
        self.assertEqual(self.first(line).state, "canceled")
        self.assertEqual(len(self.calls("sendInvoice")), 2, "once is enough")
        self.assertEqual(self.cases(line), [])

    def test_a_reloaded_till_does_not_take_the_clearing_for_its_own(self):
        _order, line = self.lose()
        self.leave(line)
        self.simulator.faults({"operation": "cancelInvoice", "kind": "drop-before", "count": 1})
        self.run_job()
        [row] = self.door("resume", line_uuids=[line])["rows"]
        self.assertEqual((row["attempt"], row["state"]), ("1", "unknown"))
        self.assertEqual(self.door("resume", line_uuids=[])["rows"], [])

    def test_clearing_that_is_lost_too_is_tried_again(self):
        _order, line = self.lose()
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        self.leave(line)
        self.run_job()
        self.advance(10)
        self.run_job()
        self.advance(61)
        self.run_job()
        rows = self.env["glase.transaction"].search([("line_uuid", "=", line)])
        self.assertEqual(set(rows.mapped("state")), {"canceled"})
        self.assertEqual(len(rows), 3)
        self.assertNotEqual(self.screen(), "bill")

    def test_clearing_that_is_paid_in_that_moment_is_a_case(self):
        _order, line = self.lose()
        self.leave(line)
        self.simulator.faults({"operation": "cancelInvoice", "kind": "drop-before", "count": 1})
        self.run_job()
        self.customer("pay")
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 1})
        self.advance(10)
        self.run_job()
        self.advance(31)
        self.run_job()
        self.advance(60)
        self.run_job()
        clearing = self.env["glase.transaction"].search(
            [("replaces_lost_id", "=", self.first(line).id)]
        )
        standing = [
            payment
            for payment in self.simulator.journal()["payments"]
            if payment["ers_reference"] == clearing.ers_reference and payment["state"] == "standing"
        ]
        if clearing.state == "paid":
            self.assertEqual(len(standing), 1)
            self.assertIn("paid_without_order", clearing.case_ids.mapped("kind"))
        else:
            self.assertEqual(clearing.state, "reversed")
            self.assertEqual(standing, [])

    def test_the_next_sale_works_while_a_lost_send_is_being_cleared(self):
        _order, line = self.lose()
        self.leave(line)
        other, other_line = self.draft_order(self.pos_session, 30)
        self.assertEqual(self.send(other, other_line)["state"], "issued")
        self.customer("pay")
        self.assertEqual(self.ask(other_line)["state"], "paid")
        self.advance(61)
        self.run_job()
        self.assertEqual(self.first(line).state, "canceled")

    def test_a_deleted_draft_of_a_lost_send_is_cleared_by_itself(self):
        order, line = self.lose()
        order.unlink()
        self.run_job()
        self.assertNotEqual(self.screen(), "bill")
