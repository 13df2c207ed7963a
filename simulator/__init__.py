"""Glase on this machine: the other side of the protocol, for tests, demos and trying out.

Plain Python; imports no Odoo and nothing of ``glase/`` but its WSDL file. A second reading of
``doc/protocol.md``, so that client and simulator can prove each other wrong. Manual:
``doc/simulator.md``.
"""

import sys

try:
    from .app import App, create_app
    from .core import Simulator
    from .customer import NothingToPay, StickerError, UnknownSticker
    from .state import StateError
except ModuleNotFoundError as lacking:
    # Started alone, it may be by a Python that has nothing yet.
    if sys.argv[0] != "-m":
        raise
    sys.exit(
        "The simulator needs Werkzeug and lxml, which every Odoo has: "
        f"{lacking.name} is not there. Take Odoo's Python, or install it with pip."
    )

__all__ = [
    "App",
    "NothingToPay",
    "Simulator",
    "StateError",
    "StickerError",
    "UnknownSticker",
    "create_app",
]
