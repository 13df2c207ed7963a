"""What a till has: its sales, and itself."""

import uuid


class Order:
    """One sale as its till has it.

    :ivar amount: what Glase is asked for; ``cash``: what was taken besides
    :ivar attempt: of the last press of *Send*
    :ivar view: what the till heard last
    :ivar original: the order that this one gives back, or None; its amounts are positive all the same
    :ivar taints: what was done to it that may end in a case
    """

    def __init__(self, label, till, amount, cash, original=None):
        self.label, self.till, self.amount, self.cash = label, till, amount, cash
        self.total, self.original = amount + cash, original
        self.uuid, self.line_uuid = new_uuid(), new_uuid()
        self.attempt = self.view = None
        self.attempts = []
        self.id = self.payment_id = None
        self.stored = None
        self.unheard = 0.0
        self.taints = set()

    @property
    def is_open(self):
        """Whether its till still waits for an answer about it."""
        return bool(self.attempt and not (self.view and self.view["final"]))

    @property
    def state(self):
        """What the till heard last, or None."""
        return self.view["state"] if self.view else None

    def taint(self, cause):
        """Note something that may end in a case."""
        self.taints.add(cause)


class Till:
    """One till: its config, its session and the sticker that stands there."""

    def __init__(self, config_id, glase_id):
        self.config_id, self.glase_id = config_id, glase_id


def new_uuid():
    """A uuid as the till makes them."""
    return str(uuid.uuid4())
