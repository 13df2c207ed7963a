from ...rules import case_kinds, state_machine
from .booking import Booking
from .subject import subject_of


class WriteOff:
    """*Write off*: what stands on the suspense account for good goes to another account."""

    def __init__(self, case):
        """:param case: any case; what it may be asked for is looked up as the superuser"""
        self.case, self.env = case.sudo(), case.sudo().env
        self.subject = self._subject()

    def _subject(self):
        """What the case's money is booked for: a row of the ledger, or a payment that nothing proves."""
        row = self.case.transaction_id
        if not row:
            return self.case.payment_id
        unproven = self.env["pos.payment"].search(
            [("uuid", "=", row.line_uuid), ("glase_unverified", "=", True)], limit=1
        )
        # Goods were given for a bill that was not paid: its order's payment stands there.
        if unproven and row.state not in (state_machine.PAID, state_machine.REFUNDED):
            return unproven
        return row.original_id or row

    def amount(self):
        """What stands on the suspense account, in the journal's currency; above zero is money
        without an owner.

        :rtype: float
        """
        return Booking(self.env).on_suspense(self.subject) if self.subject else 0.0

    def book(self, account, reason):
        """Move what stands there to another account, and settle what was open about it.

        :param account: that takes it
        :param str reason: kept on the entry and on the cases
        :raises UserError: if nothing stands there any more
        """
        manager = self.env.user
        move = Booking(self.env).write_off(self.subject, account, reason)
        move.message_post(
            body=self.env._(
                "%(manager)s wrote this off: %(reason)s", manager=manager.name, reason=reason
            )
        )
        self._cases()._settle(
            self.env._(
                "Written off to %(account)s by %(manager)s: %(reason)s",
                account=account.display_name,
                manager=manager.name,
                reason=reason,
            )
        )

    def _cases(self):
        """The open cases that it ends."""
        family = subject_of(self.subject).family()
        kinds = case_kinds.offering(case_kinds.WRITE_OFF)
        of_subject = [
            (case_kinds.LINKS[self.subject._name], "in", family.ids),
            ("kind", "in", list(kinds)),
        ]
        return self.case.search([*of_subject, ("state", "=", "open")]) | self.case
