"""The real simulator as a process of its own, for tests on every level."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTENING = "listening on "
STOP_SECONDS = 10


class SimulatorProcess:
    """``python -m simulator`` on a free port of 127.0.0.1, ended by its process id.

    :param arguments: further command line arguments
    """

    def __init__(self, *arguments):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--port", "0", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline().strip()
        if not line.startswith(LISTENING):
            self.stop()
            raise RuntimeError(f"the simulator did not start: {line!r}")
        self.url = line.removeprefix(LISTENING)

    @property
    def endpoint(self):
        """Where the SOAP service answers."""
        return f"{self.url}/soap/merchant/cashregister-2"

    def stop(self):
        """End the process, and wait until it has ended."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process.stdout.close()

    def request(self, method, path, body=None):
        """One JSON request; returns the decoded answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=json.dumps(body if body is not None else {}).encode() if method != "GET" else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=STOP_SECONDS) as answer:
            return json.load(answer)

    def customer(self, glase_id, action):
        """Let the customer do something: pay, decline, scan, begin or confirm."""
        return self.request("POST", f"/api/stickers/{glase_id}/{action}")

    def faults(self, *faults):
        """Set what goes wrong from now on; nothing without arguments."""
        return self.request("PUT", "/api/faults", list(faults))

    def advance(self, seconds):
        """Move the simulator's clock."""
        return self.request("POST", "/api/clock", {"advance": seconds})

    def journal(self):
        """All that the simulator knows and heard."""
        return self.request("GET", "/api/journal")
