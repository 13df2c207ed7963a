"""Which addresses may be called at all (``doc/protocol.md §1.3``)."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import EndpointError

_ADDRESS = re.compile(r"[!-~]+")
_HOST = re.compile(r"[0-9A-Za-z._:-]+")


@dataclass(frozen=True)
class Endpoint:
    """A checked address; equal addresses share connections and gate."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def secure(self):
        return self.scheme == "https"

    @property
    def authority(self):
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.secure else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def url(self):
        return f"{self.scheme}://{self.authority}{self.path}"

    @classmethod
    def parse(cls, url):
        """Check an address: https, or http to this machine itself; ``?wsdl`` is cut off.

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
        if parts.scheme not in ("https", "http") or not host:
            raise EndpointError("the address starts with https:// and names a host")
        if parts.username is not None or parts.password is not None:
            raise EndpointError("the address must not carry a user name or password")
        if parts.fragment or parts.query.lower() not in ("", "wsdl"):
            raise EndpointError("the address has no query and no fragment")
        if not _HOST.fullmatch(host):
            raise EndpointError("the host holds characters that it cannot have")
        if parts.scheme == "http" and not is_loopback(host):
            raise EndpointError("plain http goes to this machine only; use https")
        port = port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, host, port, parts.path or "/")


def is_loopback(host):
    """Whether the host is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
