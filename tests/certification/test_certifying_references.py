from ...models.accounts.glase_connection import POS_NAME_AND_VERSION
from ..shared.periods import PeriodCommon


class TestCertifyingReferences(PeriodCommon):
    """What is stored of a call is the reference that it really carried."""

    def stored_of_a_sale_and_its_refund(self):
        order, row = self.paid_order(100)
        refund_order, line = self.refund_order(order, 30)
        self.door(
            "refund",
            order_uuid=refund_order.uuid,
            line_uuid=line,
            attempt="refund-1",
            amount="30.00",
        )
        rows = row | self.row(line)
        events = rows.event_ids.filtered("client_reference")
        self.assertEqual(
            set(events.mapped("operation")) & {"sendInvoice", "refundPayment"},
            {"sendInvoice", "refundPayment"},
        )
        return rows.mapped("call_reference"), events.mapped("client_reference")

    def test_while_it_certifies_all_calls_have_one_reference(self):
        before = len(self.simulator.journal()["calls"])
        self.account.certifying = True
        calls, events = self.stored_of_a_sale_and_its_refund()
        self.assertEqual({*calls, *events}, {POS_NAME_AND_VERSION})
        heard = self.simulator.journal()["calls"][before:]
        self.assertEqual({call["client_reference"] for call in heard}, {POS_NAME_AND_VERSION})

    def test_otherwise_each_call_has_its_own(self):
        before = len(self.simulator.journal()["calls"])
        calls, events = self.stored_of_a_sale_and_its_refund()
        self.assertEqual(len(set(calls)), 2)
        heard = {call["client_reference"] for call in self.simulator.journal()["calls"][before:]}
        self.assertLessEqual({*calls, *events}, heard)

    def heard_of_a_closing(self):
        """What Glase heard when a session was closed: its mark, then its reports."""
        self.paid_order(100)
        before = len(self.simulator.journal()["calls"])
        period = self.closed_and_settled()
        self.assertEqual(period.state, "reconciled")
        heard = self.simulator.journal()["calls"][before:]
        mark, *reports = [call for call in heard if call["principal_type"] == "RESELLERUSER"]
        self.assertEqual(mark["operation"], "markTransactionPeriod")
        self.assertEqual({call["operation"] for call in reports}, {"executeReport"})
        return period, mark, reports

    def test_a_mark_and_its_reports_carry_what_a_certification_wants(self):
        self.account.certifying = True
        for scope in ("terminal", "shop"):
            self.account.period_scope = scope
            period, mark, reports = self.heard_of_a_closing()
            self.assertEqual(bool(period.terminal_id), scope == "terminal")
            self.assertEqual(period.call_reference, POS_NAME_AND_VERSION)
            for call in (mark, *reports):
                self.assertEqual(call["client_reference"], POS_NAME_AND_VERSION)
                self.assertLessEqual(len(call["client_reference"]), 32)
                self.assertEqual(call["client_id"], self.company.name)
            self.next_day()

    def test_otherwise_a_mark_has_the_reference_that_its_period_keeps(self):
        period, mark, reports = self.heard_of_a_closing()
        self.assertEqual(mark["client_reference"], period.call_reference)
        references = {call["client_reference"] for call in (mark, *reports)}
        self.assertEqual(len(references), 1 + len(reports), "each call has its own")
        self.assertTrue(mark["client_id"].startswith("pos_glase "))
