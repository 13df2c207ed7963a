"""Bugs about single payments that are planted one at a time, to see that the hunt finds them."""

import contextlib
import dataclasses
import functools
from datetime import timedelta
from unittest.mock import patch

from mutants.plant import Mutants, in_ledger, in_model, judged

from odoo import SUPERUSER_ID, api
from odoo.addons.pos_glase.models.ledger import glase_event, known_rows, poll, row_money, unsettled
from odoo.addons.pos_glase.models.ledger.exchange import SEND, Claim, Exchange
from odoo.addons.pos_glase.models.ledger.till import Till
from odoo.addons.pos_glase.models.pos import payment_proof
from odoo.addons.pos_glase.models.pos.bill import Bill
from odoo.addons.pos_glase.models.refunds import refund
from odoo.addons.pos_glase.models.registration import glase_terminal_registration
from odoo.addons.pos_glase.models.support import autonomous_transaction
from odoo.addons.pos_glase.rules import giving_back, polling, settlement, state_machine

MUTANTS = mutant = Mutants()


@contextlib.contextmanager
def exchanged(**methods):
    """Methods of an exchange with Glase replaced; each gets the original as its first argument."""
    with contextlib.ExitStack() as stack:
        for name, method in methods.items():
            original = getattr(Exchange, name)
            replaced = functools.partialmethod(_with_original, method, original)
            stack.enter_context(patch.object(Exchange, name, replaced))
        yield


def _with_original(self, method, original, *arguments, **options):
    return method(original, self, *arguments, **options)


@mutant
@contextlib.contextmanager
def commit_after_the_call(_world):
    """The row of a send is committed only when Glase has answered."""
    late = []
    with_records = autonomous_transaction.with_records

    def run_late(records, work):
        if work.__qualname__ != "Till.send.<locals>.claim":
            return with_records(records, work)
        cr = records.env.registry.cursor()
        try:
            context = {**records.env.context, "glase_user_id": records.env.uid}
            result = work(api.Environment(cr, SUPERUSER_ID, context)[records._name])
        except BaseException:
            cr.close()
            raise
        late.append(cr)
        if not result[1]:
            commit_now()
        return result

    def commit_now():
        while late:
            with late.pop():
                # Left without an error: committed.
                pass

    def make(original, exchange, record_id, call, store=None):
        def then_commit():
            try:
                return call()
            finally:
                commit_now()

        return original(exchange, record_id, then_commit, store)

    with patch.object(autonomous_transaction, "with_records", run_late), exchanged(make=make):
        yield


@mutant
def leave_the_request_open(_world):
    """The transaction of the request stays open while Glase thinks."""
    return patch.object(autonomous_transaction, "end_request", lambda _env: None)


@mutant
def repeat_a_refund(_world):
    """A refund that was not answered is made once more."""

    def make(original, exchange, record_id, call, store=None):
        def twice():
            try:
                return call()
            except Exception:
                if exchange.operation.name == "refundPayment":
                    return call()
                raise

        return original(exchange, record_id, twice, store)

    return exchanged(make=make)


@mutant
def already_paid_is_paid(world):
    """50 on a cancel counts as PAID."""

    def judge(original, row, evidence):
        verdict = original(row, evidence)
        if evidence.code == 50 and row.state == state_machine.ISSUED:
            values = {**verdict.values, "ers_reference": evidence.invoice_reference or "50"}
            return state_machine.Verdict(state_machine.PAID, values)
        return verdict

    return judged("cancelInvoice", judge)


@mutant
def another_is_no_case(world):
    """An answer that names what another row has changes nothing, and nobody is told."""
    original = state_machine.judge

    def judge(row, evidence):
        verdict = original(row, evidence)
        told = evidence.outcome != state_machine.OF_ANOTHER
        return verdict if told else dataclasses.replace(verdict, cases=())

    return patch.object(state_machine, "judge", judge)


@mutant
def being_paid_is_canceled(world):
    """51 on a cancel counts as canceled."""

    def judge(original, row, evidence):
        if evidence.code in (51, 48) and row.state == state_machine.ISSUED:
            return state_machine.Verdict(state_machine.CANCELED, {"cancel_code": evidence.code})
        return original(row, evidence)

    return judged("cancelInvoice", judge)


@mutant
def ask_before_cancel(_world):
    """A row that was given up is asked about at once."""
    original = settlement.next_step

    def step(bill):
        found = original(bill)
        return settlement.ASK if found == settlement.CANCEL else found

    return patch.object(settlement, "next_step", step)


@mutant
def do_not_wait_for_the_reversal(world):
    """After 50 a given-up row is asked about without the 30 seconds."""
    return patch.object(state_machine, "REVERSAL_WAIT", timedelta(0))


@mutant
def poll_without_a_reference(_world):
    """A poll asks for whatever bill is current; so does one of a lost send."""

    def bound(original, exchange, terminal, *arguments):
        if exchange.operation.name == "getPaymentStatus":
            arguments = (None, *arguments[1:])
        return original(exchange, terminal, *arguments)

    return exchanged(bound=bound)


@mutant
def a_poll_is_like_the_one_before(_world):
    """Of two answers to a poll it is not looked at what they say, nor what they change."""
    return patch.multiple(
        polling,
        is_again=lambda newest, _since, said, _now: newest[0] == said[0],
        changes_nothing=lambda _row, _verdict: True,
    )


@mutant
def a_count_is_forgotten(_world):
    """How often an answer was heard again is not written."""
    return patch.object(glase_event, "write", lambda _cr, _repeated, _now: None)


@mutant
def that_a_till_asks_is_not_written(_world):
    """Only what Glase says is written of a poll."""

    @contextlib.contextmanager
    def planted():
        glase_only = poll._SEEN.replace("WHEN given_up_at IS NULL", "WHEN FALSE")
        with (
            patch.object(poll, "_SEEN", glase_only),
            patch.object(polling, "SURELY_ALIVE", timedelta(days=1)),
        ):
            yield

    return planted()


@mutant
def skip_the_proof(world):
    """What the till says is paid is believed."""

    def prove(_original, self):
        for payment in self:
            if payment._is_glase() and payment._glase_claims_paid():
                payment._glase_write_proof({"glase_unverified": False})

    return in_model(world, "pos.payment", _glase_prove=prove)


@mutant
def any_amount_proves(_world):
    """The proof does not compare amounts."""

    original = row_money.taken_amount

    def taken(row):
        payment = row.env["pos.payment"].search([("uuid", "=", row.line_uuid)], limit=1)
        return abs(payment.amount) if payment else original(row)

    return patch.object(row_money, "taken_amount", taken)


@mutant
def drop_a_late_paid(world):
    """PAID is dropped when the row was canceled on purpose, or given up."""

    def absorb(original, self, evidence, heard):
        late = self.cancel_wished_at or self.given_up_at
        if evidence.status == "PAID" and late:
            evidence = dataclasses.replace(evidence, status="CANCELED")
        return original(self, evidence, heard)

    return in_ledger(world, _record_answer=absorb)


@mutant
def poll_with_the_new_registration(_world):
    """A till may be registered anew while money is undecided; then the new one asks."""

    def undecided(rows, _terminals):
        return rows.browse()

    def bound(original, exchange, terminal, *arguments):
        live = terminal.sudo().search(
            [("config_id", "=", terminal.config_id.id), ("state", "=", "ready")]
        )
        return original(exchange, live[:1] or terminal, *arguments)

    @contextlib.contextmanager
    def planted():
        with patch.object(unsettled, "undecided", undecided), exchanged(bound=bound):
            yield

    return planted()


@mutant
def refund_90_is_failed(world):
    """A refund that Glase answered with 90 counts as not made."""

    def judge(original, row, evidence):
        if evidence.outcome == state_machine.ANSWER and evidence.code not in (0, None):
            return state_machine.Verdict(state_machine.FAILED)
        return original(row, evidence)

    return judged("refundPayment", judge)


@mutant
def no_answer_is_failed(world):
    """A send that was not answered counts as not made."""

    def judge(original, row, evidence):
        verdict = original(row, evidence)
        lost = row.state == state_machine.SENDING and verdict.state == state_machine.UNKNOWN
        return state_machine.Verdict(state_machine.FAILED) if lost else verdict

    return judged("sendInvoice", judge)


@mutant
def link_twice(_world):
    """A row proves each payment that names its order, whoever has it already."""

    proof = payment_proof.PaymentProof
    own_row, own_link = proof.matching_row, proof.link_row

    def matching(self):
        row, payment = own_row(self), self.payment
        if row or payment.amount < 0:
            return row
        return self.env["glase.transaction"].search(
            [
                ("order_id.config_id", "=", payment.pos_order_id.config_id.id),
                ("state", "=", "paid"),
                ("amount", "=", payment.amount),
            ],
            limit=1,
        )

    def link(self, row):
        if row and row.payment_id and row.payment_id != self.payment:
            self.payment._glase_write_proof(
                {"transaction_id": row.ers_reference, "glase_unverified": False}
            )
            return row
        return own_link(self, row)

    return patch.multiple(proof, matching_row=matching, link_row=link)


@mutant
def undecided_refunds_do_not_count(world):
    """What was given back by an unknown refund may be given back again."""
    standing = (state_machine.REFUNDED,)
    return patch.object(giving_back, "STANDING", standing)


@mutant
def send_again_on_a_second_click(_world):
    """The same press from another tab makes another call."""
    original = Till.send

    def send(till, config_id, order_uuid, line_uuid, attempt, amount, cashier=""):
        rows = till.rows.sudo()
        known = rows.search([("line_uuid", "=", line_uuid), ("attempt", "=", attempt)])
        if known and known.state == state_machine.ISSUED:
            order = till.env["pos.order"].search([("uuid", "=", order_uuid)])
            invoice = Bill(order).invoice(
                line_uuid, row_money.decimal(known, known.amount), known.terminal_id, cashier
            )
            again = Exchange(till.rows, SEND, known.call_reference)
            call, row_id = again.bound(known.terminal_id, invoice), known.id
            autonomous_transaction.end_request(till.env)
            again.make(row_id, call)
        return original(till, config_id, order_uuid, line_uuid, attempt, amount, cashier)

    return patch.object(Till, "send", send)


@mutant
def log_the_password(world):
    """A registration's password is written to the log."""

    def principal(original, self):
        found = original(self)
        glase_terminal_registration._logger.warning("calling with %s", self.sudo().password)
        return found

    return in_model(world, "glase.terminal", _principal=principal)


@mutant
def finish_and_reverse_overlap(_world):
    """Who ends a payment locks nothing that the other writes: what was read decides."""

    def locked(*_arguments, **_options):
        return contextlib.nullcontext()

    def payments(row):
        # Who gives back what an order has not finished says so on its payment, a second meeting point.
        return row.env["pos.payment"]

    @contextlib.contextmanager
    def planted():
        unlocked = patch.multiple(known_rows, locked=locked, lock=lambda _rows: None)
        with unlocked, patch.object(refund, "_draft_payments", payments):
            yield

    return planted()


@mutant
def a_bill_of_what_was_read(_world):
    """A bill is sent as it was read: its order and its line may have changed before there was a row."""

    def locked_order(self):
        return self.env["pos.order"].browse(self.values["order_id"]).exists()

    return patch.object(Claim, "_locked_order", locked_order)


@mutant
def a_refund_whose_server_died_is_failed(world):
    """A refund of which nobody has stored an answer for a minute counts as not made."""

    def move(original, self, request, **values):
        died = request == "lost" and self.kind == state_machine.REFUND
        return original(self, "never_sent" if died else request, **values)

    @contextlib.contextmanager
    def planted():
        never_sent = {
            state_machine.DRAFT: state_machine.FAILED,
            state_machine.SENDING: state_machine.FAILED,
        }
        with (
            patch.dict(state_machine.REQUESTS, never_sent=never_sent),
            in_ledger(world, _transition=move),
        ):
            yield

    return planted()
