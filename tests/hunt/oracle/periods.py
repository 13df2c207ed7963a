"""What must hold of transaction periods: each ends, and each booking at Glase is accounted for once."""

from decimal import Decimal

from odoo.addons.pos_glase.rules import state_machine

ENDED = ("reconciled", "differences")
# A row of the ledger that no report has had stands in one of these, and in one of them only.
WAITING = ("awaited", "missing", "unreported")
# Matched with a line, or with one of which it cannot be said more.
TOLD = ("matched", "netted", "amount", "undecidable")


class PeriodChecks:
    """Glase's bookings against the lines of our periods; needs what the checks have read."""

    # === 8 ===

    def periods_end(self):
        """No period is left without an end; what a lost mark cost is a case or nothing."""
        self.periods = self._dicts("SELECT * FROM glase_period ORDER BY id")
        self.lines = self._dicts("SELECT * FROM glase_period_line ORDER BY id")
        for period in self.periods:
            if period["state"] not in ENDED:
                self.world.blame(
                    "8 every period ends",
                    f"period {period['id']} is {period['state']}: {period['message']}",
                )
            self.world.counts[f"period: {period['state']}"] += 1
            if period["contradictions"]:
                self.world.counts["period: contradicted itself"] += 1
        for line in self.lines:
            self.world.counts[f"period line: {line['kind']}"] += 1

    # === 9 ===

    def all_is_reported(self):
        """Each booking at Glase is matched with a report, awaited, missing, or a case: one of them."""
        for booking, row in self._bookings():
            if row is None or row["state"] not in (state_machine.PAID, state_machine.REFUNDED):
                # The ledger does not know that it was made; checks 1 and 5 say whether that may be.
                continue
            self._accounted_once(booking, row)

    def _bookings(self):
        """Each booking at Glase with its row of the ledger, or None."""
        calls = iter(
            call
            for call in self.journal["calls"]
            if call["operation"] == "refundPayment" and call["code"] == 0
        )
        by_call = {row["call_reference"]: row for row in self.rows if row["call_reference"]}
        by_reference = {
            row["ers_reference"]: row
            for row in self.rows
            if row["kind"] == state_machine.PAYMENT and row["ers_reference"]
        }
        with self.world.glase.simulator.transaction() as tx:
            bookings = [dict(row) for row in tx.all("SELECT * FROM booking ORDER BY seq")]
        for booking in bookings:
            if booking["kind"] == "refund":
                # Glase carries out one refund after another: the nth booking is of the nth call.
                yield booking, by_call.get(next(calls)["client_reference"])
            else:
                yield booking, by_reference.get(booking["ers_reference"])

    def _accounted_once(self, booking, row):
        reported = self._is_matched(row)
        waits = [
            line["kind"]
            for line in self.lines
            if line["origin"] == "ledger"
            and line["transaction_id"] == row["id"]
            and line["kind"] in WAITING
        ]
        what = f"{booking['kind']} {booking['ers_reference']} of {booking['amount']}"
        if reported + len(waits) > 1:
            self.world.blame("9 accounted for once", f"{what}: matched {reported}, and {waits}")
        if reported + len(waits) == 0 and not (self._told_apart(row) or self._open_cases(row)):
            self.world.blame(
                "9 accounted for once",
                f"{what} (row {row['id']}) is in no report, not awaited, and no case"
                f"\n{self._periods_listing()}",
            )
        # What a manager decided has no reference that a report could name.
        findable = bool(row["ers_reference"])
        if findable and set(waits) & {"awaited", "missing"} and self._was_shown(booking):
            self.world.blame(
                "9 nothing that Glase reports is missing",
                f"{what} (row {row['id']}) is {waits}, but Glase's report has it"
                f"\n{self._periods_listing()}",
            )
        if "missing" in waits and self._is_in_a_lost_period(booking):
            self.world.blame(
                "9 accounted for once",
                f"{what} (row {row['id']}) is missing, but Glase has it in a period of which nobody"
                f" knows the id\n{self._periods_listing()}",
            )
        if "unreported" in waits and not self._period_case(row):
            self.world.blame("9 accounted for once", f"{what} is unreported without a case")

    def _is_matched(self, row):
        """Whether a line of a report is this row's, or has it taken off its payment."""
        mine = {row["id"], row["original_id"]}
        return any(
            line["origin"] == "report"
            and line["kind"] in TOLD
            and (
                line["transaction_id"] == row["id"]
                or line["kind"] == "netted"
                and line["transaction_id"] in mine
                and line["period_id"] == row["period_id"]
            )
            for line in self.lines
        )

    def _told_apart(self, row):
        """Whether a line says of this reference that it cannot be told apart."""
        references = {row["ers_reference"]}
        references |= {
            other["ers_reference"] for other in self.rows if other["id"] == row["original_id"]
        }
        return any(
            line["kind"] == "undecidable" and line["reference"] in references for line in self.lines
        )

    def _period_case(self, row):
        return any(
            case["period_id"] == row["period_id"] and case["state"] == "open" for case in self.cases
        )

    def _was_shown(self, booking):
        """Whether a report that the ledger has fetched certainly had this booking as a row."""
        profile = self.world.glase.profile
        if booking["kind"] == "refund" and self._refunds_cannot_be_found(profile):
            return False
        fetched = {period["identifier"] for period in self.periods if period["fetched_at"]}
        with self.world.glase.simulator.transaction() as tx:
            period = self._marked_at_glase(tx, booking)
            if period is None or period["id"] not in fetched:
                return False
            later = tx.one(
                "SELECT 1 FROM booking WHERE terminal_id = ? AND seq > ? AND seq <= ?"
                " AND kind = 'payment'",
                booking["terminal_id"],
                booking["seq"],
                period["last_seq"],
            )
        # The last row may be held back.
        return bool(later) or profile.get("report_rows", "all") == "all"

    def _is_in_a_lost_period(self, booking):
        """Whether Glase has marked the period of this booking, and its answer never came."""
        known = {period["identifier"] for period in self.periods}
        with self.world.glase.simulator.transaction() as tx:
            period = self._marked_at_glase(tx, booking)
        return bool(period) and period["id"] not in known

    @staticmethod
    def _marked_at_glase(tx, booking):
        """Glase's own period of a booking, or None while it is not marked."""
        of_till = "SELECT * FROM period WHERE terminal_id = ? AND after_seq < ? AND last_seq >= ?"
        return tx.one(of_till, booking["terminal_id"], booking["seq"], booking["seq"])

    @staticmethod
    def _refunds_cannot_be_found(profile):
        """Whether Glase's reports do not have refunds under the reference that its answer gave."""
        shown = profile.get("refunds_in_reports", "own_row")
        answered = profile.get("refund_reference", "own")
        return shown in ("absent", "netted") or (shown, answered) == ("own_row", "payment")

    def _periods_listing(self):
        said = []
        for period in self.periods:
            said.append(
                f"    period {period['id']} {period['identifier']} {period['state']} replaces"
                f" {period['replaces_id']} terminal {period['terminal_id']} marked"
                f" {period['mark_sent_at']} Glase {period['report_total']}"
            )
            said += [
                f"      {line['origin']} {line['kind']} {line['reference']} {line['amount']}"
                f" row {line['transaction_id']}"
                for line in self.lines
                if line["period_id"] == period["id"]
            ]
        said += [
            f"    row {row['id']} {row['kind']} {row['state']} {Decimal(str(row['amount']))}"
            f" terminal {row['terminal_id']} ended {row['ended_at']} period {row['period_id']}"
            for row in self.rows
        ]
        return "\n".join(said)
