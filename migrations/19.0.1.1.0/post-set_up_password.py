"""The set-up stores no password any more: what it had stored goes."""


def migrate(cr, version):
    """Drop the column that no field has any more.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    cr.execute("ALTER TABLE glase_set_up DROP COLUMN IF EXISTS reseller_password")
