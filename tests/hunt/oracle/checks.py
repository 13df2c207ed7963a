"""What must hold after a run, with Glase's journal as the oracle."""

import collections
from decimal import Decimal

from oracle.books import BookChecks
from oracle.calls import CallChecks
from oracle.ends import EndChecks
from oracle.events import EventChecks
from oracle.periods import PeriodChecks

from odoo.addons.pos_glase.rules import state_machine


def money(value):
    """A float of the database as Decimal with two decimals."""
    return Decimal(f"{value or 0:.2f}")


class Checks(BookChecks, CallChecks, EndChecks, EventChecks, PeriodChecks):
    """The state of things at the end of a run.

    :param play: the run, at its end
    """

    def __init__(self, world, play):
        self.world, self.play = world, play
        self.journal = world.glase.simulator.journal()
        self.rows, self.cases, self.events = self._read()
        self.by_invoice = {
            row["invoice_reference"]: row for row in self.rows if row["invoice_reference"]
        }

    def _read(self):
        rows = self._dicts(
            "SELECT t.*, p.glase_unverified, p.amount AS linked_amount, c.name AS currency,"
            " p.uuid AS linked_uuid FROM glase_transaction t"
            " JOIN res_currency c ON c.id = t.currency_id"
            " LEFT JOIN pos_payment p ON p.id = t.payment_id ORDER BY t.id"
        )
        cases = self._dicts("SELECT * FROM glase_case ORDER BY id")
        events = collections.defaultdict(list)
        for event in self._dicts("SELECT * FROM glase_event ORDER BY id"):
            events[event["transaction_id"]].append(event)
        return rows, cases, events

    def _dicts(self, query):
        with self.world._watch.cursor() as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def run(self):
        """All checks; what does not hold is blamed on the world."""
        self.of_payments()
        self.cases_have_causes()
        self.who_asks_is_not_silent()
        self.answers_are_counted()
        self.periods_end()
        self.all_is_reported()
        self.books_agree()
        self.bookings_name_their_period()
        self.nothing_leaked()

    def of_payments(self):
        """What holds at any moment at which nothing is undecided, whatever was closed or reported."""
        self.money_adds_up()
        self.called_once()
        self.one_reference()
        self.each_ends_once()
        self.asked_as_who_sent()
        self.nothing_taken_from_the_given_up()
        self.nothing_is_left()
        self.events_replay()

    # === 1 ===

    def money_adds_up(self):
        """Glase's money = verified payments − refunds + what open cases stand for."""
        there, here = collections.Counter(), collections.Counter()
        for payment in self.journal["payments"]:
            if payment["state"] == "standing":
                key = (payment["terminal_id"], payment["currency"])
                there[key] += Decimal(payment["amount"]) - Decimal(payment["refunded"])
        for payment in self._verified_payments():
            here[self._key_of_payment(payment)] += money(payment["amount"])
        for row in self.rows:
            here[self._key_of(row)] += self._in_cases(row)
        for key in sorted(set(there) | set(here)):
            if there[key] != here[key]:
                self.world.blame(
                    "1 money adds up",
                    f"terminal {key[0]}: at Glase stand {there[key]} {key[1]}, orders and open "
                    f"cases have {here[key]}\n{self._listing()}",
                )

    def _key_of(self, row):
        """The registration at which Glase counts the row: a refund counts where it was paid."""
        if row["original_id"]:
            [original] = [other for other in self.rows if other["id"] == row["original_id"]]
            return original["terminal_identifier"], original["currency"]
        return row["terminal_identifier"], row["currency"]

    def _verified(self, row):
        if row["payment_id"] and not row["glase_unverified"]:
            return money(row["linked_amount"])
        return Decimal(0)

    def _verified_payments(self):
        """What orders say was paid, or given back, with Glase, and is not marked as unverified."""
        return self._dicts(
            "SELECT p.id, p.amount, p.transaction_id FROM pos_payment p"
            " JOIN pos_order o ON o.id = p.pos_order_id"
            f" WHERE p.payment_method_id = {self.world.method_id}"
            " AND p.is_change IS NOT TRUE AND p.glase_unverified IS NOT TRUE"
            " AND o.state <> 'cancel' AND (p.transaction_id IS NOT NULL OR o.state <> 'draft')"
        )

    def _key_of_payment(self, payment):
        for row in self.rows:
            if row["payment_id"] == payment["id"]:
                return self._key_of(row)
        for row in self.rows:
            if payment["transaction_id"] and row["ers_reference"] == payment["transaction_id"]:
                return self._key_of(row)
        return "none", "SEK"

    def _in_cases(self, row):
        """What cases have of this row's money that are open, or that a person has settled; each row counts once.

        A case stands for what Glase moved beyond what a verified payment has. Refunds that no order
        has (a reversal, money given back without an order) are taken off their payment's case.
        """
        if not self._money_cases(row):
            return Decimal(0)
        moved = self._moved(row) - self._verified(row)
        for refund in self.rows:
            loose = refund["original_id"] == row["id"] and not self._verified(refund)
            if loose and not self._money_cases(refund):
                moved += self._moved(refund)
        return moved

    def _money_cases(self, row):
        """Open cases about who has the money; that Glase's report lacks a row says nothing of it."""
        return [case for case in self._open_cases(row) if case["kind"] != "not_reported"]

    def _open_cases(self, row):
        mine = []
        for case in self.cases:
            named = case["transaction_id"] == row["id"] or (
                row["payment_id"] and case["payment_id"] == row["payment_id"]
            )
            if named and (case["state"] == "open" or self._by_a_person(case)):
                mine.append(case)
        # A refund without an order gives its payment's money back: the payment's row is claimed.
        return mine

    def _moved(self, row):
        """What Glase took (or gave back: negative) for a row, as far as the ledger knows."""
        if row["kind"] == state_machine.REFUND:
            return -money(row["amount"]) if row["state"] == state_machine.REFUNDED else Decimal(0)
        if row["state"] != state_machine.PAID:
            return Decimal(0)
        return money(row["receipt_amount"] if row["receipt_currency"] else row["amount"])

    def _listing(self):
        lines = [
            f"    row {row['id']} {row['kind']} {row['state']} {row['amount']:.2f}"
            f" ref {row['invoice_reference']} ers {row['ers_reference']} payment"
            f" {row['payment_id']} unverified {row['glase_unverified']} cases"
            f" {[case['kind'] for case in self._open_cases(row)]}"
            for row in self.rows
        ]
        lines += [
            f"    Glase: {payment['invoice_reference']} {payment['amount']} {payment['state']}"
            f" refunded {payment['refunded']}"
            for payment in self.journal["payments"]
        ]
        return "\n".join(lines)

    # === 2 ===

    def called_once(self):
        """One money-moving call a row at most; one standing payment a line, or a case says so."""
        owner = {}
        for row in self.rows:
            for event in self.events[row["id"]]:
                if event["operation"] in ("sendInvoice", "refundPayment"):
                    owner[event["client_reference"]] = row["id"]
        received = collections.Counter()
        for call in self.world.glase.line.calls:
            if call.operation not in ("sendInvoice", "refundPayment"):
                continue
            if call.fault == "never-sent":
                continue
            row_id = owner.get(call.client_reference)
            if row_id is None:
                self.world.blame(
                    "2 once", f"{call.operation} {call.client_reference} belongs to no row"
                )
            received[row_id] += 1
        for row_id, count in received.items():
            if count > 1:
                self.world.blame("2 once", f"row {row_id} was called {count} times")
        self._one_a_line()

    def _one_a_line(self):
        lines = collections.defaultdict(list)
        for payment in self.journal["payments"]:
            row = self.by_invoice.get(payment["invoice_reference"])
            if payment["state"] != "standing":
                continue
            if row is None:
                self.world.blame(
                    "2 once", f"{payment['invoice_reference']} stands and no row knows it"
                )
            elif Decimal(payment["refunded"]) < Decimal(payment["amount"]):
                lines[row["line_uuid"]].append(row)
        for line, rows in lines.items():
            unnamed = [row for row in rows if not self._money_cases(row)]
            if len(unnamed) > 1:
                self.world.blame(
                    "2 once", f"line {line} was paid {len(rows)} times, cases do not name them"
                )

    def one_reference(self):
        """What Glase has named is one row's; an answer that named another's is a case."""
        for name in ("own_reference", "invoice_reference"):
            named = collections.Counter(row[name] for row in self.rows if row[name])
            for reference, count in named.items():
                if count > 1:
                    self.world.blame("2 once", f"{count} rows have {name} {reference}")
        for row in self.rows:
            heard = any(
                event["outcome"] == state_machine.OF_ANOTHER for event in self.events[row["id"]]
            )
            if heard and not any(
                case["transaction_id"] == row["id"] and case["kind"] == "reference_twice"
                for case in self.cases
            ):
                self.world.blame("2 once", f"row {row['id']} heard of another's money, no case")

    # === 3 ===

    def cases_have_causes(self):
        """An order to which nothing was done is linked and has no case."""
        for case in self.cases:
            if case["period_id"]:
                self._period_case_has_cause(case)
                continue
            if not (case["transaction_id"] or case["payment_id"] or case["order_id"]):
                # Its draft was deleted; the case outlives it.
                self.world.counts[f"case: {case['kind']} of a deleted draft"] += 1
                continue
            if case["kind"] == "not_reported":
                # Glase's report lacks it; that none is missing which was reported is check 9.
                continue
            order = self._order_of(case)
            if order is None:
                self.world.blame("3 causes", f"case {case['kind']} names no order of this run")
            elif not order.taints:
                self.world.blame(
                    "3 causes",
                    f"case {case['kind']} of {order.label}, to which nothing was done",
                )
            else:
                for taint in order.taints:
                    self.world.counts[f"case: {case['kind']}"] += 1
                    self.world.counts[f"case {case['kind']} after {taint}"] += 1
        for row in self.rows:
            order = self.world.orders_by_reference.get(row["line_uuid"])
            if order is None or order.taints or row["state"] != state_machine.PAID:
                continue
            if not row["payment_id"] or row["glase_unverified"]:
                self.world.blame(
                    "3 causes", f"{order.label} was paid, nothing was done to it, not linked"
                )

    def _period_case_has_cause(self, case):
        """A period's id is lost, or its money unknown, only where something went wrong on the way."""
        troubled = any(call.fault for call in self.world.glase.line.calls)
        unknown = self._refunds_cannot_be_found(self.world.glase.profile)
        if not (troubled or unknown or self.world.kills):
            self.world.blame("3 causes", f"case {case['kind']}: {case['summary']}")
        self.world.counts[f"case: {case['kind']}"] += 1

    def _order_of(self, case):
        for row in self.rows:
            if row["id"] == case["transaction_id"]:
                known = self.world.orders_by_reference.get(row["line_uuid"])
                # A refund of the back office has a line of its own: it is about its payment's sale.
                return known or self._order_of({**case, "transaction_id": row["original_id"]})
        for order in self.play.orders.values():
            if order.id and order.id == case["order_id"]:
                return order
        for row in self.rows:
            if row["original_id"] and row["order_id"] and row["order_id"] == case["order_id"]:
                return self._order_of({**case, "transaction_id": row["id"]})
        uuids = self.world.sql(
            "SELECT uuid FROM pos_payment WHERE id = %s", case["payment_id"] or 0
        )
        return self.world.orders_by_reference.get(uuids[0][0]) if uuids else None

    # === 5 ===

    def nothing_is_left(self):
        """Nothing is undecided after the drain."""
        for row in self.rows:
            if row["state"] in (state_machine.DRAFT, state_machine.SENDING, state_machine.ISSUED):
                self.world.blame(
                    "5 nothing is left",
                    f"row {row['id']} of line {row['line_uuid']} is still {row['state']}, given up "
                    f"{row['given_up_at']}, message {row['message']}",
                )

    def nothing_leaked(self):
        """No password in any line of the log."""
        for leak in self.world.leak_watch.leaks:
            self.world.blame("6 no secret in the log", leak)
