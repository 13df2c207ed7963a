"""Each row of the ledger gets its outcome, in one statement however large the ledger is."""

from odoo.tools import sql


def migrate(cr, version):
    """Add the column and fill it: declined is what nobody here has ended.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    if sql.column_exists(cr, "glase_transaction", "outcome"):
        return
    cr.execute("ALTER TABLE glase_transaction ADD COLUMN outcome varchar")
    cr.execute(
        """
        UPDATE glase_transaction
           SET outcome = CASE WHEN state = 'canceled' AND coalesce(cancel_tries, 0) = 0
                               AND cancel_wished_at IS NULL AND inferred IS NOT TRUE
                              THEN 'declined' ELSE state END
        """
    )
