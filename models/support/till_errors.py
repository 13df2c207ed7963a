"""A request of the till that is refused, with words for the cashier."""

import functools

from psycopg2 import errors

from odoo.exceptions import UserError

# What PostgreSQL says where an update has changed the tables and this process has the old code.
TABLES_CHANGED = (errors.UndefinedColumn, errors.UndefinedTable)


class Refused(Exception):
    """A request of the till that is refused before any call.

    :param str reason: a word for programs
    :param str message: a sentence for the cashier that says what to do
    """

    def __init__(self, reason, message, **details):
        super().__init__(message)
        self.reason, self.message, self.details = reason, message, details

    def as_dict(self):
        """The answer that the till understands as a refusal."""
        return {"ok": False, "reason": self.reason, "message": self.message, **self.details}


def answers_refusals(door):
    """Let a method that the till calls answer a refusal as the till understands it.

    A server that an update has overtaken refuses nothing: the till asks the same again.

    :raises UserError: with a sentence for the cashier
    """

    @functools.wraps(door)
    def answering(asked, *args, **kwargs):
        try:
            return door(asked, *args, **kwargs)
        except Refused as refusal:
            return refusal.as_dict()
        except TABLES_CHANGED as error:
            if not hasattr(asked, "env"):
                raise
            asked.env.cr.rollback()
            raise UserError(
                asked.env._(
                    "The software of this server has been updated, and it must be restarted. Tell "
                    "the manager, and leave the till open: no payment is lost."
                )
            ) from error

    return answering
