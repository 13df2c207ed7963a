"""Two requests at the same time: one is stopped in its transaction while another is served.

Nothing is played one after the other here: both have a transaction of PostgreSQL's own, with its own
snapshot. The first is stopped before one of its writes, at which is drawn with the run. The second is
served in a thread until it has ended, or waits for a lock; then the first goes on.
"""

import re
import threading
import time

import psycopg2.errors

import odoo.sql_db

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b|.*\bFOR (NO KEY )?UPDATE\b", re.DOTALL)
# The other is waited for in steps of this; after so long it will never end.
STEP_SECONDS, STUCK_SECONDS = 0.002, 60.0
BLOCKED = """
    SELECT 1 FROM pg_stat_activity
     WHERE pid = ANY(%s) AND wait_event_type = 'Lock' AND pg_blocking_pids(pid) && %s
"""


class Overlap:
    """What is done while a request is stopped.

    :param int write: before which of the request's writes it is stopped, counted from 0: the first
        is where it has read and has not yet locked
    :param work: what the other does, a callable
    """

    def __init__(self, write, work):
        self.write, self.work = write, work
        self.seen = 0
        self.thread = self.other = None

    def is_due(self):
        """Whether the request stops before the write that it is about to make."""
        self.seen += 1
        return self.thread is None and self.seen > self.write

    def begin(self, world):
        """Serve the other until it has ended or waits for the first; called in the first's thread."""
        self.other = world.lane_of_thread(self.work)
        self.thread = threading.Thread(target=self.other.run, daemon=True)
        mine = list(world.lane.pids)
        until = time.monotonic() + STUCK_SECONDS
        self.thread.start()
        while self.thread.is_alive() and time.monotonic() < until:
            self.thread.join(STEP_SECONDS)
            waits = self.other.pids and world.sql(BLOCKED, list(self.other.pids), mine)
            if waits or self.other.refused:
                world.counts["overlap: the other waited for the first"] += 1
                return
        world.counts["overlap: the other was served while the first stood"] += 1

    def end(self, world):
        """The first has ended: the other may go on; nothing goes on before it has ended, too."""
        world.writes_seen = self.seen
        if self.thread is None:
            return
        self.thread.join(STUCK_SECONDS)
        if self.thread.is_alive():
            world.blame("error", "two requests wait for each other for ever")
        self.thread = None


class Lane:
    """What one thread serves: its requests, one inside the other, and its connections."""

    def __init__(self, work=None):
        self.work = work
        self.stack, self.pids = [], set()
        self.step = None
        self.refused = False

    def met(self, conflict):
        """PostgreSQL refused something that is repeated; what another has locked, after a pause."""
        if isinstance(conflict, psycopg2.errors.LockNotAvailable):
            self.refused = True
            threading.Event().wait(STEP_SECONDS)


class Lanes:
    """The part of a :class:`world.world.World` that knows which thread asks."""

    def _open_lanes(self):
        self._lanes = threading.local()
        self._overlapping = 0
        watch_writes(self)

    @property
    def lane(self):
        """The lane of the thread that asks."""
        if not hasattr(self._lanes, "lane"):
            self._lanes.lane = Lane()
        return self._lanes.lane

    @property
    def stack(self):
        """The requests of this thread that are under way, the outermost first."""
        return self.lane.stack

    @property
    def step(self):
        """What is being played: a kill is counted for the step whose request it ends."""
        return self.lane.step

    @step.setter
    def step(self, step):
        self.lane.step = step

    def lane_of_thread(self, work):
        """A lane for a thread of its own, that does some work."""
        lane = Lane(work)

        def run():
            self._lanes.lane = lane
            self._overlapping += 1
            try:
                work()
            finally:
                self._overlapping -= 1

        lane.run = run
        return lane

    def before_write(self, cursor):
        """A statement that writes or locks is about to be made."""
        self.lane.pids.add(cursor._cnx.info.backend_pid)
        active = self.stack[-1] if self.stack else None
        if active and active.overlap and active.overlap.is_due() and not self.mismatches:
            active.overlap.begin(self)


def watch_writes(world):
    """Let the world hear of each statement that writes or locks, in whatever thread."""
    original = odoo.sql_db.Cursor.execute

    def execute(self, query, *arguments, **options):
        code = getattr(query, "code", query)
        if isinstance(code, str) and _WRITES.match(code):
            world.before_write(self)
        return original(self, query, *arguments, **options)

    odoo.sql_db.Cursor.execute = execute
