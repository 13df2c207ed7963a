"""A bookkeeper's file of transaction periods, for whoever may read them."""

from werkzeug.exceptions import BadRequest, Forbidden

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request

from ..models.periods import export
from ..models.support import caller_context, parameters
from ..models.support.managers import MANAGERS
from ..models.support.till_errors import Refused


class GlasePeriodFileController(http.Controller):
    """Nothing is looked up before who asks, and for what, is known to be as it must be."""

    @http.route(
        "/pos_glase/periods.<any(csv,xlsx):kind>", type="http", auth="user", methods=["GET"]
    )
    def periods(self, kind, ids):
        """The file of some periods.

        :param str kind: ``csv`` or ``xlsx``
        :param str ids: numbers of ``glase.period``, with commas between them
        :raises Forbidden: for anyone but a POS administrator who may read each of them
        :raises BadRequest: if ``ids`` is no list of numbers
        """
        if not request.env.user.has_group(MANAGERS):
            raise Forbidden()
        given = {"kind": kind, "ids": ids}
        try:
            parameters.read(request.env, type(self).periods, ((), given))
        except Refused as refusal:
            raise BadRequest(refusal.message) from refusal
        request.update_env(context=caller_context.kept(request.env))
        numbers = sorted({int(number) for number in ids.split(",")})
        periods = request.env["glase.period"].browse(numbers)
        try:
            periods.check_access("read")
            content = export.as_file(periods, kind)
        except AccessError as error:
            raise Forbidden() from error
        headers = {
            "Content-Type": export.MIME[kind],
            "Content-Disposition": content_disposition(export.file_name(periods, kind)),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return request.make_response(content, list(headers.items()))
