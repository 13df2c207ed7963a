"""What may be entered as the address at which Glase reaches this Odoo."""

import re
from urllib.parse import urlsplit

from ...glase.endpoint import is_loopback


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
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
