"""The gate: a Glase that hangs must fill neither the workers nor the connections.

Timeouts alone do not do that: each waiting till would still hold a worker for seconds, and each
worker would learn anew that Glase hangs (``doc/protocol.md §1.5``).
"""

import os
import threading
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from .errors import GateOpen, TransportError
from .operations import CANCEL, MONEY, OTHER, POLL

SLOTS = 8
# So many slow calls, with no quick one between them, shut the gate of everybody who shares a memory.
FAILURES = 2
TRIAL_SECONDS = 2.0
# Each fourth trial has as long as a poll: a Glase that answers after three seconds does answer.
PATIENT_EVERY = 4
PATIENT_SECONDS = 5.0

# A call that takes longer holds a worker for so long that others are missed.
LONG_SECONDS = 1.0
# Who gives way then; what moves money is rare, and a cancel frees a till.
_GIVES_WAY = (POLL, OTHER)

# Slots that a lane leaves to those that matter more, and how long it waits for one (seconds).
_RESERVED = {POLL: 2, OTHER: 2, MONEY: 1, CANCEL: 0}
_PATIENCE = {POLL: 0.25, OTHER: 1.0, MONEY: 2.0, CANCEL: 2.0}


@dataclass(frozen=True)
class Known:
    """What is known of an endpoint.

    ``slow``: slow calls since the last quick one; ``trials``: trials begun since it was shut;
    ``since_trial``: seconds since the newest of them began, or None.
    """

    slow: int = 0
    trials: int = 0
    since_trial: float | None = None

    @property
    def is_shut(self):
        """Whether nothing but a trial is let through."""
        return self.slow >= FAILURES

    @property
    def is_trial_due(self):
        """Whether the next call may be a trial: the one before has had its time.

        It may have ended long ago, or with the process that made it: nobody has to say so. A clock
        that was set back holds nothing up.
        """
        if not self.is_shut:
            return False
        return self.since_trial is None or not 0 <= self.since_trial < trial_seconds(self.trials)


def trial_seconds(number):
    """How long a trial may take, by its number since the gate was shut, from 1."""
    return TRIAL_SECONDS if number % PATIENT_EVERY else PATIENT_SECONDS


class ProcessMemory:
    """What one process knows of an endpoint; others may share theirs by the same methods.

    :param clock: monotonic seconds
    """

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._known = Known()
        self._tried_at = None

    def known(self):
        """:rtype: Known"""
        with self._lock:
            return self._now_known()

    def _now_known(self):
        since = None if self._tried_at is None else self._clock() - self._tried_at
        return replace(self._known, since_trial=since)

    def claim_trial(self):
        """Begin a trial, if it is due and nobody else has begun it.

        :return: how many seconds it may take, or None
        """
        with self._lock:
            if not self._now_known().is_trial_due:
                return None
            self._tried_at = self._clock()
            self._known = replace(self._known, trials=self._known.trials + 1)
            return trial_seconds(self._known.trials)

    def note_slow(self, _seconds):
        """A call has used up its time, so many seconds, and nothing was heard meanwhile."""
        with self._lock:
            self._known = replace(self._known, slow=self._known.slow + 1)

    def note_quick(self):
        """Somebody answers, or refuses, in time."""
        with self._lock:
            self._known, self._tried_at = Known(), None


class Gate:
    """Limits the calls in flight of one process, and lets only trials through while Glase is slow.

    :param int slots: most calls in flight
    :param clock: monotonic seconds
    """

    def __init__(self, *, slots=SLOTS, clock=None):
        self._slots = slots
        # Looked up late, so that a test's frozen clock is seen.
        self._clock = clock or (lambda: time.monotonic())
        self.memory = ProcessMemory(self._clock)
        self._free = threading.Condition(threading.Lock())
        self._in_flight = 0
        self._heard_at = None
        self._took = 0.0

    @contextmanager
    def slot(self, lane, memory=None, is_trial=True, workers=None):
        """Hold a place for one call; how it went is noted by what is raised.

        :param memory: what is known of the endpoint; by default what this process knows
        :param bool is_trial: whether this call may be the trial of a slow Glase
        :param WorkerPlaces workers: of a server whose processes serve one request each, else None
        :return: how many seconds the call may take if it is a trial, else None
        :raises GateOpen: at once while Glase is slow, after a short wait when no place is free
        """
        memory = memory or self.memory
        _refuse(memory.known(), is_trial)
        gives_way = workers and lane in _GIVES_WAY and self._took > LONG_SECONDS
        with self._place(lane), workers.place() if gives_way else nullcontext():
            # It may have shut, or somebody else begun the trial, while this one waited.
            known = memory.known()
            _refuse(known, is_trial)
            seconds = memory.claim_trial() if known.is_shut else None
            if known.is_shut and not seconds:
                raise _too_slow()
            started = self._clock()
            try:
                yield seconds
            except TransportError as error:
                self._note(memory, known, started, error.slow)
                raise
            self._note(memory, known, started, False)

    def _note(self, memory, known, started, slow):
        now = self._clock()
        self._took = now - started
        if not slow:
            self._heard_at = now
            if known.slow:
                memory.note_quick()
            return
        # One call that was lost while others were answered tells nothing about Glase.
        if not known.is_shut and (self._heard_at is None or self._heard_at <= started):
            memory.note_slow(now - started)

    @contextmanager
    def _place(self, lane):
        allowed = self._slots - _RESERVED[lane]
        with self._free:
            if not self._free.wait_for(lambda: self._in_flight < allowed, _PATIENCE[lane]):
                raise GateOpen(reason="gate", detail=f"{self._in_flight} calls in flight already")
            self._in_flight += 1
        try:
            yield
        finally:
            with self._free:
                self._in_flight -= 1
                self._free.notify_all()


class WorkerPlaces:
    """So many worker processes of one server may wait for a Glase that takes long; the others are free.

    A place is a byte of a file that is locked: a process that dies leaves it to others.

    :param str path: of the file, the same for all workers of the server, and for no other's
    :param int count: how many places there are
    """

    def __init__(self, path, count):
        self._path, self._count = path, count

    @contextmanager
    def place(self):
        """Hold a place.

        :raises GateOpen: at once when none is free
        """
        # Of systems that have workers only.
        import fcntl

        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not any(_locked(fcntl, file, number) for number in range(self._count)):
                raise GateOpen(reason="gate", detail=f"{self._count} workers wait for it already")
            yield
        finally:
            os.close(file)


def _locked(fcntl, file, number):
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
    except OSError:
        return False
    return True


def _refuse(known, is_trial):
    if known.is_shut and not (is_trial and known.is_trial_due):
        raise _too_slow()


def _too_slow():
    return GateOpen(reason="gate", detail="Glase was too slow too often")
