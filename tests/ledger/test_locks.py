import ast
import collections
from pathlib import Path
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ...models.cases import progress
from ...models.pos import pos_order, pos_payment
from ...models.support import autonomous_transaction
from ..shared.common import GlaseCommon

ROOT = Path(__file__).resolve().parents[2]
# What ends a row, or takes an end from it.
ENDS = {
    "claim_link",
    "_claim_for_refund",
    "_decide",
    "forget_payment",
    "_glase_let_go",
    "_transition",
    "_release_claim",
    "link_row",
}
LOCKS = {"lock", "locked", "lock_free"}


@tagged("post_install", "-at_install")
class TestWhoEndsLocks(BaseCase):
    """Nothing in the module ends a row without its lock: read from the source, so nothing is left out."""

    def functions(self):
        """Each function of the models and wizards, as its name and its source."""
        for path in [*ROOT.glob("models/**/*.py"), *ROOT.glob("wizard/**/*.py")]:
            if path.name.startswith("glase_go_live"):
                # What it moves is a till, not money.
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    yield node.name, node

    def test_whoever_ends_a_row_has_its_lock(self):
        called = collections.defaultdict(set)
        for name, node in self.functions():
            calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
            # Of a record or a module, or by the plain name.
            called[name] |= {ast.unparse(call).rpartition(".")[2] for call in calls}

        def without_lock(name, seen):
            """The ways to a function on which nothing is locked."""
            if LOCKS & called[name] or name in seen:
                return []
            callers = [other for other, calls in called.items() if name in calls and other != name]
            if not callers:
                return [[name]]
            ways = [way for other in callers for way in without_lock(other, {*seen, name})]
            return [[name, *way] for way in ways]

        for name in sorted(ENDS):
            with self.subTest(name):
                self.assertIn(name, called)
                self.assertEqual(without_lock(name, frozenset()), [])

    def test_the_ledger_is_updated_by_hand_only_where_it_compares(self):
        """SQL of our own passes by what the records do: what it ends is on the list above."""
        found = {
            name
            for name, node in self.functions()
            for text in ast.walk(node)
            if isinstance(text, ast.Constant)
            and isinstance(text.value, str)
            and "UPDATE glase_transaction SET" in text.value
            and any(end in text.value for end in ("payment_id", "refund_claim", "state ="))
        }
        self.assertEqual(found, {"claim_link", "_claim_for_refund"})
        self.assertLess(found, ENDS)


class TestEverySeamLocks(GlaseCommon):
    """Each way in which Odoo changes an order, a payment or a session locks the rows of its money."""

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.other_order, _line = self.draft_order(self.pos_session, 30)
        self.order, self.line = self.sent()
        self.customer("pay")
        self.assertEqual(self.ask(self.line)["state"], "paid")
        self.env.invalidate_all()

    def assert_locks_first(self, what, act):
        """``act`` locks the row, and before it writes an order or a payment."""
        log = []
        execute, lock = type(self.env.cr).execute, autonomous_transaction._lock_rows

        def noted(cr, query, *arguments, **options):
            text = str(getattr(query, "code", query))
            if text.startswith(('UPDATE "pos_', 'DELETE FROM "pos_', 'INSERT INTO "pos_')):
                log.append("write")
            return execute(cr, query, *arguments, **options)

        def locked(records, how):
            if records._name == "glase.transaction" and self.row(self.line) in records:
                log.append("lock")
            return lock(records, how)

        self.env.flush_all()
        with (
            self.subTest(what),
            patch.object(type(self.env.cr), "execute", noted),
            patch.object(autonomous_transaction, "_lock_rows", locked),
            self.env.cr.savepoint(flush=False) as savepoint,
        ):
            act()
            self.env.flush_all()
            self.assertIn("lock", log)
            self.assertEqual(log[0], "lock")
            savepoint.rollback()
        self.env.transaction.clear()
        self.env.cr.precommit.clear()
        self.env.cr.postcommit.clear()

    def test_every_seam(self):
        order, payment = self.order, self.order.payment_ids
        values = {
            "amount_total": 19,
            "config_id": self.main_pos_config.copy().id,
            "session_id": False,
            "company_id": order.company_id.id,
            "state": "cancel",
            "uuid": "another",
        }
        self.assertEqual(set(values), pos_order.PROOF_RELEVANT)
        for name, value in values.items():
            self.assert_locks_first(
                f"pos.order.{name}", lambda name=name, value=value: order.write({name: value})
            )
        values = {
            "amount": 19,
            "payment_method_id": self.cash_method.id,
            "uuid": "another",
            "payment_status": "retry",
            "pos_order_id": self.other_order.id,
        }
        self.assertEqual(set(values), pos_payment.PROOF_RELEVANT)
        for name, value in values.items():
            self.assert_locks_first(
                f"pos.payment.{name}", lambda name=name, value=value: payment.write({name: value})
            )
        another = {
            "pos_order_id": order.id,
            "payment_method_id": self.glase_method.id,
            "amount": 1,
        }
        self.assert_locks_first("pos.payment created", lambda: payment.create(another))
        self.assert_locks_first("pos.payment deleted", payment.unlink)
        self.assert_locks_first("pos.order deleted", order.unlink)
        self.assert_locks_first("removed at the till", lambda: order.remove_from_ui(order.ids))

        def sync():
            self.validate(order, self.line)

        self.assert_locks_first("synchronised", sync)
        # Settled by a manager, or Odoo's drafts, would stand in the way of a closing.
        self.env["glase.case"]._open("paid_without_order", "Told", self.row(self.line))
        progress.settle(self.row(self.line).case_ids, "known")
        self.env.cr.execute("UPDATE pos_order SET state = 'cancel'")
        self.env.invalidate_all()
        self.assert_locks_first(
            "session closed", lambda: self.pos_session.write({"state": "closing_control"})
        )
