"""The stand-alone process: werkzeug's threaded server, with connections kept alive.

werkzeug's own handler closes every connection after one answer. A till polls each second over one
connection, and that must be testable, so this handler reads the whole request first and keeps the
connection. Whatever a peer sends or leaves out, it has a thread for a bounded time only, and its
trouble is its own: nothing of it is written to stderr.
"""

import contextlib
import io
import re
import socket
import sys
import threading
import time

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from .faults import Dropped
from .soap import LARGEST_BODY

IDLE_SECONDS = 75
# A request is whole so many seconds after its first byte, however slowly it drips.
REQUEST_SECONDS = 30
CONNECTIONS = 512
READ_AT_MOST = LARGEST_BODY + 1
DRAIN_AT_MOST = 64 * 1024 * 1024
LONGEST_LINE = 4096
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


def _length(told):
    """The length of a body.

    :param set told: what the request says of it
    :raise ValueError: no length, or two
    """
    if len(told) > 1:
        raise ValueError("two lengths")
    text = next(iter(told), "0")
    if not (text.isascii() and text.isdigit()):
        raise ValueError("Content-Length is no length")
    return int(text[:20])


class _Reader(io.RawIOBase):
    """What a peer sends: the first byte of a request may be awaited for long, the rest may not."""

    def __init__(self, sock):
        self._sock = sock
        self._end = None

    def await_request(self):
        """From now on the next byte is the first of a request."""
        self._end = None

    def readable(self):
        return True

    def readinto(self, buffer):
        left = IDLE_SECONDS if self._end is None else self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request takes too long")
        self._sock.settimeout(left)
        count = self._sock.recv_into(buffer)
        if self._end is None:
            self._end = time.monotonic() + REQUEST_SECONDS
        return count


class Handler(WSGIRequestHandler):
    """One connection. Requests are not logged: the journal holds each call."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS

    def setup(self):
        """Read through :class:`_Reader`."""
        WSGIRequestHandler.setup(self)
        self.rfile.close()
        self._reader = _Reader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self):
        """One request, or the end of the connection; a peer that goes away ends it, too."""
        self._reader.await_request()
        try:
            WSGIRequestHandler.handle_one_request(self)
        except OSError:
            self.close_connection = True
        # An answer is written under the timeout of a connection, not under what was left to read.
        self.connection.settimeout(self.timeout)

    def log_request(self, code="-", size="-"):
        """Say nothing."""

    def log(self, *_arguments):
        """Say nothing."""

    def run_wsgi(self):
        """Read one request, run the app, answer, and keep the connection if that is safe."""
        try:
            environ = self.make_environ()
            body, complete = self._read_body()
        except (TimeoutError, ConnectionError):
            raise
        except (OSError, ValueError):
            # Cut off, chunks that are none, a length that is none.
            self.send_error(400)
            return
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("wsgi.input_terminated", None)
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Dropped:
            self._drop()
            return
        self._answer(status, headers, b"".join(chunks), complete)

    def _answer(self, status, headers, content, complete):
        code, reason = status.split(None, 1)
        self.send_response(int(code), reason)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        if int(code) != 204:
            self.send_header("Content-Length", str(len(content)))
        if not complete:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _read_body(self):
        """``(bytes, whether that was all)``; what is too large is read on but not kept.

        :raise ValueError: where it ends is not said, or in two ways
        :raise OSError: it is cut off
        """
        lengths = {text.strip() for text in self.headers.get_all("Content-Length", ())}
        codings = [text.strip().lower() for text in self.headers.get_all("Transfer-Encoding", ())]
        if codings:
            if codings != ["chunked"] or lengths:
                raise ValueError("no length, or two")
            return self._read_chunks()
        length = _length(lengths)
        body = self._read(min(length, READ_AT_MOST))
        left = length - len(body)
        if left:
            # Read on, or the client never gets to see why it was refused.
            self._drain(min(left, DRAIN_AT_MOST))
        return body, not left

    def _read(self, length):
        """So many bytes of the request."""
        body = self.rfile.read(length)
        if len(body) < length:
            raise OSError("the request is cut off")
        return body

    def _read_chunks(self):
        """See :meth:`_read_body`. Not werkzeug's way: it ends the process when a chunk is cut off."""
        body, drained = io.BytesIO(), 0
        while size := self._chunk_size():
            kept = min(size, READ_AT_MOST - body.tell())
            body.write(self._read(kept))
            drained += size - kept
            if drained > DRAIN_AT_MOST:
                return body.getvalue(), False
            self._drain(size - kept)
            self._end_line()
        while self._line():
            pass
        return body.getvalue(), not drained

    def _chunk_size(self):
        text = self._line().partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(text):
            raise ValueError("a chunk without its size")
        return int(text, 16)

    def _line(self):
        """One line between chunks or after them, without its end."""
        line = self.rfile.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise ValueError("a line that does not end")
        return line.strip()

    def _end_line(self):
        if self._line():
            raise ValueError("a chunk that does not end")

    def _drain(self, left):
        """Throw away so many bytes, or all that come."""
        while left > 0:
            data = self.rfile.read(min(left, 65536))
            if not data:
                break
            left -= len(data)

    def _drop(self):
        self.close_connection = True
        # The caller may have gone already.
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadedWSGIServer):
    """Serves so many connections at once; one more is closed at once."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._free = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request, client_address):
        """Start the connection's thread, if there may be one more."""
        if not self._free.acquire(blocking=False):
            return self.shutdown_request(request)
        return super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        """The connection's thread."""
        try:
            return super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request, client_address):
        """Tell of a defect; that a peer has gone away is none."""
        if isinstance(sys.exc_info()[1], OSError):
            return None
        return super().handle_error(request, client_address)


def serve(app, host, port):
    """A server that is bound and listens; its ``serve_forever()`` runs it.

    :raise OSError: the address cannot be bound
    """
    # Bound here and handed over: werkzeug would end the process with a text of its own.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
        port = listening.getsockname()[1]
        return Server(host, port, app, Handler, fd=listening.fileno())


def address(server):
    """``http://HOST:PORT`` of a server."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"


def say(line):
    """One line on stdout, at once: whoever started the process waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
