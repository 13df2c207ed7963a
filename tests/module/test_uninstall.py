from odoo.exceptions import UserError

from ...hooks import uninstall_hook
from ...models.accounts import health
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
