"""Fields of the ledger get plainer names; what is stored in them stays."""

from odoo.tools import SQL, sql

# By model: the name until this version, the name from it on.
RENAMED = {
    "glase.transaction": {
        "asked_at": "till_seen_at",
        "answered_at": "glase_seen_at",
        "spent_on": "refund_claim",
        "clears_id": "replaces_lost_id",
    }
}

# Dialogs whose fields show those of the ledger under the same name.
RELATED = ("glase.refund", "glase.case")


def migrate(cr, version):
    """Rename columns, their indexes and what Odoo keeps about the fields.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    for model, names in RENAMED.items():
        for old, new in names.items():
            _rename(cr, model, old, new)
            # A view is compared with the model while others that extend it are still the old ones.
            cr.execute(
                "UPDATE ir_ui_view"
                " SET arch_db = regexp_replace(arch_db::text, %s, %s, 'g')::jsonb"
                " WHERE model = ANY(%s) AND arch_db::text ~ %s",
                (rf"\m{old}\M", new, [model, *RELATED], rf"\m{old}\M"),
            )
            _rename_in_texts(cr, model, old, new)


def _rename(cr, model, old, new):
    table = model.replace(".", "_")
    if not sql.column_exists(cr, table, old):
        return
    sql.rename_column(cr, table, old, new)
    index = "{}__{}_index"
    cr.execute(
        SQL(
            "ALTER INDEX IF EXISTS %s RENAME TO %s",
            SQL.identifier(index.format(table, old)),
            SQL.identifier(index.format(table, new)),
        )
    )
    # What is bound to the field's record follows it.
    cr.execute(
        "UPDATE ir_model_fields SET name = %s WHERE model = %s AND name = %s", (new, model, old)
    )
    external = "field_{}__{}"
    cr.execute(
        "UPDATE ir_model_data SET name = %s WHERE module = 'pos_glase' AND name = %s",
        (external.format(table, new), external.format(table, old)),
    )
    cr.execute(
        "UPDATE ir_model_data SET name = replace(name, %s, %s)"
        " WHERE module = 'pos_glase' AND model = 'ir.model.fields.selection'",
        (f"selection__{table}__{old}__", f"selection__{table}__{new}__"),
    )


def _rename_in_texts(cr, model, old, new):
    """Somebody's favourites and lists to export keep the names of fields as text."""
    for column in ("domain", "context", "sort"):
        cr.execute(
            SQL(
                "UPDATE ir_filters SET %(column)s = regexp_replace(%(column)s, %(old)s, %(new)s, 'g')"
                " WHERE model_id = %(model)s AND %(column)s ~ %(old)s",
                column=SQL.identifier(column),
                old=rf"\m{old}\M",
                new=new,
                model=model,
            )
        )
    cr.execute(
        "UPDATE ir_exports_line line SET name = regexp_replace(line.name, %s, %s)"
        " FROM ir_exports export WHERE export.id = line.export_id AND export.resource = %s",
        (rf"^{old}\M", new, model),
    )
