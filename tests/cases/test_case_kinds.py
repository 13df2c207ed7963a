import re
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import UserError
from odoo.tools.safe_eval import safe_eval
from odoo.tools.translate import LazyGettext

from ...models.cases import case_words, progress
from ...models.pos.session_closing import SessionClosing
from ...rules import case_kinds
from ..shared.books import BooksCommon

# In no catalogue.
SAID = LazyGettext("%(manager)s saw no sticker for %(new)s. Print it.", _module="pos_glase")
WORDS = case_words.Words("The sticker is gone", SAID)


class TestCaseKinds(BooksCommon):
    """A kind of case is one entry of one table, and its sentence: all else follows."""

    def add_kind(self, **entry):
        """Add a kind of case, as one does who adds a line to each of the two tables."""
        for table, value in (
            (case_kinds.KINDS, case_kinds.Kind(**entry)),
            (case_words.KINDS, WORDS),
        ):
            added = patch.dict(table, {"sticker_gone": value})
            added.start()
            self.addCleanup(added.stop)

    def buttons(self, case):
        """The buttons that a manager sees on the form of a case."""
        manager = case.with_user(self.pos_admin)
        arch = etree.fromstring(manager.get_view(view_type="form")["arch"])
        names = arch.xpath("//field[not(ancestor::field)]/@name")
        [values] = manager.read([name for name in set(names) if name in manager._fields])
        return {
            button.get("name")
            for button in arch.xpath("//header/button")
            if not safe_eval(button.get("invisible"), values)
        }

    def blocking(self):
        self.env.flush_all()
        ends = SessionClosing(self.pos_session).open_ends()
        return [end["what"] for end in ends["blocking"]]

    # === The two tables ===

    def test_each_kind_has_its_words_and_its_name_in_the_list(self):
        self.assertEqual(list(case_words.KINDS), list(case_kinds.KINDS))
        listed = self.env["glase.case"].fields_get(["kind"])["kind"]["selection"]
        self.assertEqual([key for key, _name in listed], list(case_kinds.KINDS))
        self.assertEqual(len({name for _key, name in listed}), len(listed))

    def test_each_kind_can_be_reported_about_what_it_is_about(self):
        order, row = self.paid_order()
        period = self.env["glase.period"]._make(self.account, self.terminal, self.pos_session)
        subjects = {subject._name: subject for subject in (row, order.payment_ids, period)}
        given = dict.fromkeys(
            ("named", "other", "what", "before", "after", "count", "references", "why"), 1
        )
        for key, kind in case_kinds.KINDS.items():
            for model in kind.about:
                with self.subTest(kind=key, about=model):
                    case = progress.open_case(key, subjects[model], amount=5, **given)
                    self.assertEqual((case.kind, case.state, case.amount), (key, "open", 5))
                    self.assertEqual(case.activity_ids.summary, case.display_name)
                    self.assertNotRegex(case.summary, re.escape("%("))
                    self.assertEqual(case.company_id, self.company)
                    self.assertLessEqual(self.buttons(case), set(kind.offers), "its form opens")
                    progress.settle(case, "For this test")
            for model in set(subjects) - set(kind.about):
                with self.subTest(kind=key, not_about=model), self.assertRaises(ValueError):
                    progress.open_case(key, subjects[model], amount=5, **given)

    def test_each_kind_is_said_in_the_language_of_who_settles_it(self):
        """Whoever opens it: a cashier of another country, or a job; with days and amounts as written there."""
        self.env["res.lang"]._activate_lang("de_DE")
        self.account.responsible_id = self.pos_admin
        self.pos_admin.sudo().lang = "de_DE"
        order, row = self.paid_order(1234.5)
        row.sudo().write({"receipt_amount": 1234.5, "receipt_currency": "XXX"})
        row.sudo().write({"proposed_amount": 1234.5})
        period = self.env["glase.period"]._make(self.account, self.terminal, self.pos_session)
        period.sudo().mark_sent_at = "2026-01-30 23:30:00"
        subjects = {subject._name: subject for subject in (row, order.payment_ids, period)}
        given = dict.fromkeys(("named", "other", "before", "after", "count", "references"), 1)
        given.update(what=case_words.KINDS["amount_differs"].name, why="1")
        for key, kind in case_kinds.KINDS.items():
            for model in kind.about:
                with self.subTest(kind=key, about=model):
                    case = progress.open_case(key, subjects[model], amount=5, **given)
                    in_english = case_words.sentence(subjects[model], key, given)
                    self.assertNotEqual(case.summary, in_english)
                    self.assertNotRegex(case.summary, r"\d-\d\d-\d\d|\d\.\d\d\b(?!\.)|Glase took")
                    progress.settle(case, case_words.KINDS["amount_differs"].name)
                    self.assertIn("Glase hat", case.note)

    # === One more kind ===

    def test_a_new_kind_is_raised_listed_and_settled(self):
        self.add_kind()
        _order, line = self.sent()
        row = self.row(line).sudo()
        row.proposed_amount = 17
        case = progress.open_case("sticker_gone", row, manager="Ann")
        self.assertEqual(
            case, progress.open_case("sticker_gone", row, manager="Ann"), "one case, not two"
        )
        self.assertIn("Ann saw no sticker for", case.summary)
        self.assertIn("17.00", case.summary)
        manager = self.env["glase.case"].with_user(self.pos_admin)
        listed = manager.web_search_read([("kind", "=", "sticker_gone")], {"display_name": {}})
        self.assertEqual(len(listed["records"]), 1)
        self.assertTrue(listed["records"][0]["display_name"].startswith("The sticker is gone: "))
        grouped = dict(manager._read_group([("state", "=", "open")], ["kind"], ["__count"]))
        self.assertEqual(grouped["sticker_gone"], 1)
        self.assertEqual(self.account.open_case_count, 1)
        self.assertEqual([what.split(":")[0] for what in self.blocking()], ["Running"])
        self.assertEqual(self.buttons(case), {"action_settle"})
        self.assertEqual(case.activity_ids.summary, case.display_name)
        with self.assertRaisesRegex(UserError, "does not ask for that"):
            case.with_user(self.pos_admin).action_attach()
        with self.assertRaisesRegex(UserError, "Write how"):
            case.with_user(self.pos_admin).action_settle()
        case.with_user(self.pos_admin).reason = "Printed"
        case.with_user(self.pos_admin).action_settle()
        self.assertEqual(
            (case.state, case.note, case.settled_by), ("settled", "Printed", self.pos_admin)
        )
        self.assertFalse(case.activity_ids)
        self.assertEqual(self.buttons(case), set())

    def test_a_new_kind_stops_a_closing_where_its_entry_says_so(self):
        self.add_kind(stops_closing=True)
        _order, row = self.paid_order()
        self.assertEqual(self.blocking(), [])
        case = progress.open_case("sticker_gone", row)
        self.assertEqual([what.split(":")[0] for what in self.blocking()], ["The sticker is gone"])
        self.assertIn("The sticker is gone", SessionClosing(self.pos_session).refusal())
        progress.settle(case, "Printed")
        self.assertEqual(self.blocking(), [])
        self.assertFalse(SessionClosing(self.pos_session).refusal())

    def test_a_new_kind_is_attached_refunded_and_written_off_where_its_entry_says_so(self):
        offers = (case_kinds.SETTLE, case_kinds.ATTACH, case_kinds.REFUND, case_kinds.WRITE_OFF)
        self.add_kind(offers=offers)
        order, line = self.sent()
        self.pay_and_leave(line)
        row = self.row(line)
        case = progress.open_case("sticker_gone", row)
        self.assertEqual(self.buttons(case), {"action_settle", "action_attach", "action_refund"})
        self.assertEqual(
            case.with_user(self.pos_admin).action_refund()["context"],
            {"default_transaction_id": row.id},
        )
        case.attach_order_id = order
        case.with_user(self.pos_admin).action_attach()
        self.assertEqual((case.state, order.state), ("settled", "paid"))

    def test_a_new_kind_is_written_off(self):
        self.add_kind(offers=(case_kinds.WRITE_OFF,))
        row = self.paid_without_order(100)
        self.override_and_close()
        case = progress.open_case("sticker_gone", row)
        self.assertEqual(self.buttons(case), {"action_write_off"})
        values = {
            "case_id": case.id,
            "account_id": self.company_data["default_account_expense"].id,
            "reason": "Lost",
        }
        with self.office() as env:
            env["glase.write.off"].create(values).action_write_off()
        self.assert_books(100, 0)
        self.assertEqual(case.state, "settled")
        self.assertEqual(self.cases(row.line_uuid), [], "all about the same money is settled")

    def test_a_new_kind_ends_by_itself_when_its_entry_says_so(self):
        for what, happens in (
            (case_kinds.PAID, self.pay_and_leave),
            (case_kinds.IN_ORDER, self.pay_and_attach),
        ):
            with self.subTest(what=what):
                self.add_kind(ends_by=(what,))
                _order, line = self.sent()
                case = progress.open_case("sticker_gone", self.row(line))
                happens(line)
                self.assertEqual(case.state, "settled")

    def pay_and_attach(self, line):
        self.pay_and_leave(line)
        case = self.row(line).case_ids.filtered("awaits_order")
        case.with_user(self.pos_admin).action_attach()

    def cases_of_unproven(self, **entry):
        """The cases of an order's payment that nothing proves, beside a new one about its bill."""
        self.add_kind(**entry)
        order, line = self.sent()
        progress.open_case("sticker_gone", self.row(line))
        order.payment_ids.payment_status = "done"
        self.assertTrue(order.payment_ids.glase_unverified)
        return self.env["glase.case"].search([("payment_id", "=", order.payment_ids.id)])

    def test_a_new_kind_does_not_say_why_a_payment_is_not_proven(self):
        self.assertEqual(self.cases_of_unproven().mapped("kind"), ["unverified_payment"])

    def test_a_new_kind_says_why_a_payment_is_not_proven_where_its_entry_says_so(self):
        self.assertFalse(self.cases_of_unproven(explains=case_kinds.OF_LINE))
