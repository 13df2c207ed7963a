"""One HTTP exchange, with a socket or with a WSGI application, and nothing done twice.

Built on ``http.client``, because what has to be known here is exact: whether a byte of the
request may have left, and how long a connection has been idle (``doc/protocol.md §1.4, §1.5``).
"""

import functools
import http.client
import io
import os
import ssl
import threading
import time
from typing import NamedTuple

from .dialing import dial
from .errors import NoAnswer, TransportError, Unreadable
from .gate import SLOTS, Gate

# The longest that an idle connection is kept; servers and firewalls close older ones.
KEEP_IDLE = 20.0


class Response(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes


class Limits(NamedTuple):
    """What one exchange may use: seconds to connect, seconds from then on, bytes, idle seconds."""

    connect: float
    total: float
    size: int
    max_idle: float


def _too_big(size):
    return Unreadable(reason="too_big", detail=f"the answer has more than {size} bytes")


def _too_late(seconds):
    return NoAnswer(reason="timeout", slow=True, detail=f"no answer within {seconds:g} s")


class SocketTransport:
    """The connections to one endpoint, shared by all threads of a process."""

    def __init__(self, endpoint, slots=SLOTS):
        self._endpoint = endpoint
        self._slots = slots
        self._lock = threading.Lock()
        self._idle = []
        self._context = None

    def post(self, body, headers, limits):
        """Send one request and read its answer.

        :param bytes body: the SOAP message
        :param dict headers: besides Host and Content-Length
        :param Limits limits: what it may use
        :rtype: Response
        :raises NeverSent: nothing left
        :raises NoAnswer: it may have arrived; no answer, or none in time
        :raises Unreadable: what came back is not HTTP, cut off, or too big
        """
        sock = self._take(limits.max_idle) or dial(self._endpoint, limits.connect, self._tls)
        reusable = False
        try:
            response, reusable = self._exchange(sock, body, headers, limits)
            return response
        finally:
            if reusable:
                self._give_back(sock)
            else:
                sock.close()

    def _exchange(self, sock, body, headers, limits):
        sock.start(limits.total)
        try:
            sock.sendall(_request(self._endpoint, body, headers))
            # Not getresponse(): it closes the socket before a body that ends with it was read.
            answer = http.client.HTTPResponse(sock, method="POST")
            try:
                answer.begin()
                content = answer.read(limits.size + 1)
            finally:
                answer.close()
            if len(content) > limits.size:
                raise _too_big(limits.size)
            if answer.length:
                raise http.client.IncompleteRead(content)
            # Read to its end: nothing of this answer is left on the connection.
            return Response(answer.status, content), not answer.will_close
        except TransportError:
            raise
        except TimeoutError:
            raise _too_late(limits.total) from None
        except http.client.RemoteDisconnected:
            raise NoAnswer(reason="closed", detail="the connection was closed") from None
        # Some of what is no HTTP (a chunk of a negative size) http.client finds only when it counts.
        except (http.client.HTTPException, ValueError, OverflowError) as error:
            kind = type(error).__name__
            raise Unreadable(reason="not_http", detail=f"not a whole answer ({kind})") from None
        except OSError as error:
            kind = type(error).__name__
            raise NoAnswer(reason="closed", detail=f"the connection broke ({kind})") from None

    def _tls(self):
        with self._lock:
            if self._context is None:
                # The system's trusted authorities, or those that SSL_CERT_FILE names.
                self._context = ssl.create_default_context()
            return self._context

    def _take(self, max_idle):
        now = time.monotonic()
        kept, taken = [], None
        # Nothing in here blocks: a look at an idle socket does not wait.
        with self._lock:
            # The one that was used last comes first: the others may grow old and be closed.
            for sock, since in reversed(self._idle):
                if now - since > KEEP_IDLE or not sock.is_quiet():
                    sock.close()
                elif taken is None and now - since <= max_idle:
                    taken = sock
                else:
                    kept.append((sock, since))
            self._idle = kept[::-1]
        return taken

    def _give_back(self, sock):
        with self._lock:
            if len(self._idle) < self._slots:
                self._idle.append((sock, time.monotonic()))
                return
        sock.close()


class _Written:
    """Takes what would be sent, so that headers and body leave together."""

    def __init__(self):
        self.data = b""

    def sendall(self, data):
        self.data += data


def _request(endpoint, body, headers):
    """The bytes of one request."""
    return b"%b%d\r\n\r\n%b" % (_head(endpoint, tuple(headers.items())), len(body), body)


@functools.lru_cache(maxsize=64)
def _head(endpoint, headers):
    """What stands before a body's length, as ``http.client`` writes it: the same each second."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port)
    connection.sock = written = _Written()
    # It must never open another connection by itself.
    connection.auto_open = 0
    fields = {"Host": endpoint.authority, **dict(headers), "Content-Length": ""}
    connection.request("POST", endpoint.path, b"", fields)
    return written.data.removesuffix(b"\r\n\r\n")


class WsgiTransport:
    """The same exchange with a WSGI application in this process, without a socket."""

    def __init__(self, endpoint, app):
        self._endpoint = endpoint
        self._app = app

    def post(self, body, headers, limits):
        """See :meth:`SocketTransport.post`; an answer that takes too long is lost here too."""
        started = time.monotonic()
        status = []

        def start_response(line, _headers, exc_info=None):
            status[:] = [line]
            return written.write

        written = io.BytesIO()
        try:
            parts = self._app(self._environ(body, headers), start_response)
            try:
                for part in parts:
                    written.write(part)
                    if written.tell() > limits.size:
                        raise _too_big(limits.size)
            finally:
                getattr(parts, "close", lambda: None)()
            code = int(status[0].split()[0])
        except TransportError:
            raise
        except Exception as error:
            kind = type(error).__name__
            raise NoAnswer(reason="closed", detail=f"the application failed ({kind})") from None
        if time.monotonic() - started > limits.total:
            raise _too_late(limits.total)
        return Response(code, written.getvalue())

    def _environ(self, body, headers):
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": self._endpoint.path,
            "QUERY_STRING": "",
            "SERVER_NAME": self._endpoint.host,
            "SERVER_PORT": str(self._endpoint.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": self._endpoint.authority,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self._endpoint.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ


class Line(NamedTuple):
    """What a process shares for one endpoint."""

    transport: SocketTransport
    gate: Gate


_lines = {}
_lines_lock = threading.Lock()


def line_to(endpoint, slots=SLOTS):
    """The connections and the gate of an endpoint, one of each in a process.

    :param int slots: most calls in flight, as whoever comes first says
    """
    with _lines_lock:
        if endpoint not in _lines:
            _lines[endpoint] = Line(SocketTransport(endpoint, slots), Gate(slots=slots))
        return _lines[endpoint]


def _start_anew():
    # A forked worker must not talk on its parent's sockets, nor wait for its parent's locks.
    global _lines, _lines_lock
    _lines, _lines_lock = {}, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
