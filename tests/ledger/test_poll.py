"""A waiting till asks each second: what it costs, what is written of it, and that nothing is lost by that."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.cases import progress
from ...models.ledger import exchange, glase_event
from ...models.ledger.exchange import Exchange
from ...models.support import autonomous_transaction, clock
from ...rules import polling, state_machine
from ..shared.common import GlaseCommon

HEARTBEAT = polling.HEARTBEAT.total_seconds()
WRITES = ("INSERT", "UPDATE", "DELETE")
# A payment of half a minute, its events and its row: what it leaves for good.
MOST_EVENTS, MOST_BYTES = 6, 4096


@tagged("post_install", "-at_install")
class TestPoll(GlaseCommon):
    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        glase_event.forget()
        self.addCleanup(glase_event.forget)

    def poll(self, line, times=1, seconds=1):
        """Ask so often, after so many seconds each; returns the last view."""
        for _time in range(times):
            self.advance(seconds)
            view = self.ask(line)
        return view

    def polled(self, line):
        """The status events of a line's row: what each says, and how often."""
        self.env.invalidate_all()
        events = self.row(line).event_ids.filtered(lambda e: e.operation == "getPaymentStatus")
        return [(event.status or event.outcome, event.count) for event in events.sorted("id")]

    def lose(self, count):
        self.simulator.faults(
            {"operation": "getPaymentStatus", "kind": "drop-after", "count": count}
        )

    @contextmanager
    def statements(self):
        """What is asked of the database by whatever cursor."""
        found = []
        execute = Cursor.execute

        def watched(cursor, query, *arguments, **options):
            text = str(getattr(query, "code", query)).strip()
            if not text.upper().startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                found.append(text)
            return execute(cursor, query, *arguments, **options)

        with patch.object(Cursor, "execute", watched):
            yield found

    def written(self, found):
        return [text for text in found if text.upper().startswith(WRITES) or "FOR NO KEY" in text]

    # === What it costs ===

    def test_a_poll_that_says_nothing_new_writes_nothing_and_asks_little(self):
        _order, line = self.sent()
        self.poll(line, 2)
        with self.statements() as nothing:
            self.make_jsonrpc_request("/web/session/check", {})
        with self.statements() as found:
            view = self.ask(line)
        self.assertEqual(view["state"], "issued")
        self.assertEqual(self.written(found), [])
        self.assertLessEqual(len(found), len(nothing) + 5, found)

    def test_a_row_that_has_ended_and_one_on_its_way_are_not_written_either(self):
        _order, line = self.sent()
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        with self.statements() as found:
            self.assertEqual(self.ask(line)["state"], "paid")
        self.assertEqual(self.written(found), [])
        self.simulator.faults({"operation": "sendInvoice", "kind": "drop-after", "count": 1})
        order, lost = self.draft_order(self.pos_session, 30)
        self.assertEqual(self.send(order, lost)["state"], "unknown")
        with self.statements() as found:
            self.assertEqual(self.ask(lost)["state"], "unknown")
        self.assertEqual(self.written(found), [])

    def test_every_few_seconds_it_is_written_once_that_the_till_and_glase_were_heard(self):
        _order, line = self.sent()
        self.poll(line)
        began, writing = clock.now(self.env.cr), 0
        for _second in range(20):
            self.advance(1)
            asked_at = clock.now(self.env.cr)
            with self.statements() as found:
                self.ask(line)
            written = self.written(found)
            self.assertIn(len(written), (0, 2), written)
            writing += bool(written)
            row = self.row(line)
            for seen in (row.till_seen_at, row.glase_seen_at):
                self.assertGreater(seen, asked_at - polling.HEARTBEAT)
        self.assertGreaterEqual(writing, 20 // HEARTBEAT - 1)
        passed = (clock.now(self.env.cr) - began).total_seconds()
        self.assertLessEqual(writing, passed / HEARTBEAT + 1)

    def test_an_event_is_stored_by_one_statement(self):
        order, line = self.draft_order(self.pos_session, 20)
        with self.statements() as found:
            self.assertEqual(self.send(order, line)["state"], "issued")
        of_events = [text for text in self.written(found) if "glase_event" in text.split("(")[0]]
        self.assertTrue(of_events)
        self.assertEqual({text[:6] for text in of_events}, {"INSERT"})

    def test_an_ordinary_payment_leaves_little(self):
        order, line = self.sent()
        self.poll(line, 12)
        self.customer("scan")
        self.poll(line, 12)
        self.customer("pay")
        self.assertEqual(self.poll(line)["state"], "paid")
        self.validate(order, line)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT count(e.id), sum(pg_column_size(e.*)) + max(pg_column_size(t.*))"
            "  FROM glase_transaction t JOIN glase_event e ON e.transaction_id = t.id"
            " WHERE t.line_uuid = %s",
            (line,),
        )
        events, size = self.env.cr.fetchone()
        self.assertLessEqual(events, MOST_EVENTS, self.polled(line))
        self.assertLessEqual(size, MOST_BYTES)

    # === What is kept of it ===

    def test_equal_answers_are_one_event_which_counts_them(self):
        _order, line = self.sent()
        self.poll(line, 13)
        self.customer("pay")
        self.assertEqual(self.poll(line)["state"], "paid")
        self.assertEqual(self.polled(line), [("ISSUED", 13), ("PAID", 1)])
        [issued] = self.row(line).event_ids.filtered(lambda event: event.status == "ISSUED")
        heard = (issued.last_time - issued.time).total_seconds()
        # What the machine takes for the calls comes on top.
        self.assertGreaterEqual(heard, 12)
        self.assertEqual(self.replayed(self.row(line)), "paid")

    def test_a_lost_answer_in_between_is_an_event_of_its_own(self):
        _order, line = self.sent()
        self.poll(line, 3)
        self.lose(4)
        view = self.poll(line, 4)
        self.assertEqual(view["state"], "issued")
        self.assertTrue(view["message"])
        self.assertFalse(self.poll(line, 2)["message"])
        self.customer("pay")
        self.poll(line)
        self.assertEqual(
            self.polled(line), [("ISSUED", 3), ("no_answer", 4), ("ISSUED", 2), ("PAID", 1)]
        )
        self.assertEqual(self.replayed(self.row(line)), "paid")

    def test_a_lost_answer_that_was_paid_is_not_counted_away(self):
        _order, line = self.sent()
        self.poll(line, 3)
        self.customer("pay")
        self.lose(2)
        self.assertEqual(self.poll(line, 2)["state"], "issued")
        self.assertEqual(self.poll(line)["state"], "paid")
        self.assertEqual(self.polled(line), [("ISSUED", 3), ("no_answer", 2), ("PAID", 1)])

    def test_a_killed_process_loses_a_few_seconds_of_a_count_and_no_event(self):
        _order, line = self.sent()
        self.poll(line, 4 + 6)
        before = self.polled(line)
        glase_event.forget()
        [(status, count)] = before
        self.assertEqual(status, "ISSUED")
        self.assertGreaterEqual(count, 10 - HEARTBEAT)
        self.customer("pay")
        self.assertEqual(self.poll(line)["state"], "paid")
        self.assertEqual(self.polled(line), [*before, ("PAID", 1)])
        self.assertEqual(self.replayed(self.row(line)), "paid")

    def test_what_one_process_keeps_is_written_whoever_asks_next(self):
        """It has counted answers about one bill; then another bill of its till is polled."""
        _order, line = self.sent()
        self.poll(line, 3, 0)
        self.assertEqual(self.polled(line), [("ISSUED", 1)])
        [event] = self.row(line).event_ids.filtered("status")
        others = dict(glase_event._unwritten)
        glase_event.forget()
        # The other process hears the end of it.
        self.door("cancel", line_uuid=line, attempt="1")
        glase_event._unwritten.update(others)
        _order, later = self.sent(30)
        self.poll(later, 2, HEARTBEAT)
        self.env.invalidate_all()
        self.assertEqual((event.status, event.count), ("ISSUED", 3))

    def test_the_same_answer_goes_on_for_an_hour_at_most(self):
        _order, line = self.sent()
        self.poll(line, 2)
        # The till asks on, so that it does not fall silent.
        self.poll(line, 2, polling.LONGEST_RUN.total_seconds() / 2)
        self.assertEqual([status for status, _count in self.polled(line)], ["ISSUED", "ISSUED"])

    def test_questions_of_the_server_itself_are_counted_too(self):
        _order, line = self.sent()
        row_id = self.row(line).id
        for _time in range(3):
            with self.office() as env:
                exchange.ask(env["glase.transaction"], row_id)
        self.assertEqual(self.polled(line), [("ISSUED", 3)])

    def test_a_case_that_was_closed_is_opened_again_while_its_reason_stays(self):
        _order, line = self.sent()
        self.poll(line)
        self.simulator.faults(
            {"operation": "getPaymentStatus", "kind": "code", "code": 54, "count": None}
        )
        self.poll(line, 2)
        self.assertEqual(self.cases(line), ["not_answered_for_till"])
        case = self.row(line).case_ids.filtered(lambda one: one.state == "open")
        progress.settle(case.sudo(), "Seen")
        self.env.flush_all()
        self.poll(line, 2, HEARTBEAT)
        self.assertEqual(self.cases(line), ["not_answered_for_till"])
        self.assertEqual(self.polled(line)[1][1], 4)

    # === Two requests at one time ===

    @contextmanager
    def meanwhile(self, work):
        """While Glase is asked, somebody else does something with the row."""
        hear = Exchange.hear

        def heard(self_, record_id, *arguments):
            answer = hear(self_, record_id, *arguments)
            autonomous_transaction.with_records(self_.records.browse(record_id), work)
            return answer

        with patch.object(Exchange, "hear", heard):
            yield

    def test_the_till_hears_what_another_request_has_done_meanwhile(self):
        _order, line = self.sent()
        self.poll(line, 2)
        with self.meanwhile(lambda row: row._request_cancel()):
            view = self.ask(line)
        self.assertEqual(view["cancel"], "wished")
        self.assertEqual(self.polled(line), [("ISSUED", 2), ("ISSUED", 1)])

    def test_an_end_that_another_request_has_stored_stays(self):
        """The answer *not paid yet* was overtaken by another request that has heard *paid*."""
        _order, line = self.sent()
        self.poll(line, 2)
        self.customer("pay")
        hear = Exchange.hear

        def overtaken(asking, record_id, call, *arguments):
            paid = hear(asking, record_id, call, *arguments)
            autonomous_transaction.with_records(
                asking.records.browse(record_id),
                lambda row: row._record_answer(paid.evidence, paid.as_event()),
            )
            old = state_machine.Evidence("getPaymentStatus", code=0, status="ISSUED", version=1)
            return exchange.Heard(old, "an older answer")

        with patch.object(Exchange, "hear", overtaken):
            view = self.ask(line)
        self.assertEqual(view["state"], "paid")
        self.assertEqual(self.polled(line), [("ISSUED", 2), ("PAID", 1), ("ISSUED", 1)])
        self.assertEqual(self.replayed(self.row(line)), "paid")

    def test_a_view_from_memory_is_the_view_of_the_row(self):
        _order, line = self.sent()
        self.poll(line, 2)
        view = self.ask(line)
        self.env.invalidate_all()
        whole = self.row(line).sudo()._view()
        # The door adds when to ask again.
        told = {name: view[name] for name in whole}
        self.assertEqual({**told, "silence": 0}, {**whole, "silence": 0})
        self.assertEqual(view["silence"], 0)

    def test_whatever_a_view_says_is_heard_with_the_next_question(self):
        """A view is made anew when something of it has changed, whoever changed it."""
        order, line = self.sent()
        self.poll(line, 2)
        row = self.row(line).sudo()
        account, company = row.account_id, order.company_id
        changes = (
            ("glase_id", row.terminal_id, "glase_id", "OTHER"),
            ("shop", account, "shop_name", "Another shop"),
            ("shop", account, "shop_name", None),
            ("shop", company, "name", "Another company"),
            ("shop", account, "shop_name", "The shop again"),
            ("qr", row, "qr_code", "A code"),
            ("scanned", row, "scanned", True),
            ("message", row, "message", "Something to say"),
            ("mark", row, "environment", "production"),
            ("amount", row, "amount", 21),
            ("amount_certain", row, "proposing", True),
            ("currency", row.currency_id, "name", "ZZZ"),
        )
        for told, record, column, value in changes:
            with self.subTest(told, value=value):
                before = self.ask(line)
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET %s = %s WHERE id = %s",
                        SQL.identifier(record._table),
                        SQL.identifier(column),
                        value,
                        record.id,
                    )
                )
                self.env.invalidate_all()
                view = self.ask(line)
                self.assertNotEqual(view[told], before[told])
                whole = self.row(line).sudo()._view()
                heard = {name: view[name] for name in whole}
                self.assertEqual({**heard, "silence": 0}, {**whole, "silence": 0})

    # === Who asks ===

    def test_a_till_of_another_company_hears_nothing(self):
        _order, line = self.sent()
        view = self.door(
            "status", config_id=self.main_pos_config.id + 1000, line_uuid=line, attempt="1"
        )
        self.assertEqual(view["reason"], "access")
        view = self.door("status", line_uuid=line, attempt="other")
        self.assertEqual(view["reason"], "unknown_attempt")
        other = self.main_pos_config.copy({"name": "Another till"})
        view = self.door("status", config_id=other.id, line_uuid=line, attempt="1")
        self.assertEqual(view["reason"], "access")
