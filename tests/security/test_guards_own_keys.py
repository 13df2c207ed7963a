import itertools
import logging
from contextlib import suppress

from odoo import fields
from odoo.fields import Command
from odoo.tools import mute_logger

from ..shared.common import GlaseCommon
from ..shared.soak import WHOLE

AUTOMATIC = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}


class Undone(Exception):
    """Ends an attempt, and takes back all that it wrote."""


class TestGuardsReadByOwnKeys(GlaseCommon):
    """A guard reads by the ledger's keys: no field that a cashier may write leads it astray.

    Each writable field of a payment, its order and its session is written to other values, as the
    cashier. After each, whatever would lose track of money is tried: it is refused, or a case says so.
    """

    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")
        self.other_config = self.main_pos_config.copy({"name": "Another till"})
        self.other_session = self.open_register(self.other_config)

    # === What a cashier may write ===

    def values_of(self, record, field):
        """Other values for a field: all of a selection, somebody else's record, nothing."""
        now = record.sudo()[field.name]
        match field:
            case fields.Boolean():
                return [not now]
            case fields.Integer() | fields.Float() | fields.Monetary():
                return [now + 1, 0]
            case fields.Selection():
                found = field.get_values(self.env)
                return [value for value in found if value != now]
            case fields.Many2one():
                comodel = self.env[field.comodel_name].sudo().with_context(active_test=False)
                others = comodel.search([("id", "!=", now.id)], limit=1, order="id")
                return [*others.ids, *self.known_others(field), False]
            case fields.One2many() | fields.Many2many():
                return [[Command.clear()], [Command.unlink(one.id) for one in now[:1]]]
            case fields.Datetime() | fields.Date():
                return ["2020-01-01", False]
            case fields.Char() | fields.Text() | fields.Html():
                return ["other", False]
        return []

    def known_others(self, field):
        """Where somebody would write it: the other till, its session, an order, another company."""
        known = {
            "pos.config": self.other_config,
            "pos.session": self.other_session,
            "pos.order": self.other_order,
            "res.company": self.env["res.company"].search([("id", "!=", self.company.id)]),
            "pos.payment.method": self.cash_method,
        }
        return known.get(field.comodel_name, self.env["pos.order"]).ids[:2]

    def writings(self, record):
        for name, field in sorted(record._fields.items()):
            if name in AUTOMATIC or name.startswith(("message_", "activity_", "website_")):
                continue
            if field.store or field.inverse:
                for value in self.values_of(record, field):
                    yield name, value

    # === What is tried after each ===

    def lower_total(self, order):
        order.write({"amount_total": order.amount_total - 5})

    def delete_draft(self, order):
        self.assertTrue(order.remove_from_ui(order.ids), "nothing was deleted")

    def move_payment(self, order):
        # By its id, whether the cashier sees it or not.
        payments = order.sudo().payment_ids.with_env(order.env)
        self.assertTrue(payments)
        payments.write({"pos_order_id": self.other_order.id})

    def close(self, _order):
        session = self.pos_session.with_user(self.pos_user)
        session.write({"state": "closing_control"})

    def open_cases(self):
        """What a person, or the server, has to end: open cases, and bills that were given up.

        With each case what its history says: a second finding is written there.
        """
        self.env.cr.execute(
            "SELECT c.id, (SELECT count(*) FROM mail_message m WHERE m.model = 'glase.case'"
            " AND m.res_id = c.id) FROM glase_case c WHERE c.state = 'open'"
            " UNION ALL SELECT -id, 0 FROM glase_transaction WHERE given_up_at IS NOT NULL"
        )
        return set(self.env.cr.fetchall())

    def attempt(self, record, name, value, act, order):
        """Write a field, then act.

        :return: None if the write is refused, else whether the act was refused or is a case
        """
        told = None
        try:
            with suppress(Undone), self.env.cr.savepoint(flush=False):
                record.with_user(self.pos_user).write({name: value})
                self.env.flush_all()
                self.env.cr.flush()
                told = False
                act(order.with_user(self.pos_user))
                self.env.flush_all()
                self.env.cr.flush()
                told = bool(self.open_cases() - self.before)
                raise Undone
        except Exception as error:
            logging.getLogger(__name__).debug("%s = %r: %s", name, value, error)
            told = told if told is None else True
        self.forget()
        return told

    def forget(self):
        """What was not written yet must not be written by what comes next."""
        self.env.transaction.clear()
        self.env.cr.precommit.clear()
        self.env.cr.postcommit.clear()
        # Rules and companies as they were.
        self.env.registry.reset_changes()

    def assert_guarded(self, order, *acts):
        """Nothing that is written first lets an act through in silence.

        :param acts: what is tried after each writing; they take turns, unless all is tried by ``bin/test --all``
        """
        turns = itertools.cycle(acts)
        self.env.flush_all()
        self.env.cr.flush()
        self.before = self.open_cases()
        slipped, written = [], 0
        with mute_logger("odoo.sql_db", "odoo.addons.point_of_sale.models.pos_order"):
            for record in (order.payment_ids, order, order.session_id):
                for name, value in self.writings(record):
                    for act in acts if WHOLE else [next(turns)]:
                        told = self.attempt(record, name, value, act, order)
                        written += told is not None
                        if told is False:
                            slipped.append(f"{act.__name__}: {record._name}.{name} = {value!r}")
        self.assertGreater(written, 40, "most fields can be written")
        self.assertEqual(slipped, [])

    def other(self):
        self.other_order, _line = self.draft_order(self.pos_session, 30)

    def billed(self):
        """A draft whose bill is out, and another one beside."""
        self.other()
        order, _line = self.sent()
        return order

    def paid_draft(self):
        self.other()
        order, line = self.sent()
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        return order

    def billed_beside_no_draft(self):
        """Odoo itself closes nothing over drafts: only what the ledger knows stands in the way."""
        order = self.billed()
        self.env.cr.execute("UPDATE pos_order SET state = 'cancel'")
        self.env.invalidate_all()
        return order

    def test_of_a_draft_that_is_paid(self):
        order = self.paid_draft()
        self.assert_guarded(order, self.lower_total, self.delete_draft, self.move_payment)

    def test_of_a_draft_whose_bill_is_out(self):
        order = self.billed()
        self.assert_guarded(order, self.lower_total, self.delete_draft, self.move_payment)

    def test_of_a_session_whose_bill_is_out(self):
        order = self.billed_beside_no_draft()
        self.assert_guarded(order, self.close)

    # === What an administrator may have done, and what a caller says of himself ===

    # What a guard reads: by a rule of the shop's own, no cashier sees any of it.
    HIDDEN = (
        "pos.payment",
        "pos.payment.method",
        "pos.config",
        "pos.session",
        "res.company",
        "res.currency",
        "account.journal",
        "glase.account",
        "glase.case",
        "glase.terminal",
        "glase.transaction",
    )
    # What can be put away.
    ARCHIVED = (
        "pos_payment_method",
        "pos_config",
        "res_company",
        "res_currency",
        "account_journal",
        "glase_account",
        "glase_terminal",
    )

    def hide(self, model):
        """No cashier sees a record of this model from now on."""
        self.env["ir.rule"].sudo().create(
            {
                "name": f"hidden: {model}",
                "model_id": self.env["ir.model"]._get(model).id,
                "domain_force": "[(0, '=', 1)]",
            }
        )

    def archive(self, table):
        """All records of this table are put away, past whatever refuses that."""
        self.env.cr.execute(f"UPDATE {table} SET active = false")
        self.env.invalidate_all()

    def contexts(self):
        """What a browser may say of itself."""
        yield from (
            {"active_test": False},
            {"active_test": True},
            {"lang": "xx_XX"},
            {"lang": False, "tz": "Nowhere/None"},
            {"allowed_company_ids": []},
            {"allowed_company_ids": self.env["res.company"].search([]).ids[::-1]},
            {"allowed_company_ids": (self.env["res.company"].search([]) - self.company).ids},
            {"bin_size": True, "prefetch_fields": False},
            {"prefetch_langs": True, "tracking_disable": True, "mail_notrack": True},
            {"default_state": "settled", "default_kind": "refund", "default_payment_id": 1},
            {"active_model": "pos.order", "active_id": -1, "active_ids": []},
            {"install_mode": True, "module": "base", "import_file": True},
            {"uid": 1, "su": True, "force_delete": True, "_force_unlink": True},
        )

    def try_all(self, order, prepare, what, *acts):
        """Prepare something, then try each act; what slipped through in silence is returned."""
        for act in acts:
            told = None
            before = self.open_cases()
            try:
                with suppress(Undone), self.env.cr.savepoint(flush=False):
                    tried = prepare(order.with_user(self.pos_user))
                    self.env.flush_all()
                    self.env.cr.flush()
                    try:
                        act(tried)
                        self.env.flush_all()
                        self.env.cr.flush()
                        told = bool(self.open_cases() - before)
                    except Exception as error:
                        logging.getLogger(__name__).debug("%s: %s", what, error)
                        told = True
                    raise Undone
            finally:
                self.forget()
            if not told:
                yield f"{act.__name__}: {what}"

    def prepared(self):
        """What is prepared, by name: each gives the order as its cashier has it then."""
        for model in self.HIDDEN:
            yield (
                f"rule on {model}",
                lambda order, model=model: self.hide(model) or order,
            )
        for table in self.ARCHIVED:
            yield (
                f"archived {table}",
                lambda order, table=table: self.archive(table) or order,
            )
        for context in self.contexts():
            yield str(context), lambda order, context=context: order.with_context(**context)

    def assert_unmoved(self, order, *acts):
        slipped = []
        self.env.flush_all()
        self.env.cr.flush()
        with mute_logger("odoo.sql_db", "odoo.addons.point_of_sale.models.pos_order"):
            for what, prepare in self.prepared():
                slipped += self.try_all(order, prepare, what, *acts)
        self.assertEqual(slipped, [])

    def test_rules_archives_and_contexts_hide_no_paid_draft(self):
        order = self.paid_draft()
        self.assert_unmoved(order, self.lower_total, self.delete_draft, self.move_payment)

    def test_rules_archives_and_contexts_hide_no_bill_that_is_out(self):
        order = self.billed()
        self.assert_unmoved(order, self.lower_total, self.delete_draft, self.move_payment)

    def test_rules_archives_and_contexts_close_no_session_over_a_bill(self):
        order = self.billed_beside_no_draft()
        self.assert_unmoved(order, self.close_in_context)

    def close_in_context(self, order):
        session = self.pos_session.with_env(order.env)
        session.write({"state": "closing_control"})
