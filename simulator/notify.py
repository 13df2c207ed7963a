"""The hint that the service posts after a payment (``doc/protocol.md §4.8``).

Only to loopback, or to hosts that were named when the simulator was made: the URL comes from a
request, and this must not become a way to reach other machines.
"""

import http.client
import ipaddress
import threading
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 5


class Notifier:
    """Posts hints, each in a short-lived thread of its own, and notes what came of it.

    :param note: called with (invoice reference, url, outcome)
    :param settings: returns the effective profile
    :param hosts: names or addresses that may be called besides loopback
    """

    def __init__(self, note, settings, hosts=()):
        self._note = note
        self._settings = settings
        self._hosts = {host.lower() for host in hosts}

    def send(self, reference, url):
        """Post one hint; never raises, never repeats."""
        profile = self._settings()
        if profile["notifications"] == "never":
            return
        if not self._may_call(urlsplit(url).hostname):
            self._note(reference, url, "not sent: not this machine, and not a named host")
            return
        body = ""
        if profile["notification_body"] == "reference":
            body = f"invoiceReference={quote(reference)}"
        threading.Thread(target=self._post, args=(reference, url, body), daemon=True).start()

    def _may_call(self, host):
        host = host.lower()
        if host == "localhost" or host in self._hosts:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def _post(self, reference, url, body):
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", target, body, headers)
            outcome = f"HTTP {connection.getresponse().status}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            outcome = f"failed: {type(error).__name__}"
        finally:
            connection.close()
        self._note(reference, url, outcome)
