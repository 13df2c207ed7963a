from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.accounts.glase_connection import DEFAULT_USER, TEST_ENDPOINT
from ...models.registration import set_up
from ...models.support.public_method import public
from ...rules.environments import ENVIRONMENTS


class GlaseSetUp(models.TransientModel):
    """*Set up Glase* for one till: which account, then journal and payment method by themselves."""

    _name = "glase.set.up"
    _description = "Set up Glase"
    _inherit = ["pos_glase.wizard"]

    config_id = fields.Many2one("pos.config", "Till", required=True, readonly=True)
    company_id = fields.Many2one(related="config_id.company_id")
    account_id = fields.Many2one(
        "glase.account",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        domain="[('company_id', '=', company_id)]",
        help="Leave it empty to make a new one",
    )
    account_count = fields.Integer(compute="_compute_account_id", store=True)
    environment = fields.Selection(ENVIRONMENTS, default="simulator", required=True)
    endpoint = fields.Char("Address", compute="_compute_endpoint", store=True, readonly=False)
    reseller_id = fields.Char("Reseller ID")
    reseller_user = fields.Char("User ID", default=DEFAULT_USER)
    reseller_password = fields.Char(
        "Password",
        compute="_compute_reseller_password",
        inverse="_inverse_reseller_password",
        groups="base.group_system",
        help="Handed to the account that is made when you save; it is kept nowhere else",
    )
    send_at_once = fields.Boolean(
        help="As Glase's own procedure has it, the cashier chooses Glase, may change the amount, and "
        "presses Send. With this, choosing Glase sends the whole amount due."
    )
    shop_name = fields.Char(compute="_compute_shop_name", store=True, readonly=False)

    @api.depends("config_id")
    def _compute_account_id(self):
        for wizard in self:
            accounts = wizard.config_id._glase_accounts() if wizard.config_id else ()
            wizard.account_count = len(accounts)
            wizard.account_id = accounts[:1]

    @api.depends("environment")
    def _compute_endpoint(self):
        for wizard in self:
            wizard.endpoint = TEST_ENDPOINT if wizard.environment == "test" else False

    def _compute_reseller_password(self):
        self.reseller_password = False

    def _inverse_reseller_password(self):
        for wizard in self.filtered(lambda wizard: not wizard.account_id):
            password = wizard.reseller_password
            if password and wizard.environment != "simulator":
                wizard.account_id = wizard._new_account(password)

    @api.depends("config_id")
    def _compute_shop_name(self):
        for wizard in self:
            wizard.shop_name = wizard.config_id.company_id.name

    @public(group="base.group_system", access="write")
    def action_set_up(self):
        """Make what is missing, and say what comes next.

        :raises UserError: if something that Glase gives with the contract is not filled in
        """
        self.ensure_one()
        account = self.account_id or self._new_account()
        waiting = set_up.tills(self.config_id, account)
        if self.send_at_once:
            self.config_id._glase_payment_method().glase_send_at_once = True
        return set_up.notice(self.config_id, waiting)

    def _new_account(self, password=False):
        values = {
            "company_id": self.company_id.id,
            "environment": self.environment,
            "shop_name": self.shop_name,
            "name": self.env._("Simulator"),
        }
        if self.environment != "simulator":
            given = {
                "endpoint": self.endpoint,
                "reseller_id": self.reseller_id,
                "reseller_password": password,
            }
            missing = [
                self._fields[name]._description_string(self.env)
                for name, value in given.items()
                if not value
            ]
            if missing:
                raise UserError(self.env._("Fill in what Glase gave you: %s.", ", ".join(missing)))
            values |= {
                "name": self.shop_name or self.reseller_id,
                **given,
                "reseller_user": self.reseller_user,
            }
        return self.env["glase.account"].create(values)
