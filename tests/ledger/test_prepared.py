"""What is asked each second is asked on connections of the process's own, which nothing depends on."""

import threading
from contextlib import closing
from unittest.mock import patch

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged

from ...models.ledger import prepared
from ...models.ledger.prepared import Statement

WHO = "SELECT pg_backend_pid() WHERE %s = %s"


@tagged("post_install", "-at_install")
class TestPrepared(TransactionCase):
    def setUp(self):
        super().setUp()
        self.forget()
        self.addCleanup(self.forget)
        self.real = self.enterContext(closing(self.cursor()))

    def cursor(self):
        """As of a request of a real server: not the test's own."""
        return db_connect(self.env.cr.dbname).cursor()

    def forget(self):
        for kept in prepared._idle:
            kept.close()
        prepared._start_anew()

    def who(self, cr=None, statement=None):
        """Which process of PostgreSQL answers."""
        return (statement or Statement(WHO)).ask(cr or self.real, (1, 1))[0]

    def own(self, cr):
        cr.execute("SELECT pg_backend_pid()")
        return cr.fetchone()[0]

    def ended(self, pid):
        """A process of PostgreSQL is ended, as by a restart."""
        with closing(self.cursor()) as cr:
            cr.execute("SELECT pg_terminate_backend(%s)", (pid,))
            while cr.rowcount:
                # A transaction sees one list of processes.
                cr.rollback()
                cr.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,))

    def status(self, cr):
        return cr.connection.get_transaction_status()

    def test_nothing_is_begun_and_the_same_connection_answers_again(self):
        statement = Statement(WHO)
        first = self.who(statement=statement)
        self.assertEqual(self.status(self.real), TRANSACTION_STATUS_IDLE)
        self.assertNotEqual(first, self.own(self.real))
        self.real.rollback()
        self.assertEqual([self.who(statement=statement) for _time in range(3)], [first] * 3)
        self.assertIsNone(statement.ask(self.real, (1, 2)))

    def test_a_transaction_that_has_begun_hears_what_it_has_written(self):
        own = self.own(self.real)
        self.assertEqual(self.status(self.real), TRANSACTION_STATUS_INTRANS)
        self.assertEqual(self.who(), own)
        self.assertEqual(prepared._idle, [])

    def test_one_that_is_gone_is_missed_by_nobody_and_replaced_after_a_while(self):
        statement = Statement(WHO)
        first = self.who(statement=statement)
        self.ended(first)
        own = self.who(statement=statement)
        self.real.rollback()
        self.assertEqual(own, self.who(statement=statement))
        self.real.rollback()
        later = prepared.time.monotonic() + prepared.PAUSE_SECONDS + 1
        with patch.object(prepared.time, "monotonic", lambda: later):
            self.assertNotIn(self.who(statement=statement), (first, own))

    def test_where_none_can_be_opened_the_cursor_is_asked(self):
        with patch.object(prepared, "connection_info_for", lambda _name: ("", {"port": 1})):
            self.assertEqual(self.who(), self.own(self.real))

    def test_it_can_write_nothing(self):
        self.who()
        [kept] = prepared._idle
        with self.assertRaises(prepared.psycopg2.errors.ReadOnlySqlTransaction):
            kept.ask(Statement("DELETE FROM res_users WHERE id = %s RETURNING id"), (0,))

    def test_few_are_kept_and_none_for_long(self):
        wanted = prepared.MOST_KEPT + 2
        together, statement = threading.Barrier(wanted), Statement(WHO)
        ask = prepared._Kept.ask

        def asked(*arguments):
            together.wait(30)
            return ask(*arguments)

        def work():
            with closing(self.cursor()) as cr:
                self.who(cr, statement)

        threads = [threading.Thread(target=work) for _one in range(wanted)]
        with patch.object(prepared._Kept, "ask", asked):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(len(prepared._idle), prepared.MOST_KEPT)
        later = prepared.time.monotonic() + prepared.KEPT_SECONDS + 1
        with patch.object(prepared.time, "monotonic", lambda: later):
            self.who()
        self.assertEqual(len(prepared._idle), 1)
