"""What is stored is read by others than who made it: nothing of it is in the language of who called."""

from contextlib import contextmanager
from unittest.mock import patch

import polib

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tools import SQL, mute_logger
from odoo.tools.translate import code_translations

from ...models.books import session_books
from ...models.cases import progress
from ...models.support.sentences import said_again
from ..shared import porting
from ..shared.books import BooksCommon
from ..shared.go_live import GoLiveCommon
from ..shared.periods import PeriodCommon
from ..shared.texts import load_labels

CASHIER, MANAGER = "fi_FI", "de_DE"
MARK = "⟦"
# Before what the manager reads.
READ = "⟧"
# Odoo's own note in that language that something of Odoo's was made, whose name we translate.
MADE = " luotu</span>"
REFUSED = {"kind": "code", "code": 90, "count": None}
# Of Odoo, with what we make in them.
OF_ODOO = ("mail.activity", "mail.message", "mail.tracking.value")
OF_ODOO += ("account.move", "account.move.line", "pos.session", "pos.order")


class SaidToEachCommon:
    """Each word of ours has a mark in the language of whoever acts; the manager reads another one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for language in (CASHIER, MANAGER):
            cls.env["res.lang"]._activate_lang(language)
        pot = polib.pofile(str(porting.ROOT / f"i18n/{porting.MODULE}.pot"))
        for entry in pot:
            entry.msgstr = f"{MARK}{entry.msgid}"
        load_labels(cls.env, pot, CASHIER)
        load_labels(cls.env, polib.pofile(str(porting.ROOT / "i18n/de.po")), MANAGER)
        german = polib.pofile(str(porting.ROOT / "i18n/de.po"))
        words = {
            (porting.MODULE, CASHIER): {entry.msgid: entry.msgstr for entry in pot},
            (porting.MODULE, MANAGER): {one.msgid: f"{READ}{one.msgstr}" for one in german},
        }
        cls.startClassPatcher(patch.dict(code_translations.python_translations, words))
        cls.pos_user.lang, cls.pos_admin.lang = CASHIER, MANAGER
        cls.account.responsible_id = cls.pos_admin

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": CASHIER})
        for name in ("account", "terminal", "pos_session", "main_pos_config"):
            if hasattr(self, name):
                setattr(self, name, getattr(self, name).with_env(self.env))

    @contextmanager
    def office(self, user=None):
        """As ever, by somebody who reads the cashier's language."""
        with super().office(user) as env:
            yield env(context={**env.context, "lang": CASHIER})

    def history(self, record, user):
        """The notes of a record and what was changed, as the page of a user shows them."""
        self.authenticate(user.login, user.login)
        asked = {
            "thread_model": record._name,
            "thread_id": record.id,
            "fetch_params": {"limit": 60},
        }
        answer = self.make_jsonrpc_request("/mail/thread/messages", asked)
        shown = answer["data"]["mail.message"]
        notes = [body for _markup, body in (one["body"] for one in shown if one["body"])]
        changes = [value for one in shown for value in one["trackingValues"]]
        return notes, changes

    def stored(self, mark, others):
        """Each text with a mark that the database has in a table of ours, or in others."""
        names = [name for name in self.env.registry if name.startswith("glase.")]
        for name in (*names, *others):
            model = self.env[name]
            if model._abstract or model._transient:
                continue
            model.flush_model()
            for field in model._fields.values():
                of_text = field.column_type and field.type in ("char", "text", "html")
                if field.store and of_text and not field.translate:
                    query = SQL(
                        "SELECT id, %s::text FROM %s WHERE %s::text LIKE %s",
                        SQL.identifier(field.name),
                        SQL.identifier(model._table),
                        SQL.identifier(field.name),
                        f"%{mark}%",
                    )
                    for record_id, text in self.env.execute_query(query):
                        if name == "mail.message" and text.endswith(MADE):
                            continue
                        yield f"{name}({record_id}).{field.name}: {text}"

    def assert_computed_for_each(self):
        """What is computed for one reader is not shown to the next one of the same transaction."""
        kept, seen = set(), 0
        for name, model in self.env.registry.items():
            ours = name.startswith("glase.")
            if model._abstract or not (ours or name in ("pos.config", "pos.payment", "pos.order")):
                continue
            records = self.env[name].sudo().search([], limit=20)
            for field in model._fields.values():
                if not field.compute or field.store or field.type not in ("char", "text", "html"):
                    continue
                if not (ours or field.name.startswith("glase_")):
                    continue
                said = [
                    records.with_context(lang=language).mapped(field.name)
                    for language in (CASHIER, MANAGER)
                ]
                seen += MARK in str(said[0])
                if MARK in str(said[1]):
                    kept.add(f"{name}.{field.name}")
        self.assertGreater(seen, 5)
        self.assertFalse(kept)

    def assert_none_of_the_cashiers(self):
        """Nothing is in the language of who caused it, and nothing of ours in that of one of its readers."""
        found = "\n".join(
            [*self.stored(MARK, OF_ODOO), *self.stored(READ, ["mail.tracking.value"])]
        )
        self.assertFalse(found, found)


class TestSaidToEach(SaidToEachCommon, BooksCommon, PeriodCommon):
    """A cashier who reads another language than the manager sells, gives back, and closes."""

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
        self.assert_computed_for_each()

    def test_what_happened_and_how_it_was_settled(self):
        """A case, what changes in it, and a receipt that Glase did not take."""
        _order, row = self.paid_order(100)
        self.simulator.faults({"operation": "submitPaymentReceipt", **REFUSED})
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.receipt"].sudo()._cron_receipts()
        self.simulator.faults()
        order, line = self.sent(30)
        self.pay_and_leave(line)
        case = self.row(line).case_ids.with_env(self.env)
        self.validate(order, line)
        self.assertEqual(case.state, "settled")
        receipt = self.env["glase.receipt"].search([("transaction_id", "=", row.id)])
        for record, name, words in (
            (case, "summary", "Der Kunde hat bezahlt"),
            (case, "note", "Im Zahlungsbuch belegt: "),
            (receipt, "message", "Glase hat "),
        ):
            with self.subTest(name):
                record.invalidate_recordset()
                said = record.with_context(lang=MANAGER).sudo()[name]
                self.assertTrue(said.startswith(f"{READ}{words}"), said)
                self.assertTrue(record.sudo()[name].startswith(MARK))
        other = self.pos_admin.copy({"login": "other", "password": "other", "lang": CASHIER})
        for user, own, others in ((self.pos_admin, READ, MARK), (other, MARK, READ)):
            self.env.flush_all()
            _notes, changes = self.history(case, user)
            self.assertIn(own, str(changes))
            self.assertNotIn(others, str(changes))
        self.assert_none_of_the_cashiers()
        self.assert_found_by_each(case)

    def assert_found_by_each(self, case):
        """Each finds a case by the own words, and exports those; without values, and with them."""
        for name, words, others in (
            ("summary", "kunde hat BEZAHLT", "The customer paid, but"),
            ("note", "Im Zahlungsbuch belegt", "Proven by the ledger"),
        ):
            for language, typed, found in (
                (MANAGER, words, True),
                (CASHIER, words, False),
                (CASHIER, f"{MARK}{others}", True),
                (MANAGER, f"{MARK}{others}", False),
            ):
                with self.subTest(name, language=language, typed=typed):
                    cases = self.env["glase.case"].with_context(lang=language).sudo()
                    own = [("id", "=", case.id)]
                    self.assertEqual(len(cases.search([*own, (name, "ilike", typed)])), found)
                    self.assertEqual(
                        len(cases.search([*own, (name, "not ilike", typed)])), not found
                    )
                    [[exported]] = cases.browse(case.id).export_data([name])["datas"]
                    self.assertIs(type(exported), str)
                    self.assertEqual(typed.casefold() in exported.casefold(), found)
            self.assertFalse(
                case.fields_get([name])[name]["groupable"], "nobody would read a group's name"
            )

    def test_a_case_of_the_version_before_is_read_as_it_was_stored(self):
        """That kept one text, in the language of its manager."""
        _order, line = self.sent(30)
        self.pay_and_leave(line)
        case = self.row(line).case_ids.with_env(self.env)
        before = "Kunden betalade 100 % av “%(amount)s”, men ingen order har det."
        self.env.flush_all()
        self.env.cr.execute("UPDATE glase_case SET summary = %s, note = %s", [before, before])
        self.env.cr.execute("UPDATE glase_receipt SET message = %s", [before])
        self.env.invalidate_all()
        for language in (CASHIER, MANAGER):
            read = case.with_context(lang=language).sudo()
            self.assertEqual([read.summary, read.note], [before, before])
            self.assertEqual(read.search([("summary", "ilike", "ingen order har")]) & case, case)
        progress.open_case("paid_without_order", self.row(line))
        self.assertEqual(case.sudo().summary, before, "what is learnt is noted beside it")

    def test_what_a_manager_does(self):
        """What is noted in the history of orders, entries, sessions and cases."""
        order, row = self.paid_order(100)
        with self.office() as env:
            wizard = env["glase.refund"].create({"transaction_id": row.id, "reason": "Back"})
            wizard.amount = 10
            wizard.action_refund()
        self.simulator.faults({"operation": "refundPayment", "kind": "drop-after"})
        refund, refund_line = self.refund_order(order, 40)
        self.refund(refund, refund_line, 40)
        self.simulator.faults()
        self.validate(refund, refund_line)
        approval = {"login": "pos_admin", "password": "pos_admin"}
        self.door("approve_refund_tender", order_uuid=refund.uuid, reason="Gone", **approval)
        unclaimed = self.paid_without_order(30)
        self.door("override_closing", reason="Late", **approval)
        session = self.pos_session.with_env(self.env)
        session_books.tell_dropped_counts(session, {self.method.id: 5.0})
        self.close_session()
        with self.office() as env:
            account = self.company_data["default_account_expense"]
            case = unclaimed.case_ids.filtered(lambda case: case.state == "open")
            env["glase.write.off"].create(
                {"case_id": case.id, "account_id": account.id, "reason": "Never claimed"}
            ).action_write_off()
        self.env.invalidate_all()
        given_back = row.refund_ids.payment_id.pos_order_id.filtered(lambda one: one != refund)
        noted = {
            given_back: "Glase refund of",
            session: "was counted for Glase",
            unclaimed.refund_ids.case_ids | row.refund_ids.case_ids: "allowed another tender",
            self.env["account.move"].search([("glase_transaction_id", "=", unclaimed.id)]): "wrote",
        }
        for records, words in noted.items():
            sentences = records.sudo().with_context(lang=CASHIER).message_ids.mapped("glase_words")
            found = [one for one in sentences if one and words in one]
            self.assertTrue(found, f"{records}: {words} is in {sentences}")
            self.assertTrue(all(one.startswith(MARK) for one in found), found)
        self.assert_none_of_the_cashiers()


QUIET = "odoo.addons.pos_glase.models.registration.glase_terminal_registration"


class TestNotesSaidToEach(SaidToEachCommon, GoLiveCommon):
    """What an administrator does to accounts and tills, each reads in the own language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin.lang = CASHIER

    def said_to(self, record, name):
        """A stored sentence, by the language of its reader."""
        record.invalidate_recordset()
        return {
            language: record.with_context(lang=language)[name]
            for language in (CASHIER, MANAGER, "en_US")
        }

    def assert_said_to_each(self, record, name, english):
        said = self.said_to(record, name)
        self.assertIn(english, said["en_US"])
        self.assertEqual(said[CASHIER].replace(MARK, ""), said["en_US"])
        self.assertTrue(said[CASHIER].startswith(MARK))
        self.assertNotIn(MARK, said[MANAGER])
        self.assertNotEqual(said[MANAGER], said["en_US"])
        self.assert_none_of_the_cashiers()

    def assert_history(self, record, least):
        own, _changes = self.history(record, self.admin)
        managers, _changes = self.history(record, self.pos_admin)
        self.assertGreaterEqual(len(own), least)
        # That it was made is Odoo's own sentence: it is in the manager's language.
        of_ours = [note for note in own if "erstellt" not in note and " created" not in note]
        self.assertFalse([note for note in of_ours if not note.startswith(MARK)])
        self.assertFalse([note for note in managers if MARK in note])
        self.assertEqual(len(own), len(managers))
        self.assert_none_of_the_cashiers()
        return managers

    @mute_logger(QUIET)
    def test_a_till_is_registered(self):
        third = self.till.copy({"name": "Third till"})

        def at_till(method, *arguments):
            return self.till_call(method, *arguments, config=third)

        self.simulator.faults(
            {"operation": "registerTerminal", "kind": "code", "code": 20, "count": 1},
            {"operation": "assignSeqrId", "kind": "code", "code": 53, "count": 1},
        )
        self.assertFalse(at_till("glase_till_register")["ok"])
        answer = at_till("glase_till_register")
        self.assertTrue(answer["message"].startswith(MARK), "whoever asked reads it, too")
        self.assertFalse(at_till("glase_till_assign", "OTHER1")["ok"])
        self.assertTrue(at_till("glase_till_assign", "FRESH1")["ok"])
        self.assertTrue(at_till("glase_till_test")["ok"])
        first = third.glase_terminal_id
        self.terminal_call("action_register_again", terminal=first)
        second = third.glase_terminal_id
        self.assertNotEqual(first, second)
        self.assertTrue(at_till("glase_till_unregister")["ok"])
        notes = self.assert_history(first, 6)
        self.assertIn("Durch eine neue Registrierung ersetzt", "".join(notes))
        self.assertIn("(Ergebniscode 53)", "".join(notes))
        self.assert_history(second, 2)

    def test_an_account_is_tested_confirmed_and_asked(self):
        self.account.sudo().reseller_password = "wrong"
        self.press(self.account, "action_test")
        self.account.sudo().reseller_password = "demo"
        self.press(self.account, "action_test")
        self.press(self.account, "action_confirm_database")
        self.pay()
        self.close()
        period = self.pos_session.glase_period_ids
        with self.office(self.admin) as env:
            run = env["glase.run.report"].create(
                {
                    "account_id": self.account.id,
                    "report": "terminal_summary",
                    "period_id": period.id,
                    "terminal_id": self.terminal.id,
                }
            )
            env.cr.commit()
            run.action_run()
        notes = "".join(self.assert_history(self.account, 4))
        for english in ("Report %s was run.", "Glase answers and accepts the log-in."):
            german = code_translations.get_python_translations(porting.MODULE, MANAGER)[english]
            self.assertIn(german.partition("%s")[0], notes)

    def test_a_choice_is_changed(self):
        with self.office(self.admin) as env:
            env["glase.account"].browse(self.account.id).receipt_mode = "empty"
        _notes, own = self.history(self.account, self.admin)
        _notes, managers = self.history(self.account, self.pos_admin)
        said = [
            next(one for one in changes if MARK in str(one) or "Beleg" in str(one))
            for changes in (own, managers)
        ]
        self.assertEqual(said[0]["newValue"], f"{MARK}An empty receipt")
        self.assertEqual(said[0]["oldValue"], f"{MARK}The receipt of the sale")
        in_german = self.env(context={"lang": MANAGER})
        chosen = dict(self.account._fields["receipt_mode"]._description_selection(in_german))
        self.assertEqual(said[1]["newValue"], chosen["empty"])
        self.assertNotEqual(said[1]["newValue"], "An empty receipt")
        self.assert_none_of_the_cashiers()

    @mute_logger(QUIET)
    def test_go_live(self):
        move = self.prepared(reseller_id=False)
        self.press(move, "action_test")
        self.assert_said_to_each(move, "test_message", "Fill in what Glase gave you: Reseller ID.")
        move.sudo().reseller_id = "nobody"
        self.env.flush_all()
        self.press(move, "action_test")
        self.assert_said_to_each(move, "test_message", "does not know reseller nobody")
        with self.office(self.admin) as env:
            env["glase.go.live"].browse(move.id).write({"reseller_id": "demo"})
            env["glase.go.live"].browse(move.id).write({"reseller_password": "demo"})
        self.press(move, "action_test")
        self.assert_said_to_each(move, "test_message", "accepts the log-in")
        self.press(move, "action_start")
        first, second = move.line_ids
        self.production.faults(
            {"operation": "registerTerminal", "kind": "code", "code": 20, "count": 1}
        )
        self.assertFalse(self.press(first, "action_move"))
        self.assert_said_to_each(first, "message", "does not accept the password")
        self.undecided_row("Order 7", self.live(first.config_id))
        self.env.flush_all()
        self.assertFalse(self.press(first, "action_move"))
        self.assert_said_to_each(first, "message", "Order 7")
        self.assertTrue(self.press(second, "action_move"), second.message)
        live = self.live(second.config_id)
        self.assert_history(live, 2)

    def test_what_somebody_types_is_no_sentence(self):
        """A reason that looks like a stored sentence is said as it is, and fills no memory."""
        for typed in (
            '{"say": ',
            '{"say": "x"}',
            '{"say": 5, "with": null}',
            '{"say": "%(a)s", "with": ["a"]}',
            '{"say": "%s", "with": ' + "[" * 100000,
            '{"say": "%s", "with": {"a": {"say": 1}}}',
        ):
            with self.subTest(typed[:40]):
                self.assertEqual(said_again(self.env, typed), typed)
        wide = '{"say": "%999999999s", "with": ["a"]}'
        self.assertEqual(said_again(self.env, wide), "%999999999s")

    def test_nobody_but_the_system_writes_what_a_note_is_made_of(self):
        field = self.env["mail.message"]._fields["glase_words"]
        self.assertEqual(field.groups, fields.NO_ACCESS)
        partner = self.pos_admin.partner_id
        with self.refused(AccessError, "glase_words|Sentence"):
            self.env["mail.message"].with_user(self.pos_admin).with_context(lang="en_US").create(
                {"model": "res.partner", "res_id": partner.id, "glase_words": "Settled."}
            )
