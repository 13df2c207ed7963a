from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..support.managers import MANAGERS
from ..support.public_method import public


class ResConfigSettings(models.TransientModel):
    """The Glase block of the Point of Sale settings: what is missing, and how to go on.

    Nothing in it is saved with the page. The names do not start with ``pos_``: core would write
    such fields to the till.
    """

    _inherit = "res.config.settings"

    # Odoo's own field is whatever an onchange says: what hangs on it is read as the superuser.
    glase_config_id = fields.Many2one("pos.config", "Till", compute="_compute_glase_config_id")
    glase_state = fields.Selection(related="glase_config_id.glase_state")
    glase_message = fields.Char(related="glase_config_id.glase_message")
    glase_terminal_id = fields.Many2one(related="glase_config_id.glase_terminal_id")
    glase_glase_id = fields.Char(related="glase_config_id.glase_terminal_id.glase_id")
    glase_account_id = fields.Many2one("glase.account", compute="_compute_glase_account")
    glase_environment = fields.Char(compute="_compute_glase_account")
    glase_has_account = fields.Boolean(compute="_compute_glase_account")
    glase_may_simulate = fields.Boolean(compute="_compute_glase_account")

    @api.depends("pos_config_id")
    def _compute_glase_config_id(self):
        for settings in self:
            settings.glase_config_id = settings.pos_config_id._filtered_access("read")

    @api.depends("glase_config_id")
    def _compute_glase_account(self):
        for settings in self:
            config = settings.glase_config_id
            accounts = config._glase_accounts() if config else self.env["glase.account"]
            terminal = config.sudo().glase_terminal_id
            account = terminal.account_id or accounts[:1]
            settings.glase_account_id = account
            settings.glase_environment = account.environment
            settings.glase_has_account = bool(accounts)
            settings.glase_may_simulate = not accounts

    @public(group="base.group_system")
    def action_glase_set_up(self):
        """Ask which account, then make journal and payment method and add it to the till."""
        self.ensure_one()
        self._check_glase_administrator()
        return self.pos_config_id.action_glase_set_up()

    @public(group="base.group_system")
    def action_glase_try(self):
        """One click to try everything with the simulator."""
        self.ensure_one()
        self._check_glase_administrator()
        return self.pos_config_id.action_glase_try()

    @public(group=MANAGERS)
    def action_glase_register(self):
        """Register the till with Glase."""
        return self.pos_config_id.action_glase_register()

    @public(group=MANAGERS)
    def action_glase_assign(self):
        """Ask for the Glase ID of the till's sticker."""
        return self.pos_config_id.action_glase_assign()

    @public(group=MANAGERS)
    def action_glase_test(self):
        """Ask Glase whether it knows the till."""
        return self.pos_config_id.action_glase_test()

    @public(group=MANAGERS)
    def action_glase_terminal(self):
        """Open the till's Glase terminal."""
        return self.pos_config_id.action_glase_terminal()

    @public()
    def action_glase_account(self):
        """Open the account that the till uses."""
        self.ensure_one()
        self.pos_config_id.check_access("read")
        return self.glase_account_id._get_records_action(context={})

    def _check_glase_administrator(self):
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator may set up Glase."))
