import contextlib
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from ...models.ledger import load


class Clocks:
    """Time, which passes only when a test lets it."""

    now = 1000.0

    def monotonic(self):
        return self.now

    def time(self):
        return self.now


@tagged("post_install", "-at_install")
class TestLoad(TransactionCase):
    """What a till is told depends on what the questions of tills cost its process."""

    def setUp(self):
        super().setUp()
        self.clocks = Clocks()
        self.startPatcher(patch.object(load, "time", self.clocks))

    def asked(self, process, seconds, waited=0.0, idle=0.0, slow=False):
        """A question that takes so long, after so much idle time: what its till is told."""
        self.clocks.now += idle
        with (
            patch.object(load.threading.current_thread(), "perf_t0", self.clocks.now, create=True),
            process.question() as told,
        ):
            self.clocks.now += seconds
            process.note_waited(waited)
            if slow:
                process.note_slow()
            return told({"ok": True})

    def test_a_worker_that_mostly_waits_for_tills_says_so(self):
        worker = load.Load(one_at_a_time=True)
        for _question in range(40):
            view = self.asked(worker, 0.1)
        self.assertEqual(view["pause_why"], "loaded")
        self.assertGreater(view["pause"], 4)
        self.assertTrue(view["ok"], "the answer is as it was")

    def test_a_worker_with_other_work_says_nothing(self):
        worker = load.Load(one_at_a_time=True)
        for _question in range(40):
            view = self.asked(worker, 0.1, idle=0.2)
        self.assertEqual((view["pause"], view["pause_why"]), (1.0, False))

    def test_one_long_question_is_no_load(self):
        worker = load.Load(one_at_a_time=True)
        self.assertFalse(self.asked(worker, 5.0)["pause_why"])
        self.assertFalse(self.asked(worker, 0.1, idle=3)["pause_why"])

    def test_a_load_that_is_over_is_forgotten(self):
        worker = load.Load(one_at_a_time=True)
        for _question in range(40):
            self.asked(worker, 0.1)
        self.assertFalse(self.asked(worker, 0.1, idle=6)["pause_why"])

    def test_a_question_that_failed_counts_too(self):
        worker = load.Load(one_at_a_time=True)
        for _question in range(40):
            with self.assertRaises(ZeroDivisionError), worker.question():
                self.clocks.now += 0.1
                raise ZeroDivisionError
        self.assertEqual(self.asked(worker, 0.1)["pause_why"], "loaded")

    def test_where_many_are_served_at_a_time_waiting_for_glase_is_no_load(self):
        evented = load.Load(one_at_a_time=False)
        for _question in range(60):
            view = self.asked(evented, 0.1, waited=0.09)
        self.assertFalse(view["pause_why"])

    def test_where_many_are_served_at_a_time_waiting_for_each_other_is_a_load(self):
        evented = load.Load(one_at_a_time=False)
        with contextlib.ExitStack() as at_once:
            for _question in range(9):
                at_once.enter_context(evented.question())
            self.clocks.now += 0.5
        view = self.asked(evented, 0.1)
        self.assertEqual(view["pause_why"], "loaded")
        self.assertGreater(view["pause"], 1.3)

    def test_while_glase_is_slow_tills_are_spread(self):
        worker = load.Load(one_at_a_time=True)
        views = [self.asked(worker, 0.01, slow=True) for _question in range(20)]
        self.assertEqual({view["pause_why"] for view in views}, {"slow"})
        self.assertGreater(len({view["pause"] for view in views}), 10)
        self.assertFalse(self.asked(worker, 0.01)["pause_why"], "it is again as before")
