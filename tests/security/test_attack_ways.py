import uuid

from odoo.tests import JsonRpcException
from odoo.tools import mute_logger

from ..shared.common import GlaseCommon
from .test_attack import FORGED, Attacker

OPEN_OUT = ("sending", "issued", "unknown")


class TestAttackWays(Attacker, GlaseCommon):
    """Odoo's own ways to make, change and end orders and payments, as a cashier and as a manager.

    After each of them what counts as paid is proven or a case, and no money is without an end. What
    each way leaves is taken back, so that each begins with the same shop.
    """

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.sold, _line = self.paid_bill(20)
        self.validate(self.sold, _line)
        self.draft, _line = self.paid_bill(30)
        self.out, line = self.draft_order(self.pos_session, 40)
        self.send(self.out, line)

    # === What must hold, whatever was done ===

    def assert_nothing_is_lost(self):
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.precommit.run()
        cases = self.env["glase.case"].search([("state", "=", "open")])
        for payment in self.env["pos.payment"].search(
            [("payment_method_id.use_payment_terminal", "=", "glase")]
        ):
            state = payment.pos_order_id.state
            claimed = state == "draft" and payment.payment_status == "done"
            if claimed or state not in ("draft", "cancel"):
                self.assert_payment(payment, cases)
        for row in self.env["glase.transaction"].search([("kind", "=", "payment")]):
            self.assert_row(row, cases)

    def assert_payment(self, payment, cases):
        """It is proven by one row of its own, or marked, without a claim, and a case."""
        rows = self.env["glase.transaction"].search(
            [("payment_id", "=", payment.id), ("state", "=", "paid")]
        )
        if payment.glase_unverified:
            self.assertIn(payment, cases.payment_id | cases.transaction_id.payment_id)
            self.assertFalse(payment.transaction_id)
        else:
            self.assertEqual((len(rows), rows.amount), (1, round(payment.amount, 2)))
            self.assertEqual(rows.order_uuid, payment.pos_order_id.uuid)

    def assert_row(self, row, cases):
        """It has an order, or it is given up, or a case tells of it."""
        told = row in cases.transaction_id
        if row.state == "paid":
            self.assertTrue(row.payment_id or told)
        elif row.state in OPEN_OUT:
            waits = self.env["pos.payment"].search(
                [("uuid", "=", row.line_uuid), ("pos_order_id.state", "!=", "cancel")]
            )
            self.assertTrue(waits or row.given_up_at or told)

    # === What is tried ===

    def ways(self):
        """Name of each way: model, method, and arguments."""
        sold, draft, out = self.sold, self.draft, self.out
        done, taken, waits = sold.payment_ids, draft.payment_ids, out.payment_ids
        method, product = self.glase_method.id, sold.lines.product_id.id
        columns = ["amount", "pos_order_id/.id", "payment_method_id/.id", "payment_status"]
        line = {"product_id": product, "qty": 9, "price_unit": 5, "price_subtotal": 45}
        line["price_subtotal_incl"] = 45
        other = {"pos_order_id": out.id}
        return {
            "copy a payment": ("pos.payment", "copy", done.ids, other),
            "copy its line, too": ("pos.payment", "copy", done.ids, {**other, "uuid": done.uuid}),
            "copy what is claimed": ("pos.payment", "copy", done.ids, {**other, **FORGED}),
            "copy an order": ("pos.order", "copy", sold.ids, {}),
            "import a payment": ("pos.payment", "load", columns, [["40", out.id, method, "done"]]),
            "save a claim": ("pos.payment", "web_save", waits.ids, {**FORGED}, {}),
            "save another order": ("pos.payment", "web_save", done.ids, other, {}),
            "remove by the order": (
                "pos.order",
                "web_save",
                out.ids,
                {"payment_ids": [[2, waits.id]]},
                {},
            ),
            "remove what is paid": (
                "pos.order",
                "write",
                draft.ids,
                {"payment_ids": [[2, taken.id]]},
            ),
            "unlink from the order": (
                "pos.order",
                "write",
                draft.ids,
                {"payment_ids": [[3, taken.id]]},
            ),
            "steal by the order": ("pos.order", "write", out.ids, {"payment_ids": [[4, taken.id]]}),
            "replace by the order": ("pos.order", "write", out.ids, {"payment_ids": [[6, 0, []]]}),
            "finish unpaid": ("pos.order", "action_pos_order_paid", out.ids),
            "finish paid": ("pos.order", "action_pos_order_paid", draft.ids),
            "cancel unpaid": ("pos.order", "action_pos_order_cancel", out.ids),
            "cancel paid": ("pos.order", "action_pos_order_cancel", draft.ids),
            "cancel finished": ("pos.order", "action_pos_order_cancel", sold.ids),
            "write canceled": ("pos.order", "write", sold.ids, {"state": "cancel"}),
            "draft again": ("pos.order", "write", sold.ids, {"state": "draft"}),
            "drop unpaid": ("pos.order", "remove_from_ui", out.ids),
            "drop paid": ("pos.order", "remove_from_ui", draft.ids),
            "drop all": ("pos.order", "remove_from_ui", [sold.id, draft.id, out.id]),
            "clear payments": ("pos.order", "write", sold.ids, {"payment_ids": [[5]]}),
            "name the order otherwise": (
                "pos.order",
                "write",
                draft.ids,
                {"uuid": str(uuid.uuid4())},
            ),
            "count it as change": ("pos.payment", "write", done.ids, {"is_change": True}),
            "count what is not paid as change": (
                "pos.payment",
                "write",
                waits.ids,
                {"is_change": True, "payment_status": "done"},
            ),
            "a hair more": ("pos.payment", "write", done.ids, {"amount": 20.004}),
            "a cent more": ("pos.payment", "write", done.ids, {"amount": 20.01}),
            "below zero": ("pos.payment", "write", done.ids, {"amount": -20}),
            "nothing": ("pos.payment", "write", done.ids, {"amount": 0}),
            "lines of what is out": ("pos.order", "write", out.ids, {"lines": [[5]]}),
            "more lines": ("pos.order", "write", out.ids, {"lines": [[0, 0, line]]}),
            "out of the session": (
                "pos.session",
                "write",
                self.pos_session.ids,
                {"order_ids": [[3, out.id]]},
            ),
            "no orders in the session": (
                "pos.session",
                "write",
                self.pos_session.ids,
                {"order_ids": [[5]]},
            ),
            "close by writing": (
                "pos.session",
                "write",
                self.pos_session.ids,
                {"state": "closed"},
            ),
            "begin to close": (
                "pos.session",
                "action_pos_session_closing_control",
                self.pos_session.ids,
            ),
            "close in the office": (
                "pos.session",
                "action_pos_session_close",
                self.pos_session.ids,
            ),
            "validate": ("pos.session", "action_pos_session_validate", self.pos_session.ids),
            "drop the session": (
                "pos.session",
                "delete_opening_control_session",
                self.pos_session.ids,
            ),
            "another method": (
                "pos.payment",
                "write",
                taken.ids,
                {"payment_method_id": self.cash_method.id},
            ),
            "delete a payment": ("pos.payment", "unlink", done.ids),
            "delete all payments": ("pos.payment", "unlink", [done.id, taken.id, waits.id]),
            "delete orders": ("pos.order", "unlink", [draft.id, out.id]),
            "archive the method": ("pos.payment.method", "action_archive", self.glase_method.ids),
            "delete the method": ("pos.payment.method", "unlink", self.glase_method.ids),
            "method is cash": (
                "pos.payment.method",
                "write",
                self.glase_method.ids,
                {"journal_id": False},
            ),
            "archive the till": ("pos.config", "action_archive", self.main_pos_config.ids),
            "delete the till": ("pos.config", "unlink", self.main_pos_config.ids),
        }

    def test_no_way_of_odoo_loses_money_in_silence(self):
        self.assert_nothing_is_lost()
        let = dict.fromkeys(("pos_user", "pos_admin"), 0)
        for login in let:
            self.authenticate(login, login)
            for name, call in self.ways().items():
                with (
                    self.subTest(user=login, way=name),
                    mute_logger("odoo.http", "odoo.sql_db", "odoo.addons.base"),
                    self.env.cr.savepoint(flush=False) as savepoint,
                ):
                    try:
                        self.rpc(*call)
                        let[login] += 1
                    except JsonRpcException as refusal:
                        self.assertRegex(str(refusal), r"odoo\.exceptions\.\w+")
                    try:
                        self.assert_nothing_is_lost()
                    finally:
                        savepoint.rollback()
                        self.env.invalidate_all()
        # The attack itself is alive.
        self.assertGreater(min(let.values()), 15)
