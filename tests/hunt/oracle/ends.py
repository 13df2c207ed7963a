"""Each payment ends once: in an order, in a refund, or in a case of which a person hears."""

from odoo.addons.pos_glase.rules import state_machine

FINISHED = ("paid", "done", "invoiced")
# Bills that are out although no line of their order asks for that amount, and nobody is told of it.
FOR_NOTHING = """
    SELECT t.id, t.amount, t.order_name FROM glase_transaction t
     WHERE t.kind = 'payment' AND t.state = 'issued' AND t.given_up_at IS NULL
       AND t.forced_at IS NULL AND t.cancel_wished_at IS NULL AND t.replaces_lost_id IS NULL
       AND NOT EXISTS (SELECT FROM pos_payment p JOIN pos_order o ON o.id = p.pos_order_id
                        WHERE p.uuid = t.line_uuid AND o.uuid = t.order_uuid
                          AND p.payment_method_id = %s AND (p.amount = t.amount OR t.proposing))
       AND NOT EXISTS (SELECT FROM glase_case c WHERE c.transaction_id = t.id AND c.state = 'open')
       AND NOT EXISTS (SELECT FROM glase_event e
                        WHERE e.transaction_id = t.id AND e.operation = 'updateInvoice')
"""
UNPROVEN = """
    SELECT p.id, o.id, p.amount, p.uuid FROM pos_payment p JOIN pos_order o ON o.id = p.pos_order_id
     WHERE p.payment_method_id = %s AND p.amount <> 0 AND p.glase_unverified
       AND o.state IN ('paid', 'done', 'invoiced')
"""


def no_bill_for_nothing(world):
    """Asked at once: what is out is what its order asks for, or somebody hears of it."""
    for row_id, amount, name in world.sql(FOR_NOTHING, world.method_id):
        world.blame(
            "6 no bill for nothing",
            f"row {row_id} asks for {amount} for {name}, which has no such line, and no case says so",
        )


class EndChecks:
    """Part of :class:`oracle.checks.Checks`: what became of each payment and each refund."""

    def each_ends_once(self):
        """Money that Glase moved is in one order, was given back, or is a case; never two of them."""
        for row in self.rows:
            if row["state"] == state_machine.PAID:
                self._payment_ends(row)
            elif row["state"] == state_machine.REFUNDED:
                self._refund_ends(row)
            self._tender_was_open(row)
        self._unproven_is_a_case()

    def _tender_was_open(self, row):
        """Another tender was allowed for a refund only while nobody knew whether it was made."""
        for event in self.events[row["id"]]:
            if event["operation"] == "other_tender" and event["state"] != state_machine.UNKNOWN:
                self.world.blame("4 one end", f"row {row['id']}: another tender, {event['state']}")

    def _payment_ends(self, row):
        in_order = self._is_in_order(row)
        if in_order and row["refund_claim"]:
            self.world.blame("4 one end", f"row {row['id']} is in an order, and was given back")
        if not (in_order or row["refund_claim"] or self._is_told(row)):
            self.world.blame(
                "4 one end", f"row {row['id']} is paid, without an end or a case\n{self._listing()}"
            )

    def _refund_ends(self, row):
        [original] = [other for other in self.rows if other["id"] == row["original_id"]]
        alone = original["refund_claim"] or self._is_told(original)
        if not (self._is_in_order(row) or alone or self._is_told(row)):
            self.world.blame("4 one end", f"refund {row['id']} was made, without an end or a case")

    def _is_in_order(self, row):
        states = self.world.sql(
            "SELECT o.state FROM pos_payment p JOIN pos_order o ON o.id = p.pos_order_id"
            " WHERE p.id = %s AND p.glase_unverified IS NOT TRUE",
            row["payment_id"] or 0,
        )
        return any(state in FINISHED for (state,) in states)

    def _is_told(self, row):
        """Whether a case about the money is open, or a person has settled it."""
        mine = [case for case in self.cases if case["transaction_id"] == row["id"]]
        return bool(self._money_cases(row)) or any(self._by_a_person(case) for case in mine)

    @staticmethod
    def _by_a_person(case):
        return case["state"] == "settled" and case["note"] == case["reason"]

    def _unproven_is_a_case(self):
        """What a finished order counts as paid with Glase, and nothing proves, is an open case."""
        for payment_id, order_id, amount, uuid in self.world.sql(UNPROVEN, self.world.method_id):
            rows = {
                row["id"]
                for row in self.rows
                if uuid and row["line_uuid"] == uuid or row["payment_id"] == payment_id
            }
            told = any(
                case["payment_id"] == payment_id
                or case["order_id"] == order_id
                or case["transaction_id"] in rows
                for case in self.cases
                if case["state"] == "open" or self._by_a_person(case)
            )
            if not told:
                self.world.blame(
                    "4 one end", f"{amount} of order {order_id} is proven by nothing, and no case"
                )
