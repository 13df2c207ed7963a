import time

import psycopg2

from odoo import models
from odoo.exceptions import RedirectWarning, UserError

from ...glase.logs import get_logger
from ...rules import suspense_due
from ..support import autonomous_transaction, clock
from .booking import Booking

_logger = get_logger(__name__)

BATCH = 200
JOB_SECONDS = 50


class GlaseTransaction(models.Model):
    """The job that corrects the books (``doc/ledger.md §19``).

    Each subject is booked in a transaction of its own, under its lock: one that cannot be booked
    stops neither the others nor a closing, and is told.
    """

    _inherit = "glase.transaction"

    def _cron_books(self):
        """Correct the books for all rows and payments that are due."""
        until = time.monotonic() + JOB_SECONDS
        started = self._in_own_transaction(lambda rows: clock.now(rows.env.cr))
        for model in suspense_due.SUBJECTS:
            while subject_ids := self._in_own_transaction(
                lambda rows, model=model: rows._books_to_correct(model, started)
            ):
                for subject_id in subject_ids:
                    self._correct_books(model, subject_id)
                if time.monotonic() > until:
                    self._trigger_books()
                    return

    def _books_to_correct(self, model, started):
        self.env.flush_all()
        suspense_due.forget_even(self.env.cr, model)
        self.env.invalidate_all()
        return suspense_due.due(self.env.cr, model, BATCH, started)

    def _correct_books(self, model, subject_id):
        """Book one subject; what goes wrong is a case, and is tried again by a later run."""

        def in_own(work):
            return autonomous_transaction.run(
                self.env, lambda env: work(env[model].browse(subject_id))
            )

        try:
            in_own(lambda subject: subject._glase_correct())
        except (UserError, RedirectWarning, ValueError, psycopg2.Error) as error:
            words = str(error.args[0]) if error.args else str(error)
            _logger.warning("Not booked: %s %s: %s", model, subject_id, words)
            in_own(lambda subject: subject._glase_not_booked(words))

    # === What a row is, as a subject ===

    def _glase_family(self):
        """This payment with its refunds: on the suspense account they clear each other."""
        self.ensure_one()
        root = self.original_id or self
        return root | root.refund_ids

    def _glase_subject_link(self):
        return "glase_transaction_id"

    def _glase_booking_method(self):
        """The payment method whose accounts this row is booked on.

        :raises UserError: if the company has none in the row's currency any more
        """
        self.ensure_one()
        methods = self.env["pos.payment.method"].with_context(active_test=False)
        own = self.payment_id.payment_method_id
        if own.use_payment_terminal == "glase":
            return own
        found = methods.search(
            [("use_payment_terminal", "=", "glase"), ("company_id", "=", self.company_id.id)],
            order="active desc, id",
        ).filtered(lambda method: method._glase_currency() == self.currency_id)
        if not found:
            raise UserError(
                self.env._(
                    "%(company)s has no Glase payment method in %(currency)s, so there is no "
                    "account to book this on.",
                    company=self.company_id.name,
                    currency=self.currency_id.name,
                )
            )
        return found[0]

    def _glase_booking_words(self):
        self.ensure_one()
        refund = self.kind == "refund"
        name = self.ers_reference or self.display_name
        return (
            self.env._("Glase refund without an order: %s", name)
            if refund
            else self.env._("Glase payment without an order: %s", name)
        )

    def _glase_money_time(self):
        self.ensure_one()
        return self.paid_at or self.ended_at or self.create_date

    def _glase_mark_booked(self, **values):
        """Write the marks past :meth:`write`, which would make the row due again."""
        self.write({f"books_{name}": value for name, value in values.items()})

    def _glase_correct(self):
        return Booking(self.env).correct(self)

    def _glase_not_booked(self, words):
        return Booking(self.env).not_booked(self, words)


class PosPayment(models.Model):
    """What a payment that nothing proves is, as a subject of the books."""

    _inherit = "pos.payment"

    def _glase_family(self):
        return self

    def _glase_subject_link(self):
        return "glase_payment_id"

    def _glase_booking_method(self):
        return self.payment_method_id

    def _glase_booking_words(self):
        self.ensure_one()
        return self.env._("Glase payment not proven: %s", self.pos_order_id.display_name)

    def _glase_money_time(self):
        self.ensure_one()
        return self.payment_date

    def _glase_mark_booked(self, **values):
        """Write the marks past the guard against what others claim."""
        self._glase_write_marks({f"glase_books_{name}": value for name, value in values.items()})

    def _glase_correct(self):
        return Booking(self.env).correct(self)

    def _glase_not_booked(self, words):
        return Booking(self.env).not_booked(self, words)
