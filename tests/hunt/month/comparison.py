"""The table at the end of a month: Odoo, the ledger, Glase and Glase's reports, till by till.

Each difference is looked for payment by payment; what no open case explains is an error.
"""

import collections
from decimal import Decimal

from oracle.checks import Checks, money
from table import say

from odoo.addons.pos_glase.rules import state_machine

COLUMNS = ("at Glase", "ledger", "orders", "no order", "reports", "no report", "not explained")
# Of the account of what Glase has taken, and of the suspense account, which must have what orders
# say less what stands at Glase.
ACCOUNT_COLUMNS = ("in Odoo", "in open cases", "should be", "difference")


class MonthTable(Checks):
    """The four sums of each till, and why they differ.

    ``at Glase``: what stands by Glase's journal; ``ledger``: what our rows say; ``orders``: the Glase
    payments of orders in closed sessions; ``no order``: what Glase has beyond them, by an open case or
    settled; ``reports``: Glase's own reports of the periods; ``no report``: what they lack, awaited or
    by an open case. All in SEK, refunds taken off: they count at the till that took the payment, as
    they do at Glase.

    :param mornings: the ledger's time at which each day began
    """

    def __init__(self, world, play, mornings):
        super().__init__(world, play)
        self.mornings = mornings
        self.lines = self._dicts("SELECT * FROM glase_period_line ORDER BY id")
        self.open = [case for case in self.cases if case["state"] == "open"]
        self.sums = {name: collections.Counter() for name in COLUMNS}
        self.days = {name: collections.Counter() for name in COLUMNS[:2]}
        self.explained, self.unexplained = [], []
        # What Glase has moved and the ledger has not heard, by an open case that says so.
        self.unheard = []
        # Glase's own reference of each row: the ledger has none of a refund that was decided.
        self.reference_of = {}
        self.till_of = dict(
            world.sql(
                "SELECT r.id, t.config_id FROM glase_transaction r"
                " JOIN glase_terminal t ON t.id = r.terminal_id"
            )
        )
        self._add_up()

    def _add_up(self):
        booked = self._glase()
        self._ledger()
        sold = self._orders()
        for row in self.rows:
            self._compare(row, booked[row["id"]], sold[row["id"]])
        self._reports()
        for till in self.world.config_ids:
            for has, lacks in (("orders", "no order"), ("reports", "no report")):
                left = self.sums["at Glase"][till] - self.sums[has][till] - self.sums[lacks][till]
                if left:
                    what = f"at Glase, and in the sums of neither {has} nor {lacks}"
                    self._unexplained(till, left, f"{what}{self._odd_lines(till)}")

    def _odd_lines(self, till):
        """The lines of a till's periods that match nothing, to find a difference by."""
        odd = self.world.sql(
            "SELECT l.period_id, l.origin, l.kind, l.reference, l.amount, l.ledger_amount,"
            " l.transaction_id FROM glase_period_line l JOIN glase_period p ON p.id = l.period_id"
            " JOIN glase_terminal t ON t.id = p.terminal_id"
            " WHERE t.config_id = %s AND l.kind NOT IN ('matched', 'late') ORDER BY l.id",
            till,
        )
        return "".join(f"\n    {' | '.join(map(str, line))}" for line in odd)

    # === The four sums ===

    def _glase(self):
        booked = collections.Counter()
        tills = dict(self.world.sql("SELECT terminal_identifier, config_id FROM glase_terminal"))
        for booking, row in self._bookings():
            amount = Decimal(booking["amount"])
            till = tills[booking["terminal_id"]]
            self.sums["at Glase"][till] += amount
            self.days["at Glase"][self._day(booking["booked_at"])] += amount
            if row is None:
                row = self._row_by_invoice(booking)
            if row is None:
                self._unexplained(till, amount, f"Glase has {booking}, and no row of the ledger")
                continue
            booked[row["id"]] += amount
            self.reference_of[row["id"]] = booking["ers_reference"]
        return booked

    def _row_by_invoice(self, booking):
        """The row of a payment of which the ledger has not heard that it was paid."""
        for payment in self.journal["payments"]:
            if payment["ers_reference"] == booking["ers_reference"]:
                return self.by_invoice.get(payment["invoice_reference"])
        return None

    def _ledger(self):
        for row in self.rows:
            amount = self._moved(row)
            if amount:
                self.sums["ledger"][self.till_of[row["id"]]] += amount
                moment = row["ended_at"].timestamp()
                self.days["ledger"][self._day(moment)] += amount

    def _orders(self):
        """What orders of closed sessions have, by the row that they name; what names none is told."""
        sold = collections.Counter()
        by_line = {row["line_uuid"]: row["id"] for row in self.rows}
        by_payment = {row["payment_id"]: row["id"] for row in self.rows if row["payment_id"]}
        payments = self._dicts(
            "SELECT p.id, p.uuid, p.amount, s.config_id FROM pos_payment p"
            " JOIN pos_order o ON o.id = p.pos_order_id JOIN pos_session s ON s.id = o.session_id"
            f" WHERE p.payment_method_id = {self.world.method_id} AND s.state = 'closed'"
            " AND o.state NOT IN ('draft', 'cancel')"
        )
        for payment in payments:
            amount = money(payment["amount"])
            row_id = by_payment.get(payment["id"]) or by_line.get(payment["uuid"])
            self.sums["orders"][self.till_of.get(row_id, payment["config_id"])] += amount
            if row_id:
                sold[row_id] += amount
            else:
                named = [case for case in self.open if case["payment_id"] == payment["id"]]
                what = f"order payment {payment['id']} of {amount}, nothing of it at Glase"
                self._note("no order", payment["config_id"], -amount, what, named)
        return sold

    def _reports(self):
        marked = {}
        for period in self._dicts(
            "SELECT t.config_id, p.report_total, p.mark_sent_at FROM glase_period p"
            " JOIN glase_terminal t ON t.id = p.terminal_id WHERE p.identifier IS NOT NULL"
            " ORDER BY p.mark_sent_at"
        ):
            self.sums["reports"][period["config_id"]] += money(period["report_total"])
            marked[period["config_id"]] = period["mark_sent_at"]
        # What only a manager vouches for is at no Glase: it stands in no sum of reports.
        told = {line["transaction_id"] for line in self.lines if line["kind"] != "forced"}
        nobodys = {
            line["reference"]: line["period_id"]
            for line in self.lines
            if line["origin"] == "report" and line["kind"] == "unknown"
        }
        for row in self.rows:
            till, amount = self.till_of[row["id"]], self._moved(row)
            untold = amount and not row["period_id"] and row["id"] not in told
            if untold and (till not in marked or row["ended_at"] > marked[till]):
                what = (
                    f"{row['ers_reference']} of {amount} was made, or decided, after the last mark"
                )
                self._explained("no report", till, amount, what)
        for line in self.lines:
            if line["origin"] == "ledger" and line["kind"] not in ("late", "forced"):
                cases = [
                    case
                    for case in self.open
                    if case["period_id"] == line["period_id"]
                    or case["transaction_id"] == line["transaction_id"]
                ]
                till, amount = self.till_of[line["transaction_id"]], money(line["ledger_amount"])
                what = f"{line['reference']} of {amount} is {line['kind']} in Glase's reports"
                period_id = nobodys.get(self.reference_of.get(line["transaction_id"]))
                if period_id:
                    # In the sum of the reports already, under a reference that the ledger lacks.
                    cases = [case for case in self.open if case["period_id"] == period_id]
                    self._note(
                        "no report", till, Decimal(0), f"{what}, and is nobody's there", cases
                    )
                elif line["kind"] == "awaited":
                    # Nobody has to do anything yet: the next report has it, or it becomes a case.
                    self._explained("no report", till, amount, what)
                else:
                    self._note("no report", till, amount, what, cases)

    # === What differs, and why ===

    def _compare(self, row, booked, sold):
        heard = self._moved(row)
        if booked == heard == sold:
            return
        cases = self._named(row)
        what = (
            f"{row['kind']} {row['ers_reference'] or row['call_reference']} ({row['state']}): at "
            f"Glase {booked}, ledger {heard}, orders {sold}"
        )
        settled = [
            case
            for case in self.cases
            if case["transaction_id"] == row["id"] and case["state"] == "settled"
        ]
        if not cases and booked == heard and (settled or self._given_back(row)):
            # Not in any order, and nobody has to do anything about it any more.
            self._explained("no order", self.till_of[row["id"]], booked - sold, f"{what}: settled")
            return
        if cases and booked != heard:
            self.unheard.append((booked - heard, f"{what}: case {self._kinds(cases)}"))
        self._note("no order", self.till_of[row["id"]], booked - sold, what, cases)

    def _given_back(self, row):
        """Whether a payment without an order and its refunds cancel each other."""
        root = row["original_id"] or row["id"]
        family = [each for each in self.rows if root in (each["id"], each["original_id"])]
        return sum((self._moved(each) for each in family), Decimal(0)) == 0

    def _named(self, row):
        family = {row["id"], row["original_id"]} - {None}
        family |= {other["id"] for other in self.rows if other["original_id"] == row["id"]}
        payments = self.world.sql("SELECT id FROM pos_payment WHERE uuid = %s", row["line_uuid"])
        mine = {row["payment_id"], *(payment_id for (payment_id,) in payments)} - {None}
        return [
            case
            for case in self.open
            if case["transaction_id"] in family or case["payment_id"] in mine
        ]

    def _note(self, column, till, amount, what, cases):
        if cases:
            self._explained(column, till, amount, f"{what}: case {self._kinds(cases)}")
        else:
            self.sums[column][till] += amount
            self._unexplained(till, amount, what)

    def _explained(self, column, till, amount, what):
        self.sums[column][till] += amount
        self.explained.append((till, amount, what))

    @staticmethod
    def _kinds(cases):
        return ", ".join(sorted({case["kind"] for case in cases}))

    def _unexplained(self, till, amount, what):
        self.sums["not explained"][till] += amount
        self.unexplained.append((till, amount, what))

    # === On paper ===

    def _day(self, seconds):
        began = [
            number
            for number, morning in enumerate(self.mornings, 1)
            if morning.timestamp() <= seconds
        ]
        return max(began, default=1)

    def show(self):
        """Print the table; returns how many differences no open case explains."""
        for name in ("explained", "unexplained"):
            for till, amount, what in getattr(self, name):
                say(f"  {name}: till {till}: {amount}: {what}")
        say()
        say(f"{'till':>8}" + "".join(f"{name:>15}" for name in COLUMNS))
        for till in self.world.config_ids:
            say(f"{till:>8}" + "".join(f"{self.sums[name][till]:>15}" for name in COLUMNS))
        totals = {name: sum(self.sums[name].values(), Decimal(0)) for name in COLUMNS}
        say(f"{'all':>8}" + "".join(f"{totals[name]:>15}" for name in COLUMNS))
        say()
        say(f"{'day':>8}" + "".join(f"{name:>15}" for name in self.days))
        for day in range(1, len(self.mornings) + 1):
            say(f"{day:>8}" + "".join(f"{sums[day]:>15}" for sums in self.days.values()))
        return len(self.unexplained) + self._books(totals)

    def _books(self, totals):
        """Print Glase's two accounts in Odoo's books; returns how many of them are wrong.

        The books know what the ledger has heard. What Glase has moved beyond that counts only where
        an open case names its row.
        """
        unheard = sum((amount for amount, _what in self.unheard), Decimal(0))
        at_glase, orders = totals["at Glase"], totals["orders"]
        accounts = {
            "taken": (self.balance("outstanding_account_id"), unheard, at_glase),
            "suspense": (self.balance("glase_suspense_account_id"), -unheard, orders - at_glase),
        }
        say()
        say(f"{'account':>8}" + "".join(f"{name:>15}" for name in ACCOUNT_COLUMNS))
        wrong = 0
        for name, (booked, explained, wanted) in accounts.items():
            differs = booked + explained - wanted
            figures = (booked, explained, wanted, differs)
            say(f"{name:>8}" + "".join(f"{figure:>15.2f}" for figure in figures))
            wrong += bool(differs)
        for amount, what in self.unheard:
            say(f"  in open cases: {amount}: {what}")
        return wrong

    def paid_count(self):
        """How many payments and refunds the ledger has."""
        moved = (state_machine.PAID, state_machine.REFUNDED)
        return sum(row["state"] in moved for row in self.rows)
