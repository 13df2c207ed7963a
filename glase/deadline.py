"""A socket that keeps a deadline, however slowly the other side drips.

A socket's own timeout starts anew with every byte; a server that sends one byte a second would
hold a worker for ever.
"""

import io
import ssl
import time


class DeadlineSocket:
    """What ``http.client`` needs of a socket, with one deadline for all of an exchange."""

    def __init__(self, sock):
        self._sock = sock
        self._deadline = 0.0

    def start(self, seconds):
        """Set the deadline: so many seconds from now."""
        self._deadline = time.monotonic() + seconds

    def left(self):
        """The seconds left; raises TimeoutError when there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        return left

    def sendall(self, data):
        """Send everything before the deadline."""
        self._sock.settimeout(self.left())
        self._sock.sendall(data)

    def receive_into(self, buffer):
        """Read what is there, before the deadline."""
        self._sock.settimeout(self.left())
        return self._sock.recv_into(buffer)

    def makefile(self, mode):
        """A buffered reader; closing it leaves the socket open."""
        return io.BufferedReader(_Reader(self))

    def is_quiet(self):
        """Whether an idle connection is still open, and nothing came that nobody asked for."""
        self._sock.settimeout(0)
        try:
            self._sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self):
        """Close the socket."""
        self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, sock):
        self._sock = sock

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._sock.receive_into(buffer)
