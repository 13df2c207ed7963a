"""How a verification is driven: one call at a time, each step committed (``doc/ledger.md §2``).

Claim under the run's lock, call with no transaction open, store: by the open page, and by the scheduled
job where no page is open. So a killed server loses one answer at most, which is then taken for no answer.
What is running without a page pauses; what ends is cleaned up first.
"""

from datetime import timedelta
from typing import NamedTuple

from ...rules import certification_bill as bills
from ...rules import certification_sheet as sheet
from ...rules import state_machine
from ...rules.certification_judge import ANSWER_WITHIN, Form, Heard, judge
from ..accounts import glase_connection
from ..ledger.exchange import BY_NAME, Exchange
from ..registration.glase_terminal import BUSY_FOR
from ..registration.glase_terminal_registration import UNKNOWN_TERMINAL
from ..support import autonomous_transaction, clock, cron
from . import calls

# A page that has not asked for so long is gone.
SILENT_AFTER = timedelta(seconds=60)
# What was paused for so long is not taken up any more.
FORGOTTEN_AFTER = timedelta(days=1)
BATCH = 50
# Nothing is called before some time has passed.
WAIT = object()


class Action(NamedTuple):
    """One call of a run: for which step, about which invoice (empty if about none).

    ``clearing``: it is made to leave nothing behind; the step is not judged by it.
    """

    step: object
    operation: str
    bill: object
    clearing: bool = False


# === Who drives ===


def work_due(model):
    """The scheduled job: pause what no page drives any more, clean up what has ended or pauses."""
    env, unfinished = model.env, [("state", "in", sheet.UNFINISHED)]
    for _index in range(BATCH):
        found = model.search(unfinished)
        with_run(found, _find_forgotten)
        if not any(advance(run) for run in found.filtered(_is_jobs)):
            break
    found = model.search(unfinished)
    if found:
        now = clock.now(env.cr)
        due = [run.next_at for run in found.filtered(_is_jobs) if run.next_at]
        at = max(min(due, default=now + SILENT_AFTER), now + timedelta(seconds=1))
        cron.wake(env, "cron_verify", at)


def wake(env):
    """Let the job look whether a page still drives, once that would be over."""
    cron.wake(env, "cron_verify", clock.now(env.cr) + SILENT_AFTER + timedelta(seconds=5))


def _is_jobs(run):
    """Whether the job drives this run: nobody need look at it."""
    return run.state == sheet.CLEANING or run.pausing or run.stop_wished


def _find_forgotten(found):
    now = clock.now(found.env.cr)
    for run in found.exists():
        silent = now - (run.heard_at or run.started_at)
        if run.state == sheet.RUNNING and silent > SILENT_AFTER and not run.pausing:
            run.pausing = True
            run._remember("Nobody has the page open")
        elif run.state == sheet.PAUSED and silent > FORGOTTEN_AFTER:
            run.write({"stop_wished": True, "next_at": now})
            run._remember("Nobody has taken it up for a day")


def with_run(run, work):
    """A step with the same runs in a transaction of its own, without a language: it is for Glase."""
    # pylint: disable-next=context-overridden
    return autonomous_transaction.step_of_request(run, lambda own: work(own.with_context({})))


def advance(run, page=False):
    """Take the next step of a run if one is due: one call at most.

    :param bool page: it is the open page that asks
    :return: whether a call was made
    """
    exchange, claimed = Exchange(run, None, step=with_run), []

    def claim(own):
        claimed[:] = [Runner(own).claim(exchange, page)]
        return own.id, claimed[0] and calls.bound(exchange, own, claimed[0])

    def store(own, heard):
        Runner(own).store(claimed[0], exchange.reference, calls.as_heard(own.env, heard))
        return True

    return exchange.run(claim, store)[1] or False


class Runner:
    """One run in a transaction of its own: what is called next, and what an answer does to it.

    :param run: one ``glase.verification``, as the superuser
    """

    def __init__(self, run):
        run.ensure_one()
        self.run, self.env = run, run.env

    def _now(self):
        return clock.now(self.env.cr)

    # === One call ===

    def claim(self, exchange, page):
        """Decide on the next call and claim it; what needs no call is done on the way.

        :param Exchange exchange: that makes the call; what it calls is decided here
        :param bool page: it is the open page that asks
        :rtype: Action
        :return: None where nothing is due
        """
        run = self.run
        autonomous_transaction.lock(run)
        # A page that only shows that it is paused does not keep it from being forgotten.
        if page and run.state in sheet.DRIVEN:
            run.heard_at = self._now()
        if run.state not in sheet.UNFINISHED or not self._may_call():
            return None
        if run.busy_since:
            self._store_lost()
        if run.stop_wished and run.state != sheet.CLEANING:
            self.begin_cleaning("Stopped")
        following = next(self._calls(), WAIT)
        return None if following is WAIT else self._take(exchange, following)

    def _may_call(self):
        """Whether this database calls Glase, and nobody else is calling at this moment."""
        busy = clock.is_recent(self.env.cr, self.run.busy_since, BUSY_FOR)
        return not busy and not self.run.account_id.unbound_why

    def _take(self, exchange, action):
        """Store what is about to be called, before it is (``doc/ledger.md §2``)."""
        run, now, bill = self.run, self._now(), action.bill
        exchange.operation = BY_NAME[action.operation]
        if action.operation == sheet.SEND:
            key = sheet.CLEAN if action.clearing else action.step.key
            bill = bill.create({"verification_id": run.id, "key": key, "sent_at": now})
        elif action.operation == sheet.REFUND:
            reference = glase_connection.sent_reference(run.account_id, exchange.reference)
            bill.write({"refund_state": bills.REFUNDING, "refund_call": reference})
        if not action.clearing:
            action.step._begin()
        run.write(
            {
                "busy_since": now,
                "busy_reference": exchange.reference,
                "busy_step_id": action.step.id,
                "busy_bill_id": bill.id,
                "busy_operation": action.operation,
                "busy_clearing": action.clearing,
            }
        )
        self.env.flush_all()
        return action._replace(bill=bill)

    def _store_lost(self):
        """Whoever made this call is gone, and with it the answer."""
        run = self.run
        heard = Heard(
            state_machine.Evidence(run.busy_operation, state_machine.NO_ANSWER),
            "The server was stopped during this call: the answer is lost.",
            reference=glase_connection.sent_reference(run.account_id, run.busy_reference),
        )
        action = Action(run.busy_step_id, run.busy_operation, run.busy_bill_id, run.busy_clearing)
        self.store(action, run.busy_reference, heard)

    def store(self, action, reference, heard):
        """Store an answer, judge its step, and let the next call be made.

        :param Action action: what was called, maybe in a transaction that is over
        :param str reference: our own of the call
        :param Heard heard: the answer, or the lack of one
        """
        run = self.run
        autonomous_transaction.lock(run)
        step = self.env["glase.verification.step"].browse(action.step.id)
        bill = self.env["glase.verification.bill"].browse(action.bill.id)
        step._note(bill, heard, action.clearing)
        if run.busy_reference == reference:
            over = {name: False for name in run._fields if name.startswith("busy_")}
            run.write({**over, "next_at": self._now()})
        self._learn(heard)
        if bill:
            heard = bill._learn(heard)
        if action.clearing:
            if action.operation == sheet.SEND:
                # To take the place of those whose answer was lost; this one may be lost, too.
                bill = run.bill_ids.filtered(lambda one: one.state == bills.LOST)
            if bill:
                bill.write(bills.after_try(bill[0], action.operation, self._now()))
        elif step.state == sheet.DOING:
            self._judge(step, heard)

    def _judge(self, step, heard):
        """Judge what was heard; the step ends, or is asked again later."""
        run = self.run
        form = Form(
            client_id=run.company_id.name,
            client_reference=glase_connection.POS_NAME_AND_VERSION,
            terminal=run.terminal_identifier or "",
            certifying=run.certifying,
        )
        verdict = judge(step.entry, heard, step._since(), form)
        step.deviation = "\n".join(verdict.deviations) or False
        if verdict.state:
            step._end(verdict.state, verdict.words)
        else:
            step.verdict = verdict.words
            run.next_at = self._now() + verdict.pause

    def _learn(self, heard):
        """What an answer says about the registration of this run."""
        run, answer, operation = self.run, heard.answer, heard.evidence.operation
        if operation == sheet.REGISTER:
            unsure = not heard.succeeded and not state_machine.proves_failure(heard.evidence)
            identifier = answer.terminal_id if heard.succeeded else False
            run.write({"terminal_identifier": identifier, "register_lost": unsure})
        elif operation == sheet.MARK and heard.succeeded:
            run.period_identifier = answer.transaction_period_id
        elif operation == sheet.UNREGISTER and heard.is_answer(0, UNKNOWN_TERMINAL):
            run.unregistered_at = self._now()
        elif operation == sheet.UNREGISTER:
            tries = run.unregister_tries + 1
            pause = bills.PAUSES[min(tries, len(bills.PAUSES)) - 1]
            run.write({"unregister_tries": tries, "next_at": self._now() + pause})

    # === What comes next ===

    # Each of these yields what is called next, or WAIT, and goes on where nothing is. Only the first
    # is taken: what comes after it is asked for anew, when that was answered.

    def _calls(self):
        run = self.run
        if run.state == sheet.PAUSED or (run.next_at and run.next_at > self._now()):
            yield WAIT
        if run.pausing:
            yield from self._pausing()
            yield WAIT
        if run.state == sheet.RUNNING:
            yield from self._steps()
            self.begin_cleaning(False)
        yield from self._cleaning()

    def _steps(self):
        """The steps before the last one; those that make no sense any more are skipped."""
        for step in self._undone():
            missing = step._missing()
            if missing:
                step._end(sheet.SKIPPED, f"Needs “{missing[0]._called()}”")
            elif step.entry.expects == "settled":
                yield from self._settle(step)
            else:
                yield Action(step, step.operation, step._bill())

    def _settle(self, step):
        """The step that leaves no invoice open or paid; what takes too long is left to cleaning up."""
        step._begin()
        following = next(self._settling(step), None)
        if following and not (following is WAIT and step._since() >= ANSWER_WITHIN * 2):
            yield following
        left = self._left_of_bills(self.run.bill_ids)
        if left or following:
            words = " ".join(left) or "Glase does not answer; it is tried again later"
            step._end(sheet.FAILED, words)
        else:
            step._end(sheet.OK, "Nothing is open or paid")

    def _undone(self):
        """The steps before the last one, which cleans up, that are not done."""
        return self.run.step_ids.filtered(
            lambda one: one.state in (sheet.TODO, sheet.DOING) and one.key != sheet.CLEAN
        )

    def _settling(self, step, paid_too=True):
        """What is called about invoices that are not settled, the one that is due first."""
        found = self.run.bill_ids.filtered(lambda one: bills.is_unsettled(one, paid_too))
        for bill in found.sorted(lambda one: bills.next_call(one)[1]):
            operation, due = bills.next_call(bill)
            if due <= self._now():
                yield Action(step, operation, bill, clearing=True)
            self.run.next_at = due
            yield WAIT

    def _pausing(self):
        """Cancel the invoice that is out, then pause; its steps begin anew with another one."""
        run = self.run
        current = run.step_ids.filtered(lambda one: one.state in (sheet.TODO, sheet.DOING))[:1]
        yield from self._settling(current, paid_too=False)
        bill = current._bill()
        if bill and bill.state != bills.PAID:
            run.step_ids.filtered(
                lambda one: one.entry.bill == bill.key and one.state in (sheet.OK, sheet.DOING)
            )._begin_anew()
        left = self._left_of_bills(run.bill_ids.filtered(lambda one: one.state == bills.LEFT))
        run.write(
            {"state": sheet.PAUSED, "pausing": False, "left_behind": "\n".join(left) or False}
        )
        run._remember("Paused")

    # === The end ===

    def begin_cleaning(self, why):
        """Skip what is not done, and clean up.

        :param str why: in English; False where the sheet has come to its end
        """
        self._undone()._end(sheet.SKIPPED, why or "Not done")
        if why:
            self.run._remember(f"{why}: what is open is cleaned up")
        self.run.write({"state": sheet.CLEANING, "pausing": False, "next_at": self._now()})

    def _cleaning(self):
        run = self.run
        step = run.step_ids.filtered(lambda one: one.key == sheet.CLEAN)
        step._begin()
        yield from self._settling(step)
        registered = run.terminal_identifier and not run.unregistered_at
        if registered and run.unregister_tries < len(bills.PAUSES):
            yield Action(step, sheet.UNREGISTER, step._bill(), clearing=True)
        left = self._left_behind()
        if left:
            step._end(sheet.FAILED, "Something is left for you to do")
        else:
            step._end(sheet.OK, "Nothing is left unpaid, unrefunded or registered")
        run.write(
            {
                "state": sheet.result(run.step_ids.mapped("state"), run.stop_wished),
                "finished_at": self._now(),
                "left_behind": "\n".join(left) or False,
                "next_at": False,
                "password": run.password if left else False,
            }
        )

    def _left_of_bills(self, some):
        amount = f"{self.run.amount:.2f} {self.run.currency_id.name}"
        return [words for bill in some if (words := bills.left_behind(bill, amount))]

    def _left_behind(self):
        """What a person must do, as English sentences."""
        run = self.run
        left = self._left_of_bills(run.bill_ids)
        if run.register_lost:
            left.append(
                "Glase did not answer registerTerminal: it may have a terminal with the external id "
                f"{run.external_identifier}. Nobody knows its terminal id: ask Glase to remove it."
            )
        if run.terminal_identifier and not run.unregistered_at:
            left.append(
                f"Terminal {run.terminal_identifier} could not be unregistered: ask Glase to "
                "remove it."
            )
        return left
