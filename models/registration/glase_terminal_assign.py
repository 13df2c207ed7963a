from odoo import fields, models
from odoo.exceptions import UserError

from ...glase import GlaseError, ResultError
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
        transact = transact or self._in_own_transaction
        glase_id = self._read_glase_id(text)
        claimed = transact(lambda terminal: terminal._claim_assign(glase_id))
        if not claimed:
            return Outcome(
                True, self.env._("“%(till)s” has %(id)s already.", till=self.name, id=glase_id)
            )
        client, principal = claimed
        try:
            client.assign_seqr_id(principal, glase_id)
        except GlaseError as error:
            failure = error
            return transact(lambda terminal: terminal._store_not_assigned(failure, glase_id))
        return transact(lambda terminal: terminal._store_assigned(glase_id))

    def _claim_assign(self, glase_id):
        self._claim("assign", LIVE)
        if self.state == READY and self.glase_id == glase_id:
            self._release()
            return None
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
