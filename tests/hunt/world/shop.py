"""The shop of a hunt: its Glase account, its tills, their registrations and their sessions."""

import collections

import psycopg2
import psycopg2.errors
from world.glase import ENDPOINT, RESELLER, Glase

from odoo import SUPERUSER_ID, api
from odoo.addons.pos_glase.glase import Principal
from odoo.addons.pos_glase.models.registration import set_up
from odoo.addons.pos_glase.models.support import clock

# Pushes are handed over by the run itself: nothing listens here.
PUBLIC_URL = "http://127.0.0.1:9"

# What a run leaves; what Odoo's own accounting keeps of a closed session stays.
EMPTIED = """
    SELECT tablename FROM pg_tables
     WHERE schemaname = 'public'
       AND (tablename LIKE 'glase\\_%%' AND tablename NOT LIKE 'glase\\_account%%'
            OR tablename IN ('pos_payment', 'pos_order_line', 'pos_order'))
"""


class Shop:
    """What a :class:`world.world.World` consists of, apart from the requests.

    Needs ``registry``, ``sql`` and ``request`` of the world.
    """

    def _set_up_shop(self, tills):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            shop = env["res.company"].search(
                [("chart_template", "=", "se")], order="id desc", limit=1
            )
            env = env(context={"allowed_company_ids": shop.ids})
            self.company_id = shop.id
            env["ir.config_parameter"].set_param(clock.OFFSET_PARAMETER, "0")
            self.users = {
                login: env["res.users"].search([("login", "=", login)]).id
                for login in ("cashier", "manager")
            }
            account = env["glase.account"].create(
                {
                    "name": "Hunt",
                    "company_id": shop.id,
                    "environment": "test",
                    "endpoint": ENDPOINT,
                    "reseller_id": RESELLER[0],
                    "reseller_user": RESELLER[1],
                    "reseller_password": RESELLER[2],
                    "shop_name": "Fjällboden",
                    "public_url": PUBLIC_URL,
                }
            )
            self.account_id = account.id
            self.leak_watch.secrets.add(RESELLER[2])
            configs = env["pos.config"].search(
                [("company_id", "=", shop.id)], order="id", limit=tills
            )
            for number in range(len(configs) + 1, tills + 1):
                configs += configs[0].create({"name": f"Till {number}", "company_id": shop.id})
            set_up.tills(configs, account)
            method = env["pos.payment.method"]._glase_methods(shop)
            self.method_id = method.id
            self.config_ids = configs.ids
            self.cash_ids = {
                config.id: config.payment_method_ids.filtered("is_cash_count")[:1].id
                for config in configs
            }
            # Nothing to deliver: stock is no part of this, and half of the time a sale takes.
            self.product_id = (
                env["product.product"]
                .create({"name": "Repair", "type": "service", "available_in_pos": True})
                .id
            )
        for config_id in self.config_ids:
            self.open_session(config_id)

    # === Sessions ===

    def open_session(self, config_id):
        """Open the register of a till; returns the session's id."""

        def work(env):
            config = env["pos.config"].browse(config_id)
            if config.current_session_id.state != "opened":
                config.open_ui()
                config.current_session_id.set_opening_control(0, "")
            return config.current_session_id.id

        return self.request("cashier", work)

    def session_id(self, config_id):
        """The till's session that is not closed, or None."""
        rows = self.sql(
            "SELECT id FROM pos_session WHERE config_id = %s AND state <> 'closed'"
            " ORDER BY id DESC LIMIT 1",
            config_id,
        )
        return rows[0][0] if rows else None

    def is_closing(self, config_id):
        """Whether a closing of the till's session was begun and has not ended."""
        return bool(
            self.sql(
                "SELECT 1 FROM pos_session WHERE config_id = %s AND state = 'closing_control'",
                config_id,
            )
        )

    def close_session(self, config_id, **plan):
        """Close the register as the till does, in its three requests; the plan is for the last.

        :return: what the last one that was needed answered, None if its process died
        """
        session_id = self.session_id(config_id)

        def count(env):
            session = env["pos.session"].browse(session_id)
            if not session.config_id.cash_control:
                return {"successful": True}
            return session.post_closing_cash_details(session.cash_register_balance_end)

        def control(env):
            env["pos.session"].browse(session_id).update_closing_control_state_session("")
            return {"successful": True}

        def close(env):
            return env["pos.session"].browse(session_id).close_session_from_ui()

        for work in (count, control):
            told = self.request("cashier", work)
            if not (isinstance(told, dict) and told["successful"]):
                return told
        return self.request("cashier", close, **plan)

    def override_closing(self, config_id):
        """A manager lets the till's session be closed over what is open."""

        def work(env):
            return env["pos.session"]._till_override_closing(config_id, "The day is over")

        return self.request("manager", work)

    # === A run begins ===

    def begin(self, profile):
        """Start a run: an empty ledger, a new Glase, and all tills registered."""
        self._empty()
        self.offset = 0.0
        self._store_offset()
        self.mismatches, self.kills = [], 0
        for known in (*self.memories, self.given_up):
            known.clear()
        self.orders_by_reference = {}
        self.leak_watch.leaks.clear()
        self.glase = Glase(self, profile)
        for config_id in self.config_ids:
            self._open_after(config_id)
        glase_ids = [
            self._register(config_id, f"HUNT{index}")
            for index, config_id in enumerate(self.config_ids, 1)
        ]
        # What setting up says is not part of the run.
        self.glase.line.calls.clear()
        # The books keep what earlier runs have booked.
        [(self.first_move_line,)] = self.sql("SELECT COALESCE(max(id), 0) FROM account_move_line")
        return glase_ids

    def _open_after(self, config_id):
        """Open a register, whatever an earlier run has left of it."""
        if self.is_closing(config_id):
            session_id = self.session_id(config_id)
            self.request(
                "manager",
                lambda env: (
                    env["pos.session"].browse(session_id).action_pos_session_closing_control()
                ),
            )
        self.open_session(config_id)

    def _empty(self):
        self.sql("UPDATE account_move SET glase_transaction_id = NULL, glase_payment_id = NULL")
        tables = collections.deque(name for (name,) in self.sql(EMPTIED))
        while tables:
            table = tables.popleft()
            try:
                self.sql(f"DELETE FROM {table}")
            except psycopg2.errors.ForeignKeyViolation:
                # Another table's rows hang on these: that one first.
                tables.append(table)

    def _register(self, config_id, glase_id):
        secret = f"hunt-terminal-{config_id}-5d1c9a"
        self.leak_watch.secrets.add(secret)
        client = self.glase.client()
        external = f"hunt-{config_id}"
        identifier = client.register_terminal(
            Principal.reseller(*RESELLER), external, secret, "Till"
        ).terminal_id
        client.assign_seqr_id(Principal.terminal(identifier, secret), glase_id)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            env["glase.terminal"].create(
                {
                    "account_id": self.account_id,
                    "config_id": config_id,
                    "name": f"Till {config_id}",
                    "external_identifier": external,
                    "terminal_identifier": identifier,
                    "password": secret,
                    "glase_id": glase_id,
                    "state": "ready",
                    "environment": "test",
                    "endpoint": ENDPOINT,
                    "reseller_id": RESELLER[0],
                }
            )
        return glase_id
