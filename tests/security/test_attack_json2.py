import itertools
import json

from odoo.tools import mute_logger

from ..shared.doors import DoorsCommon, public_methods
from ..shared.soak import some
from .test_attack_methods import OPEN_TO_CASHIERS

# What is no record of the database.
NO_IDS = (
    *("abc", 5, True, {"a": 1}, [None], ["x"], [[1]], [True], [0], [-1], [1.5], [2**70], [{}], []),
    [10**9] * 20_000,
)
# What nobody's client sends as a context.
NO_CONTEXTS = (
    *("x", 5, True, [], [["lang", "sv_SE"]], {"lang": 5}, {"lang": "x" * 70_000}, {"lang": ["sv"]}),
    *({"tz": []}, {"tz": "Nowhere"}, {"uid": "x"}, {"active_test": {}}, {"tracking_disable": 5}),
    *({"allowed_company_ids": odd} for odd in ("x", 5, {}, [[1]], ["x"], [10**30], [0], [-1])),
    *({"active_id": odd} for odd in ("x", {}, [1], 10**30)),
    {"glase_user_id": 1, "default_state": "paid", "default_amount": 1},
)
# What no method takes.
NO_ARGUMENTS = (
    {"nobody": 1},
    {"self": [1]},
    {"cls": 1},
    {"env": {}},
    {"": 1},
    {"args": [], "kwargs": {}},
)
NO_BODIES = ("", "{", "[]", "5", "null", '"x"', "[[" * 2000, '{"ids": [1], "ids": "x"}', "\x00")


class TestAttackJson2(DoorsCommon):
    """``/json/2`` takes what is written to it: each public method, with records, contexts, arguments that are none."""

    def setUp(self):
        super().setUp()
        self.records = self.world()
        self.methods = public_methods(self.env)
        for user in (self.pos_user, self.pos_admin):
            # Made before what is compared.
            self.key(user)
        self.before = self.snapshot()
        self.calls = len(self.simulator.journal()["calls"])

    def ask(self, user, model, method, body):
        with mute_logger("odoo.http", "odoo.sql_db", "odoo.addons.base.models.ir_rule"):
            return self.url_open(
                f"/json/2/{model}/{method}",
                data=body if isinstance(body, str) else json.dumps(body),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self.key(user)}",
                },
                timeout=30,
            )

    def attack(self, user, bodies, share):
        """Each method with each body, or a share of them."""
        tried = some(itertools.product(self.methods, enumerate(bodies)), share)
        self.assertEqual({number for _method, (number, _body) in tried}, {*range(len(bodies))})
        for (model, method), (_number, made) in tried:
            body = made(model) if callable(made) else made
            with self.subTest(user=user.login, model=model, method=method, body=str(body)[:60]):
                answer = self.ask(user, model, method, body)
                self.assertGreaterEqual(answer.status_code, 400)
                # What Odoo itself stumbles over comes by nothing of ours.
                if answer.status_code >= 500:
                    self.assertNotIn("/addons/pos_glase/", answer.text)
        self.assertEqual(self.snapshot(), self.before)
        self.assertEqual(len(self.simulator.journal()["calls"]), self.calls)

    def test_what_is_no_record(self):
        bodies = [{}, *({"ids": ids} for ids in NO_IDS)]
        self.attack(self.pos_admin, bodies, 11)

    def test_what_no_method_takes(self):
        bodies = [
            lambda model, more=more: {"ids": self.records[model].ids, **more}
            for more in NO_ARGUMENTS
        ]
        self.attack(self.pos_admin, bodies, 5)

    def test_what_is_no_body(self):
        self.attack(self.pos_admin, NO_BODIES, 7)

    def test_what_is_no_context_lets_nobody_do_more(self):
        """Of a manager's methods, asked by a cashier."""
        self.methods = [
            one
            for one in self.methods
            if one[0].startswith("glase.") and one not in OPEN_TO_CASHIERS
        ]
        bodies = [
            lambda model, odd=odd: {"ids": self.records[model].ids, "context": odd}
            for odd in NO_CONTEXTS
        ]
        self.attack(self.pos_user, bodies, 11)
