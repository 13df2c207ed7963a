import json
import uuid

from odoo import Command
from odoo.tests import JsonRpcException
from odoo.tools import mute_logger

from ..shared.common import GlaseCommon
from ..shared.refunds import RefundCommon

FORGED = {
    "transaction_id": "2018081409312804501000917",
    "payment_ref_no": "4711",
    "card_type": "Glase payment",
    "glase_paid_at": "2026-01-01 12:00:00",
    "glase_unverified": False,
    "glase_original_reference": "4712",
}
# After so many Odoo asks nobody from this address for a minute.
WRONG_PASSWORDS = 10
NO_AMOUNTS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "-5",
    "0",
    "1e400",
    "9" * 400,
    "",
    "gold",
    None,
    [],
    {},
)


class Attacker:
    """Somebody with a till's log-in and a browser's console."""

    def rpc(self, model, method, *arguments, **keywords):
        """Call a method as the browser's console does."""
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": keywords},
        )

    def try_rpc(self, model, method, *arguments, **keywords):
        """Call a method; returns whether it was let through."""
        try:
            with mute_logger("odoo.http", "odoo.sql_db"):
                self.rpc(model, method, *arguments, **keywords)
        except JsonRpcException:
            return False
        finally:
            self.env.invalidate_all()
        return True

    def assert_refused(self, model, method, *arguments, **keywords):
        with self.subTest(model=model, method=method, arguments=arguments):
            self.assertFalse(self.try_rpc(model, method, *arguments, **keywords))

    def try_door(self, name, **params):
        """Ask a till's route; returns the refusal, or an error, as a dict."""
        try:
            with mute_logger("odoo.http", "odoo.sql_db"):
                return self.door(name, **params)
        except JsonRpcException as error:
            return {"ok": False, "reason": str(error)}

    def calls(self):
        """How often Glase heard anything."""
        return len(self.simulator.journal()["calls"])


class TestAttack(Attacker, GlaseCommon):
    """A cashier, who has Point of Sale rights only, tries to get goods without money."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def assert_unproven(self, payment, kind="unverified_payment"):
        """The payment is marked, carries no claim, and there is an open case about it."""
        payment.invalidate_recordset()
        self.assertTrue(payment.glase_unverified)
        for name in ("transaction_id", "payment_ref_no", "glase_paid_at", "card_type"):
            self.assertFalse(payment[name], name)
        cases = self.env["glase.case"].search(
            [("payment_id", "=", payment.id), ("state", "=", "open")]
        )
        self.assertIn(kind, cases.mapped("kind"))

    def synced(self, payment, state="paid", amount=20, **context):
        """The payment of an order that a browser syncs with whatever it likes."""
        values = {"uuid": str(uuid.uuid4()), "amount": amount}
        values |= {"payment_method_id": self.glase_method.id, "payment_status": "done"}
        order = self.order_values(self.pos_session, amount, [{**values, **payment}], state)
        self.rpc("pos.order", "sync_from_ui", [order], context=context)
        self.env.invalidate_all()
        return self.env["pos.order"].search([("uuid", "=", order["uuid"])]).payment_ids

    # === Mark a payment paid ===

    def test_the_ledger_is_written_by_nobody(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        row = self.row(line)
        case = self.env["glase.case"]._open("paid_late", "For this test", row)
        paid = {"state": "paid", "ers_reference": "forged", "payment_id": order.payment_ids.id}
        for user in ("pos_user", "pos_admin"):
            self.authenticate(user, user)
            self.assert_refused("glase.transaction", "write", row.ids, paid)
            self.assert_refused("glase.transaction", "web_save", row.ids, paid, {})
            self.assert_refused("glase.transaction", "create", {**paid, "line_uuid": line})
            self.try_rpc("glase.transaction", "load", ["state", "line_uuid"], [["paid", line]])
            self.assert_refused("glase.transaction", "copy", row.ids)
            self.assert_refused("glase.transaction", "unlink", row.ids)
            for name in ("_transition", "_record_answer", "_cron_settle", "_give_up", "_force"):
                self.assert_refused("glase.transaction", name, row.ids)
            event = {"transaction_id": row.id, "operation": "getPaymentStatus", "status": "PAID"}
            self.assert_refused("glase.event", "create", {**event, "outcome": "answer"})
            self.assert_refused("glase.event", "write", row.event_ids.ids, {"status": "PAID"})
            self.assert_refused("glase.event", "unlink", row.event_ids.ids)
            self.assert_refused("glase.case", "write", case.ids, {"state": "settled"})
            self.assert_refused("glase.case", "unlink", case.ids)
        self.authenticate("pos_user", "pos_user")
        self.assert_refused("glase.case", "write", case.ids, {"reason": "All is well"})
        self.assert_refused("glase.case", "message_post", case.ids, body="All is well")
        rows = self.env["glase.transaction"].search([("line_uuid", "=", line)])
        self.assertEqual((len(rows), rows.state, case.state), (1, "issued", "open"))

    def test_a_payment_that_claims_to_be_paid_is_not_believed(self):
        for claim in (
            FORGED,
            {**FORGED, "payment_status": False},
            {**FORGED, "payment_status": "pending"},
            {**FORGED, "payment_status": "glase_open"},
            {**FORGED, "payment_status": "reversing"},
            {**FORGED, "is_change": True},
        ):
            with self.subTest(claim):
                payment = self.synced(claim)
                self.assertEqual(payment.pos_order_id.state, "paid")
                self.assert_unproven(payment)

    def test_a_context_claims_nothing(self):
        context = {f"default_{name}": value for name, value in FORGED.items()}
        draft = self.synced({"payment_status": "pending"}, "draft", **context)
        self.assertFalse(draft.transaction_id)
        settled = {"default_state": "settled", "default_note": "All is well"}
        done = {"payment_status": "done"}
        self.rpc("pos.payment", "write", draft.ids, done, context={**context, **settled})
        self.assert_unproven(draft)

    def test_an_order_that_is_written_paid_is_proven(self):
        for status in ("pending", "waiting", "glase_open", "done"):
            with self.subTest(status):
                payment = self.synced({"payment_status": status}, "draft")
                self.try_rpc("pos.order", "write", payment.pos_order_id.ids, {"state": "paid"})
                if payment.pos_order_id.state == "paid":
                    self.assert_unproven(payment)

    def test_a_payment_that_changes_its_method_brings_no_claim(self):
        cash = {**FORGED, "payment_method_id": self.cash_method.id, "payment_status": False}
        payment = self.synced(cash, "draft")
        method = {"payment_method_id": self.glase_method.id, "payment_status": "done"}
        self.rpc("pos.payment", "write", payment.ids, method)
        self.assert_unproven(payment)

    def test_a_payment_is_created_and_written_over_rpc_in_vain(self):
        order, line = self.draft_order(self.pos_session, 20)
        values = {"pos_order_id": order.id, "amount": 20, "payment_method_id": self.glase_method.id}
        created = self.rpc("pos.payment", "create", {**values, **FORGED, "payment_status": "done"})
        self.assert_unproven(self.env["pos.payment"].browse(created))
        payment = order.payment_ids.filtered(lambda one: one.uuid == line)
        self.rpc("pos.payment", "write", payment.ids, {**FORGED, "payment_status": "done"})
        self.assert_unproven(payment)
        command = [[1, payment.id, {**FORGED, "payment_status": "done"}]]
        self.rpc("pos.order", "write", order.ids, {"payment_ids": command})
        self.assert_unproven(payment)

    def test_who_asked_is_not_what_a_browser_says(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        context = {"glase_user_id": self.pos_admin.id, "default_status": "PAID"}
        self.rpc("pos.payment", "unlink", order.payment_ids.ids, context=context)
        events = self.row(line).event_ids
        self.assertIn("give_up", events.mapped("operation"))
        self.assertNotIn(self.pos_admin, events.user_id)
        self.assertNotIn("PAID", events.mapped("status"))

    # === Use money twice ===

    def test_a_paid_line_is_used_once(self):
        order, line = self.paid_bill()
        self.validate(order, line)
        self.assertFalse(order.payment_ids.glase_unverified)
        reference = self.row(line).ers_reference
        payment = self.synced({**FORGED, "transaction_id": reference})
        self.assert_unproven(payment)
        for values in ({"uuid": line}, {"pos_order_id": order.id}):
            self.try_rpc("pos.payment", "write", payment.ids, values)
        payment.invalidate_recordset()
        self.assertTrue(payment.glase_unverified)
        self.assertEqual(self.row(line).payment_id.uuid, line)

    def test_a_paid_line_that_moves_to_another_order_is_a_case(self):
        order, line = self.paid_bill()
        other, _other_line = self.draft_order(self.pos_session, 20)
        taken = order.payment_ids
        self.try_rpc("pos.payment", "write", taken.ids, {"uuid": str(uuid.uuid4())})
        thief = other.payment_ids
        self.try_rpc("pos.payment", "write", thief.ids, {"uuid": line, "payment_status": "done"})
        linked = self.row(line).payment_id
        self.assertLessEqual(len(linked), 1)
        for payment in (taken | thief) - linked:
            self.rpc("pos.payment", "write", payment.ids, {"payment_status": "done"})
            self.assert_unproven(payment)

    def test_the_amount_is_changed_between_send_and_sync(self):
        for before_paid in (True, False):
            with self.subTest(before_paid=before_paid):
                order, line = self.draft_order(self.pos_session, 100)
                self.send(order, line)
                more = {"amount": 500}
                if before_paid:
                    self.rpc("pos.payment", "write", order.payment_ids.ids, more)
                self.customer("pay")
                self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "paid")
                if not before_paid:
                    self.rpc("pos.payment", "write", order.payment_ids.ids, more)
                self.rpc("pos.order", "write", order.ids, {"amount_total": 500})
                self.validate(order, line)
                self.assertTrue(order.payment_ids.glase_unverified)
                about = (
                    "|",
                    ("transaction_id.line_uuid", "=", line),
                    ("payment_id.uuid", "=", line),
                )
                cases = self.env["glase.case"].search([*about, ("state", "=", "open")])
                self.assertTrue(
                    {"changed_after_send", "unverified_payment"} & set(cases.mapped("kind"))
                )

    def test_drafts_with_money_out_are_deleted(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.customer("pay")
        self.rpc("pos.order", "unlink", order.ids)
        row = self.row(line)
        self.assertEqual(row.given_up_why, "order_gone")
        self.settle()
        self.advance(31)
        self.settle()
        self.assertEqual(self.row(line).state, "reversed")
        order, line = self.paid_bill(30)
        self.rpc("pos.order", "unlink", order.ids)
        self.advance(301)
        self.settle()
        cases = self.row(line).case_ids.filtered(lambda case: case.state == "open")
        self.assertEqual(cases.mapped("kind"), ["paid_without_order"])

    def settle(self):
        """Let the scheduled job work once."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.transaction"].sudo()._cron_settle()
        self.env.invalidate_all()

    # === Other people's bills ===

    def test_another_tills_bill_is_not_touched(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        other = self.main_pos_config.copy({"name": "Other till"})
        self.untouched(order, line, other.id)

    def test_another_companys_bill_is_not_touched(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        company = self.env["res.company"].create({"name": "Other company"})
        stranger = {"login": "stranger", "password": "stranger", "company_id": company.id}
        stranger["company_ids"] = [Command.set(company.ids)]
        self.pos_user.copy(stranger)
        self.authenticate("stranger", "stranger")
        self.untouched(order, line, self.main_pos_config.id)
        self.assertEqual(self.rpc("glase.transaction", "search_count", []), 0)
        self.assert_refused("glase.transaction", "read", self.row(line).ids, ["ers_reference"])

    def untouched(self, order, line, config_id):
        """Every door refuses the bill of somebody else, and Glase hears of nothing."""
        row, before = self.row(line), self.calls()
        state = json.dumps(row.read(load="")[0], default=str)
        asked = {"config_id": config_id, "line_uuid": line, "attempt": "1"}
        about = {"order_uuid": order.uuid, "amount": "20.00"}
        for name, more in (
            ("send", about),
            ("send", {**about, "attempt": "2"}),
            ("status", {}),
            ("status", {"take_back": True}),
            ("cancel", {}),
            ("leave", {}),
            ("update", about),
            ("force", {"reason": "Mine", "login": "pos_admin", "password": "pos_admin"}),
            ("refund", about),
            ("reverse", {"refund_attempt": "r"}),
        ):
            with self.subTest(name):
                self.assertFalse(self.try_door(name, **{**asked, **more})["ok"])
        resumed = self.try_door("resume", config_id=config_id, line_uuids=[line])
        self.assertFalse(resumed.get("rows"))
        self.assertEqual(self.calls(), before)
        row.invalidate_recordset()
        self.assertEqual(json.dumps(row.read(load="")[0], default=str), state)

    def test_doors_are_for_tills(self):
        clerk = {"name": "Clerk", "login": "clerk", "password": "clerk"}
        group = self.env.ref("base.group_user")
        self.env["res.users"].create({**clerk, "group_ids": [Command.set(group.ids)]})
        order, line = self.draft_order(self.pos_session, 20)
        before = self.calls()
        asked = {"line_uuid": line, "attempt": "1", "order_uuid": order.uuid, "amount": "20.00"}
        self.authenticate("clerk", "clerk")
        self.assertFalse(self.try_door("send", **asked)["ok"])
        self.authenticate(None, None)
        self.assertFalse(self.try_door("send", **asked)["ok"])
        self.assertEqual(self.calls(), before)

    def test_odd_amounts_are_refused_before_any_call(self):
        order, line = self.draft_order(self.pos_session, 20)
        asked = {"order_uuid": order.uuid, "line_uuid": line}
        before = self.calls()
        for amount in NO_AMOUNTS:
            with self.subTest(amount):
                answer = self.try_door("send", **asked, attempt=str(uuid.uuid4()), amount=amount)
                self.assertFalse(answer["ok"])
        self.assertEqual(self.calls(), before)
        self.send(order, line)
        before = self.calls()
        for amount in NO_AMOUNTS:
            with self.subTest(amount):
                answer = self.try_door("update", **asked, attempt="1", amount=amount)
                self.assertFalse(answer["ok"])
        self.assertEqual(self.calls(), before)
        self.assertFalse(self.row(line).proposing)

    # === Managers and tills ===

    def test_nobody_approves_but_a_manager(self):
        self.addCleanup(self.forget_wrong_passwords)
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        asked = {"line_uuid": line, "attempt": "1", "reason": "I saw it on the phone"}
        tries = [
            ("", ""),
            ("pos_admin", "wrong"),
            ("pos_admin", ""),
            ("pos_user", "pos_user"),
            ("nobody", "pos_admin"),
            ("pos_admin", None),
            (["pos_admin"], "wrong"),
            ("pos_admin", "2580"),
        ]
        for login, password in tries:
            with self.subTest(login=login, password=password):
                answer = self.try_door("force", **asked, login=login, password=password)
                self.assertFalse(answer["ok"])
        self.assertFalse(self.row(line).forced_at)
        self.assertFalse(
            self.try_door(
                "force", **{**asked, "reason": " "}, login="pos_admin", password="pos_admin"
            )["ok"]
        )
        self.assertFalse(self.row(line).forced_at)

    def test_guessing_a_managers_password_is_slowed_down(self):
        self.addCleanup(self.forget_wrong_passwords)
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        asked = {"line_uuid": line, "attempt": "1", "reason": "Guessed", "login": "pos_admin"}
        for guess in range(WRONG_PASSWORDS):
            self.assertFalse(self.try_door("force", **asked, password=f"guess {guess}")["ok"])
        answer = self.try_door("force", **asked, password="pos_admin")
        self.assertEqual((answer["ok"], answer["reason"]), (False, "approval"))
        self.forget_wrong_passwords()
        self.assertTrue(self.try_door("force", **asked, password="pos_admin")["forced"])

    def forget_wrong_passwords(self):
        getattr(self.registry, "_login_failures", {}).clear()

    def test_what_a_till_has_of_glase_is_written_by_nobody(self):
        till, method = self.main_pos_config, self.glase_method
        terminal = {"glase_id": "FORGED", "account_id": self.account.id}
        for command in ([1, self.terminal.id, terminal], [2, self.terminal.id], [0, 0, terminal]):
            self.assert_refused("pos.config", "write", till.ids, {"glase_terminal_ids": [command]})
        self.try_rpc("pos.config", "write", till.ids, {"glase_terminal_id": False})
        self.assertEqual(till.glase_terminal_id, self.terminal)
        self.assertEqual(self.terminal.glase_id, self.terminal.sudo().glase_id)
        self.assert_refused("pos.payment.method", "write", method.ids, {"glase_send_at_once": True})
        self.assert_refused(
            "pos.payment.method", "write", method.ids, {"use_payment_terminal": False}
        )
        self.assert_refused("glase.account", "write", self.account.ids, {"public_url": False})
        self.assert_refused(
            "glase.account", "write", self.account.ids, {"endpoint": "https://evil"}
        )
        self.assert_refused(
            "glase.terminal", "write", self.terminal.ids, {"endpoint": "https://evil"}
        )
        self.assert_refused("glase.terminal", "action_archive", self.terminal.ids)
        self.assert_refused(
            "ir.cron", "method_direct_trigger", [self.env.ref("pos_glase.cron_settle").id]
        )
        self.authenticate("pos_admin", "pos_admin")
        self.assert_refused(
            "glase.account", "write", self.account.ids, {"endpoint": "https://evil"}
        )
        for name in ("endpoint", "password", "terminal_identifier", "glase_id", "state"):
            self.assert_refused("glase.terminal", "write", self.terminal.ids, {name: "ready"})

    def test_a_forged_push_says_nothing(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        for token in ("A" * 80, line, str(self.row(line).id), f"{self.row(line).id}-paid"):
            answer = self.url_open(f"/pos_glase/notification/{token}", data={"status": "PAID"})
            self.assertIn(answer.status_code, (400, 403))
            self.assertEqual(answer.content, b"")
        self.assertEqual(self.row(line).state, "issued")


class TestAttackRefund(Attacker, RefundCommon):
    """A cashier tries to give back what was not paid, or more than was paid."""

    def test_nothing_goes_back_that_was_not_paid(self):
        sold, _row = self.paid_order(100)
        order, line = self.refund_order(sold, 40)
        asked = {"order_uuid": order.uuid, "line_uuid": line}
        before = self.calls()
        for amount in (*NO_AMOUNTS, "40.001", "41", "100.00", "1000000"):
            with self.subTest(amount):
                answer = self.try_door("refund", **asked, attempt=str(uuid.uuid4()), amount=amount)
                self.assertFalse(answer["ok"])
        for too_much in (100.01, 5000):
            with self.subTest(too_much):
                order, line = self.refund_order(sold, too_much)
                answer = self.try_door(
                    "refund",
                    order_uuid=order.uuid,
                    line_uuid=line,
                    attempt="1",
                    amount=f"{too_much:.2f}",
                )
                self.assertEqual((answer["ok"], answer["reason"]), (False, "too_much"))
        blind, line = self.refund_order(self.env["pos.order"], 20)
        answer = self.try_door(
            "refund", order_uuid=blind.uuid, line_uuid=line, attempt="1", amount="20.00"
        )
        self.assertEqual(answer["reason"], "no_original")
        self.assertEqual(self.calls(), before)
        self.assertEqual(self.refunds_at_glase(), [])

    def test_a_refund_order_that_nobody_made_at_glase_is_a_case(self):
        sold, _row = self.paid_order(100)
        order, line = self.refund_order(sold, 40)
        payment = order.payment_ids
        self.rpc("pos.payment", "write", payment.ids, {**FORGED, "payment_status": "done"})
        self.rpc("pos.order", "write", order.ids, {"state": "paid"})
        payment.invalidate_recordset()
        self.assertTrue(payment.glase_unverified)
        self.assertFalse(payment.transaction_id)
        case = self.env["glase.case"].search([("payment_id", "=", payment.id)])
        self.assertEqual((case.kind, case.state), ("unverified_refund", "open"))

    def test_the_back_offices_refund_is_for_managers(self):
        _sold, row = self.paid_order(100)
        before = self.calls()
        self.assert_refused("glase.refund", "create", {"transaction_id": row.id})
        self.assert_refused("glase.transaction", "action_refund", row.ids)
        case = self.env["glase.case"]._open("paid_late", "For this test", row)
        for name in ("action_refund", "action_attach", "action_repeat_refund"):
            self.assert_refused("glase.case", name, case.ids)
        self.assertEqual(self.calls(), before)

    def test_another_companys_payment_is_not_given_back(self):
        sold, _row = self.paid_order(100)
        company = self.env["res.company"].create({"name": "Other company"})
        stranger = {"login": "stranger", "password": "stranger", "company_id": company.id}
        stranger["company_ids"] = [Command.set(company.ids)]
        self.pos_user.copy(stranger)
        manager = {**stranger, "login": "other_manager", "password": "other_manager"}
        self.pos_admin.copy(manager)
        before = self.calls()
        self.authenticate("stranger", "stranger")
        answer = self.try_door("refundable", refunded_order_ids=sold.ids)
        self.assertFalse(answer["ok"])
        self.authenticate("other_manager", "other_manager")
        row = self.env["glase.transaction"].search([("payment_id", "in", sold.payment_ids.ids)])
        wizard = {"transaction_id": row.id, "amount": 100, "reason": "Mine"}
        try:
            made = self.rpc("glase.refund", "create", wizard)
        except JsonRpcException:
            made = False
        if made:
            self.assert_refused("glase.refund", "action_refund", [made])
        self.assertEqual(self.calls(), before)
