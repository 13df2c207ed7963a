import json
import re
from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor

from ...models.accounts.health import Health
from ..shared.books import BooksCommon
from ..shared.old_ledger import TABLES, OldLedger
from ..shared.periods import PeriodSteps

EXPLAINED = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", re.IGNORECASE)
OURS = re.compile(r"\bglase_")
SIZE = 3000
# What lists, forms and tiles show.
SHOWN = ("glase.account", "glase.terminal", "pos.config", "pos.payment.method")


class TestGrowth(PeriodSteps, BooksCommon):
    """No statement of ours reads the whole ledger, however old it is: PostgreSQL has an index for each."""

    def setUp(self):
        super().setUp()
        _order, row = self.paid_order(20)
        self.close_session()
        self.settle()
        self.book()
        self.assertTrue(row.period_id)
        self.assertFalse(row.books_due)
        self.env.flush_all()
        OldLedger(self.env.cr, row.id).fill(self.env.cr, SIZE)
        self.env.cr.execute(f"ANALYZE {', '.join(TABLES)}")
        self.env.invalidate_all()
        self.next_day()

    @contextmanager
    def read_whole(self):
        """Gives the statements of ours for which PostgreSQL reads a table of the ledger from its start to its end."""
        found = []
        execute = Cursor.execute

        def watched(cursor, query, params=None, *arguments, **options):
            code, values = getattr(query, "code", query), getattr(query, "params", params)
            if EXPLAINED.match(str(code)) and OURS.search(str(code)):
                execute(cursor, f"EXPLAIN (FORMAT JSON) {code}", values)
                [(plans,)] = cursor.fetchall()
                plans = json.loads(plans) if isinstance(plans, str) else plans
                found.extend((table, str(code)) for table in self.scanned(plans[0]["Plan"]))
            return execute(cursor, query, params, *arguments, **options)

        with patch.object(Cursor, "execute", watched):
            yield found

    def scanned(self, plan):
        if plan["Node Type"] == "Limit" and plan["Plans"][0]["Node Type"] == "Seq Scan":
            # It ends at the first that fits.
            return
        if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in TABLES:
            yield plan["Relation Name"]
        for below in plan.get("Plans", ()):
            yield from self.scanned(below)

    def assert_nothing(self, found):
        self.assertFalse(found, "\n".join(f"{table}: {code}" for table, code in found))

    def test_a_statement_that_reads_all_is_found(self):
        with self.read_whole() as found:
            self.env.cr.execute("SELECT count(*) FROM glase_transaction WHERE amount > 1000")
            self.env.cr.execute("SELECT id FROM glase_transaction WHERE id = %s", [1])
        self.assertEqual([table for table, _code in found], ["glase_transaction"])

    def test_a_day_of_a_till(self):
        with self.read_whole() as found:
            self.paid_order(30)
            self.close_session()
            self.next_day()
        self.assert_nothing(found)

    def test_each_scheduled_job(self):
        self.paid_order(30)
        self.close_session()
        self.next_day()
        self.sent(40)
        self.env.flush_all()
        with self.read_whole() as found:
            self.settle()
            self.advance(24 * 3600)
            self.run_each_job()
        self.assert_nothing(found)

    def test_what_the_back_office_shows(self):
        self.sent(30)
        shown = [self.env[model].sudo().search([]) for model in SHOWN]
        with self.read_whole() as found:
            # The copies are all of one session: its sums are the whole ledger's.
            for records in (*shown, self.pos_session):
                names = [
                    name
                    for name in records._fields
                    if name.startswith("glase_") or records._name.startswith("glase.")
                ]
                self.assertTrue(names)
                records.read(names)
            health = Health(self.company).told()
        self.assertEqual(health["undecided"]["count"], 1)
        self.assertIsNotNone(health["glase"]["test"]["last_answer"])
        self.assert_nothing(found)
