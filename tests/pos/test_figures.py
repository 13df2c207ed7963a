import csv
import io
import json
import random
import uuid
from unittest.mock import patch

from lxml.html import fromstring
from openpyxl import load_workbook

from ...models.periods import export
from ...models.pos.session_closing import SessionClosing
from ...models.pos.session_figures import SessionFigures
from ...models.support import clock
from ...rules import state_machine
from ..shared.periods import PeriodCommon

SEEDS = range(2)
STEPS = 10
# What a till in a currency takes, by the smallest amount that it has.
AMOUNTS = {1: (12, 35, 80, 99, 148), 0.001: (12, 0.35, 80, 99.95, 0.01)}


def plain(words):
    """As it stands in the text of a page."""
    return " ".join(words.replace("\ufeff", "").split())


class TestFigures(PeriodCommon):
    """What stands beside each other is compared, and what is not certain is named."""

    def setUp(self):
        super().setUp()
        self.profile(report_not_ready_count=0)

    def figures(self, session=None):
        self.env.invalidate_all()
        return SessionFigures(session or self.pos_session).first_block()

    def forced_order(self, amount=132):
        """An order that is finished with a payment which only a manager vouches for."""
        order, line = self.sent(amount)
        self.simulator.faults(
            {"operation": "getPaymentStatus", "kind": "drop-before", "count": None}
        )
        approval = {"reason": "Seen", "login": "pos_admin", "password": "pos_admin"}
        self.assertTrue(self.door("force", line_uuid=line, attempt="1", **approval)["forced"])
        self.validate(order, line)
        self.advance(61)
        return order, line

    def orphan(self, amount):
        """Money that was taken for an order which never came; its row."""
        order, line = self.sent(amount)
        self.customer("pay")
        self.ask(line)
        order.sudo().payment_ids.unlink()
        self.env.flush_all()
        return self.row(line)

    def refund_from_case(self, row):
        with self.office() as env:
            wizard = env["glase.refund"].create({"transaction_id": row.id, "reason": "Gone"})
            wizard.action_refund()

    def closed(self):
        """Close the session over whatever is open, and let the reports come."""
        period = self.close()
        self.simulator.faults()
        self.settle()
        return period

    def paper(self, report, record):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(report, record.ids)
        return " ".join(fromstring(html).text_content().replace("\ufeff", "").split())

    # === Forced ===

    def test_forced_money_is_named_wherever_a_sum_is_shown(self):
        self.paid_order(100)
        order, line = self.forced_order(132)
        figures = self.figures()
        self.assertEqual(
            [figures[n] for n in ("net", "unconfirmed_count", "unconfirmed_total", "order_total")],
            [100, 1, 132, 232],
        )
        data = self.pos_session.get_closing_control_data()
        [glase] = [m for m in data["non_cash_payment_methods"] if m["id"] == self.glase_method.id]
        self.assertEqual(glase["amount"], data["glase"]["figures"]["order_total"])
        self.assertEqual(self.account.today_unconfirmed, self.company.currency_id.format(132))
        session, period = self.pos_session, self.closed()
        # Period: not a match of 0.00.
        self.assertEqual((period.state, self.kinds(period)), ("differences", ["forced", "matched"]))
        self.assertEqual((period.report_total, period.ledger_total), (100, 232))
        self.assertEqual((period.difference, period.difference_count), (-132, 1))
        self.assertIn("not confirmed", self.paper("pos_glase.glase_period_report", period))
        # Session: its form, and its sales details.
        self.env.invalidate_all()
        self.assertTrue(session.glase_is_reported)
        self.assertEqual((session.glase_unconfirmed_total, session.glase_difference), (132, -132))
        paper = self.paper("point_of_sale.sale_details_report", session)
        for words in (
            "Not confirmed by Glase (1) 132.00",
            "In the orders 232.00",
            "Difference -132.00",
        ):
            self.assertIn(words, paper)
        # Glase confirms it after all: the next period, not this one, waits for it.
        now = clock.now(self.env.cr)
        paid = {"state": "paid", "ers_reference": "confirmed", "paid_at": now, "ended_at": now}
        self.row(line).sudo().write(paid)
        order.payment_ids._glase_prove()
        self.next_day()
        self.paid_order(10)
        following = self.closed()
        self.assertNotIn("forced", self.kinds(period))
        self.assertEqual((period.state, period.difference), ("reconciled", 0))
        self.assertIn("awaited", self.kinds(following))
        figures = self.figures(session)
        self.assertEqual((figures["unconfirmed_count"], figures["net"]), (0, 232))

    def test_a_session_with_nothing_but_forced_money_is_compared_too(self):
        self.forced_order(50)
        period = self.closed()
        self.assertEqual((period.state, self.kinds(period)), ("differences", ["forced"]))
        line = period.line_ids
        line.with_user(self.pos_admin).write({"reason": "The shop bears it"})
        line.with_user(self.pos_admin).action_accept()
        self.env.invalidate_all()
        self.assertEqual(period.state, "reconciled")
        self.assertEqual(period.difference, -50, "accepted is not equal")

    def test_the_receipt_of_forced_money_says_so(self):
        order, _line = self.forced_order(132)
        paper = self.paper("pos_glase.pos_order_receipt", order)
        self.assertIn("Glase payment: not confirmed by Glase yet", paper)
        self.assertIn("TEST: no money is moved", paper)
        order.payment_ids.sudo().glase_unverified = True
        self.env["glase.transaction"].sudo().search([]).environment = "simulator"
        self.env.invalidate_all()
        self.assertIn(
            "SIMULATION: no money is moved", self.paper("pos_glase.pos_order_receipt", order)
        )

    # === Money that is none ===

    def test_test_money_is_marked_whatever_stands_beside_it(self):
        """By the row's own environment: however its account came beside production."""
        order, line = self.sent()
        self.customer("pay")
        view = self.ask(line)
        self.assertEqual((view["mark"], view["simulation"]), ("TEST: no money is moved", False))
        self.validate(order, line)
        row = self.row(line)
        for environment, mark in (
            ("test", "TEST: no money is moved"),
            ("simulator", "SIMULATION: no money is moved"),
            ("production", False),
        ):
            row.sudo().environment = environment
            self.terminal.sudo().environment = environment
            self.env.invalidate_all()
            with self.subTest(environment):
                self.assertEqual(order.payment_ids.glase_mark, mark)
                loaded = order.payment_ids._load_pos_data_read(
                    order.payment_ids, self.main_pos_config
                )
                self.assertEqual(loaded[0]["glase_mark"], mark)
                self.assertEqual(self.main_pos_config._glase_till_info()["mark"], mark)
                self.assertEqual(self.terminal._mark(), mark)
                paper = self.paper("pos_glase.pos_order_receipt", order)
                for word in ("TEST: no", "SIMULATION: no"):
                    self.assertEqual(paper.count(word), bool(mark) and mark.startswith(word))

    def test_a_browser_does_not_take_the_mark_off(self):
        order, _row = self.paid_order(20)
        order.payment_ids.with_user(self.pos_user).write({"glase_mark": "Real money"})
        self.env.invalidate_all()
        self.assertEqual(order.payment_ids.glase_mark, "TEST: no money is moved")

    # === All sums fit together ===

    def test_a_refund_from_a_case_is_in_the_figures_of_the_session_that_took_it(self):
        self.paid_order(417)
        row = self.orphan(159)
        self.assertEqual(
            [self.figures()[name] for name in ("net", "elsewhere_total", "order_total")],
            [576, 159, 417],
        )
        session = self.pos_session
        self.refund_from_case(row)
        figures = self.figures()
        self.assertEqual((figures["net"], figures["elsewhere_total"]), (417, 0))
        self.assertEqual((figures["refund_count"], figures["refund_total"]), (1, -159))
        period = self.closed()
        self.assertEqual((period.report_total, period.difference), (417, 0))
        self.assertEqual(
            [self.figures(session)[n] for n in ("report_total", "difference")], [417, 0]
        )

    def test_a_refund_from_a_case_of_a_day_that_is_over(self):
        self.paid_order(100)
        row = self.orphan(40)
        session = self.pos_session
        self.closed()
        self.next_day()
        self.refund_from_case(row)
        self.work(61)
        self.settle()
        figures = self.figures(session)
        self.assertEqual((figures["net"], figures["report_total"]), (100, 100))
        self.assertEqual((figures["is_reported"], figures["difference"]), (True, 0))
        self.assert_sums()

    def row_of(self, order):
        self.env.invalidate_all()
        return self.env["glase.transaction"].search([("payment_id", "in", order.payment_ids.ids)])

    def assert_sums(self):
        """Ledger, sessions, periods and orders: each sum is the same from whichever side."""
        self.env.invalidate_all()
        sessions = self.env["pos.session"].search([("config_id", "=", self.main_pos_config.id)])
        rows = self.env["glase.transaction"].search([("terminal_id", "=", self.terminal.id)])
        moved = rows.filtered(lambda row: row.state in (state_machine.PAID, state_machine.REFUNDED))
        blocks = {session: SessionFigures(session).first_block() for session in sessions}

        def total(name):
            return round(sum(block[name] for block in blocks.values()), 2)

        self.assertEqual(total("net"), round(sum(moved.mapped("signed_amount")), 2))
        self.assertFalse(moved.filtered(lambda row: not row.counted_session_id))
        payments = self.env["pos.payment"].search(
            [
                ("payment_method_id", "=", self.glase_method.id),
                ("session_id", "in", sessions.ids),
                ("pos_order_id.state", "not in", ["draft", "cancel"]),
            ]
        )
        self.assertEqual(total("order_total"), round(sum(payments.mapped("amount")), 2))
        for session, block in blocks.items():
            with self.subTest(session=session.name):
                self.assertAlmostEqual(
                    block["order_total"],
                    block["net"] - block["elsewhere_total"] + block["unconfirmed_total"],
                )
                self.assertAlmostEqual(block["net"], block["payment_total"] + block["refund_total"])
                own = payments.filtered(
                    lambda payment, session=session: payment.session_id == session
                )
                unproven = own.filtered("glase_unverified") | own - moved.payment_id
                self.assertEqual(block["unconfirmed_count"], len(unproven))
                if block["is_reported"]:
                    self.assertAlmostEqual(
                        block["difference"],
                        block["report_total"] - block["net"] - block["unconfirmed_total"],
                    )
                # A whole day of sales details says the same.
                details = self.env["report.point_of_sale.report_saledetails"]
                for told in details.get_sale_details(session_ids=session.ids)["glase"]:
                    for name in ("net", "order_total", "unconfirmed_total", "elsewhere_total"):
                        self.assertAlmostEqual(told[name], block[name])
        periods = self.env["glase.period"].search([("terminal_id", "=", self.terminal.id)])
        for period in periods.filtered("fetched_at"):
            lines = period.line_ids
            counted = lines.filtered(lambda line: line.kind not in ("late",))
            with self.subTest(period=period.display_name):
                self.assertAlmostEqual(
                    period.report_total,
                    sum(lines.filtered(lambda line: line.origin == "report").mapped("amount")),
                )
                self.assertAlmostEqual(period.ledger_total, sum(counted.mapped("ledger_amount")))
                self.assertAlmostEqual(period.difference, period.report_total - period.ledger_total)
                if period.state == "reconciled":
                    accepted = lines.filtered("accepted_at")
                    self.assertTrue(accepted or not period.awaited_count or period.difference)
                    if not accepted and not period.awaited_count:
                        self.assertEqual(period.difference, 0, "equal is what is equal")
        if all(block["is_reported"] for block in blocks.values() if block["payment_count"]):
            reported = sum(periods.mapped("report_total"))
            self.assertAlmostEqual(total("report_total"), reported)

    def test_all_sums_fit_together_whatever_happens(self):
        """Random days: sales, refunds, forced, money without an order, refunds from cases."""
        for seed in SEEDS:
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                sold = []
                for _step in range(STEPS):
                    self.a_step(chance, sold)
                    self.assert_sums()
                self.closed()
                self.assert_sums()
                self.work(24 * 3600)
                self.run_job()
                self.work(60)
                self.settle()
                self.assert_sums()
                self.next_day()

    def test_all_sums_fit_together_in_each_currency(self):
        """Yen have no decimals, dinars three: of both the wire carries two, and each paper all."""
        for seed, unit in enumerate((1, 0.001), start=100):
            self.set_unit(unit)
            with self.subTest(unit=unit):
                chance, sold = random.Random(seed), []
                for _step in range(STEPS):
                    self.a_step(chance, sold, AMOUNTS[unit])
                self.assert_sums()
                with patch.object(SessionClosing, "guard"):
                    self.closed()
                self.work(24 * 3600)
                self.run_job()
                self.work(60)
                self.settle()
                self.assert_sums()
                self.assert_papers()
                self.next_day()

    def assert_papers(self):
        """What a bookkeeper, a manager and a bank get says what the ledger says."""
        self.env.invalidate_all()
        periods = self.env["glase.period"].search([("terminal_id", "=", self.terminal.id)])
        for period in periods.filtered("fetched_at"):
            [sums] = export.sums(period).rows
            at_glase, in_ledger, difference = sums[8:11]
            told = [row[8:11] for row in export.payments(period).rows]
            with self.subTest(period=period.display_name):
                self.assertEqual(sum(row[0] for row in told), at_glase)
                self.assertEqual(sum(row[1] for row in told), in_ledger)
                self.assertEqual(sum(row[2] for row in told), difference)
                self.assertAlmostEqual(float(at_glase), period.report_total)
                for kind, parse in (
                    (export.CSV, self.sums_of_csv),
                    (export.XLSX, self.sums_of_xlsx),
                ):
                    self.assertAlmostEqual(parse(export.as_file(period, kind)), float(at_glase))
                money = period.currency_id.format
                paper = self.paper("pos_glase.glase_period_report", period)
                self.assertIn(plain(money(period.report_total)), paper)
        account = self.account.with_user(self.pos_admin).with_context(tz="UTC")
        now = clock.now(self.env.cr)
        rows = self.env["glase.transaction"].search([("account_id", "=", self.account.id)])
        moved = rows.filtered(lambda row: row.state in (state_machine.PAID, state_machine.REFUNDED))
        today = moved.filtered(lambda row: row.ended_at.date() == now.date())
        written = self.company.currency_id.format
        self.assertEqual(account.today_turnover, written(sum(today.mapped("signed_amount"))))
        [trend] = json.loads(account.trend)
        self.assertAlmostEqual(
            sum(day["y"] for day in trend["values"]), sum(moved.mapped("signed_amount"))
        )
        self.assertAlmostEqual(trend["values"][-1]["y"], sum(today.mapped("signed_amount")))

    def sums_of_csv(self, content):
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        return sum(float(row["At Glase"]) for row in rows)

    def sums_of_xlsx(self, content):
        payments = load_workbook(io.BytesIO(content)).worksheets[0]
        column = [cell.value for cell in payments[1]].index("At Glase")
        return sum(row[column].value for row in payments.iter_rows(min_row=2))

    def a_step(self, chance, sold, amounts=(12, 35.5, 80, 99.95, 148)):
        amount = chance.choice(amounts)
        steps = ("sale", "sale", "refund", "part", "change", "forced", "orphan", "case", "night")
        match chance.choice(steps):
            case "sale":
                sold.append(self.paid_order(amount)[0])
            case "change":
                # More than the order costs; the rest goes back in cash.
                change = [(self.cash_method, -4)]
                sold.append(self.paid_order(amount + 4, price=amount, tenders=change)[0])
            case "part" if sold:
                order = sold[-1]
                given, left = chance.choice(amounts), self.row_of(order).refundable_amount
                if given <= left:
                    self.give_back(order, given, f"part-{uuid.uuid4()}")
            case "refund" if sold:
                order = sold.pop()
                left = self.row_of(order).refundable_amount
                self.give_back(order, left, f"refund-{order.id}")
            case "forced":
                self.forced_order(amount)
                self.simulator.faults()
                if chance.random() < 0.5:
                    self.customer("pay")
                self.run_job()
            case "orphan":
                self.orphan(amount)
            case "case":
                row = self.orphan(amount)
                self.refund_from_case(row)
            case "night":
                with patch.object(SessionClosing, "guard"):
                    self.closed()
                self.next_day()
