"""The codes of a printed sticker, as vector pictures: sharp at any size.

Odoo's own barcode pictures are bitmaps and need a drawing library that not every machine has.
"""

import base64

from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.graphics.barcode.qr import QrCodeWidget

QUIET_MODULES = 4


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
