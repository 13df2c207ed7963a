"""Whether Odoo would finish an order once it is paid: asked before Glase is (``doc/ledger.md §6``).

The till asks all that its own side of Odoo will ask (`dry_run.js`). This is the server's side.
"""

from odoo.exceptions import UserError

from .bill import Bill

# An object in the context of the order that is tried: no request can send one.
_KEY = "glase_dry_run"


class DryRun:
    """One try to finish an order, of which nothing stays."""

    class Passed(Exception):
        """Everything before the order is paid was done."""

    @classmethod
    def ends(cls, order, values):
        """Where a try ends: an order that is tried is about to be paid.

        :param dict values: what is being written
        :raises Passed: if it is tried
        """
        if values.get("state") == "paid" and isinstance(order.env.context.get(_KEY), cls):
            raise cls.Passed

    def why_not(self, order):
        """What Odoo or another module refuses before it takes an order for paid.

        :param order: a draft; as if what is due was paid
        :return: a sentence, or None
        """
        tried = order.with_context(**{_KEY: self})
        try:
            with order.env.cr.savepoint():
                tried.amount_paid = float(Bill(order).total_due())
                tried._process_saved_order(False)
                raise self.Passed
        except self.Passed:
            return None
        except UserError as error:
            return str(error)
