"""The gate: a Glase that hangs does not fill every worker."""

import contextlib
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from glase_peer import CALLS, TERMINAL, answer_all, answering, operation_of, success

from glase import Client, GateOpen, GlaseError, NoAnswer, TransportError, gate, transport
from glase.gate import TRIAL_SECONDS, Gate, WorkerPlaces
from glase.operations import CANCEL, MONEY, OPERATIONS, OTHER, POLL

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits for a place."""
    for lane in (POLL, OTHER, MONEY, CANCEL):
        monkeypatch.setitem(gate._PATIENCE, lane, 0)


def slow(a_gate, lane=POLL, times=1):
    for _time in range(times):
        with pytest.raises(NoAnswer), a_gate.slot(lane):
            raise NoAnswer(slow=True)


def quick(a_gate, lane=POLL):
    with a_gate.slot(lane):
        pass


def shut(a_gate, lane=POLL):
    with pytest.raises(GateOpen) as caught, a_gate.slot(lane):
        raise AssertionError("went through")
    assert caught.value.money_state_known


def test_it_shuts_after_two_slow_calls_in_a_row(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate)
    quick(a_gate)
    slow(a_gate, times=2)
    with a_gate.slot(POLL) as seconds:
        assert seconds == TRIAL_SECONDS, "the next one is a trial"
        for lane in (POLL, OTHER, MONEY, CANCEL):
            shut(a_gate, lane)


def test_a_quick_failure_is_not_slowness(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate)
    with pytest.raises(TransportError), a_gate.slot(POLL):
        raise TransportError(reason="refused")
    slow(a_gate)
    with a_gate.slot(POLL) as seconds:
        assert seconds is None


def test_calls_that_were_lost_while_others_were_answered_do_not_shut_it(clock):
    a_gate = Gate(clock=clock)
    calls = [a_gate.slot(POLL) for _call in range(3)]
    for call in calls:
        call.__enter__()
    clock.now += 4
    quick(a_gate)
    clock.now += 1
    for call in calls:
        assert not call.__exit__(NoAnswer, NoAnswer(slow=True), None)
    with a_gate.slot(POLL) as seconds:
        assert seconds is None


def test_one_trial_every_two_seconds_until_one_is_answered(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate, times=3)
    began, seconds = [], []
    for _quarter in range(4 * 20):
        with contextlib.suppress(GateOpen, NoAnswer), a_gate.slot(POLL) as limit:
            began.append(clock.now - 1000)
            seconds.append(limit)
            raise NoAnswer(slow=True)
        clock.now += 0.25
    assert began == [2, 4, 6, 11, 13, 15, 17], "each fourth has as long as a poll"
    assert seconds == [2, 2, 5, 2, 2, 2, 5]
    clock.now += 5
    quick(a_gate)
    with a_gate.slot(MONEY, is_trial=False) as limit:
        assert limit is None


def test_nobody_has_to_say_that_a_trial_has_ended(clock):
    """Whoever made it may have been killed."""
    a_gate = Gate(clock=clock)
    slow(a_gate, times=2)
    assert a_gate.memory.claim_trial() == TRIAL_SECONDS
    assert a_gate.memory.claim_trial() is None
    clock.now += TRIAL_SECONDS
    quick(a_gate)


def test_a_clock_that_was_set_back_keeps_nobody_out(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate, times=3)
    shut(a_gate)
    clock.now -= 3600
    quick(a_gate)


def test_what_must_not_be_cut_off_is_no_trial(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate, times=2)
    with pytest.raises(GateOpen), a_gate.slot(MONEY, is_trial=False):
        raise AssertionError("went through")
    quick(a_gate)


def test_a_defect_does_not_leak_a_place(clock, impatient):
    a_gate = Gate(slots=3, clock=clock)
    for _time in range(10):
        with pytest.raises(ZeroDivisionError), a_gate.slot(POLL):
            raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), a_gate.slot(POLL):
        raise KeyboardInterrupt
    quick(a_gate)


def test_polls_leave_room_for_money_and_money_for_cancels(clock, impatient):
    a_gate = Gate(slots=8, clock=clock)
    with ExitStack() as stack:
        for _place in range(6):
            stack.enter_context(a_gate.slot(POLL))
        shut(a_gate, POLL)
        shut(a_gate, OTHER)
        stack.enter_context(a_gate.slot(MONEY))
        shut(a_gate, MONEY)
        stack.enter_context(a_gate.slot(CANCEL))
        shut(a_gate, CANCEL)
    quick(a_gate)


def test_money_waits_a_moment_for_a_place(clock, monkeypatch):
    monkeypatch.setitem(gate._PATIENCE, MONEY, 600)
    a_gate = Gate(slots=2, clock=clock)
    waiting, result = threading.Event(), []

    def send():
        waiting.set()
        try:
            with a_gate.slot(MONEY):
                result.append("sent")
        except GateOpen:
            result.append("refused")

    with a_gate.slot(CANCEL):
        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        assert waiting.wait(5)
    # It goes on as soon as a place is free, not when its patience is over.
    thread.join(20)
    assert result == ["sent"]


def test_who_waited_hears_that_it_has_shut_meanwhile(clock):
    a_gate = Gate(slots=1, clock=clock)
    slow(a_gate, CANCEL)
    result = []

    def cancel():
        try:
            with a_gate.slot(CANCEL):
                result.append("sent")
        except GateOpen:
            result.append("refused")

    thread = threading.Thread(target=cancel)
    with pytest.raises(NoAnswer), a_gate.slot(CANCEL):
        thread.start()
        # Somebody else has a trial under way by the time that this one's place is free.
        a_gate.memory.note_slow(5)
        assert a_gate.memory.claim_trial()
        raise NoAnswer(slow=True)
    thread.join()
    assert result == ["refused"]


# === Workers of one server, each a process ===


def in_another_process(places, *, works):
    """Whether another worker gets a place at this moment; ``works``: it keeps it until it is killed."""
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from glase.errors import GateOpen\n"
        "from glase.gate import WorkerPlaces\n"
        "try:\n"
        "    with WorkerPlaces(sys.argv[2], 1).place():\n"
        "        print('has it', flush=True)\n"
        "        sys.stdin.read()\n"
        "except GateOpen:\n"
        "    print('refused', flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(ROOT), places]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline().strip() == ("has it" if works else "refused")
    return other


def test_half_of_the_workers_wait_for_a_glase_that_takes_long(clock, tmp_path):
    file = str(tmp_path / "places")
    a_gate, places = Gate(clock=clock), WorkerPlaces(file, 1)
    other = in_another_process(file, works=True)
    with a_gate.slot(POLL, workers=places):
        clock.now += 3
    for lane in (POLL, OTHER):
        with pytest.raises(GateOpen), a_gate.slot(lane, workers=places):
            raise AssertionError("went through")
    quick(a_gate, MONEY)
    with a_gate.slot(POLL):
        clock.now += 3
    other.kill()
    other.communicate()
    with a_gate.slot(POLL, workers=places):
        in_another_process(file, works=False).communicate()
    # It was quick: nobody gives way any more.
    last = in_another_process(file, works=True)
    with a_gate.slot(POLL, workers=places):
        pass
    last.communicate()


# === With a server ===


@pytest.fixture
def gated(peer, clock, monkeypatch):
    """A server that hangs while ``hanging`` is set, and its gate on our clock."""

    def script(line):
        while request := line.next_request():
            if state.hanging:
                line.hang()
            line.send(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body := success(operation_of(request))), body)
            )

    state = SimpleNamespace(hanging=False, server=peer(script), clock=clock)
    state.client = Client(state.server.url())
    line = transport.Line(transport.SocketTransport(state.client.endpoint), Gate(clock=clock))
    monkeypatch.setitem(transport._lines, state.client.endpoint, line)
    state.operations = lambda: [operation_of(request) for request in state.server.requests]
    return state


def hang(gated):
    """Shut: two calls and the first trial have hung."""
    gated.hanging = True
    for _poll in range(3):
        with pytest.raises(NoAnswer):
            # Long enough for the request to arrive on a busy machine.
            gated.client.get_payment_status(TERMINAL, "1", 0, timeout=0.4)


def test_a_hanging_server_is_left_alone(gated):
    hang(gated)
    for call, _answer in CALLS.values():
        with pytest.raises(GateOpen):
            call(gated.client)
    assert len(gated.server.requests) == 3


def test_the_gate_belongs_to_the_endpoint_not_to_the_client(gated):
    hang(gated)
    with pytest.raises(GateOpen):
        Client(gated.server.url()).get_payment_status(TERMINAL, "1", 0)


def test_clients_may_share_a_memory_across_processes(gated, peer):
    """Another process has connections and places of its own, and the same memory."""
    hang(gated)
    other = Client(peer(answer_all).url())
    other.memory = transport.line_to(gated.client.endpoint).gate.memory
    with pytest.raises(GateOpen):
        other.get_payment_status(TERMINAL, "1", 0)
    gated.clock.now += 2
    assert other.get_payment_status(TERMINAL, "1", 0).status == "ISSUED"
    gated.hanging = False
    assert CALLS["sendInvoice"][0](gated.client).invoice_reference


def test_a_poll_may_be_the_trial(gated):
    hang(gated)
    gated.hanging = False
    gated.clock.now += 2
    assert gated.client.get_payment_status(TERMINAL, "1", 0).status == "ISSUED"


def test_a_trial_is_cut_off_early(gated, monkeypatch):
    monkeypatch.setattr(gate, "TRIAL_SECONDS", 0.3)
    hang(gated)
    gated.clock.now += 2
    with pytest.raises(NoAnswer) as caught:
        gated.client.get_payment_status(TERMINAL, "1", 0)
    assert "within 0.3 s" in caught.value.detail


def test_what_must_not_be_cut_off_is_never_the_trial(gated, monkeypatch):
    monkeypatch.setattr(gate, "TRIAL_SECONDS", 0.4)
    trials = {name for name, operation in OPERATIONS.items() if operation.is_trial}
    assert trials == {"benchmarkingNop", "getPaymentStatus", "cancelInvoice"}
    for name in ("sendInvoice", "executeReport"):
        hang(gated)
        gated.clock.now += 2
        before = len(gated.server.requests)
        with pytest.raises(GateOpen):
            CALLS[name][0](gated.client)
        assert gated.operations()[before:] == ["benchmarkingNop"]
        gated.hanging = False
        monkeypatch.setattr(gate, "TRIAL_SECONDS", 5)
        gated.clock.now += 20
        CALLS[name][0](gated.client)
        assert gated.operations()[before + 1 :] == ["benchmarkingNop", name]
        monkeypatch.setattr(gate, "TRIAL_SECONDS", 0.4)


def test_fifty_tills_on_a_hanging_server(gated):
    """Nobody waits much longer than the first few: not fifty times that."""
    gated.hanging = True
    outcomes = []

    def till():
        for _poll in range(3):
            try:
                gated.client.get_payment_status(TERMINAL, "1", 0, timeout=0.3)
            except GlaseError as error:
                outcomes.append(type(error))

    threads = [threading.Thread(target=till) for _number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 150
    assert outcomes.count(NoAnswer) <= 12
    assert set(outcomes) <= {NoAnswer, GateOpen}


def test_an_answer_of_any_kind_shows_that_it_is_not_slow(peer):
    for script in (answering(b"", "503 Busy"), answering(b"what?"), answer_all):
        client = Client(peer(script).url())
        for _poll in range(8):
            try:
                client.get_payment_status(TERMINAL, "1", 0)
            except GlaseError as error:
                assert not isinstance(error, GateOpen)
