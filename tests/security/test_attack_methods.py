import inspect

from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, mute_logger

from ...models.support import parameters
from ...rules.case_kinds import KINDS
from ..shared.doors import DoorsCommon, overridden_methods, public_methods, routes
from ..shared.soak import WHOLE, in_turns

# What a cashier may ask of his own company: it tells what his till shows anyway.
OPEN_TO_CASHIERS = {
    ("glase.period", "action_differences"),
    ("glase.period.line", "action_open_case"),
    ("glase.period.line", "action_open_journal_item"),
    ("glase.terminal", "action_check_sticker"),
    ("glase.terminal", "action_open_assign"),
    ("glase.terminal", "action_open_phone"),
    ("glase.terminal", "action_open_undecided"),
    ("glase.terminal", "action_print_sticker"),
    ("pos.config", "glase_till_status"),
    ("pos.session", "action_glase_periods"),
}
# Methods of Odoo's that this module overrides; what they take is Odoo's to check. No other is public.
OF_ODOO = {
    "account.move": {"button_draft", "create", "write"},
    "account.move.line": {"create", "write"},
    "account.payment": {"create", "write"},
    "ir.module.module": {"button_uninstall"},
    "mail.activity": {"write"},
    "mail.message": {"create"},
    "mail.thread": {"message_new", "message_update"},
    "pos.config": {"create", "write"},
    "pos.order": {"sync_from_ui", "write"},
    "pos.payment": {"create", "write"},
    "pos.payment.method": {"copy_data", "create", "write"},
    "pos.session": {
        "close_session_from_ui",
        "create",
        "get_closing_control_data",
        "load_data",
        "write",
    },
    "report.point_of_sale.report_saledetails": {"get_sale_details"},
}


class TestEveryDoorIsKnown(DoorsCommon):
    """By reflection: nobody adds a way in that is not looked after."""

    def test_every_public_method_asks_who_calls_and_with_what(self):
        found = public_methods(self.env)
        self.assertGreater(len(found), 60)
        for model, name in found:
            function = getattr(type(self.env[model]), name)
            with self.subTest(model=model, method=name):
                self.assertTrue(getattr(function, "_glase_public", False), "decorated with @public")
                for parameter in list(inspect.signature(function).parameters)[1:]:
                    self.assertIn(parameter, parameters.TABLE)

    def test_every_route_asks_with_what(self):
        found = routes()
        self.assertGreater(len(found), 12)
        for path, function in found.items():
            for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
                with self.subTest(path=path, parameter=name):
                    if parameter.kind != inspect.Parameter.VAR_KEYWORD:
                        self.assertIn(name, parameters.TABLE)

    def test_no_other_method_of_odoo_is_overridden(self):
        found = {}
        for model, name in overridden_methods(self.env):
            if not model.startswith(("glase.", "pos_glase.")):
                found.setdefault(model, set()).add(name)
        self.assertEqual(found, OF_ODOO)


class TestAttackMethods(DoorsCommon):
    """Everybody calls every public method on the records of a shop that is not his to change."""

    def assert_refused(self, way, user, model, name, record):
        arguments = self.arguments(model, name)
        with (
            self.subTest(way=way.__name__, user=user.login, model=model, method=name),
            self.assertRaises(UserError),
        ):
            way(user, model, name, record.ids, arguments)

    def attack(self, methods, *ways):
        world = self.world()
        before = self.snapshot()
        tried = 0
        for way, tried_by_it in in_turns(methods, ways):
            for model, name in tried_by_it:
                for user in self.everybody():
                    may = user == self.pos_user and (model, name) in OPEN_TO_CASHIERS
                    if not may:
                        self.assert_refused(way, user, model, name, world[model])
                        tried += 1
            self.assertEqual(self.snapshot(), before, way.__name__)
        self.assertGreater(tried, 250 * (len(ways) if WHOLE else 1))

    def test_what_is_not_his_is_refused_and_changes_nothing(self):
        before = len(self.simulator.journal()["calls"])
        self.attack(public_methods(self.env), self.by_code)
        self.assertEqual(len(self.simulator.journal()["calls"]), before + 1, "only the bill itself")

    def test_every_role_over_every_transport(self):
        with mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc"):
            self.attack(public_methods(self.env), *self.transports())

    def test_the_shops_own_manager_over_every_transport(self):
        """He does his work or hears why not, and decides nothing that Glase or the system says."""
        world = self.world()
        self.line_of_world = world["glase.transaction"].line_uuid
        roles = {"manager": self.pos_admin, "administrator": self.admin}
        for user in roles.values():
            # Made before what is taken back.
            self.key(user)
        facts, tried = self.facts(), 0
        transports = self.transports()
        for way, tried_by_it in in_turns(public_methods(self.env), transports):
            for role, user in roles.items():
                for model, name in tried_by_it:
                    tried += self.pressed(way, role, user, model, name, world[model], facts)
        self.assertGreater(tried, 2 * 60 * (len(transports) if WHOLE else 1))

    def pressed(self, way, role, user, model, name, record, facts):
        """One method, after which all is again as it was; returns 1."""
        arguments = self.arguments(model, name)
        with (
            self.subTest(way=way.__name__, role=role, model=model, method=name),
            mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc", "odoo.addons.base"),
            self.env.cr.savepoint(flush=False) as savepoint,
        ):
            try:
                way(user, model, name, record.ids, arguments)
            except UserError as refusal:
                self.assertNotRegex(str(refusal), r"Traceback|builtins\.|psycopg2")
            try:
                self.env.invalidate_all()
                self.assertEqual(self.facts(), facts)
            finally:
                savepoint.rollback()
                self.env.invalidate_all()
        return 1

    def facts(self):
        """What is known of the money that was there before, and what was heard of it."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT t.id, t.kind, t.state, t.amount, t.ers_reference, t.environment,
                       t.terminal_id, t.payment_id, t.forced_at, e.id, e.operation, e.status
                  FROM glase_transaction t LEFT JOIN glase_event e ON e.transaction_id = t.id
                 WHERE t.line_uuid = %s ORDER BY t.id, e.id
                """,
                self.line_of_world,
            )
        )

    def test_no_route_of_a_till_lets_the_public_in(self):
        self.world()
        before = self.snapshot()
        self.authenticate(None, None)
        for path, function in routes().items():
            if "<" in path:
                continue
            with self.subTest(path=path), mute_logger("odoo.http"):
                if function.original_routing["type"] == "http":
                    page = self.url_open(path, allow_redirects=False)
                    self.assertIn("/web/login", page.headers["Location"])
                    continue
                answer = self.url_open(path, json={"params": {"config_id": 1}})
                self.assertEqual(answer.json()["error"]["code"], 100, "session expired")
        self.assertEqual(self.snapshot(), before)

    def test_nothing_is_moved_to_a_company_that_one_does_not_work_for(self):
        """By reflection: each record of ours with a company that somebody may write."""
        his = {"company_id": self.stranger.company_id.id}
        moved = []
        for model in self.env.registry:
            records = self.env[model].with_user(self.stranger)
            field = records._fields.get("company_id")
            ours = model.startswith("glase.") and not records._abstract
            if ours and field and field.store and not field.readonly and not field.related:
                record = records.create({"name": "His", **his})
                with self.subTest(model), self.assertRaises(AccessError):
                    record.write({"company_id": self.company.id})
                with self.subTest(model), self.assertRaises(AccessError):
                    records.create({"name": "His", "company_id": self.company.id})
                moved.append(model)
        self.assertEqual(moved, ["glase.account"])

    def test_overridden_methods_of_odoo_are_refused_to_strangers(self):
        world = self.world()
        before = self.snapshot()
        given = {"load_data": [[]], "write": [{"name": "Mine"}], "copy_data": []}
        for model, names in OF_ODOO.items():
            for name in names - {"create"}:
                record = world.get(model)
                if record:
                    with self.subTest(model=model, method=name), self.assertRaises(UserError):
                        self.by_code(self.stranger, model, name, record.ids, given.get(name, []))
        self.assertEqual(self.snapshot(), before)

    def test_no_record_many_or_odd_ones_are_refused_with_a_sentence(self):
        for model, name in public_methods(self.env):
            for ids in ([], None, ["1"], [True], [0], [-1], [2**40], [{"id": 1}], [1.5], "1"):
                with self.subTest(model=model, method=name, ids=ids), self.assertRaises(UserError):
                    self.by_code(self.admin, model, name, ids, self.arguments(model, name))

    # === The shop's own manager ===

    def test_a_case_is_asked_for_what_its_kind_and_state_offer_only(self):
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        _order, line = self.sent()
        row = self.row(line)
        names = {name for model, name in public_methods(self.env) if model == "glase.case"}
        offered = {name for kind in KINDS.values() for name in kind.offers}
        self.assertEqual(names, offered, "one table has each action of a case")
        for kind in KINDS:
            case = self.env["glase.case"]._open(kind, "For this test", row)
            case.reason = "Because"
            for state in ("open", "settled"):
                case.state = state
                before = self.snapshot()
                for name in sorted(names):
                    if state == "open" and name in KINDS[kind].offers:
                        continue
                    with (
                        self.subTest(kind=kind, state=state, action=name),
                        self.assertRaises(UserError),
                    ):
                        self.by_code(self.pos_admin, "glase.case", name, case.ids)
                self.assertEqual(self.snapshot(), before, f"{kind}, {state}")

    def test_an_amount_is_not_said_of_what_is_not_paid(self):
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        _order, line = self.sent(100)
        row = self.row(line)
        row.sudo().write({"proposing": True, "proposed_amount": 50})
        cases = self.env["glase.case"]
        for kind in ("forced_done", "amount_unknown"):
            case = cases._open(kind, "For this test", row)
            case.reason = "Because"
            for name in ("action_new_amount_taken", "action_old_amount_taken"):
                for user in (self.stranger, self.pos_admin):
                    with (
                        self.subTest(kind=kind, name=name, user=user.login),
                        self.assertRaises(UserError),
                    ):
                        self.by_code(user, "glase.case", name, case.ids)
            self.assertEqual((row.amount, row.state, case.state), (100, "issued", "open"))

    def test_who_is_let_in_hears_a_sentence_and_never_a_traceback(self):
        """Each method once, as an administrator of the shop: it does its work, or says why not."""
        world = self.world()
        for model, name in public_methods(self.env):
            record = world[model].exists()
            with self.subTest(model=model, method=name), mute_logger("odoo.http"):
                try:
                    self.by_http(self.admin, model, name, record.ids, self.arguments(model, name))
                except UserError as refusal:
                    self.assertRegex(str(refusal), r"odoo\.exceptions\.\w+")
