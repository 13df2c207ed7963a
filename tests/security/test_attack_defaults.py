import json

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ..shared.doors import MANAGER, DoorsCommon
from ..shared.forged import Forged
from .test_attack import Attacker

# What the system writes beside records of our own, while somebody with a log-in asks.
OF_ODOO = ("pos.session", "pos.order", "pos.payment", "account.move", "account.payment")


class TestAttackDefaults(Attacker, Forged, DoorsCommon):
    """Odoo lets everybody store defaults of his own, for each field: they reach nothing that the system writes."""

    def set_default(self, user, model, name, value):
        """As *Set Defaults* of the browser does."""
        self.env["ir.default"].with_user(user).set(model, name, value, user_id=True)

    def forge(self, user):
        """A default of this user's for each field of ours that can hold one."""
        fields, made = self.env["ir.model.fields"], []
        for model in self.env.registry:
            ours = model.startswith("glase.")
            if not (ours or model in OF_ODOO) or self.env[model]._abstract:
                continue
            for field in self.env[model]._fields.values():
                value = self.value(field)
                systems = ours or (field.name.startswith("glase_") and field.readonly)
                if field.store and value is not None and systems:
                    about = {"field_id": fields._get(model, field.name).id, "user_id": user.id}
                    made.append({**about, "json_value": json.dumps(value)})
        self.assertGreater(len(made), 100)
        # One by one it would take a minute.
        self.env["ir.default"].with_user(user).create(made)

    def unproven(self):
        """A finished order whose payment the browser made up, by whoever is logged in."""
        forged = {
            "amount": 20,
            "payment_method_id": self.glase_method.id,
            "payment_status": "done",
        }
        order = self.order_values(self.pos_session, 20, [forged], "paid")
        self.rpc("pos.order", "sync_from_ui", [order])
        self.env.invalidate_all()
        return self.env["pos.order"].search([("uuid", "=", order["uuid"])]).payment_ids

    def test_nobodys_default_reaches_what_a_cashier_asks_for(self):
        self.forge(self.pos_user)
        self.pos_session = self.open_register()
        self.assertFalse(self.pos_session.glase_override_at, "no manager's word")
        self.authenticate("pos_user", "pos_user")
        _order, line = self.sent()
        self.ask(line)
        self.leave(line)
        payment = self.unproven()
        case = self.env["glase.case"].search([("payment_id", "=", payment.id)])
        self.assertEqual((case.state, case.note, case.settled_at), ("open", False, False))
        self.assertTrue(case.activity_ids, "a manager is told")
        self.assert_nothing_forged()

    def test_nobodys_default_reaches_what_a_manager_makes(self):
        self.forge(self.pos_admin)
        made = self.draft().sudo()
        self.assertEqual((made.state, made.busy_since), ("draft", False))
        self.assertFalse(made.password or made.glase_id or made.terminal_identifier)
        self.assert_nothing_forged()

    def test_nobodys_default_is_a_reference_in_the_books(self):
        self.forge(self.accountant)
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", self.company.id)], limit=1
        )
        moves = self.env["account.move"].with_user(self.accountant)
        moves.create({"journal_id": journal.id})
        self.assert_nothing_forged()

    def test_no_dialog_is_about_what_one_may_not_read_by_default(self):
        """By reflection: each record of another company that a dialog may name."""
        world, tried = self.world(), 0
        self.assertTrue(self.stranger.has_group(MANAGER))
        for name in world:
            dialog = self.env[name].with_user(self.stranger)
            if not dialog._transient or not name.startswith("glase."):
                continue
            for field in dialog._fields.values():
                subject = world.get(field.comodel_name) if field.type == "many2one" else None
                if not subject or not field.store or field.related:
                    continue
                tried += 1
                self.set_default(self.stranger, name, field.name, subject.id)
                with self.subTest(model=name, field=field.name), mute_logger("odoo.addons.base"):
                    self.assert_not_about(dialog, field.name)
        self.assertGreater(tried, 5)

    def assert_not_about(self, dialog, name):
        self.assertFalse(dialog.default_get([name]).get(name))
        try:
            told = dialog.onchange({}, [], {one: {} for one in dialog._fields})["value"]
        except UserError:
            return
        self.assertFalse(told.get(name), json.dumps(told, default=str))

    def test_a_setting_of_the_shops_own_is_still_a_persons(self):
        self.set_default(self.pos_admin, "pos.payment.method", "glase_send_at_once", True)
        methods = self.env["pos.payment.method"].with_user(self.pos_admin)
        self.assertTrue(methods.default_get(["glase_send_at_once"])["glase_send_at_once"])
