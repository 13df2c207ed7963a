"""What is done once an order is paid: if it fails, the order stays paid (``doc/ledger.md §6``).

Odoo finishes an order in one go: paid, delivered, invoiced, printed. Where Glase has moved its money,
the invoice that cannot be made must not take the payment out of its order again. So each step is
tried apart from the payment, and what failed is a case that says what is left to do.
"""

import psycopg2

from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools.translate import LazyTranslate

from ...glase.logs import get_logger
from ..cases import progress
from ..support.sentences import together, with_values

_logger = get_logger(__name__)

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# What is left to do, by the step that failed.
STOCK, INVOICE, PRINT, REST = "stock", "invoice", "print", "rest"
LEFT = {
    STOCK: _lt("The goods did not leave the stock: %(why)s Make the delivery in Inventory."),
    INVOICE: _lt("The invoice was not made: %(why)s Make it from the order."),
    PRINT: _lt("The invoice is made, but not printed or sent: %(why)s Send it from the invoice."),
    REST: _lt("Not all was done that follows a payment: %(why)s"),
}
UNEXPECTED = _lt("an error of the server; its log has more.")

# Over by themselves: Odoo repeats the whole request, the payment with it.
PASSING = (psycopg2.OperationalError, psycopg2.InterfaceError, ConcurrencyError)
# States of an order that is stored for good.
FINISHED = ("paid", "done")
# An object in the context of one order's end: no request can send one.
_KEY = "glase_after_payment"


class AfterPayment:
    """The end of one order that has Glase money."""

    def __init__(self):
        self._left = []

    @classmethod
    def of(cls, order):
        """The end that an order is at, or None."""
        found = order.env.context.get(_KEY)
        return found if isinstance(found, cls) else None

    def finish(self, order, work):
        """Finish an order; once it is paid, it stays so.

        :param order: with Glase money
        :param work: called with the order in the context of its end
        :return: what ``work`` returns, or the order's id
        :raises Exception: what ``work`` raises before the order is paid
        """
        try:
            result = work(order.with_context(**{_KEY: self}))
        except (psycopg2.Error, ConcurrencyError):
            raise
        except Exception as error:
            if order.state not in FINISHED:
                raise
            result = order.id
            self._note(order, error, REST)
        self._report(order)
        return result

    def attempt(self, order, work, left, savepoint=True):
        """Do one step; if it fails, note what is left to do.

        :param work: called without arguments
        :param str left: a key of ``LEFT``
        :param savepoint: False for what commits by itself, as e-invoicing does
        :return: what ``work`` returns; None if it failed
        """
        try:
            if not savepoint:
                return work()
            with order.env.cr.savepoint():
                return work()
        except PASSING:
            raise
        except Exception as error:
            if not savepoint and isinstance(error, psycopg2.Error):
                raise
            self._note(order, error, left)
            return None

    def _note(self, order, error, left):
        _logger.warning("After the payment of %s", order.pos_reference, exc_info=error)
        why = str(error) if isinstance(error, UserError) else UNEXPECTED
        self._left.append(with_values(LEFT[left], {"why": why}))

    def _report(self, order):
        """One case for all that is left, about the Glase payment of the order."""
        if not self._left:
            return
        payment = order._glase_moved_payments()[:1]
        why = together(" ".join(["%s"] * len(self._left)), *self._left)
        if order.to_invoice and not order.account_move:
            progress.open_case("not_invoiced", payment, why=why)
        else:
            progress.open_case("not_finished", payment, why=why)
