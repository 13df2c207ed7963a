"""What may be entered as the address at which Glase reaches this Odoo."""

import ipaddress
import re
from urllib.parse import urlsplit


def is_public_address(text):
    """Whether a text is the address of a whole Odoo server to which Glase may post.

    :param str text: ``https://`` and a host, perhaps a port; ``http://`` on this machine only
    :rtype: bool
    """
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    rest = (parts.path not in ("", "/"), parts.query, parts.fragment, parts.netloc.count("@"))
    if not host or any(rest) or re.search(r"[\s\\?#]", text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
