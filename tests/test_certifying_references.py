from ..models.glase_account_certification import POS_NAME_AND_VERSION
from .refunds import RefundCommon


class TestCertifyingReferences(RefundCommon):
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
