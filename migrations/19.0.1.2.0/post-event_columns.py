"""An event's company is its row's: the column that held it goes."""


def migrate(cr, version):
    """Drop the column that nothing uses any more.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    cr.execute("ALTER TABLE glase_event DROP COLUMN IF EXISTS company_id")
