from datetime import timedelta
from typing import NamedTuple

from odoo import api, models

from ...glase import new_client_reference
from ...rules import state_machine
from ...rules.certification_judge import ANSWER_WITHIN, Heard
from ...rules.certification_sheet import CLEAN, MARK, REFUND, REGISTER, SEND, UNREGISTER
from ..registration.glase_terminal import BUSY_FOR
from ..support import autonomous_transaction, clock, cron
from .glase_verification import (
    CLEANING,
    DRIVEN,
    FAILED,
    PASSED,
    PAUSED,
    RUNNING,
    STOPPED,
    UNFINISHED,
)
from .glase_verification_bill import ENDED, LEFT, LOST, PAID, PAUSES, REFUNDING
from .glase_verification_step import DOING, OK, SKIPPED, TODO
from .glase_verification_step import FAILED as STEP_FAILED

# A page that has not asked for so long is gone.
SILENT_AFTER = timedelta(seconds=60)
# What was paused for so long is not taken up any more.
FORGOTTEN_AFTER = timedelta(days=1)
BATCH = 50
UNKNOWN_TERMINAL = 29


class Action(NamedTuple):
    """One call that is to be made: for which step, about which invoice.

    ``clearing``: it is made to leave nothing behind; the step is not judged by it.
    """

    step: object
    operation: str
    bill: object = None
    clearing: bool = False


class Claim(NamedTuple):
    """A call that was claimed, without a database at hand."""

    step_id: int
    bill_id: int
    operation: str
    clearing: bool
    reference: str
    call: object = None


class GlaseVerification(models.Model):
    """How a run is driven: one call at a time, each step committed (``doc/ledger.md §2``).

    Claim under the run's lock, call with no transaction open, store: by the open page, and by the
    scheduled job where no page is open. So a killed server loses one answer at most, which is then
    taken for no answer. What is running without a page pauses; what ends is cleaned up first.
    """

    _inherit = "glase.verification"

    @api.model
    def _cron_verify(self):
        """Pause what no page drives any more, and clean up what has ended or pauses."""
        for _index in range(BATCH):
            runs = self.search([("state", "in", UNFINISHED)])
            self.env.cr.commit()  # pylint: disable=invalid-commit
            self._in_own(lambda run: run._find_forgotten(), runs.ids)
            self.env.invalidate_all()
            if not any(run._advance() for run in runs.filtered(lambda run: run._is_jobs())):
                break
        unfinished = self.search([("state", "in", UNFINISHED)])
        if unfinished:
            now = clock.now(self.env.cr)
            due = [run.next_at for run in unfinished if run._is_jobs() and run.next_at]
            at = max(min(due, default=now + SILENT_AFTER), now + timedelta(seconds=1))
            cron.wake(self.env, "cron_verify", at)

    def _is_jobs(self):
        """Whether the job drives this run: nobody need look at it."""
        self.ensure_one()
        return self.state == CLEANING or self.pausing or self.stop_wished

    def _find_forgotten(self):
        now = clock.now(self.env.cr)
        for run in self.exists():
            silent = now - (run.heard_at or run.started_at)
            if run.state == RUNNING and silent > SILENT_AFTER and not run.pausing:
                run.pausing = True
                run._remember("Nobody has the page open")
            elif run.state == PAUSED and silent > FORGOTTEN_AFTER:
                run.write({"stop_wished": True, "next_at": now})
                run._remember("Nobody has taken it up for a day")

    @api.model
    def _wake(self):
        at = clock.now(self.env.cr) + SILENT_AFTER + timedelta(seconds=5)
        cron.wake(self.env, "cron_verify", at)

    def _in_own(self, work, ids):
        """Run a step in a transaction of its own, without a language: what is stored is for Glase."""
        return autonomous_transaction.with_records(
            self.browse(ids),
            # pylint: disable-next=context-overridden
            lambda run: work(run.with_context({})),
        )

    # === One call ===

    def _advance(self, page=False):
        """Take the next step if one is due: one call at most.

        :param bool page: it is the open page that asks
        :return: whether a call was made
        """
        self.ensure_one()
        ids = self.ids
        self.env.cr.commit()  # pylint: disable=invalid-commit
        claim = self._in_own(lambda run: run._claim(page), ids)
        if claim:
            heard = self._call(claim)
            self._in_own(lambda run: run._store(claim, heard), ids)
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()
        return bool(claim)

    def _claim(self, page):
        """Decide on the next call and claim it; what needs no call is done on the way.

        :rtype: Claim
        :return: None where nothing is due
        """
        autonomous_transaction.lock(self)
        now = clock.now(self.env.cr)
        # A page that only shows that it is paused does not keep it from being forgotten.
        if page and self.state in DRIVEN:
            self.heard_at = now
        if self.state not in UNFINISHED or self.account_id.unbound_why:
            return None
        if self.busy_since:
            if clock.is_recent(self.env.cr, self.busy_since, BUSY_FOR):
                return None
            self._store(self._lost_claim(), self._heard_nothing())
        if self.stop_wished and self.state != CLEANING:
            self._begin_cleaning("Stopped")
        action = self._next_action()
        return self._take(action, now) if action else None

    def _take(self, action, now):
        """Store what is about to be called, before it is (``doc/ledger.md §2``)."""
        call, reference = self._plan(action), new_client_reference()
        bill = action.bill
        if action.operation == SEND:
            key = CLEAN if action.clearing else action.step.key
            bill = self.env["glase.verification.bill"].create(
                {"verification_id": self.id, "key": key, "sent_at": now}
            )
        elif action.operation == REFUND:
            bill.write({"refund_state": REFUNDING, "refund_call": reference})
        if not action.clearing:
            action.step._begin()
        self.write(
            {
                "busy_since": now,
                "busy_reference": reference,
                "busy_step_id": action.step.id,
                "busy_bill_id": bill.id if bill else False,
                "busy_operation": action.operation,
                "busy_clearing": action.clearing,
            }
        )
        self.env.flush_all()
        return self._lost_claim()._replace(call=call)

    def _lost_claim(self):
        """The claim as it is stored: enough to store an answer, or that there is none."""
        return Claim(
            self.busy_step_id.id,
            self.busy_bill_id.id,
            self.busy_operation,
            self.busy_clearing,
            self.busy_reference,
        )

    def _heard_nothing(self):
        """Whoever made this call is gone, and with it the answer."""
        evidence = state_machine.Evidence(self.busy_operation, state_machine.NO_ANSWER)
        return Heard(
            evidence,
            "The server was stopped during this call: the answer is lost.",
            reference=self.account_id._sent_reference(self.busy_reference),
        )

    def _store(self, claim, heard):
        """Store an answer, judge its step, and let the next call be made."""
        autonomous_transaction.lock(self)
        step = self.env["glase.verification.step"].browse(claim.step_id)
        bill = self.env["glase.verification.bill"].browse(claim.bill_id)
        self.env["glase.verification.exchange"]._note(step, bill, heard, claim.clearing)
        if self.busy_reference == claim.reference:
            self.write(
                {
                    "busy_since": False,
                    "busy_reference": False,
                    "busy_step_id": False,
                    "busy_bill_id": False,
                    "busy_operation": False,
                    "busy_clearing": False,
                    "next_at": clock.now(self.env.cr),
                }
            )
        self._learn(heard)
        if bill:
            heard = bill._unless_of_another(heard)
            bill._learn(heard)
        if not claim.clearing:
            if step.state == DOING:
                step._judge(heard)
            return
        tried = bill
        if claim.operation == SEND:
            tried = self.bill_ids.filtered(lambda one: one.state == LOST and one != bill)
        for one in tried:
            one._after_try(claim.operation)

    def _learn(self, heard):
        """What an answer says about the registration of this run."""
        evidence, answer = heard.evidence, heard.answer
        now = clock.now(self.env.cr)
        if evidence.operation == REGISTER:
            unsure = not heard.succeeded and not state_machine.proves_failure(evidence)
            identifier = answer.terminal_id if heard.succeeded else False
            self.write({"terminal_identifier": identifier, "register_lost": unsure})
        elif evidence.operation == UNREGISTER:
            if heard.succeeded or evidence.code == UNKNOWN_TERMINAL:
                self.unregistered_at = now
            else:
                tries = self.unregister_tries + 1
                pause = PAUSES[min(tries, len(PAUSES)) - 1]
                self.write({"unregister_tries": tries, "next_at": now + pause})
        elif evidence.operation == MARK and heard.succeeded:
            self.period_identifier = answer.transaction_period_id

    # === What comes next ===

    def _next_action(self):
        """The next call that is due, or None; steps that make no sense any more are skipped."""
        now = clock.now(self.env.cr)
        if self.state == PAUSED or (self.next_at and self.next_at > now):
            return None
        if self.state == CLEANING:
            return self._next_cleaning()
        if self.pausing:
            return self._next_before_pause()
        for step in self.step_ids.filtered(lambda one: one.key != CLEAN):
            if step.state not in (TODO, DOING):
                continue
            missing = step._missing()
            if missing:
                step._end(SKIPPED, f"Needs “{missing[0].title}”")
                continue
            if step.sheet.expects != "settled":
                return Action(step, step.operation, self._bill_of(step))
            step._begin()
            action, waits = self._settling(step)
            if action:
                return action
            if waits and step._since() < ANSWER_WITHIN * 2:
                return None
            step._end(*self._settled_verdict(waits))
        self._begin_cleaning(False)
        return self._next_cleaning()

    def _bill_of(self, step):
        key = step.sheet.bill
        return self.bill_ids.filtered(lambda bill: bill.key == key)[-1:] if key else None

    def _settling(self, step, paid_too=True):
        """What is due to be called next about invoices that are not settled.

        :return: the action or None, and whether something is still to be waited for
        """
        now = clock.now(self.env.cr)
        waits = []
        for bill in self.bill_ids:
            if not bill._is_unsettled(paid_too):
                continue
            operation, due = bill._next_operation()
            if not operation:
                bill.write({"state": ENDED, "next_at": False})
            elif due <= now:
                return Action(step, operation, bill, clearing=True), True
            else:
                waits.append(due)
        if waits:
            self.next_at = min(waits)
        return None, bool(waits)

    def _settled_verdict(self, waits):
        left = [words for words in (bill._left_behind() for bill in self.bill_ids) if words]
        if left or waits:
            return STEP_FAILED, " ".join(left) or "Glase does not answer; it is tried again later"
        return OK, "Nothing is open or paid"

    # === Pause ===

    def _next_before_pause(self):
        """Cancel the invoice that is out, then pause; its steps begin anew with another one."""
        current = self.step_ids.filtered(lambda one: one.state in (TODO, DOING))[:1]
        action, waits = self._settling(current, paid_too=False)
        if action or waits:
            return action
        bill = self._bill_of(current)
        if bill and bill.state != PAID:
            about = self.step_ids.filtered(
                lambda one: one.sheet.bill == bill.key and one.state in (OK, DOING)
            )
            about._begin_anew()
        left = [one._left_behind() for one in self.bill_ids if one.state == LEFT]
        self.write({"state": PAUSED, "pausing": False, "left_behind": "\n".join(left) or False})
        self._remember("Paused")
        return None

    # === The end ===

    def _begin_cleaning(self, why):
        undone = self.step_ids.filtered(lambda one: one.state in (TODO, DOING) and one.key != CLEAN)
        undone._end(SKIPPED, why or "Not done")
        now = clock.now(self.env.cr)
        if why:
            self._remember(f"{why}: what is open is cleaned up")
        self.write({"state": CLEANING, "pausing": False, "next_at": now})

    def _next_cleaning(self):
        step = self.step_ids.filtered(lambda one: one.key == CLEAN)
        step._begin()
        action, waits = self._settling(step)
        if action or waits:
            return action
        registered = self.terminal_identifier and not self.unregistered_at
        if registered and self.unregister_tries < len(PAUSES):
            return Action(step, UNREGISTER, clearing=True)
        self._finish(step)
        return None

    def _finish(self, step):
        left = self._left_behind()
        if left:
            step._end(STEP_FAILED, "Something is left for you to do")
        else:
            step._end(OK, "Nothing is left unpaid, unrefunded or registered")
        results = set(self.step_ids.mapped("state"))
        failed = {STEP_FAILED, SKIPPED} & results
        self.write(
            {
                "state": STOPPED if self.stop_wished else FAILED if failed else PASSED,
                "finished_at": clock.now(self.env.cr),
                "left_behind": "\n".join(left) or False,
                "next_at": False,
                "password": self.password if left else False,
            }
        )

    def _left_behind(self):
        """What a person must do, as English sentences."""
        left = [words for words in (bill._left_behind() for bill in self.bill_ids) if words]
        if self.register_lost:
            left.append(
                "Glase did not answer registerTerminal: it may have a terminal with the external id "
                f"{self.external_identifier}. Nobody knows its terminal id: ask Glase to remove it."
            )
        if self.terminal_identifier and not self.unregistered_at:
            left.append(
                f"Terminal {self.terminal_identifier} could not be unregistered: ask Glase to "
                "remove it."
            )
        return left
