"""The addresses of Odoo's own payment modules, led to a stub on this machine. Nothing else of them is changed."""

import os

from odoo.addons.pos_razorpay.models.razorpay_pos_request import RazorpayPosRequest
from odoo.addons.pos_viva_com.models.pos_payment_method import PosPaymentMethod

# Where the stub listens, such as http://127.0.0.1:8000.
STUB = "POS_GLASE_STUB"


def use_stub():
    """Let the status polls of both modules go to the stub."""
    url = os.environ.get(STUB)
    if url:
        RazorpayPosRequest._razorpay_get_endpoint = lambda _self, _endpoint: f"{url}/razorpay/"
        PosPaymentMethod._viva_com_api_get_endpoint = lambda _self: url
