"""Fixtures of the simulator's tests; they need neither Odoo nor a browser."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "shared"))

from simulator_tools import Process, in_process

from simulator import Simulator


@pytest.fixture
def simulator():
    """A simulator in memory."""
    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture
def service(simulator):
    """Raw SOAP to it, in-process."""
    return in_process(simulator)


@pytest.fixture
def till(service):
    """A registered till with the sticker FJALL1."""
    return service.register(name="Fjällboden, till 1", glase_id="FJALL1")


@pytest.fixture
def process():
    """The real process; it must end cleanly and have nothing to complain about."""
    process = Process()
    yield process
    code, errors = process.stop()
    assert (code, errors) == (0, "")
