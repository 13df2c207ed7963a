"""A request of the till that is refused, with words for the cashier."""

import functools


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
    """Let a method that the till calls answer a refusal as the till understands it."""

    @functools.wraps(door)
    def answering(*args, **kwargs):
        try:
            return door(*args, **kwargs)
        except Refused as refusal:
            return refusal.as_dict()

    return answering
