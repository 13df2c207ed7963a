"""Stickers: the Glase ID that was read from one, which registration has it, and its codes as pictures.

The pictures are vectors, sharp at any size: Odoo's own barcode pictures are bitmaps and need a drawing
library that not every machine has.
"""

import base64

from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.graphics.barcode.qr import QrCodeWidget

from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules import glase_id
from ..support.sentences import lasting

QUIET_MODULES = 4

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


def read(env, text):
    """Take the Glase ID out of what was typed or scanned.

    :param str text: the Glase ID itself, or the link of a sticker's code
    :rtype: str
    :raises UserError: with a sentence that says what is wrong with it
    """
    try:
        return glase_id.normalise(text)
    except glase_id.NotAGlaseId as error:
        match error.reason:
            case glase_id.EMPTY:
                message = _lt("Type the Glase ID that is printed on the sticker, or scan it.")
            case glase_id.BILL:
                message = _lt(
                    "This is the code of one bill. Scan the sticker that stands at the till."
                )
            case glase_id.LINK:
                message = _lt("This is not the code of a Glase sticker: %s", text.strip()[:100])
            case _other:
                message = _lt(
                    "A Glase ID has letters A to Z and digits only. Check what was read: %s",
                    text.strip(),
                )
        raise UserError(lasting(env, message)) from error


def holders(terminals, sticker, where):
    """The registrations that have a sticker and were not unregistered.

    :param terminals: of ``glase.terminal``, in the environment that is to search
    :param str sticker: its Glase ID
    :param list where: a domain: at which Glase
    :return: of ``glase.terminal``
    """
    kept = [("glase_id", "=", sticker), ("unregistered_at", "=", False)]
    return terminals.with_context(active_test=False).search(kept + where)


def qr_code(text):
    """A QR code as the address of a picture (a ``data:`` URI), with its quiet zone."""
    code = QrCodeWidget(text, barLevel="M").qr
    code.make()
    size = code.getModuleCount()
    squares = "".join(
        f"M{column + QUIET_MODULES} {row + QUIET_MODULES}h1v1h-1z"
        for row in range(size)
        for column in range(size)
        if code.isDark(row, column)
    )
    whole = size + 2 * QUIET_MODULES
    return _picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}"'
        f' width="{whole}" height="{whole}" shape-rendering="crispEdges">'
        f'<rect width="{whole}" height="{whole}" fill="#fff"/><path d="{squares}"/></svg>'
    )


def code_128(text):
    """A Code 128 bar code as the address of a picture (a ``data:`` URI), with its quiet zones."""
    drawing = createBarcodeDrawing("Code128", value=text, quiet=1, humanReadable=0)
    return _picture(drawing.asString("svg"))


def _picture(svg):
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
