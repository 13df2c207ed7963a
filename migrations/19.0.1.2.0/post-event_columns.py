"""An event's company is its row's, and the index by row has the event's id: what took their place before goes."""


def migrate(cr, version):
    """Drop the column and the index that nothing uses any more.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    cr.execute("ALTER TABLE glase_event DROP COLUMN IF EXISTS company_id")
    cr.execute("DROP INDEX IF EXISTS glase_event__transaction_id_index")
