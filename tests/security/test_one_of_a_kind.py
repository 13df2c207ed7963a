from odoo.tests import TransactionCase, tagged

from ..shared.common import GlaseCommon

# Key columns of each unique index of our models, and of ours on tables of others, those inside expressions and
# conditions included, that a deletion elsewhere sets to NULL, with the index's definition.
EMPTIED = """
    SELECT DISTINCT t.relname, pg_get_indexdef(x.indexrelid), a.attname
      FROM pg_index x
      JOIN pg_class t ON t.oid = x.indrelid
      JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
      JOIN pg_constraint f ON f.conrelid = t.oid AND f.contype = 'f'
                          AND f.confdeltype IN ('n', 'd') AND a.attnum = ANY(f.conkey)
     WHERE x.indisunique
       AND (t.relname = ANY(%s) OR pg_get_indexdef(x.indexrelid) LIKE '%%glase%%')
"""


@tagged("post_install", "-at_install")
class TestUniqueIndexes(TransactionCase):
    """No unique index of ours stands on what the deletion of something else empties."""

    def test_no_unique_index_loses_its_key_by_a_deletion(self):
        ours = [
            model._table
            for model in self.registry.values()
            if model._auto and not model._abstract and model._original_module == "pos_glase"
        ]
        self.assertIn("glase_case", ours)
        self.env.cr.execute(EMPTIED, (ours,))
        found = [
            (table, definition)
            for table, definition, column in self.env.cr.fetchall()
            # An index of those that have a link says nothing of those that have lost it.
            if f"({column} IS NOT NULL)" not in definition
        ]
        self.assertEqual(found, [])


class TestCasesOfDeletedPayments(GlaseCommon):
    """A case outlives what it is about, and does not stand in the way of the next."""

    def test_drafts_that_nothing_proves_can_be_deleted_one_after_the_other(self):
        session = self.open_register()
        for number in range(3):
            order, _line = self.draft_order(session, 20 + number, status="done")
            self.env["pos.order"].with_user(self.pos_user).remove_from_ui(order.ids)
            self.env.flush_all()
            self.assertFalse(order.exists())
        cases = self.env["glase.case"].search([("kind", "=", "unverified_payment")])
        self.assertEqual(cases.mapped("amount"), [22, 21, 20], "each is a case of its own")
        self.assertFalse(cases.payment_id)
        self.assertEqual(len(set(cases.mapped("subject"))), 3)
