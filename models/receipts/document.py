"""A receipt as it is handed to Glase."""

from ...glase import ReceiptDocument
from ..accounts.glase_account import RECEIPT_HTML


def receipt_document(account, values):
    """A receipt as it is handed to Glase: small HTML, or empty, by this account's setting.

    :param dict values: what the template ``pos_glase.glase_receipt_document`` shows
    :rtype: glase.ReceiptDocument
    """
    account = account.sudo()
    data = b""
    if account.receipt_mode == RECEIPT_HTML:
        html = account.env["ir.qweb"]._render("pos_glase.glase_receipt_document", values)
        data = " ".join(str(html).split()).encode()
    return ReceiptDocument(data, mime_type=account.receipt_mime)
