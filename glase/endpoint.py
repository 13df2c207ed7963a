"""Which addresses may be called at all (``doc/protocol.md §1.3``)."""

import enum
import functools
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import EndpointError

_ADDRESS = re.compile(r"[!-~]+")
_HOST = re.compile(r"[0-9A-Za-z._:-]+")
# What the system's resolver would take for an address written in another way: 2130706433, 0x7f.1
_NUMBER = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
# An IPv4 address within one of IPv6, besides those that `ipaddress` knows.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
_PORTS = {"https": 443, "http": 80}


class Reach(enum.IntEnum):
    """How near an address may be; a farther one is always fine."""

    INTERNET = 1
    """Public addresses only."""
    MACHINE = 2
    """This machine itself, too: a simulator as a program of its own."""
    NETWORK = 3
    """This machine and the own network, too."""


@dataclass(frozen=True)
class Endpoint:
    """A checked address; equal addresses share connections and gate."""

    scheme: str
    host: str
    port: int
    path: str
    reach: Reach = Reach.MACHINE

    @property
    def secure(self):
        return self.scheme == "https"

    @property
    def authority(self):
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self):
        return f"{self.scheme}://{self.authority}{self.path}"

    @classmethod
    @functools.lru_cache(maxsize=256)
    def parse(cls, url, reach=Reach.MACHINE):
        """Check an address: https, or http to this machine itself; ``?wsdl`` is cut off.

        :param Reach reach: how near it may be; a name is looked up, and checked, at each connection
        :raises EndpointError: with the rule that it breaks
        """
        url = (url or "").strip()
        if not _ADDRESS.fullmatch(url):
            raise EndpointError("the address is empty or holds characters that it cannot have")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise EndpointError(f"not an address: {error}") from None
        broken = next((words for is_broken, words in _RULES if is_broken(parts)), None)
        if broken:
            raise EndpointError(broken)
        _check_reach(host, reach)
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], parts.path or "/", reach)

    def may_dial(self, address):
        """Whether a connection may be made to what the host's name was found to be.

        :param str address: an IP address, as :func:`socket.getaddrinfo` returns it
        """
        # A name that leads to this machine, or inside, was made to: only its own names do.
        reach = self.reach
        if reach is Reach.MACHINE and not is_loopback(self.host):
            reach = Reach.INTERNET
        needed = _needed(ipaddress.ip_address(address.partition("%")[0]))
        return needed is not None and needed <= reach


def _check_reach(host, reach):
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if _NUMBER.fullmatch(host):
            raise EndpointError("the host is neither a name nor an address") from None
        needed = Reach.MACHINE if host == "localhost" else Reach.INTERNET
    else:
        needed = _needed(address)
    if needed is None or needed > reach:
        raise EndpointError("the address does not lead to the internet")


def _needed(address):
    """The reach that an IP address needs; None: it is never called."""
    address = _inner(address)
    if address.is_loopback:
        return Reach.MACHINE
    if address.version == 6 and address.is_site_local:
        return Reach.NETWORK
    if _is_never_called(address):
        return None
    return Reach.INTERNET if address.is_global else Reach.NETWORK


def _is_never_called(address):
    nobody = address.is_link_local or address.is_multicast or address.is_unspecified
    return nobody or address.is_reserved or address in _THIS_NETWORK


def _inner(address):
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if address.version == 4:
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_loopback(host):
    """Whether the host is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# What an address must not be, in this order; each looks at the parts of urlsplit.
_RULES = (
    (
        lambda parts: parts.scheme not in ("https", "http") or not parts.hostname,
        "the address starts with https:// and names a host",
    ),
    (
        lambda parts: parts.username is not None or parts.password is not None,
        "the address must not carry a user name or password",
    ),
    (
        lambda parts: parts.fragment or parts.query.lower() not in ("", "wsdl"),
        "the address has no query and no fragment",
    ),
    (
        lambda parts: not _HOST.fullmatch(parts.hostname),
        "the host holds characters that it cannot have",
    ),
    (
        lambda parts: parts.scheme == "http" and not is_loopback(parts.hostname),
        "plain http goes to this machine only; use https",
    ),
)
