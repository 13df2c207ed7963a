"""Two requests of different kinds at one time, for each pair of kinds that end or use one row of the ledger.

A situation lists the paths that lead on from it. For each two of them, also a path with itself, the first is
stopped before one of its writes (:mod:`world.overlap`), the second is served by another connection, and
what became of the money is judged as after any run.
"""

import itertools
import json
import random
import time
from dataclasses import dataclass

import places
from oracle.checks import Checks
from steps.end import drain, settle
from steps.play import Play
from table import say
from ways import DONE, FOUND, PLACES, SITUATIONS, steps_of

FORCED = "SELECT 1 FROM glase_transaction WHERE state = 'issued' AND forced_at IS NOT NULL LIMIT 1"
# After so many seconds money that no order took is a case.
UNCLAIMED = 301
# No path of a situation makes more writes than this before it has ended, and what comes after is its own.
MOST_WRITES = 40
# The first is stopped where it has read and not yet locked, and where it has locked: always.
FIRST_WRITES = (0, 1)


@dataclass(frozen=True)
class Pair:
    """Two paths of a situation, the first of which is stopped before its write of this number."""

    situation: str
    first: str
    second: str
    write: int

    @property
    def steps(self):
        """The run that plays it, as the hunt's ``--replay`` takes it, too."""
        return steps_of(self.situation, self.first, self.second, self.write)


class Pairs:
    """Plays pairs in one world."""

    def __init__(self, world):
        self.world, self.seed = world, 1
        self.writes = {}

    def play(self, steps):
        """Play a pair; returns the mismatches."""
        play = Play(self.world, self.world.begin({}))
        for step in json.loads(json.dumps(steps)):
            play.play(step)
        self._end(play)
        Checks(self.world, play).of_payments()
        return list(self.world.mismatches)

    def _end(self, play):
        """Nothing is undecided any more, nobody goes on with a draft, and what no order took is told."""
        # What a manager has marked as paid is never canceled.
        if self.world.sql(FORCED):
            play.play({"do": "customer", "till": 0, "act": "pay"})
        drain(self.world, play)
        for till in play.tills:
            play._drop_drafts(till)
        settle(self.world, (UNCLAIMED,))

    def writes_of(self, situation, path):
        """How many writes a path makes there while nobody disturbs it."""
        key = (situation, path)
        if key not in self.writes:
            before, paths = SITUATIONS[situation]
            idle = {"do": "clock", "seconds": 0}
            alone = {**paths[path], "overlap": [MOST_WRITES, idle]}
            play = Play(self.world, self.world.begin({}))
            for step in (*before, alone):
                play.play(json.loads(json.dumps(step)))
            self.writes[key] = min(self.world.writes_seen, MOST_WRITES)
        return self.writes[key]

    def few(self):
        """Those that have found something once, and one of each situation."""
        yield from (Pair(*found) for found in FOUND)
        for situation, (_before, paths) in SITUATIONS.items():
            drawn = random.Random(situation)
            first, second = drawn.choices(list(paths), k=2)
            yield Pair(situation, first, second, drawn.choice(FIRST_WRITES))

    def some(self):
        """Each path once as the first and once as the second, where the first has read, or has locked."""
        yield from (Pair(*found) for found in FOUND)
        for turn, (situation, (_before, paths)) in enumerate(SITUATIONS.items()):
            names = list(paths)
            for index, first in enumerate(names):
                second = names[(index + 1 + turn) % len(names)]
                yield Pair(situation, first, second, FIRST_WRITES[index % len(FIRST_WRITES)])

    def each(self):
        """Some, and then all others at each write of the first, as they are drawn."""
        yield from self.some()
        pairs = [
            (situation, first, second)
            for situation, (_before, paths) in SITUATIONS.items()
            for first, second in itertools.product(paths, repeat=2)
        ]
        random.Random(self.seed).shuffle(pairs)
        for situation, first, second in pairs:
            for write in range(self.writes_of(situation, first)):
                yield Pair(situation, first, second, write)

    def main(self, options):
        """Play pairs as asked for; returns the exit code."""
        self.seed = options.seed
        started, played, failed, came_by = time.monotonic(), 0, 0, set()
        with places.noted(came_by):
            for pair in {"few": self.few, "some": self.some, "all": self.each}[options.pairs]():
                if options.seconds and time.monotonic() - started > options.seconds:
                    break
                played += 1
                mismatches = self.play(pair.steps)
                if mismatches:
                    failed += 1
                    self.report(pair, mismatches)
        seconds = time.monotonic() - started
        say(f"{played} pairs in {seconds:.1f} s, {failed} with mismatches")
        self._print_counts()
        missed = []
        if options.pairs != "few":
            undone = (f"call {what}: done" for what in DONE)
            missed = sorted(PLACES - came_by) + [
                one for one in undone if not self.world.counts[one]
            ]
        if missed:
            say(f"No path came by: {', '.join(missed)}")
        return 1 if failed or missed else 0

    def _print_counts(self):
        for name in sorted(self.world.counts):
            if name.startswith(("overlap", "call", "conflict met", "refused")):
                say(f"  {self.world.counts[name]:7}  {name}")

    @staticmethod
    def report(pair, mismatches):
        """Say what was found, and the run that shows it."""
        say(f"{pair.situation}: {pair.first} / {pair.second}, stopped before write {pair.write}")
        for check, why in mismatches:
            say(f"  {check}: {why}")
        say("  " + json.dumps({"profile": {}, "steps": pair.steps}))
