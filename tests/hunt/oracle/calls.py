"""What must hold of the calls as Glase's line heard them."""

from odoo.addons.pos_glase.rules import state_machine

CANCEL_ANSWERS = (0, 50, 55, 58, 95)
REVERSED_WITHIN_SECONDS = 30


class CallChecks:
    """Who asks, and when; needs ``world``, ``rows`` and ``events`` of the checks."""

    def asked_as_who_sent(self):
        """Glase knows whom it answers about a bill: each call uses the registration that sent it."""
        if self.world.glase.profile.get("reversed_status") == "54":
            return
        for call in self.world.glase.line.calls:
            about_a_bill = call.operation in ("getPaymentStatus", "cancelInvoice")
            if about_a_bill and call.code in state_machine.SETUP_CODES and not call.fault:
                self.world.blame("3 causes", f"{call!r}: nothing was done to this call")

    # === 4 ===

    def nothing_taken_from_the_given_up(self):
        """After a row was given up: no question before a cancel was answered, 30 s after a 50."""
        for row in self.rows:
            calls = [
                call
                for call in self.world.glase.line.calls
                if row["invoice_reference"] and call.invoice_reference == row["invoice_reference"]
            ]
            for since, until in self._given_up(row):
                self._check_spell(row, calls, since, until)

    def _given_up(self, row):
        """The spells in which a row was given up: ``(from, to)``; ``to`` None: until its end.

        From its commit on: who has read the row before that may be on the way already.
        """
        spells, since = [], None
        for event in self.events[row["id"]]:
            if event["operation"] == "give_up" and since is None:
                since = self.world.given_up.get(event["id"]) or event["time"]
            elif event["operation"] in ("take_back", "force") and since is not None:
                spells.append((since, event["time"]))
                since = None
        if since is not None:
            spells.append((since, None))
        return spells

    def _check_spell(self, row, calls, since, until):
        answered = None
        for call in calls:
            if call.operation == "cancelInvoice" and call.code in CANCEL_ANSWERS:
                # It may have left before: what counts is that it was answered after.
                answered = call if call.answered_at >= since else answered
            inside = call.at >= since and not (until and call.at > until)
            if inside and call.operation == "getPaymentStatus":
                self._check_question(row, call, answered)

    def _check_question(self, row, call, answered):
        if self._replaced_before(row, call):
            return
        if answered is None:
            self.world.blame(
                "4 asking is taking",
                f"row {row['id']} was asked about after it was given up, no cancel answered",
            )
        elif answered.code == 50 and not self._waited(answered, call):
            self.world.blame(
                "4 asking is taking",
                f"row {row['id']} was asked about {call.at - answered.answered_at} after 50",
            )

    @staticmethod
    def _waited(earlier, call):
        seconds = (call.at - earlier.answered_at).total_seconds()
        return seconds >= REVERSED_WITHIN_SECONDS

    def _replaced_before(self, row, call):
        """Whether a later bill took this one's place so long ago that Glase has reversed it.

        Where Glase refuses to cancel a bill that has ended in its own way, this is how the ledger
        asks about it without a risk (``doc/ledger.md §5``).
        """
        later = [
            other
            for other in self.world.glase.line.calls
            if other.operation == "sendInvoice"
            and other.code == 0
            and other.terminal == row["terminal_identifier"]
            and other.client_reference != row["call_reference"]
            and other.at > row["sent_at"]
        ]
        return any(self._waited(other, call) for other in later)
