import re
from pathlib import Path

from odoo.modules import get_module_path
from odoo.tests import TransactionCase

from ..shared.refunds import RefundCommon

PERSONS = ("res.users", "res.partner", "hr.employee")
# A text that is a person's name, and records that Odoo keeps of its own users for every model.
NAMES = {"cashier"}
OF_ODOO = {"create_uid", "write_uid"}
WHO = "Asta-Privat Lindqvist-Xyz"


class TestPersonsOfTheModule(TransactionCase):
    def test_each_field_that_says_who_a_person_is_is_on_the_page(self):
        page = (Path(get_module_path("pos_glase")) / "doc/privacy.md").read_text()
        named = {
            (model, name)
            for model, names in re.findall(r"^\| `([a-z.]+)` \| (`[^|]+`) \|", page, re.MULTILINE)
            for name in re.findall(r"`(\w+)`", names)
        }
        found = set()
        for model in self.env.registry:
            for name, field in self.env[model]._fields.items():
                ours = name.startswith("glase_") or (field._modules or [""])[0] == "pos_glase"
                kept = field.store and not field.related and not self.env[model]._abstract
                person = name in NAMES or field.comodel_name in PERSONS
                if ours and kept and person and name not in OF_ODOO:
                    found.add((model, name))
        # What every history of Odoo has.
        found = {
            (model, name) for model, name in found if not name.startswith(("message_", "activity_"))
        }
        self.assertGreater(len(found), 15)
        self.assertEqual(sorted(named), sorted(found))


class TestNothingOfACustomer(RefundCommon):
    def test_a_customer_reaches_neither_glase_nor_its_log_nor_the_ledger(self):
        customer = self.env["res.partner"].create(
            {"name": WHO, "email": "asta@xyz.example", "phone": "+46 70 555 12 34"}
        )
        marks = {
            "partner_id": customer.id,
            "floating_order_name": WHO,
            "general_customer_note": WHO,
            "internal_note": WHO,
            "email": "asta@xyz.example",
            "mobile": "+46 70 555 12 34",
        }
        with self.assertLogs("pos_glase.glase", "DEBUG") as log:
            order, line = self.draft_order(self.pos_session, 20)
            order.write(marks)
            order.lines.customer_note = WHO
            self.send(order, line)
            self.customer("pay")
            self.ask(line)
            self.validate(order, line)
            self.run_job()
            with self.registry.cursor() as cr:
                self.env(cr=cr)["glase.receipt"].sudo()._cron_receipts()
        sent = "\n".join(log.output)
        self.assertIn("Maja", sent, "the cashier is on the bill, so the bill is in what was read")
        self.assertIn("submitPaymentReceipt", sent)
        for secret in (WHO, "asta@xyz", "555 12 34"):
            self.assertNotIn(secret, sent)
            self.assertNotIn(secret, self.ledger())

    def ledger(self):
        """All that the tables of the module have, as text."""
        self.env.flush_all()
        texts = []
        for model in self.env.registry.values():
            if model._name.startswith("glase.") and model._auto and not model._abstract:
                self.env.cr.execute(f'SELECT t::text FROM "{model._table}" t')  # pylint: disable=sql-injection
                texts += [text for (text,) in self.env.cr.fetchall()]
        self.assertGreater(len(texts), 5)
        return "\n".join(texts)
