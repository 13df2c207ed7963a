import inspect
import json
import re

from odoo.service.model import call_kw
from odoo.tests import JsonRpcException
from odoo.tools import mute_logger

from ...models.support import clock
from ..shared.common import GlaseCommon

# Every method of ours that a browser may name, and what a cashier hears: nobody adds one unseen.
REFUSED_TO_CASHIERS = {
    "glase.account": {
        "action_confirm_database",
        "action_go_live",
        "action_make_health_token",
        "action_mark_period",
        "action_open_verifications",
        "action_overview",
        "action_revoke_health_tokens",
        "action_simulate",
        "action_test",
        "action_verify",
        "create",
        "web_save",
        "write",
    },
    "glase.case": {
        "action_attach",
        "action_make_refund_order",
        "action_new_amount_taken",
        "action_not_paid",
        "action_old_amount_taken",
        "action_refund",
        "action_repeat_refund",
        "action_settle",
        "action_was_not_refunded",
        "action_was_refunded",
        "action_write_off",
        "create",
        "write",
    },
    "glase.event": {"create", "write"},
    "glase.period": {
        "action_export_csv",
        "action_export_xlsx",
        "action_resume",
        "create",
        "write",
    },
    "glase.period.line": {
        "action_accept",
        "action_refund",
        "action_name_refund",
        "action_take_as_paid",
        "create",
        "write",
    },
    "glase.receipt": {"action_retry", "create", "write"},
    "glase.terminal": {
        "action_mark_period",
        "action_register",
        "action_register_again",
        "action_test",
        "action_unregister",
        "create",
        "write",
    },
    "glase.transaction": {"action_make_refund_order", "action_refund", "create", "write"},
    "glase.verification": {
        "action_advance",
        "action_again",
        "action_download",
        "action_pause",
        "action_resume",
        "action_start",
        "action_stop",
        "create",
        "write",
    },
    "pos.config": {
        "action_glase_assign",
        "action_glase_cases",
        "action_glase_phone",
        "action_glase_register",
        "action_glase_set_up",
        "action_glase_terminal",
        "action_glase_test",
        "action_glase_try",
        "glase_till_assign",
        "glase_till_check",
        "glase_till_register",
        "glase_till_test",
        "glase_till_unregister",
    },
}
# What a cashier may ask: it tells what the till shows anyway, and changes nothing.
OPEN_TO_CASHIERS = {
    "glase.account": {"action_open_terminals"},
    "glase.period": {"action_differences"},
    "glase.period.line": {"action_open_case", "action_open_journal_item"},
    "glase.terminal": {
        "action_check_sticker",
        "action_open_assign",
        "action_open_phone",
        "action_open_undecided",
        "action_print_sticker",
    },
    "pos.config": {"glase_till_status"},
}
# Wizards: refused as a whole, because a cashier may not even make one.
WIZARDS = (
    "glase.accept",
    "glase.assign",
    "glase.close.over",
    "glase.go.live",
    "glase.go.live.line",
    "glase.refund",
    "glase.refund.line",
    "glase.run.report",
    "glase.run.report.line",
    "glase.set.up",
    "glase.sticker.check",
    "glase.write.off",
)
TABLES = (
    "glase_account",
    "glase_terminal",
    "glase_transaction",
    "glase_event",
    "glase_case",
    "glase_period",
    "glase_period_line",
    "glase_receipt",
    "glase_verification",
    "pos_payment",
)
# Odoo has no words of its own for an order by the field of another model.
REFUSALS_OVER_RPC = "AccessError|AccessDenied|UserError|ValidationError|ValueError"


class TestAttackSecrets(GlaseCommon):
    """Somebody with a till's log-in and a browser's console looks for passwords, and for doors."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.sudo().reseller_password = "reseller-secret-7d20b1"
        cls.account.public_url = "https://shop.example.com"
        cls.verification = (
            cls.env["glase.verification"].sudo().create({"account_id": cls.account.id})
        )
        cls.verification.password = "verification-secret-53aa9e"
        cls.move = cls.env["glase.go.live"].sudo().create({"source_id": cls.account.id})
        cls.move.reseller_password = "production-secret-10c4f7"

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def secrets(self):
        account, terminal = self.account.sudo(), self.terminal.sudo()
        return [
            account.reseller_password,
            account.phone_secret,
            terminal.password,
            self.verification.password,
            self.move.draft_account_id.sudo().reseller_password,
        ]

    def rpc(self, model, method, *arguments, **keywords):
        """Call a method as the browser's console does."""
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": keywords},
        )

    def assert_tells_nothing(self, model, method, *arguments, **keywords):
        """The call is refused, or what it answers holds no secret."""
        with self.subTest(model=model, method=method, arguments=arguments, keywords=keywords):
            try:
                with mute_logger("odoo.http"):
                    answer = json.dumps(self.rpc(model, method, *arguments, **keywords))
            except JsonRpcException:
                return
            for secret in self.secrets():
                self.assertNotIn(secret, answer)

    def assert_refused(self, model, method, *arguments, **keywords):
        with (
            self.subTest(model=model, method=method, arguments=arguments, keywords=keywords),
            mute_logger("odoo.http"),
            self.assertRaises(JsonRpcException) as caught,
        ):
            self.rpc(model, method, *arguments, **keywords)
        self.assertRegex(str(caught.exception), REFUSALS_OVER_RPC)

    def guesses(self):
        """Ways to ask for a secret: model, method, arguments, keywords."""
        ways = (
            ("glase.account", self.account.id, "reseller_password", ""),
            ("glase.account", self.account.id, "phone_secret", ""),
            ("glase.terminal", self.terminal.id, "password", ""),
            ("glase.terminal", self.terminal.id, "reseller_password", "account_id"),
            ("pos.config", self.main_pos_config.id, "password", "glase_terminal_id"),
            ("pos.config", self.main_pos_config.id, "password", "glase_terminal_ids"),
            ("glase.transaction", 1, "password", "terminal_id"),
            ("glase.transaction", 1, "reseller_password", "account_id"),
            ("glase.verification", self.verification.id, "password", ""),
            ("glase.verification", self.verification.id, "reseller_password", "account_id"),
            ("glase.verification.step", 1, "password", "verification_id"),
            ("glase.verification.bill", 1, "password", "verification_id"),
            ("glase.verification.exchange", 1, "password", "verification_id"),
            ("glase.go.live", self.move.id, "reseller_password", ""),
            ("glase.go.live", self.move.id, "reseller_password", "draft_account_id"),
            ("glase.go.live", self.move.id, "reseller_password", "target_id"),
            ("glase.go.live.line", 1, "reseller_password", "move_id"),
        )
        for model, record, name, through in ways:
            dotted = f"{through}.{name}" if through else name
            slashed = dotted.replace(".", "/")
            nested = {through: {"fields": {name: {}}}} if through else {name: {}}
            yield model, "read", ([record], [dotted]), {}
            yield model, "search_read", ([], [dotted]), {}
            yield model, "export_data", ([record], [slashed]), {}
            yield model, "web_read", ([record], nested), {}
            yield model, "web_search_read", ([], nested), {}
            yield model, "web_save", ([record], {}, nested), {}
            yield model, "onchange", ([record], {}, [name], nested), {}
            yield model, "read_group", ([], [dotted], [dotted]), {}
            yield model, "formatted_read_group", ([], [dotted], []), {}
            yield model, "formatted_read_group", ([], [], [f"{dotted}:array_agg"]), {}
            yield model, "web_read_group", ([], [dotted]), {}
            yield model, "read_progress_bar", ([], dotted, {"field": dotted, "colors": {}}), {}
            yield model, "search_panel_select_range", (dotted,), {}
            yield model, "search_panel_select_multi_range", (dotted,), {}
            yield model, "copy_data", ([record],), {}
            yield model, "default_get", ([name],), {}

    def test_no_way_of_reading_tells_a_secret(self):
        for user in ("pos_user", "pos_admin"):
            self.authenticate(user, user)
            for model, method, arguments, keywords in self.guesses():
                self.assert_tells_nothing(model, method, *arguments, **keywords)

    def test_no_search_finds_out_a_secret(self):
        """A domain or an order on a secret would tell it letter by letter."""
        first = self.secrets()[0][0]
        for user in ("pos_user", "pos_admin"):
            self.authenticate(user, user)
            for model, name in (
                ("glase.account", "reseller_password"),
                ("glase.account", "phone_secret"),
                ("glase.terminal", "password"),
                ("glase.terminal", "account_id.reseller_password"),
                ("glase.transaction", "terminal_id.password"),
                ("glase.verification", "password"),
                ("glase.verification", "account_id.reseller_password"),
                ("glase.verification.step", "verification_id.password"),
                ("glase.verification.bill", "verification_id.password"),
                ("glase.verification.exchange", "verification_id.password"),
                ("glase.account", "verification_ids.password"),
                ("glase.go.live", "draft_account_id.reseller_password"),
                ("glase.go.live", "target_id.reseller_password"),
                ("glase.transaction", "account_id.reseller_password"),
                ("glase.event", "transaction_id.terminal_id.password"),
                ("glase.case", "transaction_id.terminal_id.password"),
                ("pos.config", "glase_terminal_ids.password"),
                ("pos.config", "glase_terminal_id.password"),
                ("pos.payment.method", "config_ids.glase_terminal_ids.password"),
            ):
                self.assert_refused(model, "search_count", [(name, "=like", f"{first}%")])
                self.assert_refused(model, "search", [(name, "!=", False)])
                self.assert_refused(model, "search", [], order=name)

    def test_system_parameters_are_the_administrators(self):
        for user in ("pos_user", "pos_admin"):
            self.authenticate(user, user)
            for key, value in (
                (clock.OFFSET_PARAMETER, "-86400"),
                ("pos_glase.silent_after", "100000"),
                ("database.secret", "known"),
            ):
                self.assert_refused("ir.config_parameter", "set_param", key, value)
                self.assert_refused("ir.config_parameter", "get_param", key)
                self.assert_refused("ir.config_parameter", "create", {"key": key, "value": value})
                self.assert_refused(
                    "ir.config_parameter", "search_read", [("key", "=", key)], ["value"]
                )

    def test_the_history_of_an_account_tells_no_secret(self):
        self.account.sudo().reseller_password = "reseller-secret-new-4412"
        self.env.cr.flush()
        tracked = self.env["mail.tracking.value"].sudo().search([])
        told = json.dumps(tracked.read(), default=str)
        told += "".join(map(str, self.env["mail.message"].sudo().search([]).mapped("body")))
        for secret in [*self.secrets(), "reseller-secret-7d20b1"]:
            self.assertNotIn(secret, told)

    def test_doors_tell_no_secret(self):
        order, line = self.draft_order(self.pos_session, 20)
        told = [self.send(order, line)]
        asked = {"line_uuid": line, "attempt": "1"}
        told += [self.door("status", **asked), self.door("resume", line_uuids=[line])]
        told += [
            self.door("leave", **asked),
            self.rpc("pos.config", "glase_till_status", [self.main_pos_config.id]),
        ]
        told.append(self.env["glase.event"].sudo().search([]).read())
        text = json.dumps(told, default=str)
        for secret in self.secrets():
            self.assertNotIn(secret, text)

    # === Every method that a browser may name ===

    def own_methods(self, model):
        """The public methods that this module defines on a model."""
        found = set()
        for owner in type(self.env[model]).mro():
            # What is overridden for all threads at once is listed by ``test_attack_methods``.
            if (
                not re.search(r"(^|\.)pos_glase\b", owner.__module__)
                or owner._name == "mail.thread"
            ):
                continue
            for name, value in vars(owner).items():
                private = name.startswith("_") or getattr(value, "_api_private", False)
                if inspect.isfunction(value) and not private:
                    found.add(name)
        return found

    def test_no_public_method_was_added_unseen(self):
        ours = [name for name in self.env if name.startswith("glase.")]
        for model in [*ours, "pos.config"]:
            if model in WIZARDS:
                continue
            known = REFUSED_TO_CASHIERS.get(model, set()) | OPEN_TO_CASHIERS.get(model, set())
            with self.subTest(model):
                self.assertEqual(
                    self.own_methods(model) - {"create", "write"}, known - {"create", "write"}
                )
        closing = {
            "get_closing_control_data",
            "close_session_from_ui",
            "load_data",
            "action_glase_mark_period",
            "action_glase_periods",
        }
        for model in ("pos.order", "pos.payment", "pos.payment.method", "pos.session", "res.users"):
            known = {"create", "write", "unlink", "copy_data", "init", "sync_from_ui"}
            known |= closing if model == "pos.session" else set()
            with self.subTest(model):
                self.assertLessEqual(self.own_methods(model), known, "known to Odoo")

    def test_what_is_refused_to_cashiers_is_refused(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        case = self.env["glase.case"]._open("paid_late", "For this test", self.row(line))
        period = self.env["glase.period"]._make(
            self.account, self.terminal, self.env["pos.session"]
        )
        difference = {"period_id": period.id, "origin": "report", "kind": "unknown"}
        records = {
            "glase.period": period,
            "glase.period.line": self.env["glase.period.line"].sudo().create(difference),
            "glase.account": self.account,
            "glase.case": case,
            "glase.event": self.row(line).event_ids[:1],
            "glase.receipt": self.env["glase.receipt"]
            .sudo()
            .create({"transaction_id": self.row(line).id, "company_id": self.company.id}),
            "glase.terminal": self.terminal,
            "glase.transaction": self.row(line),
            "glase.verification": self.verification,
            "pos.config": self.main_pos_config,
        }
        before = self.snapshot()
        given = {
            "glase_till_assign": ["NEW1"],
            "glase_till_check": ["NEW1"],
            "web_save": [{"reseller_password": "x"}, {}],
        }
        for model, names in REFUSED_TO_CASHIERS.items():
            for name in sorted(names - {"create", "write"}):
                arguments = given.get(name, [])
                self.assert_refused(model, name, records[model].ids, *arguments)
            if model != "pos.config":
                self.assert_refused(model, "create", {})
                self.assert_refused(model, "write", records[model].ids, {"company_id": False})
                self.assert_refused(model, "unlink", records[model].ids)
        for model in WIZARDS:
            self.assert_refused(model, "create", {})
        for model, names in OPEN_TO_CASHIERS.items():
            for name in sorted(names):
                self.assert_tells_nothing(model, name, records[model].ids)
        self.assertEqual(self.snapshot(), before)

    def snapshot(self):
        """All that money hangs on, as it stands."""
        self.env.flush_all()
        self.env.cr.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t.id)) FROM {table} t"
                for table in TABLES
            )
        )
        return self.env.cr.fetchall()

    def test_no_method_that_odoo_brings_along_changes_or_tells_anything(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.send(order, line)
        self.env["glase.case"]._open("paid_late", "For this test", self.row(line))
        self.env.cr.flush()
        before, secrets = self.snapshot(), self.secrets()
        answered = 0
        for model in [name for name in self.env if name.startswith("glase.")]:
            ids = self.env[model].sudo().search([]).ids
            for name in dir(type(self.env[model])):
                if name.startswith("_") or not inspect.isroutine(
                    inspect.getattr_static(type(self.env[model]), name)
                ):
                    continue
                for arguments in ([ids], [ids, {}], [ids, []], [ids, [], []]):
                    answered += self.call_as_cashier(model, name, arguments, before, secrets)
        self.assertGreater(answered, 100, "the attack itself is alive")

    def call_as_cashier(self, model, name, arguments, before, secrets):
        """Call one method, which must leave all as it was before; returns whether it answered."""
        cashier = self.env[model].with_user(self.pos_user)
        with self.subTest(model=model, name=name), self.env.cr.savepoint() as savepoint:
            try:
                with mute_logger("odoo.models", "odoo.domains", "odoo.sql_db", "odoo.orm"):
                    told = json.dumps(call_kw(cashier, name, arguments, {}), default=str)
            except Exception as error:  # pylint: disable=broad-except
                # What a method says to nonsense is Odoo's own affair; what it changed is not.
                self.assertNotIn("commit", str(error), f"{model}.{name} was about to commit")
                told = ""
            try:
                self.assertEqual(self.snapshot(), before)
            finally:
                savepoint.rollback()
                self.env.invalidate_all()
            for secret in secrets:
                self.assertNotIn(secret, told)
        return bool(told)
