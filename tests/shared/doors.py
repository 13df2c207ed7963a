"""What the tests of the doors share: every way in, everybody who may try, and what must not change."""

import inspect
import json
import re
import xmlrpc.client

from odoo import Command, http
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tools import SQL, mute_logger

from ...models.support import parameters
from .back_office import BackOfficeCommon

OWN = re.compile(r"(^|\.)pos_glase\b")
# Values for the parameters of public methods, as somebody would give them who means well.
GIVEN = {"scanned_or_typed": "NEW1"}
# Records of Odoo in which something of ours is written.
OF_ODOO = ("pos_payment", "pos_order", "account_move", "account_payment", "ir_attachment")
MANAGER = "point_of_sale.group_pos_manager"


def is_of_ours(model_class):
    return bool(OWN.search(model_class.__module__))


def public_methods(env):
    """The public methods that are this module's own: no override of one of Odoo's.

    :return: pairs of model and name
    """
    found = set()
    for model in env.registry:
        classes = type(env[model]).mro()
        others = [one for one in classes if not is_of_ours(one) and one.__module__ != "odoo.api"]
        for owner in filter(is_of_ours, classes):
            for name, value in vars(owner).items():
                private = name.startswith("_") or getattr(value, "_api_private", False)
                if private or not inspect.isfunction(value):
                    continue
                if not any(name in vars(other) for other in others):
                    found.add((model, name))
    return sorted(found)


def overridden_methods(env):
    """The public methods of Odoo's records that this module overrides."""
    ours = set(public_methods(env))
    found = set()
    for model in env.registry:
        for owner in filter(is_of_ours, type(env[model]).mro()):
            for name, value in vars(owner).items():
                if not name.startswith("_") and inspect.isfunction(value):
                    # What all threads share is named by what they share.
                    found.add((owner._name or model, name))
    return sorted(found - ours - {(model, "init") for model in env.registry})


def routes():
    """The routes of this module: pairs of path and the function that answers.

    :rtype: dict
    """
    found = {}
    for controller in http.Controller.children_classes.get("pos_glase", ()):
        for _name, function in inspect.getmembers(controller, inspect.isfunction):
            routing = getattr(function, "original_routing", None)
            if routing:
                found[routing["routes"][0]] = function
    return found


class DoorsCommon(BackOfficeCommon):
    """A shop in the middle of its day, and everybody who might try what is not his."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.env["res.company"].create({"name": "Other company"})
        elsewhere = {"company_id": other.id, "company_ids": [Command.set(other.ids)]}
        cls.stranger = cls.admin.copy(
            {**elsewhere, "name": "Stranger", "login": "stranger", "password": "stranger"}
        )
        cls.accountant = cls._person("accountant", "account.group_account_manager")
        cls.portal = cls._person("portal_user", "base.group_portal")
        cls.second_manager = cls.pos_admin.copy(
            {"name": "Second", "login": "second_manager", "password": "second_manager"}
        )

    @classmethod
    def _person(cls, login, group):
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "password": login,
                "group_ids": [Command.set(cls.env.ref(group).ids)],
                "company_id": cls.company.id,
                "company_ids": [Command.set(cls.company.ids)],
            }
        )

    def everybody(self):
        """Who is not the shop's own manager."""
        public = self.env.ref("base.public_user").sudo()
        return (self.stranger, self.pos_user, self.accountant, self.portal, public)

    def world(self):
        """A record of each model that has a public method of ours, made by who may.

        :return: records by the name of their model
        :rtype: dict
        """
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        _order, line = self.sent()
        row = self.row(line)
        case = self.env["glase.case"]._open("paid_late", "For this test", row)
        periods = self.env["glase.period"].sudo()
        period = periods._make(self.account, self.terminal, self.pos_session)
        lines = self.env["glase.period.line"].sudo()
        move = self.env["glase.go.live"].sudo().create({"source_id": self.account.id})
        move._fill_lines()
        found = [
            self.account,
            self.terminal,
            row,
            row.event_ids[:1],
            case,
            period,
            lines.create({"period_id": period.id, "origin": "report", "kind": "unknown"}),
            move,
            move.line_ids[:1],
            self.env["glase.verification"].sudo().create({"account_id": self.account.id}),
            self.env["glase.receipt"]
            .sudo()
            .create({"transaction_id": row.id, "company_id": self.company.id}),
            self.main_pos_config,
            self.pos_session,
        ]
        found += self.dialogs(row, case, lines.search([], limit=1))
        self.env.flush_all()
        return {record._name: record.sudo() for record in found}

    def dialogs(self, row, case, line):
        """One dialog of each kind, opened by the shop's manager or administrator."""
        values = {
            "glase.accept": {"line_ids": [Command.set(line.ids)], "reason": "Seen"},
            "glase.assign": {"terminal_id": self.terminal.id, "text": "NEW1"},
            "glase.close.over": {"session_id": self.pos_session.id, "reason": "Late"},
            "glase.refund": {"transaction_id": row.id, "amount": 5, "reason": "Back"},
            "glase.run.report": {"account_id": self.account.id},
            "glase.set.up": {"config_id": self.till.id},
            "glase.sticker.check": {"terminal_id": self.terminal.id},
            "glase.write.off": {"case_id": case.id, "reason": "Lost"},
        }
        user = {"glase.set.up": self.admin}
        made = [
            self.env[model].with_user(user.get(model, self.pos_admin)).create(vals)
            for model, vals in values.items()
        ]
        made.append(
            self.env["res.config.settings"]
            .with_user(self.admin)
            .create({"pos_config_id": self.till.id})
        )
        return made

    def tables(self):
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'glase\\_%' ORDER BY 1"
        )
        return [*(name for (name,) in self.env.cr.fetchall()), *OF_ODOO]

    def snapshot(self):
        """All that money hangs on, as it stands."""
        return self.checksums(self.tables())

    def checksums(self, tables):
        self.env.flush_all()
        found = {}
        for table in tables:
            [found[table]] = self.env.execute_query(
                SQL(
                    "SELECT count(*), md5(string_agg(row::text, '|' ORDER BY row::text)) FROM"
                    " (SELECT to_jsonb(t) - 'write_date' - 'write_uid' AS row FROM %s t) each",
                    SQL.identifier(table),
                )
            )
        return found

    # === Ways in ===

    def by_code(self, user, model, method, ids, arguments=()):
        """Call as every RPC does once it has come in."""
        with mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule"):
            return call_kw(self.env[model].with_user(user), method, [ids, *arguments], {})

    def transports(self):
        """The ways in that somebody outside has."""
        return (self.by_http, self.by_xmlrpc, self.by_json2)

    def by_http(self, user, model, method, ids, arguments=()):
        # The public user is nobody who could log in.
        login = user.login if user.active else None
        self.authenticate(login, login)
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "params": {
                        "model": model,
                        "method": method,
                        "args": [ids, *arguments],
                        "kwargs": {},
                    }
                }
            ),
            headers={"Content-Type": "application/json"},
        ).json()
        if "error" in answer:
            raise UserError(answer["error"]["data"]["name"])
        return answer.get("result")

    def by_xmlrpc(self, user, model, method, ids, arguments=()):
        try:
            return self.xmlrpc_object.execute(
                self.env.cr.dbname, user.id, user.login, model, method, ids, *arguments
            )
        except xmlrpc.client.Fault as fault:
            raise UserError(fault.faultString) from fault

    def by_json2(self, user, model, method, ids, arguments=()):
        function = getattr(type(self.env[model]), method)
        names = list(inspect.signature(function).parameters)[1:]
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps({"ids": ids, **dict(zip(names, arguments, strict=False))}),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.key(user)}",
            },
        )
        if answer.status_code >= 400:
            raise UserError(answer.json().get("name", answer.text))
        return answer.json()

    def key(self, user):
        keys = self.__dict__.setdefault("keys", {})
        if user.id not in keys:
            own = self.env["res.users.apikeys"].with_user(user).sudo()
            keys[user.id] = own._generate(None, "For this test", False)
            self.env.flush_all()
        return keys[user.id]

    def arguments(self, model, method):
        signature = inspect.signature(getattr(type(self.env[model]), method))
        names = list(signature.parameters)[1:]
        return [GIVEN[name] for name in names if name in parameters.TABLE]
