from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from ...models.registration.glase_terminal import BUSY_FOR
from ...models.support import clock
from ..shared.back_office import BackOfficeCommon

QUIET = "odoo.addons.pos_glase.models.registration.glase_terminal_registration"


class TestRegister(BackOfficeCommon):
    """Register, register again, unregister."""

    def setUp(self):
        super().setUp()
        # What one test unregisters stays unregistered at the simulator.
        self.terminal.sudo().write({"state": "retired", "active": False})
        self.env.flush_all()
        self.terminal = self._registered_terminal(self.main_pos_config)

    def test_register_makes_a_long_random_password_and_keeps_it(self):
        answer = self.till_call("glase_till_register")
        self.assertTrue(answer["ok"], answer["message"])
        terminal = self.till.glase_terminal_id
        self.assertEqual(terminal.state, "registered")
        self.assertGreaterEqual(len(terminal.password), 15)
        self.assertTrue(terminal.terminal_identifier)
        self.assertIn(self.till.name, self.at_glase(terminal)["name"])
        self.assertEqual(self.at_glase(terminal)["external_id"], terminal.external_identifier)
        self.assertIn(str(self.till.id), terminal.external_identifier.split("-"))
        self.assertEqual(answer["glase"]["state"], "no_glase_id")
        self.assertIn("is registered with Glase", self.chatter(terminal))
        self.assertNotIn(terminal.password, self.chatter(terminal))
        self.assertFalse(terminal.busy_since)

    def test_two_tills_have_different_passwords(self):
        self.till_call("glase_till_register")
        third = self.till.copy({"name": "Third till"})
        self.till_call("glase_till_register", config=third)
        passwords = [config.glase_terminal_id.password for config in (self.till, third)]
        self.assertNotEqual(*passwords)

    def test_a_second_click_never_registers_twice(self):
        self.till_call("glase_till_register")
        before = len(self.calls("registerTerminal"))
        answer = self.till_call("glase_till_register")
        self.assertTrue(answer["ok"])
        self.assertIn("already", answer["message"])
        self.assertEqual(len(self.calls("registerTerminal")), before)
        self.assertEqual(len(self.till.glase_terminal_ids), 1)

    def test_a_click_while_the_first_one_is_on_its_way_calls_nobody(self):
        terminal = self.draft()
        terminal.sudo().busy_since = clock.now(self.env.cr)
        before = len(self.calls("registerTerminal"))
        with self.refused(UserError, "being asked"):
            self.terminal_call("action_register", terminal=terminal)
        self.assertEqual(len(self.calls("registerTerminal")), before)
        terminal.sudo().busy_since = clock.now(self.env.cr) - BUSY_FOR - timedelta(seconds=1)
        self.terminal_call("action_register", terminal=terminal)
        self.assertEqual(terminal.state, "registered")

    def test_what_glase_is_being_asked_with_is_not_changed_meanwhile(self):
        terminal = self.draft()
        elsewhere = self.account.copy({"endpoint": "https://elsewhere.example/soap"})
        terminal.sudo().busy_since = clock.now(self.env.cr)
        with self.refused(UserError, "at this moment"):
            terminal.account_id = elsewhere
        terminal.sudo().busy_since = False
        terminal.account_id = elsewhere
        self.assertEqual(terminal.endpoint, elsewhere.endpoint)

    @mute_logger(QUIET)
    def test_a_lost_answer_is_asked_for_with_the_same_id_and_password(self):
        self.simulator.faults({"operation": "registerTerminal", "kind": "drop-after", "count": 1})
        answer = self.till_call("glase_till_register")
        self.assertFalse(answer["ok"])
        self.assertIn("Try again", answer["message"])
        terminal = self.till.glase_terminal_id
        self.assertEqual(terminal.state, "draft")
        kept = terminal.external_identifier, terminal.password
        self.assertTrue(all(kept))
        self.assertIn("Glase did not answer", terminal.todo)
        # Refused for certain now: what was asked before may be there all the same.
        self.simulator.faults(
            {"operation": "registerTerminal", "kind": "code", "code": 20, "count": 1}
        )
        self.assertFalse(self.till_call("glase_till_register")["ok"])
        self.assertEqual((terminal.external_identifier, terminal.password), kept)
        self.assertTrue(self.till_call("glase_till_register")["ok"])
        self.assertEqual((terminal.external_identifier, terminal.password), kept)
        self.assertEqual(terminal.state, "registered")

    @mute_logger(QUIET)
    def test_an_id_that_glase_knows_already_is_made_anew(self):
        self.simulator.faults(
            {"operation": "registerTerminal", "kind": "code", "code": 57, "count": 1}
        )
        self.assertFalse(self.till_call("glase_till_register")["ok"])
        terminal = self.till.glase_terminal_id
        self.assertFalse(terminal.external_identifier)
        every = self.env["glase.terminal"].with_context(active_test=False)
        kept = every.search([("config_id", "=", self.till.id), ("state", "=", "retired")])
        self.assertIn(kept.external_identifier, kept.todo)
        self.assertIn("Ask Glase to remove it", kept.todo)
        self.assertTrue(self.till_call("glase_till_register")["ok"])
        self.assertTrue(terminal.external_identifier)
        self.assertNotEqual(terminal.external_identifier, kept.external_identifier)

    @mute_logger(QUIET)
    def test_a_registration_that_was_refused_leaves_no_name(self):
        self.simulator.faults(
            {"operation": "registerTerminal", "kind": "code", "code": 20, "count": 1}
        )
        self.assertFalse(self.till_call("glase_till_register")["ok"])
        terminal = self.till.glase_terminal_id
        self.assertEqual((terminal.external_identifier, terminal.password), (False, False))
        self.assertIn("once for each till", terminal.todo)

    @mute_logger(QUIET)
    def test_a_wrong_login_is_said(self):
        self.account.sudo().reseller_password = "wrong"
        answer = self.till_call("glase_till_register")
        self.assertFalse(answer["ok"])
        self.assertIn("password", answer["message"])
        self.assertIn("result code 20", self.chatter(self.till.glase_terminal_id))
        self.assertEqual(self.till.glase_terminal_id.state, "draft")

    def test_an_account_that_is_not_filled_in_is_said(self):
        self.account.sudo().reseller_password = False
        before = len(self.calls("registerTerminal"))
        answer = self.till_call("glase_till_register")
        self.assertFalse(answer["ok"])
        self.assertIn("Password", answer["message"])
        self.assertEqual(len(self.calls("registerTerminal")), before)

    def test_several_accounts_are_a_choice(self):
        self.account.copy({"name": "Other shop"})
        answer = self.till_call("glase_till_register")
        self.assertFalse(answer["ok"])
        self.assertIn("several Glase accounts", answer["message"])
        action = self.till.with_user(self.pos_admin).action_glase_register()
        self.assertEqual(action["res_model"], "glase.terminal")
        self.assertEqual(action["context"]["default_config_id"], self.till.id)
        self.assertFalse(self.till.glase_terminal_ids)

    def test_register_again_keeps_the_old_one_for_refunds(self):
        self.terminal_call("action_register_again")
        new = self.main_pos_config.glase_terminal_id
        self.assertNotEqual(new, self.terminal)
        self.assertEqual(new.state, "registered")
        self.assertEqual(new.account_id, self.account)
        self.assertEqual((self.terminal.state, self.terminal.active), ("retired", False))
        self.assertTrue(self.terminal.password)
        self.assertTrue(self.terminal.terminal_identifier)
        self.assertFalse(self.terminal.busy_since)
        self.assertFalse(self.at_glase(self.terminal)["unregistered_at"])
        self.assertIn("keeps its Glase ID", self.terminal.todo)

    @mute_logger(QUIET)
    def test_register_again_that_fails_leaves_the_till_as_it_was(self):
        self.simulator.faults({"operation": "registerTerminal", "kind": "code", "code": 20})
        self.terminal_call("action_register_again")
        self.assertEqual((self.terminal.state, self.terminal.active), ("ready", True))
        self.assertFalse(self.terminal.busy_since)
        self.assertEqual(self.main_pos_config.glase_terminal_id, self.terminal)

    def test_a_registered_till_is_not_registered_beside_itself(self):
        draft = self.env["glase.terminal"].create(
            {"account_id": self.account.id, "config_id": self.main_pos_config.id}
        )
        before = len(self.calls("registerTerminal"))
        with self.refused(UserError, "already"):
            self.terminal_call("action_register", terminal=draft)
        self.assertEqual(len(self.calls("registerTerminal")), before)

    def test_unregister_frees_the_sticker(self):
        glase_id = self.terminal.glase_id
        self.terminal_call("action_unregister")
        self.assertEqual((self.terminal.state, self.terminal.active), ("retired", False))
        self.assertTrue(self.terminal.unregistered_at)
        self.assertFalse(self.main_pos_config.glase_terminal_id)
        self.till_call("glase_till_register")
        self.assertTrue(self.till_call("glase_till_assign", glase_id)["ok"])

    def test_a_replaced_registration_can_be_unregistered_later(self):
        self.terminal_call("action_register_again")
        self.assertFalse(self.terminal.unregistered_at)
        self.terminal_call("action_unregister")
        self.assertTrue(self.terminal.unregistered_at)
        self.assertTrue(self.at_glase(self.terminal)["unregistered_at"])

    def test_unregister_waits_for_the_session_to_close(self):
        self.open_register()
        before = len(self.calls("unregisterTerminal"))
        with self.refused(UserError, "open session"):
            self.terminal_call("action_unregister")
        self.assertEqual(len(self.calls("unregisterTerminal")), before)

    def test_a_till_that_glase_has_forgotten_counts_as_unregistered(self):
        self.simulator.faults(
            {"operation": "unregisterTerminal", "kind": "code", "code": 29, "count": 1}
        )
        self.terminal_call("action_unregister")
        self.assertEqual(self.terminal.state, "retired")
        self.assertIn("does not know", self.chatter(self.terminal))

    @mute_logger(QUIET)
    def test_unregister_without_an_answer_changes_nothing(self):
        self.simulator.faults(
            {"operation": "unregisterTerminal", "kind": "drop-before", "count": 1}
        )
        self.terminal_call("action_unregister")
        self.assertEqual(self.terminal.state, "ready")
        self.assertIn("not certain", self.chatter(self.terminal))
        self.assertFalse(self.terminal.busy_since)


class TestUndecided(BackOfficeCommon):
    """While money is undecided a registration stays as it is."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        order, self.line = self.draft_order(self.pos_session, 20)
        self.send(order, self.line)
        self.order = order

    def test_register_again_assign_and_unregister_are_refused(self):
        before = len(self.calls("*"))
        for method, arguments in (
            ("action_register_again", ()),
            ("_ask_assign", ("OTHER1",)),
            ("action_unregister", ()),
        ):
            with self.subTest(method), self.refused(UserError, "not decided"):
                self.terminal_call(method, *arguments)
        self.assertEqual(self.terminal.state, "ready")
        self.assertFalse(self.terminal.busy_since)
        self.assertEqual(len(self.calls("*")), before)

    def test_the_sentence_names_the_order(self):
        answer = self.till_call("glase_till_assign", "OTHER1", config=self.main_pos_config)
        self.assertFalse(answer["ok"])
        self.assertIn(self.row(self.line).order_name, answer["message"])

    def test_a_payment_is_refused_while_the_registration_changes(self):
        self.door("cancel", line_uuid=self.line, attempt="1")
        self.terminal.sudo().busy_since = clock.now(self.env.cr)
        before = len(self.calls("sendInvoice"))
        self.assertFalse(self.send(self.order, self.line, attempt="2")["ok"])
        self.assertEqual(len(self.calls("sendInvoice")), before)


class TestAssign(BackOfficeCommon):
    """The Glase ID of a sticker."""

    def setUp(self):
        super().setUp()
        self.till_call("glase_till_register")
        self.second = self.till.glase_terminal_id

    def test_scanned_from_the_sticker(self):
        answer = self.till_call("glase_till_assign", "HTTP://SEQR.SE/QaBc123")
        self.assertTrue(answer["ok"], answer["message"])
        self.assertEqual((self.second.state, self.second.glase_id), ("ready", "aBc123"))
        self.assertEqual(self.at_glase(self.second)["glase_id"], "aBc123")
        glase = answer["glase"]
        self.assertEqual(glase["state"], "ready")
        self.assertEqual(glase["sticker"], "HTTP://SEQR.SE/QaBc123")
        self.assertFalse(glase["phone_url"])
        self.assertFalse(glase["message"])

    def test_nonsense_is_never_sent(self):
        before = len(self.calls("assignSeqrId"))
        for text in ("", "not ok!", "HTTP://SEQR.SE/R123", "https://example.com"):
            with self.subTest(text):
                self.assertFalse(self.till_call("glase_till_assign", text)["ok"])
        self.assertEqual(len(self.calls("assignSeqrId")), before)

    def test_a_sticker_of_ours_names_the_till_that_has_it(self):
        answer = self.till_call("glase_till_assign", self.terminal.glase_id)
        self.assertFalse(answer["ok"])
        self.assertIn(self.terminal.name, answer["message"])

    @mute_logger(QUIET)
    def test_a_sticker_of_another_shop_is_said(self):
        self.simulator.faults({"operation": "assignSeqrId", "kind": "code", "code": 53})
        answer = self.till_call("glase_till_assign", "TAKEN1")
        self.assertFalse(answer["ok"])
        self.assertIn("another till has it", answer["message"])
        self.assertEqual(self.second.state, "registered")
        self.assertFalse(self.second.glase_id_asked)

    def test_the_same_again_asks_nobody(self):
        self.till_call("glase_till_assign", "SAME1")
        before = len(self.calls("assignSeqrId"))
        self.assertTrue(self.till_call("glase_till_assign", "SAME1")["ok"])
        self.assertEqual(len(self.calls("assignSeqrId")), before)

    @mute_logger(QUIET)
    def test_without_an_answer_the_till_is_not_ready(self):
        self.till_call("glase_till_assign", "OLD1")
        self.simulator.faults({"operation": "assignSeqrId", "kind": "drop-after", "count": 1})
        answer = self.till_call("glase_till_assign", "NEW1")
        self.assertFalse(answer["ok"])
        self.assertEqual((self.second.state, self.second.glase_id), ("registered", False))
        self.assertIn("NEW1", self.second.todo)
        wizard = self.env["glase.assign"].with_context(default_terminal_id=self.second.id)
        self.assertEqual(wizard.default_get(["terminal_id", "text"])["text"], "NEW1")
        self.assertTrue(self.till_call("glase_till_assign", "NEW1")["ok"])
        self.assertEqual(self.second.glase_id, "NEW1")

    def test_what_is_scanned_is_checked_before_it_is_assigned(self):
        cola = self.env["product.product"].create({"name": "Cola", "barcode": "5410013101703"})
        self.env["product.uom"].create(
            {
                "product_id": cola.id,
                "uom_id": self.env.ref("uom.product_uom_dozen").id,
                "barcode": "15410013101700",
            }
        )
        own = self.terminal.glase_id
        self.till_call("glase_till_register")
        self.till_call("glase_till_assign", "CHECKED1")
        second = self.till.glase_terminal_id
        before = len(self.calls("assignSeqrId"))
        for text, ok, question, words in (
            ("5410013101703", False, False, "bar code of the product “Cola”"),
            ("15410013101700", False, False, "bar code of the product “Cola”"),
            ("http://example.com/x", False, False, "not the code of a Glase sticker"),
            ("a b", False, False, "letters A to Z and digits only"),
            (own, False, False, f"is the sticker of “{self.terminal.name}”"),
            ("CHECKED1", True, False, "has CHECKED1 already"),
            ("HTTP://SEQR.SE/QNEW2", True, True, "has the sticker CHECKED1. Use NEW2 instead?"),
        ):
            with self.subTest(text):
                answer = self.till_call("glase_till_check", text)
                self.assertEqual((answer["ok"], answer["question"]), (ok, question))
                self.assertIn(words, answer["message"])
                with self.office(self.pos_admin) as env:
                    wizard = env["glase.assign"].create({"terminal_id": second.id, "text": text})
                    kind = "question" if question else "right" if ok else "wrong"
                    self.assertEqual(wizard.verdict_kind, kind)
                    self.assertIn(words, wizard.verdict)
                if not ok:
                    self.assertFalse(self.till_call("glase_till_assign", text)["ok"])
        self.assertEqual(len(self.calls("assignSeqrId")), before)
        self.assertEqual(second.glase_id, "CHECKED1")

    def test_the_dialog_stays_open_when_glase_refuses(self):
        with self.office() as env:
            wizard = env["glase.assign"].create({"terminal_id": self.second.id, "text": "a b"})
            with self.refused(UserError, "letters A to Z"):
                wizard.action_assign()
            wizard.text = "HTTP://SEQR.SE/QDIALOG1"
            wizard.action_assign()
        self.assertEqual(self.second.glase_id, "DIALOG1")

    def test_a_terminal_that_is_not_registered_has_no_glase_id(self):
        third = self.till.copy({"name": "Third till"})
        answer = self.till_call("glase_till_assign", "EARLY1", config=third)
        self.assertFalse(answer["ok"])
        self.assertIn("register it first", answer["message"])


class TestTest(BackOfficeCommon):
    """Does Glase know this till?"""

    def test_a_ready_till(self):
        answer = self.till_call("glase_till_test", config=self.main_pos_config)
        self.assertTrue(answer["ok"], answer["message"])
        self.assertIn("knows", self.chatter(self.terminal))

    @mute_logger(QUIET)
    def test_a_forgotten_till_and_a_wrong_password(self):
        for code in (29, 20):
            self.simulator.faults({"operation": "getPaymentStatus", "kind": "code", "code": code})
            answer = self.till_call("glase_till_test", config=self.main_pos_config)
            self.assertFalse(answer["ok"])

    def test_a_draft_tests_its_account(self):
        self.draft()
        answer = self.till_call("glase_till_test")
        self.assertTrue(answer["ok"], answer["message"])
        self.assertTrue(self.calls("executeReport"))

    def test_the_state_of_a_till(self):
        self.assertEqual(self.till_call("glase_till_status")["glase"]["state"], "not_registered")
        answer = self.till_call("glase_till_status", config=self.main_pos_config)
        self.assertTrue(answer["ok"])
        self.assertTrue(answer["glase"]["manager"])
        answer = self.till_call(
            "glase_till_status", config=self.main_pos_config, user=self.pos_user
        )
        self.assertFalse(answer["glase"]["manager"])


class TestRegistrationIsKept(BackOfficeCommon):
    """What may not happen to a registration, or to its till."""

    def test_a_copied_till_has_no_terminal(self):
        copied = self.main_pos_config.copy()
        self.assertFalse(copied.glase_terminal_ids)
        self.assertFalse(copied.glase_terminal_id)
        self.assertEqual(copied._glase_till_info()["state"], "not_registered")

    def test_a_registered_till_is_neither_archived_nor_deleted_nor_moved(self):
        other = self.env["res.company"].create({"name": "Other company"})
        for change in (
            lambda: self.main_pos_config.write({"active": False}),
            lambda: self.main_pos_config.unlink(),
            lambda: self.main_pos_config.write({"company_id": other.id}),
        ):
            with self.refused(UserError, "is registered with Glase"):
                change()

    def test_a_till_with_undecided_money_is_not_archived(self):
        row = self.undecided_row("Order 17")
        self.terminal.sudo().write({"state": "retired", "active": False})
        with self.refused(UserError, "Order 17"):
            self.main_pos_config.write({"active": False})
        row.write({"state": "canceled"})
        self.main_pos_config.write({"active": False})
        self.assertFalse(self.main_pos_config.active)

    def test_an_unregistered_till_can_be_deleted(self):
        draft = self.draft()
        self.till.unlink()
        self.assertEqual(draft.state, "retired")
        self.assertFalse(draft.config_id)

    def test_a_terminal_is_never_deleted(self):
        with self.refused(UserError, "kept"):
            self.terminal.unlink()

    def test_a_manager_edits_drafts_only_and_only_by_name(self):
        draft = self.draft()
        draft.name = "By hand"
        for values in (
            {"state": "ready"},
            {"terminal_identifier": "forged"},
            {"environment": "production"},
            {"endpoint": "https://elsewhere.example"},
            {"glase_id": "FORGED"},
            {"busy_since": False},
            {"active": False},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                draft.write(values)
            with self.subTest(values), self.assertRaises(AccessError):
                self.env["glase.terminal"].with_user(self.pos_admin).create(
                    {"account_id": self.account.id, **values}
                )
        terminal = self.terminal.with_user(self.pos_admin)
        with self.refused(UserError, "register the till again"):
            terminal.name = "Too late"

    def test_one_live_registration_and_one_draft(self):
        values = {"account_id": self.account.id, "config_id": self.till.id, "name": "x"}
        terminals = self.env["glase.terminal"].sudo()
        for state in ("draft", "ready"):
            terminals.create({**values, "state": state})
            with (
                self.assertRaises(Exception) as refused,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                terminals.create({**values, "state": state})
            self.assertIn("glase_terminal", str(refused.exception))

    def test_search_by_terminal(self):
        configs = self.env["pos.config"]
        both = self.main_pos_config + self.till
        found = configs.search([("glase_terminal_id", "=", self.terminal.id)])
        self.assertEqual(found, self.main_pos_config)
        self.assertNotIn(self.till, configs.search([("glase_terminal_id", "!=", False)]))
        found = configs.search([("glase_terminal_id", "=", False), ("id", "in", both.ids)])
        self.assertEqual(found, self.till)
        found = configs.search([("glase_terminal_id.state", "=", "ready")])
        self.assertEqual(found, self.main_pos_config)
