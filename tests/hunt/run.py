"""Runs, shrinking, and the table."""

import json
import time
from pathlib import Path

from oracle.checks import Checks
from steps.end import end
from steps.generator import Generator
from steps.play import Play
from table import print_table, say

# After so many runs a sign of life.
PROGRESS = 100


class Hunt:
    """Plays runs in one world.

    :param int length: most steps of a run
    """

    def __init__(self, world, length=25):
        self.world, self.length = world, length

    def run(self, seed):
        """Draw and play one run.

        :return: ``(profile, steps, mismatches)``
        """
        generator = Generator(seed, self.length)
        play = Play(self.world, self.world.begin(generator.profile))
        steps = []
        for _index in range(generator.length):
            step = generator.next_step(play)
            steps.append(json.loads(json.dumps(step)))
            play.play(step)
            if self.world.mismatches:
                break
        if generator.good_day:
            steps += self._finish_well(play)
        self._end(play)
        return generator.profile, steps, list(self.world.mismatches)

    def replay(self, profile, steps):
        """Play a list of steps; returns the mismatches."""
        play = Play(self.world, self.world.begin(profile))
        for step in steps:
            play.play(json.loads(json.dumps(step)))
            if self.world.mismatches:
                break
        self._end(play)
        return list(self.world.mismatches)

    def _finish_well(self, play):
        """The end of a good day: each sale that was begun is paid and finished."""
        steps = []
        for order in list(play.orders.values()):
            if order.stored != "draft":
                continue
            index = play.tills.index(order.till)
            ending = [
                {"do": "send", "order": order.label},
                {"do": "customer", "till": index, "act": "pay"},
                {"do": "customer", "till": index, "act": "confirm"},
                {"do": "poll", "order": order.label},
                {"do": "finish", "order": order.label, "how": "once"},
            ]
            for step in ending:
                play.play(step)
            steps += ending
        return steps

    def _end(self, play):
        end(self.world, play)
        Checks(self.world, play).run()

    def shrink(self, profile, steps, check):
        """The fewest steps, and the plainest profile, after which the same check still fails."""

        def fails(some_profile, some_steps):
            return any(found == check for found, _why in self.replay(some_profile, some_steps))

        if not fails(profile, steps):
            return profile, steps
        size = max(len(steps) // 2, 1)
        while size:
            start = 0
            while start < len(steps):
                fewer = steps[:start] + steps[start + size :]
                if fails(profile, fewer):
                    steps = fewer
                else:
                    start += size
            size //= 2
        for name in list(profile):
            plainer = {key: value for key, value in profile.items() if key != name}
            if fails(plainer, steps):
                profile = plainer
        for index, step in enumerate(steps):
            for extra in ("kill", "conflict", "meanwhile", "overlap", "cash", "carried_out"):
                if extra in step:
                    plain = {key: value for key, value in step.items() if key != extra}
                    fewer = [*steps[:index], plain, *steps[index + 1 :]]
                    if fails(profile, fewer):
                        steps = fewer
                        step = plain
        return profile, steps

    def main(self, options):
        """Runs as asked for; returns the exit code."""
        if options.replay:
            told = json.loads(Path(options.replay).read_text())
            mismatches = self.replay(told["profile"], told["steps"])
            for check, why in mismatches:
                say(f"{check}: {why}")
            return 1 if mismatches else 0
        first, processes = map(int, options.share.split("/"))
        if options.mutants:
            return self.find_mutants(options, first, processes)
        failed = 0
        started = time.monotonic()
        done = 0
        stopped = False
        try:
            for seed in range(options.seed + first, options.seed + options.runs, processes):
                if options.seconds and time.monotonic() - started > options.seconds:
                    break
                profile, steps, mismatches = self.run(seed)
                done += 1
                if not done % PROGRESS:
                    say(f"… {done} runs in {time.monotonic() - started:.0f} s")
                if mismatches:
                    failed += 1
                    self.report(seed, profile, steps, mismatches, not options.no_shrink)
                    if not options.keep_going:
                        break
        except KeyboardInterrupt:
            # An hour of runs is not for nothing.
            stopped = True
        say(f"{done} runs in {time.monotonic() - started:.1f} s, {failed} with mismatches")
        if options.counts:
            told = {"runs": done, "mismatches": failed, "counts": self.world.counts}
            Path(options.counts).write_text(json.dumps(told))
        else:
            print_table(self.world.counts)
        return 1 if failed or stopped else 0

    def find_mutants(self, options, first, processes):
        """Plant each mutant and count the runs until it is found; returns the exit code.

        :param first: with which it begins
        :param processes: of how many it takes one
        """
        from mutants.days import MUTANTS as OF_DAYS
        from mutants.payments import MUTANTS as OF_PAYMENTS

        mutants = {**OF_PAYMENTS, **OF_DAYS}
        names = options.only.split(",") if options.only else list(mutants)
        missed = []
        for name in names[first::processes]:
            found = self._find(mutants[name], options.seed, options.runs)
            if found:
                count, check, why = found
                say(f"{name:34} found after {count:4} runs: {check}: {why.splitlines()[0][:120]}")
            else:
                missed.append(name)
                say(f"{name:34} NOT FOUND in {options.runs} runs")
        say(f"{len(names[first::processes])} mutants, {len(missed)} not found")
        return 1 if missed else 0

    def _find(self, plant, seed, runs):
        for count in range(1, runs + 1):
            with plant(self.world):
                _profile, _steps, mismatches = self.run(seed + count - 1)
            # Found is only what the module without the bug does not do in the same run.
            if mismatches and not self.run(seed + count - 1)[2]:
                return count, *mismatches[0]
        return None

    def report(self, seed, profile, steps, mismatches, shrink=True):
        """Say what was found, and with how little it can be found again."""
        check, why = mismatches[0]
        say(f"seed {seed}: {check}: {why}")
        if not shrink:
            return
        profile, steps = self.shrink(profile, steps, check)
        again = [why for found, why in self.replay(profile, steps) if found == check]
        say(f"  profile {json.dumps(profile)}")
        for step in steps:
            say(f"  {json.dumps(step, ensure_ascii=False)}")
        say(f"  {check}: {again[0] if again else '(not found again)'}")
