import inspect
import json
import time
import uuid

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import JsonRpcException
from odoo.tools import mute_logger

from ...models.ledger.push import Push
from ...models.support import autonomous_transaction, parameters
from ..shared.doors import DoorsCommon, public_methods, routes

# More than any parameter may have.
OVERSIZED = ("A" * 7000, "é" * 2_000_000)
ODD_TEXTS = ("a\x00b", "a\x1bb", "\ud800", "a\x7fb")
ODD_TYPES = (None, True, 5, 1.5, [], {}, ["a"], {"a": "b"}, [None], [[]], float("nan"))
ODD_NUMBERS = (0, -1, 2**31, 2**63, 10**400, 1.0, True, "1", "", None, [], {}, [1], float("inf"))
ODD_AMOUNTS = (
    *("1e2", "1E2", "1_00", "+5", "-5", "0x10", " 20.00", "20.00 ", "20,00", "20.", ".5", "1 000"),
    *(
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "inf",
        "٢٠",
        "２０",
        "२०",
        "20.00\n",
        "1e400",
        "9" * 400,
    ),
    *("20.0000", "1.2.3", "²", "", "gold", "20\x00", "0", "0.00", "0.005"),
    *(20, 20.0, 0, -5, float("nan"), float("inf"), 10**400, True),
)


class TestAttackParameters(DoorsCommon):
    """One table says what each parameter is: this walks all routes and public methods by it."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.order, self.line = self.draft_order(self.pos_session, 20)

    def good(self):
        """A value of each parameter, by its name, that is as the table says."""
        return {
            "config_id": self.main_pos_config.id,
            "order_uuid": self.order.uuid,
            "line_uuid": self.line,
            "attempt": "1",
            "refund_attempt": "2",
            "amount": "20.00",
            "cashier": "Maja",
            "login": "nobody",
            "password": "nothing",
            "reason": "For this test",
            "take_back": False,
            "line_uuids": [self.line],
            "refunded_order_ids": [self.order.id],
        }

    def bad(self, form):
        """Values that a parameter of this form does not take."""
        match form:
            case parameters.Number():
                return ODD_NUMBERS
            case parameters.Flag():
                return (1, 0, "true", [], {}, "x", 1.5)
            case parameters.ListOf():
                many = [1] * (form.most + 1)
                return ("abc", 5, {"a": 1}, True, many, *([odd] for odd in self.bad(form.item)))
            case parameters.Text(reason="amount"):
                return (*ODD_AMOUNTS, *ODD_TYPES, *OVERSIZED)
        return (*ODD_TYPES, *ODD_TEXTS, *OVERSIZED)

    def doors(self):
        """The till's routes: name, and the parameters with their defaults."""
        for path, function in routes().items():
            names = list(inspect.signature(function).parameters.values())[1:]
            # A page that takes nothing has nothing to refuse.
            if names and "<" not in path:
                yield path, {one.name: one.default for one in names}

    def ask(self, path, asked):
        body = json.dumps({"jsonrpc": "2.0", "params": asked})
        with mute_logger("odoo.http"):
            answer = self.url_open(
                path, data=body, headers={"Content-Type": "application/json"}, timeout=30
            )
        return answer.json()

    def assert_refused(self, path, asked, about):
        answer = self.ask(path, asked)
        self.assertNotIn("error", answer, about)
        result = answer["result"]
        self.assertFalse(result["ok"], about)
        self.assertTrue(result["reason"] and result["message"], about)
        self.assertNotIn("Traceback", json.dumps(answer))

    def test_each_parameter_of_each_route_is_refused_with_a_sentence(self):
        before, calls = self.snapshot(), len(self.simulator.journal()["calls"])
        good, started, tried = self.good(), time.monotonic(), 0
        for path, names in self.doors():
            asked = {name: good[name] for name in names}
            for name, default in names.items():
                for value in self.bad(parameters.TABLE[name]):
                    if default is not inspect.Parameter.empty and (
                        value is None or value == default or list(default or ()) == value
                    ):
                        continue
                    with self.subTest(path=path, parameter=name, value=str(value)[:40]):
                        self.assert_refused(path, {**asked, name: value}, str(value)[:40])
                        tried += 1
                if default is inspect.Parameter.empty:
                    with self.subTest(path=path, missing=name):
                        lacking = {one: asked[one] for one in asked if one != name}
                        self.assert_refused(path, lacking, "missing")
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(len(self.simulator.journal()["calls"]), calls)
        self.assertGreater(tried, 500)
        # None of them holds a worker: what never fits is not tried again and again.
        self.assertLess((time.monotonic() - started) / tried, 1)

    def test_what_the_table_takes_gets_through(self):
        """The walk above would prove nothing if everything were refused for its form."""
        for path, names in self.doors():
            with self.subTest(path=path):
                answer = self.ask(path, {name: self.good()[name] for name in names})["result"]
                self.assertNotEqual(answer.get("reason"), "malformed")

    def test_an_amount_is_digits(self):
        takes = parameters.TABLE["amount"].takes
        for text in ("20", "20.0", "20.00", "0.01", "1.250", "123456789012345"):
            self.assertTrue(takes(text), text)
        for text in ODD_AMOUNTS[:-8]:
            fits = text in ("0", "0.00", "0.005")
            self.assertEqual(bool(takes(text)), fits, text)

    def test_the_parameters_of_public_methods_are_refused_with_a_sentence(self):
        records = {"pos.config": self.main_pos_config}
        tried = 0
        for model, method in public_methods(self.env):
            function = getattr(type(self.env[model]), method)
            for name in list(inspect.signature(function).parameters)[1:]:
                for value in self.bad(parameters.TABLE[name]):
                    with (
                        self.subTest(model=model, method=method, value=str(value)[:40]),
                        self.assertRaises(UserError),
                    ):
                        self.by_code(self.pos_admin, model, method, records[model].ids, [value])
                    tried += 1
        self.assertGreater(tried, 10)

    def test_what_is_typed_into_a_field_has_a_length_and_a_form(self):
        _order, line = self.sent()
        case = self.env["glase.case"]._open("paid_late", "For this test", self.row(line))
        refund = {"transaction_id": self.row(line).id}
        for value in ("x" * 2001, "a\x00b", ["x"], {"a": 1}, 5):
            with self.subTest(value=str(value)[:20]), self.assertRaises(UserError):
                case.with_user(self.pos_admin).write({"reason": value})
            with self.subTest(value=str(value)[:20]), self.assertRaises(UserError):
                self.env["glase.refund"].with_user(self.pos_admin).create(
                    {**refund, "reason": value}
                )
        for value in (float("nan"), float("inf"), "5", "gold", [5]):
            with self.subTest(value=value), self.assertRaises(UserError):
                self.env["glase.refund"].with_user(self.pos_admin).create(
                    {**refund, "amount": value}
                )

    # === The office ===

    def test_an_office_refund_of_nothing_gives_nothing_back(self):
        self.send(self.order, self.line)
        self.customer("pay")
        self.ask_status()
        self.validate(self.order, self.line)
        row = self.row(self.line)
        values = {"transaction_id": row.id, "reason": "Nothing"}
        for given in ({"amount": 0}, {"amount": 0.0}, {"amount": -1}, {"amount": False}):
            with self.subTest(given), self.office() as env:
                wizard = env["glase.refund"].create({**values, **given})
                with self.assertRaises(UserError):
                    wizard.action_refund()
                wizard.write({"amount": 0})
                with self.assertRaises(UserError):
                    wizard.action_refund()
        self.assertEqual(row.refundable_amount, 20)
        refunds = self.env["glase.refund"].with_user(self.pos_admin)
        for proposed in (refunds.new(values), refunds.create(values)):
            self.assertEqual(proposed.amount, 20, "all that is left is proposed")

    def ask_status(self):
        return self.door("status", line_uuid=self.line, attempt="1")

    def test_the_mark_of_an_office_refund_is_not_given(self):
        _order, line = self.sent()
        values = {"transaction_id": self.row(line).id, "line_uuid": self.line}
        refunds = self.env["glase.refund"].with_user(self.pos_admin)
        wizard = refunds.create(values)
        self.assertNotEqual(wizard.line_uuid, self.line)
        given = refunds.with_context(default_line_uuid=self.line)
        self.assertNotEqual(
            given.create({"transaction_id": self.row(line).id}).line_uuid, self.line
        )
        own = wizard.line_uuid
        wizard.write({"line_uuid": self.line})
        self.assertEqual(wizard.line_uuid, own)

    # === What never fits ===

    def test_a_permanent_error_is_not_tried_again(self):
        tried = []

        def work(env):
            tried.append(1)
            env.cr.execute("SELECT 1/0", log_exceptions=False)

        with self.assertRaises(psycopg2.errors.DivisionByZero):
            autonomous_transaction.run(self.env, work)
        self.assertEqual(len(tried), 1)

    def test_which_errors_pass(self):
        for error, passes in (
            (psycopg2.errors.SerializationFailure(), True),
            (psycopg2.errors.DeadlockDetected(), True),
            (psycopg2.errors.LockNotAvailable(), True),
            (psycopg2.OperationalError(), True),
            (psycopg2.InterfaceError(), True),
            (psycopg2.DatabaseError(), True),
            # An index takes no more than 2,700 bytes of a value: it never will.
            (psycopg2.errors.ProgramLimitExceeded(), False),
            (psycopg2.errors.DiskFull(), False),
            (psycopg2.errors.QueryCanceled(), False),
            (psycopg2.errors.UniqueViolation(), False),
            (psycopg2.errors.StringDataRightTruncation(), False),
        ):
            with self.subTest(type(error).__name__):
                self.assertEqual(autonomous_transaction._passes(error), passes)

    # === The push ===

    def test_a_push_that_is_played_again_wakes_the_till_once(self):
        self.account.public_url = "https://shop.example.com"
        self.send(self.order, self.line)
        address = Push(self.env).url(self.account, self.line, "1")
        path = address.removeprefix("https://shop.example.com")
        self.authenticate(None, None)
        codes = {self.url_open(path, method="POST").status_code for _again in range(60)}
        self.assertEqual(codes, {200})
        self.assertEqual(self.woken(), 1)
        self.advance(31)
        self.url_open(path, method="POST")
        self.assertEqual(self.woken(), 2, "the next one says it again")

    def woken(self):
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([]).mapped("message")
        return sum("GLASE_ASK" in message for message in messages)

    def test_a_name_that_nobody_limits_is_kept_and_sent_short(self):
        """A user changes the own name, and an order's reference is what its till has stored."""
        self.pos_user.with_user(self.pos_user).name = "é" * 100_000
        self.order.with_user(self.pos_user).pos_reference = "B" * 100_000
        about = {"order_uuid": self.order.uuid, "line_uuid": self.line, "attempt": "1"}
        told = self.door("send", amount="20.00", **about)
        self.assertEqual(told["state"], "issued")
        row = self.row(self.line)
        for name in (row.cashier, row.order_name):
            self.assertEqual(len(name), parameters.LONGEST_NAME)
        [invoice] = [
            one
            for one in self.simulator.journal()["invoices"]
            if one["invoice_reference"] == row.invoice_reference
        ]
        self.assertLess(len(json.dumps(invoice)), 5000)

    def test_of_whom_nobody_knows_little_is_read(self):
        """By reflection: each route that needs no log-in says how much it takes, before it is read."""
        public = {
            path: function.original_routing
            for path, function in routes().items()
            if function.original_routing["auth"] == "public"
        }
        self.assertGreater(len(public), 2)
        for path, routing in public.items():
            with self.subTest(path=path):
                self.assertLessEqual(routing["max_content_length"], parameters.LONGEST_BODY)
        self.authenticate(None, None)
        form = {"status": "A" * parameters.LONGEST_BODY}
        for path in ("notification", "phone"):
            with self.subTest(path=path), mute_logger("odoo.http"):
                answer = self.url_open(f"/pos_glase/{path}/{'A' * 80}", data=form)
                self.assertEqual(answer.status_code, 413)

    def test_an_attempt_that_no_index_takes_is_refused_at_once(self):
        started = time.monotonic()
        for name, value in (("attempt", "A" * 7000), ("line_uuid", "B" * 7000)):
            asked = {"line_uuid": self.line, "attempt": str(uuid.uuid4()), name: value}
            try:
                answer = self.door("send", order_uuid=self.order.uuid, amount="20.00", **asked)
            except JsonRpcException as error:
                self.fail(str(error))
            self.assertEqual(answer["reason"], "malformed")
        self.assertLess(time.monotonic() - started, 5)
