from odoo.tests import TransactionCase, tagged

MODULE = "pos_glase"


@tagged("post_install", "-at_install")
class TestCoreTables(TransactionCase):
    """What the module adds to models: a table of Odoo's can be filled by code that has never heard of it."""

    def our_fields(self, stored=False):
        """Each model that has fields of ours, and these fields."""
        for model in self.env.values():
            found = [
                field
                for field in model._fields.values()
                if MODULE in field._modules and (not stored or field.store and field.column_type)
            ]
            if found and not model._abstract:
                yield model, found

    def columns_without_a_value(self):
        """Our columns of Odoo's tables that an INSERT which does not name them would leave without a value."""
        self.env.cr.execute(
            """
            SELECT table_name, column_name
              FROM information_schema.columns
             WHERE table_schema = current_schema AND is_nullable = 'NO' AND column_default IS NULL
            """
        )
        demanding = set(self.env.cr.fetchall())
        return {
            (model._table, field.name)
            for model, found in self.our_fields(stored=True)
            if model._original_module != MODULE
            for field in found
        } & demanding

    def test_no_column_of_odoos_tables_needs_a_value_from_who_does_not_know_it(self):
        self.assertFalse(self.columns_without_a_value())
        self.env.cr.execute(
            "ALTER TABLE pos_payment_method ALTER COLUMN glase_last_tender DROP DEFAULT"
        )
        self.assertEqual(
            self.columns_without_a_value(), {("pos_payment_method", "glase_last_tender")}
        )

    def test_payment_method_made_while_the_module_is_not_loaded(self):
        """Odoo loads point_of_sale first: what is created then does not name our columns."""
        methods = self.env["pos.payment.method"]
        plain = methods.create({"name": "Voucher"})
        plain.flush_recordset()
        kept = [
            field.name
            for field in methods._fields.values()
            if field.store and field.column_type and MODULE not in field._modules
        ]
        self.assertNotIn("glase_last_tender", kept)
        names = ", ".join(f'"{name}"' for name in kept if name != "id")
        self.env.cr.execute(
            f"INSERT INTO pos_payment_method ({names}) SELECT {names} FROM pos_payment_method "
            "WHERE id = %s RETURNING id",
            (plain.id,),
        )
        made = methods.browse(self.env.cr.fetchone()[0])
        ours = ["glase_last_tender", "glase_send_at_once", "glase_sound"]
        self.assertEqual(made.read(ours, load="")[0], {**plain.read(ours)[0], "id": made.id})
        made.name = "Voucher, renamed"
        made.flush_recordset()

    def test_no_label_twice_on_a_model(self):
        """Odoo logs a warning for each; in a filter or an export nobody can tell such fields apart."""
        twice = []
        for model, found in self.our_fields():
            labels = {}
            for field in model._fields.values():
                labels.setdefault(field.string, []).append(field)
            twice += [
                f"{model._name}: {label}: {', '.join(field.name for field in fields)}"
                for label, fields in labels.items()
                if len(fields) > 1 and set(fields) & set(found)
            ]
        self.assertFalse(twice)
