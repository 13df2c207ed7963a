"""The stand-alone process: werkzeug's threaded server, with connections kept alive.

werkzeug's own handler closes every connection after one answer. A till polls each second over one
connection, and that must be testable, so this handler reads the whole request first and keeps the
connection.
"""

import contextlib
import io
import socket
import sys

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from .faults import Dropped
from .soap import LARGEST_BODY

IDLE_SECONDS = 75
READ_AT_MOST = LARGEST_BODY + 1
DRAIN_AT_MOST = 64 * 1024 * 1024


class Handler(WSGIRequestHandler):
    """One connection. Requests are not logged: the journal holds each call."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS

    def log_request(self, code="-", size="-"):
        """Say nothing."""

    def run_wsgi(self):
        """Read one request, run the app, answer, and keep the connection if that is safe."""
        environ = self.make_environ()
        try:
            body, complete = self._read_body(environ)
        except (OSError, ValueError):
            self.close_connection = True
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
        content = b"".join(chunks)
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

    def _read_body(self, environ):
        """``(bytes, whether that was all)``; what is too large is read on but not kept."""
        if environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read(READ_AT_MOST)
            return body, len(body) < READ_AT_MOST or not self._drain(environ["wsgi.input"])
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length < 0:
            raise ValueError
        body = self.rfile.read(min(length, READ_AT_MOST))
        if len(body) < min(length, READ_AT_MOST):
            raise OSError
        left = length - len(body)
        if left:
            # Read on, or the client never gets to see why it was refused.
            self._drain(self.rfile, min(left, DRAIN_AT_MOST))
        return body, not left

    def _drain(self, stream, left=DRAIN_AT_MOST):
        """Whether anything had to be thrown away."""
        thrown = False
        while left > 0:
            data = stream.read(min(left, 65536))
            if not data:
                break
            thrown = True
            left -= len(data)
        return thrown

    def _drop(self):
        self.close_connection = True
        # The caller may have gone already.
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


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
        return make_server(
            host, port, app, threaded=True, request_handler=Handler, fd=listening.fileno()
        )


def address(server):
    """``http://HOST:PORT`` of a server."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"


def say(line):
    """One line on stdout, at once: whoever started the process waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
