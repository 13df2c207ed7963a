from odoo.exceptions import UserError

from ...hooks import uninstall_hook
from ...models.accounts import health
from ...models.cases import progress
from ...models.pos import ir_module_module
from ...models.registration import set_up
from ..shared.back_office import BackOfficeCommon


class TestUninstall(BackOfficeCommon):
    """Uninstalling leaves no till that cannot be opened, and no registration that nobody ends."""

    def setUp(self):
        super().setUp()
        self.module = self.env["ir.module.module"].sudo().search([("name", "=", "pos_glase")])

    def uninstall(self):
        return self.module.with_user(self.env.ref("base.user_admin")).sudo().button_uninstall()

    def test_refused_while_a_till_is_registered(self):
        with self.refused(UserError, self.terminal.name):
            self.uninstall()
        self.assertEqual(self.module.state, "installed")

    def test_refused_while_money_is_undecided(self):
        row = self.undecided_row("Order 19")
        self.terminal.sudo().write({"state": "retired", "active": False})
        with self.refused(UserError, "Order 19"):
            self.uninstall()
        row.write({"state": "canceled"})
        self.uninstall()
        self.assertEqual(self.module.state, "to remove")

    def left(self, **values):
        """Money of a till that is unregistered already."""
        row = self.undecided_row("Order 19", **{"ers_reference": "ERS19", **values})
        self.terminal.sudo().write({"state": "retired", "active": False})
        return row

    def test_refused_while_money_has_no_order(self):
        given_back = self.undecided_row("Order 18", state="failed")
        for kind, state, original in (
            ("payment", "paid", False),
            ("refund", "refunded", given_back.id),
        ):
            with self.subTest(kind=kind):
                row = self.left(
                    kind=kind, state=state, line_uuid=kind, original_id=original, ers_reference=kind
                )
                with self.refused(UserError, "no order has it: .*Order 19"):
                    self.uninstall()
                row.write({"state": "failed", "books_due": False})
        self.uninstall()
        self.assertEqual(self.module.state, "to remove")

    def test_refused_while_a_case_is_open(self):
        row = self.left(state="failed")
        case = progress.open_case("changed_after_send", row, what="Till", before="1", after="2")
        with self.refused(UserError, "cases are open: .*Order 19"):
            self.uninstall()
        row.environment = "simulator"
        self.uninstall()
        row.environment, self.module.state = "test", "installed"
        progress.settle(case, "For this test")
        self.uninstall()
        self.assertEqual(self.module.state, "to remove")

    def test_refused_while_a_session_a_period_or_the_books_wait(self):
        session = self.open_register()
        row = self.left(state="paid", refund_claim="refund", session_id=session.id)
        with self.refused(UserError, "session that is open: .*Order 19"):
            self.uninstall()
        row.session_id = False
        period = self.env["glase.period"]._make(self.account, self.terminal, session)
        with self.refused(UserError, "periods are not settled"):
            self.uninstall()
        period.state = "reconciled"
        with self.refused(UserError, "not in the books yet: .*Order 19"):
            self.uninstall()
        row.books_due = False
        self.uninstall()
        self.assertEqual(self.module.state, "to remove")

    def test_each_answer_to_what_is_left_is_asked_for(self):
        """No sentence of the table is there in vain."""
        asked = self.env["ir.module.module"]._glase_left([], self.terminal)
        self.assertEqual(
            {id(words) for _records, words in asked},
            {id(words) for words in ir_module_module.LEFT.values()},
        )

    def test_a_simulator_holds_nobody_back(self):
        self.terminal.sudo().write({"environment": "simulator"})
        self.uninstall()
        self.assertEqual(self.module.state, "to remove")

    def test_other_modules_are_not_asked(self):
        other = self.env["ir.module.module"].sudo().search([("name", "=", "l10n_se")])
        self.assertEqual(other.state, "installed")
        self.assertNotIn("pos_glase", other.downstream_dependencies().mapped("name"))

    def test_modules_below_ours_are(self):
        below = self.env["ir.module.module"].sudo().search([("name", "=", "point_of_sale")])
        with self.refused(UserError, "registered with Glase"):
            below.button_uninstall()

    def test_the_hook_takes_glase_off_the_payment_methods_and_ends_tokens(self):
        self.open_register()
        self.account.with_user(self.pos_admin).action_make_health_token()
        uninstall_hook(self.env)
        self.assertFalse(health.tokens(self.company))
        self.assertFalse(self.glase_method.use_payment_terminal)
        self.assertEqual(self.glase_method.payment_method_type, "none")

    def test_a_new_set_up_takes_the_method_of_before_back(self):
        """Uninstalled and installed again, also twice, there is one method called Glase."""
        suspense = self.glase_method.glase_suspense_account_id
        for archived in (False, True):
            with self.subTest(archived=archived):
                self.glase_method.active = True
                uninstall_hook(self.env)
                # Its column goes with the module.
                self.env.cr.execute(
                    "UPDATE pos_payment_method SET glase_suspense_account_id = NULL"
                )
                self.env.invalidate_all()
                self.glase_method.active = not archived
                count = self.env["account.account"].search_count([])
                waiting = set_up.tills(self.till.with_user(self.admin), self.account)
                self.assertFalse(waiting)
                self.assertEqual(self.till._glase_payment_method(), self.glase_method)
                self.assertEqual(self.glase_method.glase_suspense_account_id, suspense)
                self.assertEqual(self.env["account.account"].search_count([]), count)
                named = (
                    self.env["pos.payment.method"]
                    .with_context(active_test=False)
                    .search([("name", "=", "Glase"), ("company_id", "=", self.company.id)])
                )
                self.assertEqual(named, self.glase_method)

    def test_a_method_that_serves_otherwise_now_is_not_taken_back(self):
        uninstall_hook(self.env)
        self.glase_method.journal_id.currency_id = self.env.ref("base.KWD").id
        self.assertFalse(set_up.take_back(self.till))
