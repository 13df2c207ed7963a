from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..books import method_accounts
from .pos_config import without_glase

# Read anew by the till whenever it is loaded, or after the session only: no session depends on it.
EDITABLE_IN_SESSION = frozenset(
    {
        "glase_send_at_once",
        "glase_last_tender",
        "glase_sound",
        "glase_suspense_account_id",
        "glase_write_off_account_id",
    }
)


class PosPaymentMethod(models.Model):
    """The payment method *Glase*: one for each company and currency serves all of its tills.

    Which registration a payment uses is found by the till, never by the method.
    """

    _inherit = "pos.payment.method"

    glase_send_at_once = fields.Boolean(
        "Send at once",
        help="Choosing Glase sends the whole amount due at once. Otherwise the cashier may "
        "change the amount first, then sends.",
    )
    glase_sound = fields.Boolean(
        "Sound when paid",
        default=True,
        help="The till plays a short sound when a Glase payment is paid, and when the customer's "
        "30 seconds are over.",
    )
    glase_last_tender = fields.Selection(
        [
            ("offer", "Ask: take the others first, or continue anyway"),
            ("refuse", "Always take the other payments first"),
        ],
        "Glase before other payments",
        default="offer",
        required=True,
        help="The bill on the customer's phone shows what was paid otherwise. So Glase is taken "
        "last: what happens when the order would not be paid in full with it.",
    )
    glase_suspense_account_id = fields.Many2one(
        "account.account",
        ondelete="restrict",
        copy=False,
        help="Money that Glase took without an order, and Glase payments of orders that nothing "
        "proves, stand here until they are attached, paid back or written off. Empty: one is made.",
    )
    glase_write_off_account_id = fields.Many2one(
        "account.account",
        "Glase Write-off Account",
        ondelete="restrict",
        copy=False,
        help="Proposed when money on the suspense account is written off",
    )
    glase_open_tills = fields.Char(
        "Tills with an open session", compute="_compute_glase_open_tills"
    )

    def init(self):
        # Odoo loads other modules before this one: what they create meanwhile does not name the column.
        self.env.cr.execute(
            "ALTER TABLE pos_payment_method ALTER COLUMN glase_last_tender SET DEFAULT 'offer',"
            " ALTER COLUMN glase_sound SET DEFAULT true"
        )

    @api.depends("config_ids")
    def _compute_glase_open_tills(self):
        for method in self:
            tills = method.open_session_ids.config_id.mapped("name")
            method.glase_open_tills = ", ".join(tills)

    def _get_payment_terminal_selection(self):
        return super()._get_payment_terminal_selection() + [("glase", "Glase")]

    @api.model
    def _load_pos_data_fields(self, config):
        own = ["glase_send_at_once", "glase_last_tender", "glase_sound"]
        return super()._load_pos_data_fields(config) + own

    @api.model
    def _load_pos_self_data_fields(self, config):
        """Override of `pos_self_order`, where it is installed: its loader answers anybody."""
        return without_glase(self, super()._load_pos_self_data_fields(config))

    def _is_write_forbidden(self, fields):
        free = EDITABLE_IN_SESSION | method_accounts.not_given_yet(self)
        return super()._is_write_forbidden(fields - free)

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale`: a Glase method never lacks an account."""
        methods = super().create(vals_list)
        method_accounts.give(methods)
        return methods

    def write(self, vals):
        """Override of `point_of_sale`: a Glase method is frozen in a session, and lacks no account.

        :raises UserError: for what the open sessions depend on
        :raises ValidationError: if the outstanding account of a Glase method is taken away
        """
        for method in self:
            if method.use_payment_terminal == "glase" and method._is_write_forbidden(set(vals)):
                raise UserError(method._glase_frozen(vals))
        result = super().write(vals)
        method_accounts.changed(self, vals)
        return result

    def copy_data(self, default=None):
        """Override of `point_of_sale`: a copy gets an account of its own."""
        copies = super().copy_data(default)
        for method, values in zip(self, copies, strict=True):
            if method.use_payment_terminal == "glase":
                values["outstanding_account_id"] = (default or {}).get("outstanding_account_id")
        return copies

    @api.onchange("use_payment_terminal", "journal_id")
    def _onchange_glase_accounts(self):
        for method in self:
            method_accounts.drop_shared(method)

    @api.constrains("use_payment_terminal", "outstanding_account_id", "glase_suspense_account_id")
    def _check_glase_accounts(self):
        method_accounts.check(self)

    def _glase_frozen(self, vals):
        names = [
            self._fields[name]._description_string(self.env)
            for name in vals
            if name in self._fields and name not in EDITABLE_IN_SESSION
        ]
        return self.env._(
            "These tills have an open session: %(tills)s. Close their registers before you "
            "change this of “%(method)s”: %(fields)s. “Send at once”, “Sound when paid” and “Glase "
            "before other payments” can be changed at any time.",
            tills=self.glase_open_tills,
            method=self.name,
            fields=", ".join(names),
        )

    @api.constrains("use_payment_terminal", "payment_method_type", "journal_id", "config_ids")
    def _check_glase_method(self):
        for method in self.filtered(lambda method: method.use_payment_terminal == "glase"):
            if method.payment_method_type != "terminal":
                raise ValidationError(
                    self.env._("“%s” uses Glase: its integration must be Terminal.", method.name)
                )
            if method.journal_id.type != "bank":
                raise ValidationError(
                    self.env._(
                        "“%s” uses Glase: give it a bank journal, best one of its own, so that "
                        "Glase payments land in their own account.",
                        method.name,
                    )
                )
            for config in method.config_ids:
                method._check_glase_currency_of(config)

    @api.constrains("use_payment_terminal", "journal_id", "company_id", "active")
    def _check_one_glase_method(self):
        for method in self.filtered(lambda m: m.active and m.use_payment_terminal == "glase"):
            same = self._glase_methods(method.company_id).filtered(
                lambda other, method=method: other._glase_currency() == method._glase_currency()
            )
            others = same - method
            if others:
                raise ValidationError(
                    self.env._(
                        "“%(other)s” takes Glase payments in %(currency)s already, at all tills "
                        "of %(company)s: the till finds its own terminal. Add it to the till "
                        "instead of making a second one.",
                        other=others[0].name,
                        currency=method._glase_currency().name,
                        company=method.company_id.name,
                    )
                )

    @api.model
    def _glase_methods(self, company):
        """The active Glase payment methods of a company."""
        return self.sudo().search(
            [("use_payment_terminal", "=", "glase"), ("company_id", "=", company.id)]
        )

    def _glase_currency(self):
        """The currency that this method's journal is in."""
        return self.journal_id.currency_id or self.company_id.sudo().currency_id

    def _check_glase_currency_of(self, config):
        """Glase money is booked in the currency that it was taken in.

        :raises ValidationError: if the till sells in another currency
        """
        for method in self:
            if method._glase_currency() != config.currency_id:
                raise ValidationError(
                    self.env._(
                        "“%(method)s” is booked in %(journal)s, but “%(till)s” sells in "
                        "%(currency)s. Use a Glase payment method with a journal in "
                        "%(currency)s: “Set up Glase” in the settings of that till makes one.",
                        method=method.name,
                        journal=method._glase_currency().name,
                        till=config.name,
                        currency=config.currency_id.name,
                    )
                )


# What else decides in which currency a till sells and its Glase is booked.


class AccountJournal(models.Model):
    _inherit = "account.journal"

    @api.constrains("currency_id")
    def _check_glase_currency(self):
        """Of a till's sales journal, or of the journal of its Glase method."""
        methods = self.env["pos.payment.method"].sudo().search([("journal_id", "in", self.ids)])
        tills = self.env["pos.config"].sudo().search([("journal_id", "in", self.ids)])
        (tills | methods.config_ids)._check_glase_currency()


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.constrains("currency_id")
    def _check_glase_currency(self):
        """What names no currency of its own has the company's."""
        tills = self.env["pos.config"].sudo().search([("company_id", "in", self.ids)])
        tills._check_glase_currency()
