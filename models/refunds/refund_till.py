"""What a till asks of the ledger to give money back (``doc/ledger.md §12``).

Any Point of Sale user may refund at a till against an original order of the till's company: the server
finds the payment through the refunded lines, and it alone says how much is left.
"""

from decimal import Decimal

from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ..ledger import row_money
from ..ledger.till import Till, config_of, values_of_line
from ..pos.bill import Bill
from ..support import autonomous_transaction, managers, parameters
from ..support.sentences import note
from ..support.till_errors import Refused, answers_refusals
from . import refund_order
from .refund import elsewhere_words, is_elsewhere, make_refund, too_much_words

# Said in the language of whoever reads the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class RefundTill(Till):
    """What one till asks about money that goes back; answers like :class:`.till.Till`."""

    @answers_refusals
    def refundable(self, config_id, order_uuid="", refunded_order_ids=()):
        """What can be given back with Glase for a refund order.

        :param int config_id: the till
        :param str order_uuid: the refund order, if it is stored
        :param refunded_order_ids: ids of the orders that it refunds, if it is not
        :return: ``payments`` oldest first, their ``total`` (decimal strings), and a sentence if
            nothing can be given back
        :rtype: dict
        """
        config = config_of(self.env, config_id)
        orders = self.env["pos.order"].browse(list(refunded_order_ids)).exists()
        orders |= refund_order.refunded_orders(self._stored_order(config, order_uuid))
        originals = self._refund_originals(orders, config)
        left = {row.id: row_money.refundable(row) for row in originals}
        total = sum(left.values())
        message = False
        if not originals:
            message = self._no_original_message(orders, config)
        elif not total:
            message = too_much_words(originals, total)
        return {
            "ok": True,
            "payments": [_refundable_view(row, left[row.id]) for row in originals],
            "total": str(total),
            "message": message,
        }

    @answers_refusals
    def refund(self, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        """Give money back for one line of a stored refund order: once for each attempt.

        :param int config_id: the till
        :param str order_uuid: a refund order whose draft is stored
        :param str line_uuid: its payment line, with a negative amount
        :param str attempt: made by the till for one press of *Refund*
        :param str amount: what goes back: positive decimal string, major units of the currency
        :param str cashier: reported to Glase
        :return: the refund's row as the till sees it, or a refusal
        :rtype: dict
        """
        config = config_of(self.env, config_id)
        known = self._find_attempt(config, line_uuid, attempt)
        if known:
            return self._answer(known.id)
        order = self._order(config, order_uuid, line_uuid)
        value = self._checked_amount(amount, order.currency_id)
        line = order.payment_ids.filtered(lambda payment: payment.uuid == line_uuid)
        if order.currency_id.compare_amounts(float(value), -line.amount):
            raise Refused(
                "order_changed", self.env._("The amount has changed. Refund the payment again.")
            )
        if value > -Bill(order).due(line_uuid):
            raise Refused(
                "amount", self.env._("Give back what the customer gets for this order at most.")
            )
        self._refuse_more_than_sold_for(order, line_uuid, value)
        refunded = refund_order.refunded_orders(order)
        originals = self._refund_originals(refunded, config)
        if not originals:
            raise Refused("no_original", self._no_original_message(refunded, config))
        self._check_finish(order)
        values = values_of_line(self.env, order, line_uuid, attempt, value, cashier)
        return self._answer(make_refund(originals, values))

    def _refuse_more_than_sold_for(self, order, line_uuid, value):
        """:raises Refused: if this till rounds to more than the products were sold for"""
        rounding = Bill(order).rounding()
        if not rounding or not rounding.in_total:
            return
        most = refund_order.most_back(order, line_uuid)
        if value > most:
            raise Refused(
                "amount",
                self.env._(
                    "These products were sold for less, as the sale was rounded: give back at "
                    "most %s with Glase.",
                    order.currency_id.format(float(max(most, Decimal(0)))),
                ),
            )

    @answers_refusals
    def reverse(self, config_id, line_uuid, attempt, refund_attempt, cashier=""):
        """*Reverse*: give back what is left of a paid line before its order is finished.

        :param int config_id: the till
        :param str line_uuid: the paid line
        :param str attempt: of its paid row
        :param str refund_attempt: made by the till for one press of *Reverse*
        :return: the reversal's row as the till sees it, or a refusal
        :rtype: dict
        """
        config = config_of(self.env, config_id)
        known = self._find_attempt(config, line_uuid, refund_attempt)
        if known:
            return self._answer(known.id)
        row = self.rows.sudo().browse(self._row_id(config_id, line_uuid, attempt))
        left = self._reversible(row)
        values = {
            "line_uuid": line_uuid,
            "attempt": refund_attempt,
            "amount": float(left),
            "config_id": config.id,
            "session_id": row.session_id.id,
            "order_id": row.order_id.id,
            "order_uuid": row.order_uuid,
            "order_name": row.order_name,
            "cashier": cashier or parameters.short(self.env.user.name),
            "user_id": self.env.uid,
        }
        return self._answer(make_refund(row, values, spends=("draft", "cancel")))

    @answers_refusals
    def approve_refund_tender(self, config_id, order_uuid, login="", password="", reason=""):
        """Let a manager allow another tender for a refund of which nobody knows whether it was made.

        :param int config_id: the till
        :param str order_uuid: the refund order
        :param str login: of the manager, empty if that is who is logged in
        :param str password: the manager's own; kept nowhere
        :param str reason: why, in the manager's words; kept with the case
        :raises: nothing; answers ``{"ok": True}`` or a refusal
        :rtype: dict
        """
        config = config_of(self.env, config_id)
        reason = (reason or "").strip()
        if not reason:
            raise Refused("reason", self.env._("Write why another tender is given."))
        unknown = self.rows.sudo().search(
            [
                ("config_id", "=", config.id),
                ("order_uuid", "=", order_uuid),
                ("kind", "=", state_machine.REFUND),
                ("state", "=", state_machine.UNKNOWN),
            ]
        )
        _refuse_decided(unknown)
        manager_id = managers.approve(self.env, config.company_id, login, password).id
        autonomous_transaction.end_request(self.env)
        autonomous_transaction.with_records(
            unknown, lambda rows: _approve_other_tender(rows, manager_id, reason)
        )
        return {"ok": True}

    # === Which payments a refund order gives back ===

    def _reversible(self, row):
        """What is left of a paid row whose order is not finished.

        :raises Refused: if there is nothing to give back in this way
        """
        if row.kind != state_machine.PAYMENT or row.state != state_machine.PAID:
            raise Refused(
                "not_open",
                self.env._("This payment is not paid: there is nothing to give back. Cancel it."),
            )
        if row_money.finished_order(row):
            raise Refused(
                "order_done", self.env._("This order is finished already: refund it instead.")
            )
        left = row_money.refundable(row)
        if not left:
            raise Refused("too_much", too_much_words(row, left))
        return left

    def _stored_order(self, config, order_uuid):
        return self.env["pos.order"].search(
            [("uuid", "=", order_uuid or ""), ("config_id", "=", config.id)], limit=1
        )

    def _refund_originals(self, orders, config):
        """The paid rows of the ledger behind these orders, oldest first, of the till's company."""
        own = orders.sudo().filtered(lambda order: order.company_id == config.company_id)
        rows = self.rows.sudo().search(
            [
                ("payment_id", "in", own.payment_ids.ids),
                ("kind", "=", state_machine.PAYMENT),
                ("state", "=", state_machine.PAID),
                ("ers_reference", "!=", False),
                ("company_id", "=", config.company_id.id),
                ("currency_id", "=", config.currency_id.id),
            ],
            order="paid_at, id",
        )
        return rows.filtered(lambda row: not is_elsewhere(row, config))

    def _no_original_message(self, orders, config):
        if not orders:
            return self.env._(
                "Glase gives money back for a payment only: open the original order under Orders "
                "and refund its products, or choose another payment method."
            )
        paid = self.rows.sudo().search(
            [
                ("payment_id", "in", orders.sudo().payment_ids.ids),
                ("company_id", "=", config.company_id.id),
            ]
        )
        others = paid.filtered(lambda row: is_elsewhere(row, config))
        if others:
            return elsewhere_words(others, config)
        return self.env._(
            "The original order was not paid with Glase at this company, or that payment is not "
            "proven: choose another payment method."
        )


def _refundable_view(row, left):
    return {
        "id": row.id,
        "reference": row.ers_reference,
        "refundable": str(left),
        "paid_at": str((row.receipt_time or row.paid_at).replace(microsecond=0)),
        "environment": row.environment,
    }


def _refuse_decided(rows):
    """:raises Refused: unless there are refunds, and nobody knows of any of them whether it was made"""
    if not rows or any(row.state != state_machine.UNKNOWN for row in rows):
        raise Refused(
            "not_open",
            rows.env._("No refund of this order is undecided: no approval is needed."),
        )


def _approve_other_tender(rows, manager_id, reason):
    """Write down that a manager allowed another tender for these refunds.

    :raises Refused: if one of them was decided while the manager typed the password
    """
    autonomous_transaction.lock(rows)
    _refuse_decided(rows)
    for row in rows:
        row.write({"other_tender_by": manager_id, "other_tender_reason": reason})
        row._note("other_tender", reason)
        words = _lt(
            "%(manager)s allowed another tender: %(reason)s",
            manager=row.other_tender_by.name,
            reason=reason,
        )
        for case in row.case_ids.filtered(lambda case: case_kinds.WAS_REFUNDED in case.offers):
            note(case, words, row)
