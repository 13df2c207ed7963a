"""What follows when a payment has an answer, or ends; the words that a cashier reads of it."""

from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ..cases import progress
from ..support import managers
from . import row_money

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class PaymentEnd:
    """How a payment ends.

    :param row: of the ledger
    """

    def __init__(self, row):
        self.row, self.env = row, row.env

    def worded(self, _evidence, heard):
        """What was heard, with the words for the cashier."""
        return heard

    def answered(self, _before, _evidence):
        """What follows from the state that an event has brought, or confirmed."""
        self._ended()

    def requested(self):
        """What follows from the state that somebody has asked for."""
        self._ended()

    def _ended(self):
        if self.row.state == state_machine.PAID:
            self.paid()
        elif self.row.state in state_machine.FINAL:
            self._unpaid()

    def paid(self):
        """The row is paid: does the amount fit, and does an order wait for the proof?"""
        progress.settle_about(
            self.row, case_kinds.ended_by(case_kinds.PAID), _lt("Paid: %s", self.row.ers_reference)
        )
        if row_money.differs(self.row):
            progress.open_case("amount_differs", self.row)
        if self.row.given_up_at and not self.row.payment_id:
            progress.open_case("paid_without_order", self.row)
        # An ordinary payment has no case, and nobody who would read of it.
        if self.row.case_ids and row_money.is_certain(self.row):
            known = case_kinds.ended_by(case_kinds.AMOUNT_KNOWN)
            row = managers.for_reader(self.row)
            progress.settle_about(
                row, known, _lt("Known now: %s", row.currency_id.format(row.amount))
            )
        payments = self.env["pos.payment"].search([("uuid", "=", self.row.line_uuid)])
        payments._glase_prove()

    def _unpaid(self):
        """The row ended without money: were goods given for it?"""
        if self.row.forced_at:
            progress.open_case("goods_without_money", self.row)
        unpaid = case_kinds.ended_by(case_kinds.UNPAID)
        words = self.row.decided_reason or _lt("Glase says that it was not paid.")
        progress.settle_about(self.row, unpaid, words)

    def till_message(self):
        """What the cashier reads of this row; False where there is nothing to say."""
        words = WORDS.get(self.row.state)
        return words(self.row) if words else self.row.message or False

    def message_of_another(self, evidence):
        """What the cashier reads of an answer that names what another row has."""
        if evidence.operation == "sendInvoice":
            return _lt(
                "Glase gave this bill the number of another one, so nobody can ask about it. If "
                "the customer's phone says paid, that money comes back by itself. Send the payment "
                "again."
            )
        return _lt(
            "Glase says paid, but with the payment reference of another payment: that is no proof. "
            "Hand out nothing for it yet. Glase is asked again; if that stays, tell the manager."
        )


def _canceled(row):
    if row.outcome == state_machine.DECLINED:
        return row.env._("The customer declined the payment. Nothing was charged.")
    return row.env._("The payment was canceled. Nothing was charged.")


def _expired(row):
    return row.env._("The customer did not pay in time. Nothing was charged.")


def _reversed(row):
    return row.env._(
        "The customer had paid, but too late: Glase has given the money back by itself."
    )


def _unknown(row):
    if row._answered_of_another():
        return row.message
    return row.env._(
        "Glase did not answer when the bill was sent. If the customer's phone says "
        "paid, that money comes back by itself. Send the payment again."
    )


def _failed(row):
    return row.message or row.env._("The payment failed at Glase. Nothing was charged.")


# What the cashier reads by the row's state; in others it is what was heard last.
WORDS = {
    state_machine.CANCELED: _canceled,
    state_machine.EXPIRED: _expired,
    state_machine.REVERSED: _reversed,
    state_machine.UNKNOWN: _unknown,
    state_machine.FAILED: _failed,
    state_machine.PAID: lambda _row: False,
}
