from odoo import api, fields, models
from odoo.exceptions import ValidationError

# A change of one of these may leave a Glase method without an account of its own.
ACCOUNT_RELEVANT = frozenset(
    {"use_payment_terminal", "journal_id", "outstanding_account_id", "glase_suspense_account_id"}
)


class PosPaymentMethod(models.Model):
    """The accounts of the payment method *Glase* (``doc/bookkeeping.md``).

    What Glase has taken and not paid out yet stands on its *outstanding* account; money of which it
    is not clear whose it is stands on its *suspense* account as well, until that is settled.
    """

    _inherit = "pos.payment.method"

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

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale`: a Glase method never lacks an account."""
        methods = super().create(vals_list)
        methods._glase_give_accounts()
        return methods

    def write(self, vals):
        """Override of `point_of_sale`: a Glase method never lacks an account.

        :raises ValidationError: if the outstanding account of a Glase method is taken away
        """
        result = super().write(vals)
        if ACCOUNT_RELEVANT & set(vals):
            if not vals.get("outstanding_account_id", True):
                self._glase_refuse_no_account()
            self._glase_give_accounts()
        return result

    def copy_data(self, default=None):
        """Override of `point_of_sale`: a copy gets an account of its own."""
        copies = super().copy_data(default)
        for method, values in zip(self, copies, strict=True):
            if method.use_payment_terminal == "glase":
                values["outstanding_account_id"] = (default or {}).get("outstanding_account_id")
        return copies

    def _is_write_forbidden(self, fields):
        # Where there is no account yet, none can be in use by an open session.
        given = set() if any(self.mapped("outstanding_account_id")) else {"outstanding_account_id"}
        return super()._is_write_forbidden(fields - given)

    def _glase_refuse_no_account(self):
        for method in self.filtered(lambda method: method.use_payment_terminal == "glase"):
            raise ValidationError(
                self.env._(
                    "“%s” uses Glase: it needs an outstanding account, or its money would be "
                    "booked together with that of other payment methods.",
                    method.name,
                )
            )

    def _glase_give_accounts(self):
        """Give each Glase method the accounts that it lacks; done twice it changes nothing."""
        for method in self.sudo():
            if method.use_payment_terminal != "glase" or method.journal_id.type != "bank":
                continue
            if not method.outstanding_account_id:
                name = self.env._("%s: taken, not paid out yet", method.journal_id.name)
                account = method._glase_new_account(name, "asset_current")
                method.write({"outstanding_account_id": account.id})
            if not method.glase_suspense_account_id:
                name = self.env._("%s: suspense", method.journal_id.name)
                account = method._glase_new_account(name, "liability_current")
                method.write({"glase_suspense_account_id": account.id})

    def _glase_new_account(self, name, account_type):
        """An account that is reconciled, with the next free code beside its like.

        :param str account_type: a key of ``account.account``'s types
        """
        self.ensure_one()
        company = self.company_id.sudo()
        accounts = self.env["account.account"].sudo().with_company(company)
        like = accounts.search(
            [
                ("company_ids", "in", company.ids),
                ("account_type", "=", account_type),
                ("code", "!=", False),
            ],
            order="code desc",
            limit=1,
        )
        bank = self.journal_id.default_account_id.with_company(company)
        beside = bank if account_type == "asset_current" else like or bank
        return accounts.create(
            {
                "name": name,
                "code": accounts._search_new_account_code(beside.code or "1000"),
                "account_type": account_type,
                "reconcile": True,
                "company_ids": [(6, 0, company.ids)],
            }
        )

    @api.onchange("use_payment_terminal", "journal_id")
    def _onchange_glase_accounts(self):
        """Core proposes the account of all other methods: Glase gets one of its own on saving."""
        for method in self:
            shared = method.outstanding_account_id
            if method.use_payment_terminal == "glase" and method._glase_others_on(shared):
                method.outstanding_account_id = False

    @api.constrains("use_payment_terminal", "outstanding_account_id", "glase_suspense_account_id")
    def _check_glase_accounts(self):
        for method in self.filtered(lambda method: method.use_payment_terminal == "glase"):
            outstanding = method.outstanding_account_id
            suspense = method.glase_suspense_account_id
            others = method._glase_others_on(outstanding)
            if others:
                raise ValidationError(
                    self.env._(
                        "“%(account)s” is the outstanding account of “%(other)s” too: give "
                        "“%(method)s” one of its own, so that Glase's money can be compared with "
                        "what Glase pays out.",
                        account=outstanding.display_name,
                        other=others[0].name,
                        method=method.name,
                    )
                )
            if suspense and (suspense == outstanding or not suspense.reconcile):
                raise ValidationError(
                    self.env._(
                        "The suspense account of “%s” must allow reconciliation and be another "
                        "one than its outstanding account.",
                        method.name,
                    )
                )

    def _glase_others_on(self, account):
        """Other payment methods whose outstanding account this one is."""
        self.ensure_one()
        if not account:
            return self.browse()
        known = self.ids or self._origin.ids
        return self.sudo().search(
            [("outstanding_account_id", "=", account.id), ("id", "not in", known)]
        )
