"""What the tests of *Go live* share: a second Glase, in the role of production."""

import json
import uuid

from ...models.accounts import glase_connection
from .back_office import BackOfficeCommon
from .common import RESELLER, RESELLER_PASSWORD, RESELLER_USER
from .simulator_process import SimulatorProcess


class GoLiveCommon(BackOfficeCommon):
    """Two tills registered at the test Glase, and another Glase on a port of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._registered_terminal(cls.till)
        cls.env["ir.config_parameter"].set_param(glase_connection.OWN_NETWORK_PARAMETER, "True")

    def setUp(self):
        super().setUp()
        # What one test registers there stays registered: each has a Glase of its own.
        self.production = SimulatorProcess()
        self.addCleanup(self.production.stop)
        tills = (self.terminal | self.second).sorted(lambda terminal: terminal.config_id.name)
        self.stickers = tills.mapped("glase_id")

    def prepared(self, account=None, **values):
        """A move with the production's address and log-in filled in."""
        with self.office(self.admin) as env:
            action = env["glase.account"].browse((account or self.account).id).action_go_live()
            move = env["glase.go.live"].browse(action["res_id"])
            move.write(
                {
                    "endpoint": self.production.endpoint,
                    "reseller_id": RESELLER,
                    "reseller_user": RESELLER_USER,
                    "reseller_password": RESELLER_PASSWORD,
                    **values,
                }
            )
        return self.env["glase.go.live"].browse(action["res_id"])

    def press(self, record, name, user=None):
        """Press a button of the move, or of one of its tills."""
        with self.office(user or self.admin) as env:
            return getattr(env[record._name].browse(record.id), name)()

    def started(self, **values):
        move = self.prepared(**values)
        self.press(move, "action_test")
        self.press(move, "action_start")
        self.assertEqual(move.state, "moving")
        return move

    def simulate_source(self):
        """Let the account that is left be the simulator inside Odoo."""
        tills = (self.terminal | self.second).sudo()
        tills.write({"state": "retired", "active": False})
        self.account.write({"environment": "simulator"})
        self.env.flush_all()
        for config in (self.main_pos_config, self.till):
            self.till_call("glase_till_register", config=config)
            # The one inside Odoo knows what another test has assigned.
            self.till_call(
                "glase_till_assign", f"DEMO{uuid.uuid4().hex[:8].upper()}", config=config
            )
            self.assertEqual(self.live(config).state, "ready")

    def move_all(self, move):
        """Move the tills one after the other, as the page does."""
        return [self.press(line, "action_move") for line in move.line_ids]

    def gone_live(self):
        move = self.started()
        self.assertEqual(self.move_all(move), [True, True], move.line_ids.mapped("message"))
        return move

    def live(self, config=None):
        """The live registration of a till."""
        return (config or self.main_pos_config).glase_terminal_id

    def pay(self, config=None, simulator=None, amount=20):
        """Take one payment at a till, in a session of its own that is closed again."""
        self.pos_session = self.open_register(config)
        self.authenticate("pos_user", "pos_user")
        config_id = self.pos_session.config_id.id
        order, line = self.draft_order(self.pos_session, amount)
        sent = self.door(
            "send",
            config_id=config_id,
            order_uuid=order.uuid,
            line_uuid=line,
            attempt="1",
            amount=f"{amount:.2f}",
            cashier="Maja",
        )
        self.assertEqual(sent.get("state"), "issued", json.dumps(sent))
        (simulator or self.simulator).customer(
            self.live(self.pos_session.config_id).glase_id, "pay"
        )
        paid = self.door("status", config_id=config_id, line_uuid=line, attempt="1")
        self.assertEqual(paid["state"], "paid")
        self.validate(order, line)
        self.env.invalidate_all()
        return order

    def close(self):
        """Close the register, and settle its transaction period."""
        self.pos_session.with_user(self.pos_admin).action_pos_session_closing_control()
        self.assertEqual(self.pos_session.state, "closed")
        self.env.flush_all()
        self.env.cr.postcommit.run()
        for _round in range(4):
            self.advance(4)
            self.production.advance(4)
            with self.registry.cursor() as cr:
                self.env(cr=cr)["glase.period"].sudo()._work_due()
            self.env.invalidate_all()
        period = self.pos_session.glase_period_ids
        self.assertIn(period.state, ("reconciled", "differences"), period.message)
