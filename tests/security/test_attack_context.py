import json
from contextlib import suppress

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import JsonRpcException
from odoo.tools import mute_logger

from ...models.cases import progress
from ...models.support import autonomous_transaction, caller_context
from ..shared.doors import DoorsCommon, public_methods
from ..shared.forged import WORD, Forged
from ..shared.soak import some

# Keys with which Odoo's own code switches things off.
SWITCHES = {
    "tracking_disable": True,
    "mail_notrack": True,
    "mail_create_nolog": True,
    "mail_activity_automation_skip": True,
    "active_test": False,
    "glase_user_id": 1,
    "force_company": 1,
    "install_mode": True,
}
# Keys that Odoo gives a meaning to, with values that a browser never sends; what no Odoo knows, too.
MALFORMED = {
    "tz": ("Nowhere/None", "Europe/Stockholm\n", "UTC\x00", "", 5, True, ["UTC"], "x" * 5000),
    "lang": ("xx_XX", "sv", "", 5, True, "en_US\x00", "x" * 5000),
    "allowed_company_ids": (["1"], "1", [None], [1.5], [2**40], [-1], []),
    "active_id": ("1", -1, [1], 2**40),
    "active_ids": ("1", 5, ["1"], [None]),
    "active_model": ("no.such", 5, ["pos.order"]),
    "uid": ("1", -1, 2**40),
    "figure": (5, ["cases"], "x" * 5000),
    "scenario": (5, "none of ours"),
    "fingerprint": (5, "x" * 5000),
}
# With these Odoo itself reads nothing, of whatever record.
NEVER_READ = {
    "lang": ({"a": 1}, ["en_US"]),
    "tz": ({"a": 1},),
    "allowed_company_ids": (1, True, [[1]], {"a": 1}),
}
OF_ODOO = "odoo.exceptions."


class TakenBack(Exception):
    """What a call has done is taken back."""


class TestAttackContext(Forged, DoorsCommon):
    """What a caller's context says reaches nothing that the system writes."""

    def forged(self):
        """A default for every stored field of every model of ours, and of those of Odoo it writes."""
        context = {
            **SWITCHES,
            "allowed_company_ids": self.company.ids,
        }
        of_odoo = ("pos.order", "pos.payment", "mail.message", "ir.attachment", "bus.bus")
        for model in [*of_odoo, *(name for name in self.env.registry if name.startswith("glase."))]:
            for field in self.env[model]._fields.values():
                value = self.value(field)
                if field.store and value is not None:
                    context[f"default_{field.name}"] = value
        return context

    def in_session(self, context):
        """What is asked from now on is asked in this context: a route of a till has its session's."""
        self.session.context = context
        http.root.session_store.save(self.session)

    def test_no_default_reaches_what_a_till_asks_for(self):
        session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        order, line = self.draft_order(session, 20)
        asked = {"line_uuid": line, "attempt": "1"}
        self.in_session(self.forged())
        with mute_logger("odoo.http"):
            sent = self.door("send", order_uuid=order.uuid, amount="20.00", **asked)
            self.assertEqual(sent["state"], "issued")
            for name in ("status", "cancel", "leave"):
                self.door(name, **asked)
            self.door("resume", line_uuids=[line])
        self.assert_nothing_forged()
        row = self.row(line)
        self.assertEqual(row.event_ids.user_id, self.pos_user, "who asked is who is logged in")

    def test_no_default_reaches_a_registration(self):
        terminals = self.env["glase.terminal"].with_user(self.pos_admin)
        values = {"account_id": self.account.id, "config_id": self.till.id}
        draft = terminals.with_context(**self.forged()).create(values)
        self.assertEqual((draft.state, draft.busy_since), ("draft", False))
        self.assert_nothing_forged()
        self.authenticate("pos_admin", "pos_admin")
        for name in ("action_register", "action_unregister"):
            self.make_jsonrpc_request(
                f"/web/dataset/call_kw/glase.terminal/{name}",
                {
                    "model": "glase.terminal",
                    "method": name,
                    "args": [draft.ids],
                    "kwargs": {"context": self.forged()},
                },
            )
            self.env.invalidate_all()
            self.assert_nothing_forged()
        self.assertTrue(draft.registered_at, "it was registered all the same")
        self.assertNotEqual(draft.sudo().password, WORD)

    def test_no_default_reaches_what_any_public_method_writes(self):
        world = self.world()
        self.authenticate("glase_admin", "glase_admin")
        done = 0
        for model, name in public_methods(self.env):
            record = world[model].exists()
            with self.subTest(model=model, method=name):
                try:
                    with mute_logger("odoo.http"):
                        self.make_jsonrpc_request(
                            f"/web/dataset/call_kw/{model}/{name}",
                            {
                                "model": model,
                                "method": name,
                                "args": [record.ids, *self.arguments(model, name)],
                                "kwargs": {"context": self.forged()},
                            },
                        )
                    done += 1
                except JsonRpcException as refusal:
                    self.assertRegex(str(refusal), r"odoo\.exceptions\.\w+")
                self.env.invalidate_all()
                self.assert_nothing_forged()
        self.assertGreater(done, 20)

    def test_no_default_reaches_what_is_created(self):
        forged = self.forged()
        admin = self.env["glase.account"].with_user(self.admin).with_context(**forged)
        admin.create({"name": "Second", "company_id": self.company.id})
        self.env["glase.case"].with_context(**forged)._open(
            "not_booked",
            "For this test",
            self.env["glase.period"]._make(self.account, self.terminal, self.env["pos.session"]),
            5,
        )
        self.assert_nothing_forged()

    def test_what_is_settled_is_tracked_whatever_the_caller_switches_off(self):
        case = self.world()["glase.case"]
        case.reason = "Seen on the phone"
        manager = case.with_user(self.pos_admin).sudo(False)
        manager.with_context(**SWITCHES).action_settle()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertTrue(case.message_ids.tracking_value_ids)

    def test_a_manager_is_told_whatever_the_caller_switches_off(self):
        world = self.world()
        case = world["glase.case"]
        switched = case.with_context(**SWITCHES)
        progress.open_case("paid_late", world["glase.transaction"].with_context(**SWITCHES))
        self.assertEqual(len(case.activity_ids), 1)
        progress.settle(switched, "Seen on the phone")
        case.invalidate_recordset(["activity_ids"])
        self.assertFalse(case.activity_ids)

    def test_states_and_system_fields_come_from_nobody(self):
        """Every field of every kept record, written and created by its managers."""
        world = self.world()
        before = self.snapshot()
        for model, record in world.items():
            if not model.startswith("glase.") or record._transient:
                continue
            typed = {"reason", "attach_order_id", "refund_reference", "named_refund_id", "glase_id"}
            for field in record._fields.values():
                value = self.value(field)
                if not field.store or value is None or not field.readonly or field.name in typed:
                    continue
                for user in (self.pos_admin, self.admin):
                    his = record.with_user(user).sudo(False)
                    with suppress(UserError), mute_logger("odoo.addons.base"):
                        his.write({field.name: value})
                with self.subTest(model=model, field=field.name):
                    self.assertEqual(self.snapshot(), before)

    # === Transactions of the ledger's own ===

    def test_a_transaction_of_its_own_takes_over_known_keys_only(self):
        env = self.env(context={**self.forged(), "lang": "en_US", "tz": "Europe/Stockholm"})
        seen = autonomous_transaction.run(env, lambda own: dict(own.context))
        self.assertEqual(set(seen), set(caller_context.TAKEN_OVER))
        no_zones, no_languages = (
            ("x" * 100, "Nowhere/None", ["UTC"]),
            ("x" * 100, "xx_XX", {"a": 1}),
        )
        for zone, language in zip(no_zones, no_languages, strict=True):
            odd = {"lang": language, "tz": zone, "allowed_company_ids": ["1"]}
            seen = autonomous_transaction.run(self.env(context=odd), lambda own: dict(own.context))
            self.assertFalse(seen)

    def test_a_company_that_is_not_the_callers_is_not_taken_over(self):
        his = self.env(user=self.pos_user, context={"allowed_company_ids": [1, 2**30]}, su=False)
        with self.assertRaises(AccessError):
            autonomous_transaction.run(his, lambda own: own.company)

    # === A context that is no context ===

    def malformed(self, *more):
        """Contexts with one key each that is not as it should be."""
        for values in (MALFORMED, *more):
            for key, odd in values.items():
                yield from ({key: value} for value in odd)

    def assert_clear(self, answer, about):
        """What was said is a result, or a refusal with a sentence."""
        name = answer.get("error", {}).get("data", {}).get("name", OF_ODOO)
        self.assertTrue(name.startswith(OF_ODOO), (about, answer.get("error")))

    def posted(self, path, params):
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            answer = self.url_open(
                path,
                data=json.dumps({"jsonrpc": "2.0", "params": params}),
                headers={"Content-Type": "application/json"},
                timeout=30,
            )
        return answer.json()

    def test_no_route_stumbles_over_a_context(self):
        session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        _order, line = self.draft_order(session, 20)
        asked = {"config_id": self.main_pos_config.id, "line_uuid": line, "attempt": "1"}
        for context in self.malformed(NEVER_READ):
            for name in ("status", "cancel", "leave"):
                with self.subTest(route=name, context=str(context)[:60]):
                    self.in_session(context)
                    answer = self.posted(f"/pos_glase/{name}", asked)
                    self.assert_clear(answer, name)
                    # Companies that are not his are refused by Odoo itself.
                    if "allowed_company_ids" not in context:
                        self.assertIn("result", answer, "it is no matter of the context")

    def test_no_public_method_stumbles_over_a_context(self):
        world = self.world()
        self.authenticate("glase_admin", "glase_admin")
        one_in = 16
        for number, (model, name) in enumerate(public_methods(self.env)):
            record = world[model].exists()
            arguments = [record.ids, *self.arguments(model, name)]
            for context in some(self.malformed(NEVER_READ), one_in, number % one_in):
                with self.subTest(model=model, method=name, context=str(context)[:60]):
                    asked = {"model": model, "method": name, "args": arguments}
                    answer = self.posted(
                        f"/web/dataset/call_kw/{model}/{name}",
                        {**asked, "kwargs": {"context": context}},
                    )
                    self.assert_clear(answer, name)

    def test_no_figure_stumbles_over_a_context(self):
        """Whatever is calculated when it is read, and each way of reading it."""
        world = self.world()
        for number, (model, record) in enumerate(world.items()):
            names = [
                name
                for name, field in record._fields.items()
                if field.compute and not field.store and "pos_glase" in field._modules
            ]
            record = record.with_user(self.admin).sudo(False)
            one_in = 1 if model == "glase.account" else 5
            for context in some(self.malformed(), one_in, number % one_in):
                with self.subTest(model=model, context=str(context)[:60]):
                    self.assert_no_traceback(record, "read", context, names)

    def assert_no_traceback(self, record, method, context, *arguments):
        """Called as a browser calls it, with this context; taken back afterwards."""
        with (
            suppress(UserError, TakenBack),
            self.env.cr.savepoint(),
            mute_logger("odoo.addons.base"),
        ):
            call_kw(record.browse(), method, [record.ids, *arguments], {"context": context})
            raise TakenBack
        self.env.invalidate_all()
