"""The gate: a Glase that hangs does not fill every worker."""

import threading
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from glase_peer import CALLS, TERMINAL, answer_all, answering, operation_of, success

from glase import Client, GateOpen, GlaseError, NoAnswer, TransportError, gate, transport
from glase.gate import Gate
from glase.operations import CANCEL, MONEY, OTHER, POLL


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


def test_it_shuts_after_five_slow_calls_in_a_row(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate, times=4)
    quick(a_gate)
    slow(a_gate, times=4)
    quick(a_gate)
    slow(a_gate, times=5)
    for lane in (POLL, OTHER, MONEY, CANCEL):
        shut(a_gate, lane)


def test_a_quick_failure_is_not_slowness(clock):
    a_gate = Gate(clock=clock)
    slow(a_gate, times=4)
    with pytest.raises(TransportError), a_gate.slot(POLL):
        raise TransportError(reason="refused")
    slow(a_gate, times=4)
    quick(a_gate)


def test_one_trial_after_the_pause(clock):
    a_gate = Gate(clock=clock, pause=10)
    slow(a_gate, times=5)
    assert not a_gate.wants_trial()
    clock.now += 9.9
    shut(a_gate)
    clock.now += 0.1
    assert a_gate.wants_trial()
    with a_gate.slot(POLL):
        assert not a_gate.wants_trial()
        shut(a_gate)
        shut(a_gate, MONEY)
    assert not a_gate.wants_trial()
    with ExitStack() as stack:
        stack.enter_context(a_gate.slot(POLL))
        stack.enter_context(a_gate.slot(POLL))
    # As it was: it takes five again.
    slow(a_gate, times=4)
    quick(a_gate)


def test_a_slow_trial_shuts_it_again(clock):
    a_gate = Gate(clock=clock, pause=10)
    slow(a_gate, times=5)
    clock.now += 10
    slow(a_gate)
    shut(a_gate)
    clock.now += 9
    shut(a_gate)
    clock.now += 1
    quick(a_gate)
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
    a_gate = Gate(slots=1, failures=1, clock=clock)
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
        raise NoAnswer(slow=True)
    thread.join()
    assert result == ["refused"]


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
    gated.hanging = True
    for _poll in range(5):
        with pytest.raises(NoAnswer):
            # Long enough for the request to arrive on a busy machine.
            gated.client.get_payment_status(TERMINAL, "1", 0, timeout=0.4)


def test_a_hanging_server_is_left_alone(gated):
    hang(gated)
    for call, _answer in CALLS.values():
        with pytest.raises(GateOpen):
            call(gated.client)
    assert len(gated.server.requests) == 5


def test_the_gate_belongs_to_the_endpoint_not_to_the_client(gated):
    hang(gated)
    with pytest.raises(GateOpen):
        Client(gated.server.url()).get_payment_status(TERMINAL, "1", 0)


def test_a_poll_may_be_the_trial(gated):
    hang(gated)
    gated.hanging = False
    gated.clock.now += 10
    assert gated.client.get_payment_status(TERMINAL, "1", 0).status == "ISSUED"


def test_what_moves_money_is_never_the_trial(gated, monkeypatch):
    monkeypatch.setattr("glase.client.PROBE_TIMEOUT", 0.4)
    hang(gated)
    gated.clock.now += 10
    with pytest.raises(GateOpen):
        CALLS["sendInvoice"][0](gated.client)
    assert gated.operations()[5:] == ["benchmarkingNop"]
    gated.hanging = False
    monkeypatch.setattr("glase.client.PROBE_TIMEOUT", 5)
    gated.clock.now += 10
    assert CALLS["sendInvoice"][0](gated.client).invoice_reference
    assert gated.operations()[6:] == ["benchmarkingNop", "sendInvoice"]


def test_fifty_tills_on_a_hanging_server(gated):
    """Nobody waits much longer than the first five: two seconds' worth, not fifty times that."""
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
