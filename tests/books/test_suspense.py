import itertools
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase
from odoo.tools import mute_logger

from ...rules import state_machine, suspense_due, taken
from ..shared.books import BooksCommon, compared


class TestSuspense(BooksCommon):
    """Money without an owner stands on the suspense account until that is settled."""

    def test_paid_without_an_order(self):
        self.paid_order(148)
        row = self.paid_without_order(100)
        self.book()
        self.assert_books(0, 0)
        self.override_and_close()
        self.assert_books(248, -100)
        move = self.corrections(row)
        self.assertEqual(len(move), 1)
        self.assertEqual(move.glase_reference, row.ers_reference)
        self.assertEqual(move.journal_id, self.glase_journal)
        self.book()
        self.assertEqual(self.corrections(row), move, "booked once")
        self.assertFalse(row.books_due)

    def test_attached_stays_until_the_session_of_its_order_is_closed(self):
        row = self.paid_without_order(100)
        self.override_and_close()
        self.next_day()
        payment = self.unproven_order(100)
        case = self.case(row, "paid_without_order").with_user(self.pos_admin)
        case.attach_order_id = payment.pos_order_id
        case.action_attach()
        self.book()
        self.assert_books(100, -100)
        self.close_session()
        self.assert_books(100, 0)
        first, second = self.corrections(row)
        self.assertEqual((first.glase_amount, second.glase_amount), (100, -100))
        self.assertTrue(all((first | second).line_ids.mapped("reconciled")))
        self.assertFalse(row.books_due)

    def test_refunded_without_an_order(self):
        row = self.paid_without_order(100)
        self.override_and_close()
        self.refund_without_order(row)
        self.assert_books(0, 0)
        lines = (self.corrections(row) | self.corrections(row.refund_ids)).line_ids
        on_suspense = lines.filtered(lambda line: line.account_id == self.suspense)
        self.assertTrue(all(on_suspense.mapped("reconciled")))

    def test_an_unproven_payment_at_an_override_and_proof_that_comes_later(self):
        order, line = self.sent(20)
        self.door("force", line_uuid=line, attempt="1", reason="Seen on the phone", **self.manager)
        self.validate(order, line)
        payment = order.payment_ids
        self.assertTrue(payment.glase_unverified)
        self.override_and_close()
        self.assert_books(0, 20)
        move = self.corrections(payment=payment)
        self.assertEqual(move.glase_amount, -20)
        self.customer("pay")
        self.run_job()
        self.env.invalidate_all()
        self.assertEqual(self.row(line).state, "paid")
        self.assertFalse(payment.glase_unverified)
        self.book()
        self.assert_books(20, 0)
        self.assertFalse(self.corrections(self.row(line)))
        self.assertTrue(all(self.corrections(payment=payment).line_ids.mapped("reconciled")))
        self.assertFalse(payment.glase_books_due)


class TestWriteOff(BooksCommon):
    """What stands on the suspense account for good is written off, by a manager, with a reason."""

    def setUp(self):
        super().setUp()
        self.loss = self.company_data["default_account_expense"]

    def write_off(self, case, reason="Never claimed", account=None, user=None):
        with self.office(user) as env:
            wizard = env["glase.write.off"].create(
                {"case_id": case.id, "account_id": (account or self.loss).id, "reason": reason}
            )
            wizard.action_write_off()

    def test_money_that_nobody_claims(self):
        row = self.paid_without_order(100)
        self.override_and_close()
        case = self.case(row, "paid_without_order")
        self.assertEqual((case.suspense_amount, case.can_write_off), (100, True))
        self.write_off(case)
        self.assert_books(100, 0)
        self.assertEqual(self.balance(self.loss), -100)
        self.assertEqual(case.state, "settled")
        self.assertIn("Never claimed", case.note)
        self.assertEqual(case.suspense_amount, 0)
        lines = self.corrections(row).line_ids
        self.assertTrue(
            all(lines.filtered(lambda line: line.account_id == self.suspense).mapped("reconciled"))
        )

    def test_an_order_that_comes_after_the_write_off_takes_it_back(self):
        order, line = self.sent(100)
        self.customer("pay")
        self.ask(line)
        row, order_uuid = self.row(line), order.uuid
        order.unlink()
        self.override_and_close()
        self.write_off(self.case(row, "paid_without_order"))
        self.next_day()
        payment = {
            "uuid": line,
            "amount": 100,
            "payment_method_id": self.method.id,
            "payment_status": "done",
        }
        # The till that was away has kept it, under its own name.
        values = self.order_values(self.pos_session, 100, [payment], "paid", order_uuid)
        self.env["pos.order"].with_user(self.pos_user).sync_from_ui([values])
        self.assertEqual(self.row(line).payment_id.uuid, line)
        self.close_session()
        self.assert_books(100, 0)
        self.assertEqual(self.balance(self.loss), 0)

    def test_goods_that_were_never_paid(self):
        payment = self.unproven_order(20)
        self.override_and_close()
        self.assert_books(0, 20)
        case = self.case(payment, "unverified_payment")
        self.assertEqual(case.suspense_amount, -20)
        self.write_off(case, "Customer gone")
        self.assert_books(0, 0)
        self.assertEqual(self.balance(self.loss), 20)

    def test_what_is_refused(self):
        row = self.paid_without_order(100)
        case = self.case(row, "paid_without_order")
        with self.assertRaisesRegex(UserError, "when its session is closed"):
            case.with_user(self.pos_admin).action_write_off()
        self.override_and_close()
        with self.assertRaisesRegex(UserError, "Write why"):
            self.write_off(case, " ")
        with self.assertRaisesRegex(UserError, "Choose the account"):
            self.write_off(case, account=self.suspense)
        with self.assertRaises(AccessError):
            self.write_off(case, user=self.pos_user)
        with self.assertRaises(AccessError):
            case.with_user(self.pos_user).action_write_off()
        self.assert_books(100, -100)
        self.write_off(case)
        with self.assertRaisesRegex(UserError, "decided already"):
            case.with_user(self.pos_admin).action_write_off()

    def test_a_proposed_account(self):
        self.method.glase_write_off_account_id = self.loss
        row = self.paid_without_order(100)
        self.override_and_close()
        case = self.case(row, "paid_without_order")
        action = case.with_user(self.pos_admin).action_write_off()
        form = Form(
            self.env["glase.write.off"].with_user(self.pos_admin).with_context(**action["context"])
        )
        self.assertEqual(form.account_id, self.loss)
        self.assertEqual(form.amount, 100)


class TestKept(BooksCommon):
    """What the module has booked is undone by settling its payment, not by hand."""

    def reverse(self, move):
        """*Reverse Entry*, as a bookkeeper does; returns the reversal."""
        wizards = self.env["account.move.reversal"].with_user(self.bookkeeper)
        wizards = wizards.with_context(active_model="account.move", active_ids=move.ids)
        wizard = wizards.create({"journal_id": move.journal_id.id})
        return move.browse(wizard.reverse_moves()["res_id"])

    def setUp(self):
        super().setUp()
        self.bookkeeper = self.env["res.users"].create(
            {
                "name": "Berit",
                "login": "berit",
                "group_ids": [(6, 0, self.env.ref("account.group_account_manager").ids)],
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
            }
        )

    def assert_kept(self, move, words):
        with self.assertRaisesRegex(UserError, words):
            self.reverse(move)
        with self.assertRaisesRegex(UserError, words):
            move.with_user(self.bookkeeper).button_draft()
        with self.assertRaisesRegex(UserError, words):
            move.with_user(self.bookkeeper).button_cancel()
        self.assertEqual(move.state, "posted")

    def test_a_correction_is_not_reversed(self):
        row = self.paid_without_order(100)
        payment = self.unproven_order(20)
        self.override_and_close()
        for move in (self.corrections(row), self.corrections(payment=payment)):
            self.assert_kept(move, "write it off: Glase / Cases")
        self.assert_books(100, -80)

    def test_a_write_off_is_not_reversed_but_moved_by_an_entry(self):
        row = self.paid_without_order(100)
        self.override_and_close()
        loss = self.company_data["default_account_expense"]
        with self.office() as env:
            case = env["glase.case"].browse(self.case(row, "paid_without_order").id)
            wizard = env["glase.write.off"].create(
                {"case_id": case.id, "account_id": loss.id, "reason": "Never claimed"}
            )
            wizard.action_write_off()
        self.env.invalidate_all()
        _correction, written_off = self.corrections(row)
        self.assert_kept(written_off, "book an entry between the two accounts")
        self.assert_books(100, 0)

    def test_an_entry_of_a_person_is_reversed(self):
        accounts = (self.company_data["default_account_revenue"], self.suspense)
        move = self.env["account.move"].create(
            {
                "journal_id": self.glase_journal.id,
                "line_ids": [
                    (0, 0, {"account_id": account.id, "balance": balance})
                    for account, balance in zip(accounts, (-5, 5), strict=True)
                ],
            }
        )
        move.action_post()
        reversal = self.reverse(move)
        self.assertEqual(reversal.state, "posted")
        self.assert_books(0, 0)


class TestNotBooked(BooksCommon):
    """What cannot be booked stops nothing, is told, and is tried again."""

    def assert_told(self, row, words):
        self.assert_waits(row)
        case = self.case(row, "not_booked")
        self.assertIn(words, case.summary)
        self.assertTrue(case.activity_ids)
        self.book()
        self.assertEqual(self.case(row, "not_booked"), case, "told once")

    def assert_waits(self, row):
        self.assertFalse(self.corrections(row))
        self.assertTrue(row.books_due)
        self.assertEqual(compared(self.method)["waiting"], 1)

    def test_an_archived_account(self):
        first = self.paid_without_order(100)
        self.suspense.active = False
        with mute_logger("odoo.addons.pos_glase.models.books.books_job"):
            self.override_and_close()
            self.assert_told(first, "")
        self.suspense.active = True
        self.advance(1)
        self.book()
        self.assert_books(100, -100)
        self.assertFalse(self.case(first, "not_booked"))

    def test_a_locked_period(self):
        row = self.paid_without_order(100)
        self.override_and_close()
        locked = fields.Date.add(self.corrections(row).date, days=2)
        self.company.hard_lock_date = locked
        self.refund_without_order(row)
        self.assertGreater(self.corrections(row.refund_ids).date, locked, "the first open day")
        self.assert_books(0, 0)

    def test_one_that_fails_stops_no_other(self):
        row = self.paid_without_order(100)
        other = self.paid_without_order(50)
        failing = type(self.env["account.move"])._post

        def post(moves, soft=True):
            if row in moves.glase_transaction_id:
                raise UserError(moves.env._("No number is left"))
            return failing(moves, soft)

        with (
            patch.object(type(self.env["account.move"]), "_post", post),
            mute_logger("odoo.addons.pos_glase.models.books.books_job"),
        ):
            self.override_and_close()
            self.assertTrue(self.corrections(other))
            self.assert_told(row, "No number is left")
        self.advance(1)
        self.book()
        self.assert_books(150, -150)


class TestTwin(TransactionCase):
    """The rule about the books says in SQL what it says in Python, of every subject there may be."""

    NAMES = (
        "kind",
        "state",
        "proposing",
        "receipt_currency",
        "session",
        "payment",
        "payment_session",
        "method",
        "sale",
    )

    def subjects(self):
        states = [state for state, _name in state_machine.STATES]
        payments = [(None, None, None, None)]
        payments += itertools.product(
            ("12.5",), ("opened", "closed"), ("glase", "other"), ("draft", "cancel", "paid", "done")
        )
        for *row, payment in itertools.product(
            ("payment", "refund"),
            states,
            (None, "f", "t"),
            (None, "", "SEK", "EUR"),
            (None, "opened", "closing_control", "closed"),
            payments,
        ):
            yield (*row, *payment)

    def known(self, given):
        of = dict(zip(self.NAMES, given, strict=True))
        terms = taken.Terms(10, 7.5, of["receipt_currency"], "SEK", of["proposing"] == "t")
        return suspense_due.Subject(
            kind=of["kind"],
            state=of["state"],
            taken=Decimal(taken.amount(terms)),
            session=of["session"],
            payment=of["payment"] and Decimal(of["payment"]),
            payment_session=of["payment_session"],
            is_glase=of["method"] == "glase",
            order=of["sale"],
        )

    def in_sql(self, subjects):
        self.env.cr.execute(
            f"""
            SELECT {suspense_due.ENDED}, {suspense_due.STANDS}, {suspense_due.POSTED}
              FROM unnest({", ".join(["%s::text[]"] * len(self.NAMES))})
                   WITH ORDINALITY AS given ({", ".join(self.NAMES)}, number),
                   LATERAL (SELECT kind, given.state, proposing::boolean, receipt_currency,
                                   10::numeric AS amount, 7.5 AS receipt_amount,
                                   session AS session_id) subject,
                   LATERAL (SELECT given.session AS state) own,
                   LATERAL (SELECT given.payment AS id, given.payment::numeric AS amount) payment,
                   LATERAL (SELECT payment_session AS state) posted,
                   LATERAL (SELECT method AS use_payment_terminal) method,
                   LATERAL (SELECT sale AS state) sale,
                   LATERAL (SELECT 'SEK' AS name) currency
             ORDER BY number
            """,
            [list(column) for column in zip(*subjects, strict=True)],
        )
        return self.env.cr.fetchall()

    def test_each_subject(self):
        subjects = list(self.subjects())
        self.assertEqual(len(subjects), 2 * 10 * 3 * 4 * 4 * 17)
        found = self.in_sql(subjects)
        seen = set()
        for given, in_sql in zip(subjects, found, strict=True):
            known = self.known(given)
            in_python = (known.ended(), known.stands(), known.posted())
            self.assertEqual(in_python, in_sql, given)
            seen.add(in_python)
        self.assertGreater(len(seen), 15, "nothing of it is always the same")
