"""Plain pytest: the client is imported from the checkout's root, without Odoo."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))

from glase_peer import Peer

from glase import transport

# A busy machine is not a failure: how long a single example takes proves nothing here.
settings.register_profile("glase", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("glase")


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """No connections, gates or proxies of another test."""
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "_lines", {})


@pytest.fixture
def peer():
    """Makes peers: real servers on 127.0.0.1 that follow a script."""
    peers = []

    def make(script, **options):
        peers.append(Peer(script, **options))
        return peers[-1]

    yield make
    for each in peers:
        each.stop()
