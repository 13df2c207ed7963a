"""The command line, the state file, several processes on it."""

import contextlib
import multiprocessing
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

import pytest
from simulator_tools import ROOT, Process, in_process, total, until

from simulator import NothingToPay, Simulator, StateError


def test_the_first_line_is_the_address(process):
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+", process.first_line)
    assert process.service.call("benchmarkingNop", None).code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(number):
    process = Process()
    process.process.send_signal(number)
    _out, errors = process.process.communicate(timeout=20)
    assert (process.process.returncode, errors) == (0, "")


def test_it_ends_while_a_call_is_held():
    process = Process()
    till = process.service.register()
    process.api("PUT", "faults", [{"operation": "*", "kind": "delay-before", "seconds": 600}])
    failures = []

    def call():
        try:
            till.send()
        except OSError as error:
            failures.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    until(lambda: process.api("GET", "faults")[2] == [])
    code, errors = process.stop()
    caller.join(20)
    assert (code, errors) == (0, "")


def test_a_python_that_lacks_something_is_told_in_a_sentence():
    # -S: without the packages that are installed beside Python.
    bare = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "simulator"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert bare.returncode == 1
    assert re.fullmatch(r"The simulator needs [^\n]*is not there\.[^\n]*\n", bare.stderr), (
        bare.stderr
    )


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = run("--port", str(port))
    assert code == 1
    assert errors.startswith(f"The simulator cannot listen on 127.0.0.1:{port}: ")
    assert errors.count("\n") == 1


def test_other_ways_to_start_it_wrong(tmp_path):
    assert run("--port", "99999")[0] == 1
    assert run("--reseller", "demo:9900")[0] == 2
    for setting in ("expire_seconds", "unheard_of=1", "expire_seconds=soon", "unregister_by=all"):
        assert run("--profile", setting)[0] == 2
    code, errors = run("--state", str(tmp_path))
    assert code == 1
    assert "cannot be used" in errors
    assert errors.count("\n") == 1


def test_resellers_and_currencies_of_the_command_line():
    process = Process(
        "--reseller", "a:1:x:y", "--reseller", "b:2:pw", "--currency", "NOK", "--currency", "JPY"
    )
    try:
        service = process.service
        for name, user, password in (("a", "1", "x:y"), ("b", "2", "pw")):
            ctx = service.shop(name, password, user)
            assert service.call("markTransactionPeriod", ctx).code == 0
        assert service.call("markTransactionPeriod", service.shop()).code == 37
        answer = service.call(
            "registerTerminal", service.shop("a", "x:y", "1"), password="pw-terminal"
        )
        assert answer.code == 0
    finally:
        assert process.stop() == (0, "")


def test_a_profile_of_the_command_line_is_overridden_by_one_that_is_put():
    process = Process("--profile", "unregister_by=both", "--profile", "expire_seconds=5000")
    try:
        ctx = process.service.shop()
        process.service.register(glase_id="FJALL1")
        assert process.api("GET", "profile")[2]["expire_seconds"] == 5000
        process.api("PUT", "profile", {"unregister_by": "terminal"})
        assert process.service.call("unregisterTerminal", ctx).code == 91
        process.api("PUT", "profile", {})
        assert process.service.call("unregisterTerminal", ctx).code == 0
    finally:
        assert process.stop() == (0, "")


def test_a_state_file_outlives_the_process(tmp_path):
    state = str(tmp_path / "made" / "state.sqlite")
    process = Process("--state", state)
    till = process.service.register(glase_id="FJALL1")
    reference = till.bill()
    process.api("POST", "clock", {"advance": 1000})
    process.api("PUT", "profile", {"expire_seconds": 5000})
    assert process.stop() == (0, "")
    assert os.stat(state).st_mode & 0o077 == 0
    process = Process("--state", state)
    till.service = process.service
    try:
        assert till.poll(reference)["status"] == "ISSUED"
        process.api("POST", "clock", {"advance": 4001})
        assert till.poll(reference)["status"] == "EXPIRED"
    finally:
        assert process.stop() == (0, "")


def test_a_state_of_another_version_is_refused(tmp_path):
    path = tmp_path / "state"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StateError, match="another version"):
        Simulator(path).profile()


def test_an_empty_file_is_filled(tmp_path):
    path = tmp_path / "state"
    path.touch()
    simulator = Simulator(path)
    assert in_process(simulator).register(glase_id="A1").send().code == 0
    simulator.close()


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "state"
    path.write_text("not a database, " * 100)
    with pytest.raises(StateError, match="cannot be used"):
        Simulator(path).profile()


def test_nothing_is_opened_before_the_first_use(tmp_path):
    path = tmp_path / "state"
    simulator = Simulator(path)
    assert not path.exists()
    simulator.profile()
    assert path.exists()
    simulator.close()


def test_a_deleted_state_is_a_new_simulator(tmp_path):
    path = tmp_path / "state"
    simulator = Simulator(path)
    service = in_process(simulator)
    till = service.register(glase_id="FJALL1")
    path.unlink()
    assert till.send().code == 29
    assert service.register(glase_id="FJALL1").send().code == 0
    simulator.close()


def test_a_refused_step_leaves_nothing_behind(tmp_path):
    simulator = Simulator(tmp_path / "state")
    with pytest.raises(ZeroDivisionError), simulator.transaction() as tx:
        tx.set_meta("profile", {"expire_seconds": 1})
        raise ZeroDivisionError
    assert simulator.profile()["expire_seconds"] == 0
    simulator.close()


GO_ON_SECONDS = 60


def trade(service, simulator, name, sales):
    """One till's day: sales that are paid and fetched, each answer checked."""
    till = service.register(name=name, glase_id=name)
    for number in range(1, sales + 1):
        reference = till.bill(f"{number}.00")
        assert till.poll(reference)["status"] == "ISSUED"
        simulator.pay(name)
        answer = till.poll(reference)
        assert answer["status"] == "PAID"
        assert answer["receipt"]["invoice"]["totalAmount"]["value"] == f"{number}.00"
        assert till.refund(answer["ersReference"], "1.00").code == 0
    return till


def check_books(simulator, tills, sales):
    """Every till has its own money, each reference is used once, nothing is lost."""
    journal = simulator.journal()
    for table, key in (
        ("payments", "ers_reference"),
        ("refunds", "ers_reference"),
        ("invoices", "invoice_reference"),
    ):
        assert len({each[key] for each in journal[table]}) == len(tills) * sales
    everything = [
        each["ers_reference"] for table in ("payments", "refunds") for each in journal[table]
    ]
    assert len(set(everything)) == len(everything)
    for till in tills:
        mine = [each for each in journal["payments"] if each["terminal_id"] == till]
        assert total(each["amount"] for each in mine) == sales * (sales + 1) // 2
        assert {each["state"] for each in mine} == {"standing"}
    period = in_process(simulator).mark()["transactionPeriodId"]
    with simulator.transaction() as tx:
        booked = tx.one("SELECT last_seq FROM period WHERE id = ?", period)["last_seq"]
    assert booked == 2 * len(tills) * sales


def in_threads(work, names):
    failures, results = [], []

    def run_one(name):
        try:
            results.append(work(name))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=run_one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GO_ON_SECONDS)
    assert failures == []
    return results


@pytest.mark.parametrize("in_file", [False, True])
def test_fifty_tills_at_once(tmp_path, in_file):
    simulator = Simulator(tmp_path / "state" if in_file else None)
    service = in_process(simulator)
    tills = in_threads(
        lambda name: trade(service, simulator, name, 4), [f"T{n}" for n in range(50)]
    )
    check_books(simulator, [till.id for till in tills], 4)
    simulator.close()


def test_fifty_tills_at_once_over_http(process):
    class Customer:
        @staticmethod
        def pay(name):
            assert process.api("POST", f"stickers/{name}/pay")[0] == 200

    tills = in_threads(
        lambda name: trade(process.service, Customer, name, 2), [f"T{n}" for n in range(50)]
    )
    payments = process.api("GET", "journal")[2]["payments"]
    assert len(payments) == 100
    assert {each["state"] for each in payments} == {"standing"}
    assert {each["terminal_id"] for each in payments} == {till.id for till in tills}


def _worker(path, prefix, results):
    simulator = Simulator(path)
    service = in_process(simulator)
    names = [f"{prefix}{number}" for number in range(5)]
    results.put([till.id for till in in_threads(lambda n: trade(service, simulator, n, 4), names)])
    simulator.close()


def test_several_processes_on_one_state(tmp_path):
    path = tmp_path / "state"
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=_worker, args=(path, p, results)) for p in ("A", "B", "C")]
    for worker in workers:
        worker.start()
    tills = [till for _worker in workers for till in results.get(timeout=GO_ON_SECONDS)]
    for worker in workers:
        worker.join(GO_ON_SECONDS)
        assert worker.exitcode == 0
    simulator = Simulator(path)
    check_books(simulator, tills, 4)
    simulator.close()


def test_two_customers_cannot_pay_one_bill_from_two_processes(tmp_path):
    first, second = Simulator(tmp_path / "state"), Simulator(tmp_path / "state")
    service = in_process(first)
    till = service.register(glase_id="FJALL1")
    for _round in range(20):
        till.bill()
        paid = []

        def pay(simulator, paid):
            with contextlib.suppress(NothingToPay):
                paid.append(simulator.pay("FJALL1"))

        threads = [threading.Thread(target=pay, args=(each, paid)) for each in (first, second) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(GO_ON_SECONDS)
        assert len(paid) == 1
        till.poll(None)
    assert len(first.journal()["payments"]) == 20
    first.close()
    second.close()


def _in_child(work):
    """Run in a forked child; its exit code, 0 if the function returned True."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if work() else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_fork_opens_the_file_anew(tmp_path):
    simulator = Simulator(tmp_path / "state")
    service = in_process(simulator)
    till = service.register(glase_id="FJALL1")
    reference = till.bill()
    assert _in_child(lambda: simulator.pay("FJALL1")["screen"] == "paid") == 0
    assert till.poll(reference)["status"] == "PAID"
    assert _in_child(lambda: len(simulator.journal()["payments"]) == 1) == 0
    simulator.close()


def test_forks_while_others_are_busy(tmp_path):
    simulator = Simulator(tmp_path / "state")
    service = in_process(simulator)
    till = service.register(glase_id="FJALL1")
    ended = threading.Event()
    bills = []

    def be_busy():
        while not ended.is_set():
            bills.append(till.bill())

    busy = [threading.Thread(target=be_busy) for _ in range(2)]
    for thread in busy:
        thread.start()
    for _round in range(10):
        assert _in_child(lambda: simulator.set_profile({"expire_seconds": 10**6})) == 0
    ended.set()
    for thread in busy:
        thread.join(GO_ON_SECONDS)
    assert [each["invoice_reference"] for each in simulator.journal()["invoices"]] == sorted(bills)
    simulator.close()


def test_memory_does_not_cross_a_fork():
    simulator = Simulator()
    simulator.profile()

    def refused():
        try:
            simulator.profile()
        except StateError as error:
            return "give it a file" in str(error)

    assert _in_child(refused) == 0
    unused = Simulator()
    assert _in_child(lambda: bool(unused.profile())) == 0
    simulator.close()


def test_the_journal_of_calls_has_an_end(simulator, service, monkeypatch):
    monkeypatch.setattr("simulator.journal.CALLS_KEPT", 10)
    monkeypatch.setattr("simulator.journal.PRUNE_EVERY", 5)
    for _call in range(50):
        service.call("benchmarkingNop", None)
    assert len(simulator.journal()["calls"]) <= 15


def _opener(folder, together, failures):
    for round_number in range(60):
        simulator = Simulator(folder / str(round_number))
        together.wait(GO_ON_SECONDS)
        try:
            simulator.add_reseller(f"shop-{os.getpid()}", "9900", "secret")
        except StateError as error:
            failures.put(str(error))
        simulator.close()
    failures.put(None)


def test_processes_that_make_one_file_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    together, failures = context.Barrier(4), context.Queue()
    openers = [
        context.Process(target=_opener, args=(tmp_path, together, failures)) for _ in range(4)
    ]
    for opener in openers:
        opener.start()
    assert [failures.get(timeout=GO_ON_SECONDS) for _opener in openers] == [None] * 4
    for opener in openers:
        opener.join(GO_ON_SECONDS)
    assert list(tmp_path.glob(".*")) == []
    for round_number in range(60):
        simulator = Simulator(tmp_path / str(round_number))
        assert len(simulator.journal()["resellers"]) == 5
        simulator.close()
