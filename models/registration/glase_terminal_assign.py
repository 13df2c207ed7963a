import functools

from odoo import fields, models
from odoo.exceptions import UserError

from ...glase import GlaseError, ResultError
from ..support import autonomous_transaction
from .glase_terminal import LIVE, READY, REGISTERED
from .glase_terminal_registration import Outcome

TAKEN_GLASE_ID = 53


class GlaseTerminal(models.Model):
    """Assign the Glase ID of a sticker to a registration."""

    _inherit = "glase.terminal"

    def _ask_assign(self, text, transact=None):
        """Assign the Glase ID of a sticker to this registration.

        :param str text: typed or scanned
        :rtype: Outcome
        :raises UserError: if it is refused without asking Glase
        """
        self._check_manager()
        transact = transact or functools.partial(autonomous_transaction.step_of_request, self)
        glase_id = self._read_glase_id(text)
        claimed = transact(lambda terminal: terminal._claim_assign(glase_id))
        if not claimed:
            return self._has_it_already(glase_id)
        client, principal = claimed
        try:
            client.assign_seqr_id(principal, glase_id)
        except GlaseError as error:
            failure = error
            return transact(lambda terminal: terminal._store_not_assigned(failure, glase_id))
        return transact(lambda terminal: terminal._store_assigned(glase_id))

    def _has_it_already(self, glase_id):
        return Outcome(
            True, self.env._("“%(till)s” has %(id)s already.", till=self.name, id=glase_id)
        )

    def _check_sticker(self, text):
        """What would be assigned; nothing is changed, and Glase is not asked.

        :param str text: typed or scanned
        :return: a question if the till has another sticker already
        :rtype: Outcome
        :raises UserError: if it is no Glase ID, or is not free
        """
        self.check_access("write")
        glase_id = self._read_glase_id(text)
        terminal = self.sudo()
        if terminal.state == READY and terminal.glase_id == glase_id:
            return terminal._has_it_already(glase_id)
        terminal._refuse_wrong_sticker(glase_id)
        if terminal.glase_id:
            question = self.env._(
                "This till has the sticker %(own)s. Use %(new)s instead? Then %(own)s is free for "
                "another till.",
                own=terminal.glase_id,
                new=glase_id,
            )
            return Outcome(True, question, question=True)
        return Outcome(True, self.env._("%s can be assigned.", glase_id))

    def _refuse_wrong_sticker(self, glase_id):
        """:raises UserError: for a product's bar code, and for a sticker of another till"""
        product = self.env["product.product"].sudo().search([("barcode", "=", glase_id)], limit=1)
        if product:
            raise UserError(
                self.env._(
                    "%(id)s is the bar code of the product “%(product)s”. Scan the sticker that "
                    "stands at the till.",
                    id=glase_id,
                    product=product.display_name,
                )
            )
        holder = self.with_context(active_test=False).search(
            [
                ("id", "!=", self.id),
                ("glase_id", "=", glase_id),
                ("endpoint", "=", self.endpoint),
                ("unregistered_at", "=", False),
            ],
            limit=1,
        )
        if holder:
            raise UserError(
                self.env._(
                    "%(id)s is the sticker of “%(till)s”. Use another sticker, or unregister "
                    "that registration first.",
                    id=glase_id,
                    till=holder.name,
                )
            )

    def _claim_assign(self, glase_id):
        self._claim("assign", LIVE)
        if self.state == READY and self.glase_id == glase_id:
            self._release()
            return None
        self._refuse_wrong_sticker(glase_id)
        self.write({"glase_id_asked": glase_id})
        return self._client(), self._principal()

    def _store_assigned(self, glase_id):
        return self._store(
            {
                "state": READY,
                "glase_id": glase_id,
                "glase_id_asked": False,
                "assigned_at": fields.Datetime.now(),
            },
            self.env._("“%(till)s” is ready: %(id)s is its sticker.", till=self.name, id=glase_id),
        )

    def _store_not_assigned(self, error, glase_id):
        if not self._is_certain(error):
            values = {"state": REGISTERED, "glase_id": False}
            message = self.env._(
                "Glase did not answer, so it is not certain whether %s was assigned. Assign it "
                "again.",
                glase_id,
            )
        elif isinstance(error, ResultError) and error.code == TAKEN_GLASE_ID:
            values = {"glase_id_asked": False}
            message = self.env._(
                "Glase does not accept %s: another till has it, or it is not a Glase ID. Check "
                "the sticker, use another one, or unregister the till that has it.",
                glase_id,
            )
        else:
            values = {"glase_id_asked": False}
            message = self._explain(error)
        return self._store(values, message, error)
