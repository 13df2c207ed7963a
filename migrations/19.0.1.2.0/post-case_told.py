"""Cases that were open before are put before a manager, as new ones are."""

from odoo import SUPERUSER_ID, api
from odoo.addons.pos_glase.models.support import managers


def migrate(cr, version):
    """Give each open case its activity.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for case in env["glase.case"].search([("state", "=", "open")]):
        if not case.activity_ids:
            managers.tell(case)
