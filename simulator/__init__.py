"""Glase on this machine: the other side of the protocol, for tests, demos and trying out.

Plain Python; imports no Odoo and nothing of ``glase/`` but its WSDL file. A second reading of
``doc/protocol.md``, so that client and simulator can prove each other wrong. Manual:
``doc/simulator.md``.
"""

from .app import App, create_app
from .core import Simulator
from .customer import NothingToPay, StickerError, UnknownSticker
from .state import StateError

__all__ = [
    "App",
    "NothingToPay",
    "Simulator",
    "StateError",
    "StickerError",
    "UnknownSticker",
    "create_app",
]
