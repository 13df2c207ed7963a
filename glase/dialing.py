"""Opening a connection: name, TCP, a proxy where the environment names one, TLS.

All of it within one deadline, and all of it before a byte of a request exists: whatever fails
here is *never sent* (``doc/protocol.md §1.4``).
"""

import base64
import http.client
import socket
import ssl
import time
import urllib.request
from urllib.parse import unquote, urlsplit

from .deadline import DeadlineSocket
from .endpoint import is_loopback
from .errors import NeverSent


def dial(endpoint, seconds, tls_context):
    """Open a connection to an endpoint.

    :param Endpoint endpoint: where to
    :param float seconds: for everything together
    :param tls_context: returns the :class:`ssl.SSLContext`; called for https only
    :rtype: DeadlineSocket
    :raises NeverSent: with the reason
    """
    deadline = time.monotonic() + seconds
    sock = None
    try:
        proxy = _proxy(endpoint)
        if proxy:
            sock = _connect(*proxy[:2], deadline)
        else:
            sock = _connect(endpoint.host, endpoint.port, deadline, endpoint.may_dial)
        if proxy:
            _tunnel(sock, endpoint, proxy[2], deadline)
        if endpoint.secure:
            sock.settimeout(_left(deadline))
            sock = tls_context().wrap_socket(sock, server_hostname=endpoint.host)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException as error:
        if sock is not None:
            sock.close()
        # Looking a name up has no timeout of its own, so the clock decides what was slow.
        raise _never_sent(error, slow=time.monotonic() >= deadline) from None
    return DeadlineSocket(sock)


def _never_sent(error, slow):
    if isinstance(error, NeverSent):
        error.slow = error.slow or slow
        return error
    if not isinstance(error, Exception):
        return error
    for kinds, reason, words in (
        (TimeoutError, "connect_timeout", "no connection in time"),
        (ssl.SSLError, "tls", "the TLS handshake failed"),
        (socket.gaierror, "dns", "the host's name is not known"),
        (ConnectionRefusedError, "refused", "the connection was refused"),
        (ConnectionError, "refused", "the connection was cut before the request"),
        (OSError, "unreachable", "the host cannot be reached"),
        (Exception, "connect", "no connection"),
    ):
        if isinstance(error, kinds):
            slow = slow or kinds is TimeoutError
            return NeverSent(reason=reason, slow=slow, detail=f"{words} ({_describe(error)})")
    return error


def _describe(error):
    return getattr(error, "verify_message", None) or f"{type(error).__name__}: {error}"


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left


def _connect(host, port, deadline, may_dial=None):
    """A connection to the first address of a host that answers.

    :param may_dial: says of an address whether it may be called; a name can be made to lead inside
    """
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if may_dial:
        addresses = [found for found in addresses if may_dial(found[4][0])]
        if not addresses:
            raise NeverSent(reason="inside", detail="the name does not lead to the internet")
    failure = None
    for position, (family, kind, protocol, _name, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            # A share for each address: a dead IPv6 route must not use up all the time.
            sock.settimeout(_left(deadline) / (len(addresses) - position))
            sock.connect(address)
            return sock
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            failure = error
    raise failure or OSError("no address")


def _proxy(endpoint):
    """Host, port and credentials of the proxy for this endpoint, or None."""
    url = urllib.request.getproxies_environment().get("https")
    if not endpoint.secure or not url or is_loopback(endpoint.host):
        return None
    if urllib.request.proxy_bypass_environment(endpoint.host):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise NeverSent(reason="proxy", detail="https_proxy must be a http:// address")
    return parts.hostname, parts.port or 80, _credentials(parts)


def _credentials(parts):
    if parts.username is None:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def _tunnel(sock, endpoint, credentials, deadline):
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
    if credentials is not None:
        coded = base64.b64encode(credentials.encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {coded}")
    through = DeadlineSocket(sock)
    through.start(_left(deadline))
    through.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    answer = http.client.HTTPResponse(through, method="CONNECT")
    try:
        answer.begin()
    except http.client.HTTPException:
        raise NeverSent(reason="proxy", detail="the proxy's answer cannot be read") from None
    finally:
        answer.close()
    if answer.status != 200:
        raise NeverSent(reason="proxy", detail=f"the proxy refused with HTTP {answer.status}")
