"""How much of this process goes into the questions of waiting tills, and what a till is told (``doc/scaling.md``)."""

import collections
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace

import odoo
from odoo.tools import config

from ...rules import poll_pause

WINDOW_SECONDS = 5.0
# What is seen over a shorter time, or of fewer questions, says nothing.
SHORTEST_SECONDS = 1.0
FEWEST = 3

LOADED, SLOW = "loaded", "slow"


@dataclass(frozen=True)
class Question:
    """One question: when it ended, how long it took, how much of that was not Glase's, and the pause that was told."""

    at: float
    seconds: float
    own: float
    pause: float


@dataclass
class Seen:
    """Questions added up: how many, and what they have."""

    count: int = 0
    seconds: float = 0.0
    own: float = 0.0
    pause: float = 0.0

    def add(self, question, times=1):
        self.count += times
        self.seconds += times * question.seconds
        self.own += times * question.own
        self.pause += times * question.pause


class Load:
    """The questions of the last seconds in this process.

    A prefork worker serves one request at a time: its share is the time in which it serves such
    questions, also while it waits for Glase. A process that serves many at a time (the evented one,
    and the one of a server without workers) has one interpreter for all, and waiting for Glase costs
    it nothing; there it is the rest that counts, which grows as they wait for each other. What the
    process learns it tells those who ask it, and nobody else: two servers on one database are each
    as loaded as they are.

    :param bool one_at_a_time: whether the process is a prefork worker
    """

    def __init__(self, one_at_a_time):
        self._one_at_a_time = one_at_a_time
        self._lock = threading.Lock()
        self._questions = collections.deque()
        # All of them added up: a loaded process looks at its load with each of very many questions.
        self._seen = Seen()
        self._current = threading.local()

    @contextmanager
    def question(self):
        """Serve one question; its answer gets the pause that its till is to make.

        :return: a function that takes the answer, a dict, and adds ``pause`` (seconds) and, where it
            is longer than the shortest, ``pause_why``: ``loaded`` or ``slow``
        """
        served = time.time() - getattr(threading.current_thread(), "perf_t0", time.time())
        began = time.monotonic() - max(served, 0.0)
        self._current.slow, self._current.waited = False, 0.0
        told = []

        def tell(answer):
            told[:] = [self._pause()]
            pause, why = told[0]
            return {**answer, "pause": pause, "pause_why": why}

        try:
            yield tell
        finally:
            pause = told[0][0] if told else poll_pause.SHORTEST
            seconds = time.monotonic() - began
            self._add(seconds, seconds - self._current.waited, pause)

    def note_waited(self, seconds):
        """This thread has waited so long for Glase."""
        self._current.waited = getattr(self._current, "waited", 0.0) + seconds

    def note_slow(self):
        """The question that this thread serves was not asked: Glase is slow."""
        self._current.slow = True

    def _add(self, seconds, own, pause):
        question = Question(time.monotonic(), seconds, own, pause)
        with self._lock:
            self._questions.append(question)
            self._seen.add(question)

    def _pause(self):
        if self._current.slow:
            return round(poll_pause.spread(random.random()), 2), SLOW
        with self._lock:
            self._forget_old()
            seen = replace(self._seen)
            first = self._questions[0] if self._questions else None
        if seen.count < FEWEST:
            return poll_pause.SHORTEST, False
        told, took = seen.pause / seen.count, seen.seconds / seen.count
        pause = round(poll_pause.loaded(self._share(seen, first), told, took), 2)
        return pause, LOADED if pause > poll_pause.SHORTEST else False

    def _forget_old(self):
        now = time.monotonic()
        while self._questions and now - self._questions[0].at > WINDOW_SECONDS:
            self._seen.add(self._questions.popleft(), -1)
        if not self._questions:
            # Nothing of what floats have lost adds up.
            self._seen = Seen()

    def _share(self, seen, first):
        """The share of what this process can do that went into these questions."""
        span = max(time.monotonic() - (first.at - first.seconds), SHORTEST_SECONDS)
        if self._one_at_a_time:
            return min(seen.seconds / span, 1.0)
        # So many were there at a time on the average; one that is served alone half of the time makes one.
        return poll_pause.share_of(seen.own / span)


# As many requests as there are workers; the evented process and threads serve many at a time.
of_process = Load(one_at_a_time=bool(config["workers"]) and not odoo.evented)
