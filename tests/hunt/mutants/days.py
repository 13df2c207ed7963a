"""Bugs about closings, periods and books that are planted one at a time, to see that they are found."""

from datetime import timedelta
from unittest.mock import patch

from mutants.plant import Mutants, in_model

from odoo.addons.pos_glase.models.books import booking, books_job, session_books
from odoo.addons.pos_glase.models.books.subject import subject_of
from odoo.addons.pos_glase.models.pos import session_closing
from odoo.addons.pos_glase.models.support import autonomous_transaction
from odoo.addons.pos_glase.rules import suspense_due

MUTANTS = mutant = Mutants()


@mutant
def a_lost_mark_counts_as_done(world):
    """A mark that was not answered is believed to have happened; no new period takes its place."""

    def lose_mark(_original, self, *_words, **_options):
        self.write({"state": "reconciled", "next_try_at": False})

    return in_model(world, "glase.period", _lose_mark=lose_mark)


@mutant
def a_lost_mark_is_repeated(world):
    """A mark that was not answered is made again for the same period."""

    def lose_mark(_original, self, *_words, **_options):
        self.write(self._to_mark_again())

    return in_model(world, "glase.period", _lose_mark=lose_mark)


@mutant
def what_a_report_lacks_is_forgotten(world):
    """A row that its period's report does not have is neither awaited nor missing."""
    return in_model(world, "glase.period", _settle_lacking=lambda _original, _self: None)


@mutant
def the_latch_is_never_lifted(_world):
    """A till whose server died while its register was closed takes no payment any more."""
    return patch.object(session_closing, "LATCH_FOR", timedelta(days=99))


@mutant
def suspense_is_not_booked(_world):
    """What is due is let go without an entry."""

    def correct(_self, subject):
        subject_of(subject).mark(due=False, failed_at=False)

    return patch.object(booking.Booking, "correct", correct)


@mutant
def a_correction_is_booked_on_top(_world):
    """When another correction is due, what was booked before stays."""
    return patch.object(booking.Booking, "_standing", lambda *_arguments: {})


@mutant
def suspense_with_the_wrong_sign(_world):
    """What stands at Glase without an order is booked as if it were owed."""
    lines_due = booking.Booking._lines_due

    def turned(self, subject, due):
        return lines_due(self, subject, -due)

    return patch.object(booking.Booking, "_lines_due", turned)


@mutant
def refunds_are_booked_as_taken(_world):
    """A refund without an order is booked like a payment."""
    return patch.dict(suspense_due.SIGN, {"refund": 1})


@mutant
def late_changes_stay_out_of_the_books(_world):
    """Money that changes after it was compared is not compared again."""
    return patch.object(books_job, "MONEY", frozenset())


@mutant
def let_go_before_it_is_booked(_world):
    """That a row is due is forgotten before its entry is committed: what if the server dies then?"""

    original = books_job.BooksJob.correct

    def correct(self, model, subject_id):
        autonomous_transaction.run(
            self.env, lambda env: subject_of(env[model].browse(subject_id)).mark(due=False)
        )
        return original(self, model, subject_id)

    return patch.object(books_job.BooksJob, "correct", correct)


@mutant
def a_day_that_gives_back_more_is_left_to_core(_world):
    """Both lines of such a session's payment are booked on Glase's account."""
    return patch.object(session_books, "book_apart", lambda _session, _method, lines: lines)


@mutant
def corrections_do_not_name_the_period(_world):
    """The period that reported a payment is not written to entries that were there before."""
    return patch.object(session_books, "name_in_corrections", lambda _periods: None)


@mutant
def sessions_do_not_name_the_period(_world):
    """The period's id is not written to what its sessions have booked."""
    return patch.object(session_books, "write_periods", lambda _sessions: None)
