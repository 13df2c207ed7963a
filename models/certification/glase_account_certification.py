from odoo import fields, models
from odoo.exceptions import UserError

from ...glase import VERSION, ReceiptDocument
from ...glase.messages import MAX_CLIENT_REFERENCE
from ..support.public_method import public
from .glase_verification import FINISHED, UNFINISHED

POS_NAME_AND_VERSION = f"Odoo POS / pos_glase {VERSION}"[:MAX_CLIENT_REFERENCE]
TERMINAL, RESELLER = "terminal", "reseller"
RECEIPT_OFF, RECEIPT_EMPTY, RECEIPT_HTML = "off", "empty", "html"


class GlaseAccount(models.Model):
    """What a certification wants otherwise, and receipts (``doc/protocol.md §4.12, §6``)."""

    _inherit = "glase.account"

    certifying = fields.Boolean(
        "As a Certification Wants It",
        tracking=True,
        help="While Glase certifies the integration: each call names the company as its client ID, "
        "and this software and its version as its reference. Otherwise each call has a reference "
        "of its own, by which Glase's support can find it.",
    )
    unregister_as = fields.Selection(
        [(TERMINAL, "The till itself"), (RESELLER, "The reseller")],
        "Unregisters",
        default=TERMINAL,
        required=True,
        tracking=True,
        help="Whose log-in ends a registration. Glase's documentation says the till's, its "
        "certification sheet the reseller's",
    )
    receipt_mode = fields.Selection(
        [
            (RECEIPT_HTML, "The receipt of the sale"),
            (RECEIPT_EMPTY, "An empty receipt"),
            (RECEIPT_OFF, "Nothing"),
        ],
        "Receipt for Glase",
        default=RECEIPT_HTML,
        required=True,
        tracking=True,
        help="What is handed to Glase after each payment and refund, in the background. Part of "
        "the certification; without it payments stand all the same",
    )
    receipt_mime = fields.Selection(
        [("text/html", "text/html"), ("Base64", "Base64")],
        "Receipt Type",
        default="text/html",
        required=True,
        tracking=True,
        help="Base64 if Glase asks for it at the certification",
    )
    verification_ids = fields.One2many("glase.verification", "account_id")
    verification_count = fields.Integer(compute="_compute_verification_count")

    def _compute_verification_count(self):
        groups = self.env["glase.verification"]._read_group(
            [("account_id", "in", self.ids)], ["account_id"], ["__count"]
        )
        counts = dict(groups)
        for account in self:
            account.verification_count = counts.get(account, 0)

    # === Who calls, and under which name ===

    def _identify(self, client):
        """Let a client say what a certification wants to read, while this account certifies.

        :param glase.Client client: the client of a call for this account
        :return: the same client
        """
        self.ensure_one()
        account = self.sudo()
        if account.certifying:
            client.client_id = account.company_id.name
            client.fixed_reference = POS_NAME_AND_VERSION
        return client

    def _sent_reference(self, own):
        """The reference that a call of this account really carries.

        :param str own: the call's own reference
        :rtype: str
        """
        self.ensure_one()
        return POS_NAME_AND_VERSION if self.sudo().certifying else own

    def _glase_client(self):
        return self._identify(super()._glase_client())

    def _unregister_principal(self, terminal, other=False):
        """Who ends a registration: the till or the reseller, by this account's setting.

        :param glase.Principal terminal: the till's own
        :param bool other: take the one that the setting does not say
        :rtype: glase.Principal
        """
        self.ensure_one()
        as_reseller = (self.sudo().unregister_as == RESELLER) != other
        return self._reseller_principal() if as_reseller else terminal

    # === Receipts ===

    def _receipt_document(self, values):
        """A receipt as it is handed to Glase: small HTML, or empty, by this account's setting.

        :param dict values: what the template ``pos_glase.glase_receipt_document`` shows
        :rtype: glase.ReceiptDocument
        """
        self.ensure_one()
        account = self.sudo()
        data = b""
        if account.receipt_mode == RECEIPT_HTML:
            html = self.env["ir.qweb"]._render("pos_glase.glase_receipt_document", values)
            data = " ".join(str(html).split()).encode()
        return ReceiptDocument(data, mime_type=account.receipt_mime)

    # === Verification ===

    def _last_verification(self):
        """The newest finished verification of this account in its present environment.

        :return: a ``glase.verification``, empty if there is none; its ``state`` is passed, failed
            or stopped
        """
        self.ensure_one()
        return (
            self.env["glase.verification"]
            .sudo()
            .search(
                [
                    ("account_id", "=", self.id),
                    ("environment", "=", self.environment),
                    ("state", "in", FINISHED),
                ],
                order="finished_at desc, id desc",
                limit=1,
            )
        )

    @public(group="base.group_system")
    def action_verify(self):
        """*Verify Integration*: the run that is under way, or a new one.

        :raises AccessError: for anyone but an administrator
        """
        self.ensure_one()
        runs = self.env["glase.verification"]
        runs._check_administrator()
        self.check_access("read")
        run = runs.search(
            [("account_id", "=", self.id), ("state", "in", ("draft", *UNFINISHED))], limit=1
        )
        if not run:
            last = runs.search([("account_id", "=", self.id)], limit=1)
            values = {"account_id": self.id}
            if last.environment == self.environment:
                values.update(glase_id=last.glase_id, amount=last.amount)
            run = runs.sudo().create(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verify Integration"),
            "res_model": "glase.verification",
            "res_id": run.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @public()
    def action_open_verifications(self):
        """All verifications of this account."""
        self.ensure_one()
        self.env["glase.verification"].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verifications"),
            "res_model": "glase.verification",
            "view_mode": "list,form",
            "domain": [("account_id", "=", self.id)],
        }

    def _check_change(self, vals):
        """Override: what a verification relies on stays as it is until that is finished."""
        result = super()._check_change(vals)
        frozen = {"environment", "endpoint", "reseller_id", "company_id", "active"}
        for account in self.sudo():
            changed = any(
                account._fields[name].convert_to_write(account[name], account) != vals[name]
                for name in frozen & vals.keys()
            )
            if changed and account.verification_ids.filtered(lambda run: run.state in UNFINISHED):
                raise UserError(
                    self.env._(
                        "A verification of “%s” is under way. Stop it, and wait until it has "
                        "cleaned up, before you change the account.",
                        account.name,
                    )
                )
        return result


class GlaseTerminal(models.Model):
    _inherit = "glase.terminal"

    def _client(self):
        return self.account_id._identify(super()._client())
