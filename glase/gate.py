"""One gate per endpoint: a Glase that hangs must not fill every worker.

Timeouts alone do not do that: each waiting till would still hold a worker for seconds
(``doc/protocol.md §1.5``).
"""

import threading
import time
from contextlib import contextmanager

from .errors import GateOpen, TransportError
from .operations import CANCEL, MONEY, OTHER, POLL

SLOTS = 8
FAILURES = 5
PAUSE = 10.0

# Slots that a lane leaves to those that matter more, and how long it waits for one (seconds).
_RESERVED = {POLL: 2, OTHER: 2, MONEY: 1, CANCEL: 0}
_PATIENCE = {POLL: 0.25, OTHER: 1.0, MONEY: 2.0, CANCEL: 2.0}


class Gate:
    """Limits the calls in flight, and shuts for a pause after repeated timeouts.

    Shut, it refuses at once. After the pause one call goes through as a trial: if that is not
    slow, the gate is as before, else it stays shut for another pause.

    :param int slots: most calls in flight
    :param int failures: slow calls in a row that shut it
    :param float pause: seconds that it stays shut
    :param clock: monotonic seconds
    """

    def __init__(self, *, slots=SLOTS, failures=FAILURES, pause=PAUSE, clock=None):
        self._slots = slots
        self._failures = failures
        self._pause = pause
        # Looked up late, so that a test's frozen clock is seen.
        self._clock = clock or (lambda: time.monotonic())
        self._free = threading.Condition(threading.Lock())
        self._in_flight = 0
        self._slow_in_a_row = 0
        self._shut_until = None
        self._trial = False

    def wants_trial(self):
        """Whether the next call would be the trial after a pause."""
        with self._free:
            return self._pause_over() and not self._trial

    @contextmanager
    def slot(self, lane):
        """Hold a place for one call; tell the gate how it went by what is raised.

        :raises GateOpen: at once when shut, after a short wait when no place is free
        """
        trial = self._enter(lane)
        slow = False
        try:
            yield
        except TransportError as error:
            slow = error.slow
            raise
        finally:
            self._leave(trial, slow)

    def _pause_over(self):
        return self._shut_until is not None and self._clock() >= self._shut_until

    def _refuse_if_shut(self):
        if self._shut_until is not None and (self._trial or not self._pause_over()):
            raise GateOpen(reason="gate", detail="Glase was too slow too often")

    def _enter(self, lane):
        with self._free:
            self._refuse_if_shut()
            allowed = self._slots - _RESERVED[lane]
            if not self._free.wait_for(lambda: self._in_flight < allowed, _PATIENCE[lane]):
                raise GateOpen(reason="gate", detail=f"{self._in_flight} calls in flight already")
            # It may have shut, or somebody else begun the trial, while this one waited.
            self._refuse_if_shut()
            self._in_flight += 1
            trial = self._shut_until is not None
            self._trial = self._trial or trial
            return trial

    def _leave(self, trial, slow):
        with self._free:
            self._in_flight -= 1
            self._slow_in_a_row = self._slow_in_a_row + 1 if slow else 0
            if trial:
                self._trial = False
            if not slow:
                self._shut_until = None
            elif trial or self._slow_in_a_row == self._failures:
                self._shut_until = self._clock() + self._pause
            self._free.notify_all()
