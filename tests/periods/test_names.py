from ...rules.environments import ENVIRONMENTS
from ..shared.periods import PeriodCommon


class TestNames(PeriodCommon):
    """What a person reads has a name that tells it apart: no “/”, no technical name, nothing twice."""

    def never_finished(self, amount=59):
        """A payment whose order was never finished, in a session that is closed."""
        order, line = self.sent(amount)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        order.state = "cancel"
        return order, self.row(line)

    def test_an_order_that_was_never_paid_is_called_as_on_its_receipt(self):
        order, row = self.never_finished()
        self.assertEqual(order.name, "/")
        self.assertEqual(order.display_name, order.pos_reference)
        line = self.closed_and_settled().line_ids.filtered("transaction_id")
        self.assertEqual(line.order_id.display_name, order.pos_reference)
        self.assertEqual(line.order_reference, order.pos_reference)
        self.advance(600)
        self.run_job()
        case = row.case_ids
        words = f"Paid, but no order has it: {order.pos_reference} · {row.currency_id.format(59)}"
        self.assertEqual(case.display_name, words)
        self.assertEqual(case.order_reference, order.pos_reference)

    def test_a_finished_order_keeps_its_name(self):
        order, _row = self.paid_order(100)
        self.assertEqual(order.display_name, order.name)

    def test_the_reference_of_an_order_that_is_gone_stays_on_its_case(self):
        order, row = self.never_finished()
        reference = order.pos_reference
        self.env.cr.execute("DELETE FROM pos_order WHERE id = %s", (order.id,))
        self.advance(600)
        self.run_job()
        self.assertFalse(row.case_ids.order_id)
        self.assertEqual(row.case_ids.order_reference, reference)

    def test_an_environment_is_named_as_on_its_account(self):
        _order, row = self.paid_order(100)
        field = row._fields["environment"]
        label = field.convert_to_export(row.environment, row)
        self.assertEqual(label, dict(ENVIRONMENTS)[self.account.environment])

    def test_a_row_of_a_period_is_called_by_its_order_or_by_what_it_is(self):
        _order, row = self.paid_order(100)
        line = self.closed_and_settled().line_ids
        self.assertEqual(line.display_name, f"{row.order_name} · {row.currency_id.format(100)}")
        line.sudo().write({"transaction_id": False, "kind": "missing"})
        self.assertEqual(
            line.display_name, f"In the ledger only · {row.currency_id.format(line.amount)}"
        )

    def test_no_title_is_a_reference(self):
        """Whatever record of ours has a title: order and amount, and not the digits of Glase."""
        order, row = self.paid_order(100)
        self.give_back(order, 40)
        period = self.closed_and_settled()
        self.env["glase.receipt"].sudo()._queue(row)
        seen = set()
        for name in self.env.registry:
            model = self.env[name].sudo()
            if not name.startswith("glase.") or model._abstract or model._transient:
                continue
            for record in model.with_context(active_test=False).search([]):
                seen.add(name)
                with self.subTest(record=record):
                    self.assertNotRegex(record.display_name, r"\d{14}|[0-9a-f]{8}-[0-9a-f]{4}-")
        self.assertLess({"glase.transaction", "glase.period", "glase.period.line"}, seen)
        self.assertIn(row.currency_id.format(100), row.display_name)
        self.assertIn(order.pos_reference, row.display_name)
        self.assertIn(row.currency_id.format(-40), row.refund_ids.display_name)
        self.assertIn(period.currency_id.format(period.report_total), period.display_name)

    def test_what_a_customer_declined_is_declined_and_what_a_till_canceled_is_canceled(self):
        _order, declined = self.sent(20)
        self.customer("decline")
        self.ask(declined)
        _order, canceled = self.sent(30)
        self.door("cancel", line_uuid=canceled, attempt="1")
        self.ask(canceled)
        outcomes = [self.row(line).outcome for line in (declined, canceled)]
        self.assertEqual(outcomes, ["declined", "canceled"])
        groups = self.env["glase.transaction"]._read_group([], ["outcome"], ["__count"])
        self.assertLessEqual({"declined", "canceled"}, {outcome for outcome, _count in groups})

    def test_the_words_of_a_difference_fit_where_ever_they_are_read(self):
        self.paid_order(100)
        period = self.closed_and_settled()
        period.line_ids.sudo().kind = "twice"
        period.sudo()._sum_up()
        self.assertEqual(period.message, "Differences to decide: 1.")

    def test_what_only_glase_has_is_a_payment_or_a_refund(self):
        self.paid_order(100)
        line = self.closed_and_settled().line_ids.sudo()
        line.kind = "unknown"
        self.assertNotIn("refund", line.todo)
        line.amount = -100
        self.assertIn("refund", line.todo)

    def test_the_case_of_what_only_glase_has_names_sums_as_they_are_written_here(self):
        self.paid_order(100)
        period = self.closed_and_settled().sudo()
        period.line_ids.kind = "unknown"
        period._report_unknown()
        case = self.env["glase.case"].search([("period_id", "=", period.id)])
        line = period.line_ids
        named = f"{line.reference} ({line.currency_id.format(line.amount)})"
        self.assertTrue(case.summary.endswith(named), case.summary)
