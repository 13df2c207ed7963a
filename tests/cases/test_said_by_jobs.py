import re
from unittest.mock import patch

from ..shared.books import BooksCommon
from ..shared.periods import PeriodCommon

# What a job reads of a text: where Odoo looks a translation up, for a text and for a lazy one.
LOOKED_UP = ("odoo.orm.environments.get_translation", "odoo.tools.translate.get_translation")
MODULE = "pos_glase"
OURS = re.compile(r"glase\.")
TEXTS = ("char", "text", "html")


class TestSaidByJobs(BooksCommon, PeriodCommon):
    """A job has no language: what it stores is said in that of the manager who will read it."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("de_DE")
        self.pos_admin.sudo().lang = "de_DE"
        self.account.responsible_id = self.pos_admin
        self.said, self.env = [], self.env(context={})
        for place in LOOKED_UP:
            looker = patch(place, self._noting(place))
            looker.start()
            self.addCleanup(looker.stop)

    def _noting(self, place):
        """Odoo's own function, which notes what is said in which language."""
        path, _dot, name = place.rpartition(".")
        original = getattr(__import__(path, fromlist=[name]), name)

        def noting(module, lang, source, args):
            if module == MODULE:
                self.said.append((lang, source))
            return original(module, lang, source, args)

        return noting

    def run_jobs(self):
        """Each scheduled job of the module, as Odoo calls it; what they said goes to ``said``."""
        self.said.clear()
        self.run_each_job()

    def stored(self):
        """Each text that stands in what a manager or a bookkeeper reads."""
        for name in (*filter(OURS.match, self.env.registry), "mail.activity", "account.move"):
            # What is said when it is read is said to the manager.
            model = self.env[name].sudo().with_context(lang="de_DE")
            texts = [key for key, one in model._fields.items() if one.type in TEXTS and one.store]
            if not model._abstract:
                for values in model.search_read([], texts):
                    yield from (text for text in values.values() if isinstance(text, str))

    def assert_german(self):
        kept = "\n".join(self.stored())
        self.assertIn("de_DE", dict(self.said))
        for lang, source in self.said:
            if lang != "de_DE":
                self.assertNotIn(source.partition("%")[0], kept)

    def test_glase_does_not_answer(self):
        _order, row = self.paid_order(20)
        refused = {"kind": "code", "code": 90, "count": None}
        for operation in ("submitPaymentReceipt", "cancelInvoice", "markTransactionPeriod"):
            self.simulator.faults({"operation": operation, **refused})
            _order, line = self.sent(10)
            self.leave(line)
            self.close()
            self.advance(3600)
            self.run_jobs()
            self.simulator.faults()
            self.assert_german()
            self.run_jobs()
            self.advance(3600)
            self.next_day()
        receipt = self.env["glase.receipt"].search([("transaction_id", "=", row.id)])
        self.assertTrue(receipt)

    def test_a_report_that_cannot_be_read(self):
        self.paid_order(20)
        self.profile(report_xml="broken")
        period = self.close()
        for _round in range(6):
            self.run_jobs()
            self.advance(4)
            if period.state == "failed":
                break
        self.assertEqual(period.state, "failed")
        self.assert_german()
        message = period.with_context(lang="de_DE").message
        self.assertIn("kann nicht gelesen werden", message)
        summary = period.activity_ids.summary
        self.assertIn(message, summary)
        self.assertEqual(summary, period.with_context(lang="de_DE")._glase_to_settle())

    def test_money_without_an_order_is_told_and_booked(self):
        _order, line = self.sent(30)
        self.pay_and_leave(line)
        row = self.row(line)
        case = row.case_ids.with_context(lang="de_DE")
        self.assertIn("Der Kunde hat bezahlt", case.summary)
        self.close()
        self.run_jobs()
        self.assert_german()
        booked = self.env["account.move"].search([("glase_transaction_id", "=", row.id)])
        self.assertIn("Glase-Zahlung ohne Auftrag", booked.ref)
