"""What is stored is read by others than who made it: nothing of it is in the language of who called."""

from unittest.mock import patch

import polib

from odoo.tools import SQL
from odoo.tools.translate import code_translations

from ..shared import porting
from ..shared.books import BooksCommon
from ..shared.periods import PeriodCommon

CASHIER, MANAGER = "fi_FI", "de_DE"
MARK = "⟦"
REFUSED = {"kind": "code", "code": 90, "count": None}


class TestSaidToEach(BooksCommon, PeriodCommon):
    """A cashier who reads another language than the manager sells, gives back, and closes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for language in (CASHIER, MANAGER):
            cls.env["res.lang"]._activate_lang(language)
        pot = polib.pofile(str(porting.ROOT / f"i18n/{porting.MODULE}.pot"))
        words = {entry.msgid: f"{MARK}{entry.msgid}" for entry in pot}
        key = (porting.MODULE, CASHIER)
        cls.startClassPatcher(patch.dict(code_translations.python_translations, {key: words}))
        cls.pos_user.lang, cls.pos_admin.lang = CASHIER, MANAGER
        cls.account.responsible_id = cls.pos_admin

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": CASHIER})
        for name in ("account", "terminal", "pos_session", "main_pos_config"):
            setattr(self, name, getattr(self, name).with_env(self.env))

    def stored(self):
        """Each text that the database has in a table of ours, or of what we make in Odoo's."""
        names = [name for name in self.env.registry if name.startswith("glase.")]
        for name in (
            *names,
            "mail.activity",
            "mail.message",
            "account.move",
            "account.move.line",
            "pos.session",
        ):
            model = self.env[name]
            if model._abstract or model._transient:
                continue
            model.flush_model()
            for field in model._fields.values():
                if field.store and field.column_type and field.type in ("char", "text", "html"):
                    query = SQL(
                        "SELECT id, %s::text FROM %s WHERE %s::text LIKE %s",
                        SQL.identifier(field.name),
                        SQL.identifier(model._table),
                        SQL.identifier(field.name),
                        f"%{MARK}%",
                    )
                    for record_id, text in self.env.execute_query(query):
                        yield f"{name}({record_id}).{field.name}: {text}"

    def assert_none_of_the_cashiers(self):
        found = "\n".join(self.stored())
        self.assertFalse(found, found)

    def test_answers_of_glase(self):
        """The row, its events and the terminal's last error say it to each in the own language."""
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "code", "code": 90})
        _order, line = self.sent(20)
        told = self.ask(line)["message"]
        self.assertIn(MARK, told)
        row = self.row(line)
        self.terminal.invalidate_recordset()
        for record, name in (
            (row, "message"),
            (row.event_ids[-1], "message"),
            (self.terminal.sudo(), "last_error"),
        ):
            said = {
                language: record.with_context(lang=language)[name]
                for language in (CASHIER, MANAGER, "en_US", None)
            }
            self.assertEqual(said[CASHIER], told, record._name)
            self.assertEqual(said["en_US"], told.removeprefix(MARK))
            self.assertEqual(said[None], said["en_US"])
            self.assertIn("Glase meldet einen eigenen Fehler", said[MANAGER])
        [read] = row.event_ids[-1].with_context(lang=MANAGER).read(["message"])
        self.assertEqual(read["message"], row.with_context(lang=MANAGER).message)
        self.assert_none_of_the_cashiers()

    def test_answers_that_say_the_same_are_one_event_whoever_asks(self):
        self.simulator.faults({"operation": "getPaymentStatus", **REFUSED})
        _order, line = self.sent(20)
        self.ask(line)
        row = self.row(line)
        before = len(row.event_ids)
        self.pos_user.sudo().lang = MANAGER
        self.env.flush_all()
        self.authenticate("pos_user", "pos_user")
        self.assertNotIn(MARK, self.ask(line)["message"])
        self.env.invalidate_all()
        self.assertEqual(len(row.event_ids), before)

    def test_a_day_of_troubles(self):
        order, row = self.paid_order(100)
        self.simulator.faults({"operation": "refundPayment", **REFUSED})
        refund, refund_line = self.refund_order(order, 40)
        self.refund(refund, refund_line, 40)
        self.simulator.faults()
        _order, line = self.sent(10)
        self.customer("decline")
        self.ask(line)
        _order, line = self.sent(20)
        self.pay_and_leave(line)
        order, line = self.sent(30)
        approval = {"login": "pos_admin", "password": "pos_admin"}
        self.door("force", line_uuid=line, attempt="1", reason="Seen", **approval)
        self.validate(order, line)
        self.simulator.faults(
            {"operation": "submitPaymentReceipt", **REFUSED},
            {"operation": "markTransactionPeriod", **REFUSED},
        )
        self.door("override_closing", reason="Late", **approval)
        self.close()
        self.run_job()
        self.work(3600)
        self.simulator.faults()
        self.settle()
        for period in self.env["glase.period"].sudo().search([]):
            for line in period.line_ids.filtered("is_difference"):
                line.reason = "Known"
                line.with_user(self.pos_admin).with_context(lang=CASHIER).action_accept()
        self.assertTrue(row.exists())
        self.assert_none_of_the_cashiers()
