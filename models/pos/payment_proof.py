"""The proof: each Glase payment of an order against the ledger (``doc/ledger.md §6``).

Never raises. The sale is stored whatever comes out; what does not match is marked, and is a case.
"""

from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ..cases import progress
from ..ledger import known_rows, row_money
from ..support import managers

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# What a Glase line is at the till, in core's words: ``payment_status``.
DONE = "done"
# What a reprint goes by: the same words as in the till, where they are never translated.
MOVED, REFUNDED, SIMULATED = "Glase payment", "Glase refund", "Glase simulation"
NOT_PROVEN = {
    "card_type": False,
    "transaction_id": False,
    "payment_ref_no": False,
    "glase_paid_at": False,
    "glase_original_reference": False,
    "glase_unverified": True,
}
# Rows in these states hang on a payment that they are not linked with: paid, or still out.
OUT = (*state_machine.HOLDS_TILL, state_machine.UNKNOWN, state_machine.PAID)


def rows_of(payments):
    """The rows of the ledger that hang on payments: linked, paid, or still out.

    :return: the newest such row of each payment that has one
    :rtype: dict
    """
    found = known_rows.rows_about(
        payments,
        [
            "|",
            ("payment_id", "in", payments.ids),
            "&",
            "&",
            ("line_uuid", "in", list(filter(None, payments.mapped("uuid")))),
            ("state", "in", list(OUT)),
            ("refund_claim", "=", False),
        ],
    )
    linked = {row.payment_id: row for row in found}
    free = found.filtered(lambda row: not row.payment_id and not _is_in_place_of_another(row))
    out = {row.line_uuid: row for row in free}
    of_each = {payment: linked.get(payment) or out.get(payment.uuid) for payment in payments}
    return {payment: row for payment, row in of_each.items() if row}


def _is_in_place_of_another(row):
    """Whether the row has the line of another row, whose payment it is: its replacement, or its reversal."""
    return bool(row.replaces_lost_id) or row.original_id.line_uuid == row.line_uuid


class PaymentProof:
    """One payment of an order, and what the ledger says of it."""

    def __init__(self, payment):
        """:param payment: one ``pos.payment``; read as the superuser, whoever asks

        No rule hides a till or a payment from who proves it.
        """
        self.payment = payment.sudo()
        self.env = self.payment.env

    def prove(self):
        """Match the payment with the ledger; mark and list what does not match.

        What its row says is the status of a payment, also where nobody has claimed it yet: a till
        that has lost its own copy reads there that the customer paid.

        :return: the row that proves it, where it has its end in a finished order; or an empty one
        """
        nothing = self.env["glase.transaction"]
        if not self.payment._is_glase() or self.payment.pos_order_id.state == "cancel":
            return nothing
        row = self.matching_row()
        known_rows.lock(row)
        # One that was proven and has become nothing claims nothing, and loses its proof all the same.
        if row or self.payment._glase_claims_paid() or self.payment.transaction_id:
            row = self.link_row(row)
        return row if row_money.finished_order(row) else nothing

    # === Which row it is ===

    def matching_row(self):
        """The one settled row of the ledger with this order, line, amount, currency and till."""
        order = self.payment.pos_order_id
        rows = known_rows.rows_about(self.payment, self._settled() + self._of_this_line())
        fitting = rows.filtered(lambda row: row_money.is_of_order(row, order) and self._fits(row))
        return fitting if len(fitting) == 1 else fitting.browse()

    def _settled(self):
        """Rows that prove a payment, or a refund, as a domain."""
        if self.payment.amount < 0:
            return [("kind", "=", state_machine.REFUND), ("state", "=", state_machine.REFUNDED)]
        return [
            ("kind", "=", state_machine.PAYMENT),
            ("state", "=", state_machine.PAID),
            ("ers_reference", "!=", False),
            ("refund_claim", "=", False),
        ]

    def _of_this_line(self):
        """Rows of this payment's line, or attached to it by hand, as a domain."""
        payment, order = self.payment, self.payment.pos_order_id
        return [
            ("currency_id", "=", payment.currency_id.id),
            ("company_id", "=", order.company_id.id),
            "|",
            "&",
            ("payment_id", "=", payment.id),
            ("attached_at", "!=", False),
            "&",
            "&",
            ("line_uuid", "=", payment.uuid),
            ("config_id", "in", order._glase_tills().ids),
            ("payment_id", "in", [False, payment.id]),
        ]

    def _fits(self, row):
        """Whether a row moved this amount, in an environment that the session may have."""
        payment, session = self.payment, self.payment.pos_order_id.session_id
        if payment.currency_id.compare_amounts(abs(payment.amount), row_money.taken_amount(row)):
            return False
        # Without a session it is in no books yet: asked again when it gets one.
        own = (row.session_id, session.browse())
        return session in own or session._glase_is_of(row.environment)

    # === What follows ===

    def link_row(self, row):
        """Link the payment with the row that proves it, and settle what waited for the proof.

        :param row: locked; empty if nothing proves the payment
        :return: the row that it is linked with now, or an empty one
        """
        linked = row.payment_id == self.payment
        if row and not linked and not known_rows.claim_link(row, self.payment):
            row = row.browse()
        self.payment._glase_write_proof(self._proven_values(row) if row else NOT_PROVEN)
        if row:
            self.payment.pos_order_id._glase_watch_total()
            self._settle_cases(row)
        elif not self._is_explained():
            self._report()
        return row

    @staticmethod
    def _proven_values(row):
        moved = REFUNDED if row.kind == state_machine.REFUND else MOVED
        return {
            "card_type": SIMULATED if row.environment == "simulator" else moved,
            "transaction_id": row.ers_reference,
            "payment_ref_no": row.invoice_reference,
            "glase_original_reference": row.original_id.ers_reference,
            "glase_paid_at": row.receipt_time or row.paid_at or row.ended_at,
            "glase_unverified": False,
            "payment_status": DONE,
        }

    def _settle_cases(self, row):
        # A draft that has the money is not its end yet.
        ended = case_kinds.ended_by(case_kinds.IN_ORDER) if row_money.finished_order(row) else ()
        waiting = known_rows.open_cases(
            self.env,
            [
                "|",
                "&",
                ("kind", "in", list(case_kinds.ended_by(case_kinds.PROVEN))),
                ("payment_id", "=", self.payment.id),
                "&",
                ("kind", "in", list(ended)),
                ("transaction_id", "=", row.id),
            ],
            payments=self.payment,
        )
        progress.settle(waiting, _lt("Proven by the ledger: %s", row.ers_reference or ""))

    def _rows_of_line(self):
        return known_rows.rows_about(self.payment, [("line_uuid", "=", self.payment.uuid)])

    def _is_explained(self):
        """Whether a case about the row itself already says why this payment is not proven."""
        rows = self._rows_of_line()
        linked = rows.filtered(lambda row: row.payment_id == self.payment)
        return any(
            case.state == "open" and case.kind in case_kinds.explaining(how)
            for how, some in ((case_kinds.OF_LINE, rows), (case_kinds.OF_LINKED, linked))
            for case in some.case_ids
        )

    def _report(self):
        progress.open_case(
            "unverified_refund" if self.payment.amount < 0 else "unverified_payment",
            self.payment,
            **self._why(),
        )

    def _why(self):
        """Which sentence says more than that of the case's kind, and what it names."""
        rows = self._rows_of_line()
        if any(row.refund_claim == "refund" for row in rows):
            return {"instead": "paid_back"}
        elsewhere = rows.payment_id.filtered(lambda other: other != self.payment).pos_order_id
        if elsewhere:
            return {"instead": "elsewhere", "order": elsewhere[:1].display_name}
        return {}

    # === After a change ===

    def compare(self, row):
        """After a change: what of this payment is no longer what the row says is a case."""
        if row.given_up_at and not row.payment_id:
            return
        if row.payment_id == self.payment and not self.payment._is_glase():
            # Its money is at Glase all the same: the proof, which is for Glase payments, passes it by.
            self.payment._glase_write_proof({"glase_unverified": True})
        differences = [*self._differences_of_money(row), *self._differences_of_order(row)]
        if not row.attached_at:
            differences += self._differences_of_line(row)
        for what, before, after in differences:
            progress.open_case("changed_after_send", row, what=what, before=before, after=after)

    def _differences_of_money(self, row):
        """What is not what the row says, as (what, before, after)."""
        payment, currency = self.payment, self.payment.currency_id
        if not payment._is_glase():
            yield _lt("The payment method"), "Glase", self._for_reader().payment_method_id.name
        if currency != row.currency_id:
            yield _lt("The currency"), row.currency_id.name, currency.name
        elif not row_money.stands_for(row, abs(payment.amount)):
            written = self._for_reader().currency_id.format
            before = row_money.taken_amount(row) or row.amount
            yield _lt("The amount"), written(before), written(abs(payment.amount))

    def _for_reader(self):
        return managers.for_reader(self.payment)

    def _differences_of_order(self, row):
        order = self.payment.pos_order_id
        if order.company_id != row.company_id:
            yield _lt("The company"), row.company_id.name, order.company_id.name
        if not row_money.is_of_order(row, order):
            yield _lt("The order"), row.order_name, order.display_name

    def _differences_of_line(self, row):
        order = self.payment.pos_order_id
        if self.payment.uuid != row.line_uuid:
            yield _lt("The payment line"), row.line_uuid, self.payment.uuid
        if row.config_id not in order._glase_tills():
            yield _lt("The till"), row.config_id.display_name, order.config_id.display_name
