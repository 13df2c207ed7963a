"""How a company's Glase is, for a monitor that has a token for this and nothing else."""

import json
import re

from odoo import http
from odoo.http import request

from ..models.accounts import health
from ..models.support import parameters
from ..models.support.till_errors import Refused

_BEARER = re.compile(r"bearer ([0-9a-f]{8,200})", re.IGNORECASE)
HEADERS = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
]


class GlaseHealthController(http.Controller):
    """Public, for a monitor has no log-in; the token stands in a header, which no log keeps.

    Without it a look-up of one key in a small table is all that is done.
    """

    @http.route(
        f"{health.ROUTE}/<int:company_id>",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        readonly=True,
        max_content_length=parameters.LONGEST_BODY,
    )
    def health(self, company_id, **_given):
        """Tell it: HTTP 200 if all is well, 503 with what is wrong, 401 without a token for it.

        :param int company_id: whose
        """
        try:
            parameters.read(request.env, type(self).health, ((company_id,), {}))
            company = health.company_of(request.env, company_id, self._token())
        except Refused:
            company = None
        if not company:
            refusal = [*HEADERS, ("WWW-Authenticate", "Bearer")]
            return self._answer({"status": "refused"}, 401, refusal)
        told = health.Health(company).told()
        return self._answer(told, 503 if told["trouble"] else 200, HEADERS)

    @staticmethod
    def _token():
        given = _BEARER.fullmatch(request.httprequest.headers.get("Authorization", ""))
        return given and given.group(1)

    @staticmethod
    def _answer(told, status, headers):
        return request.make_response(json.dumps(told), headers, status=status)
