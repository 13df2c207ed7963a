"""The WSGI application: SOAP, WSDL, the phone page, the JSON API."""

import logging

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from . import api, soap
from .faults import Dropped
from .phone import index, page
from .schema import wsdl

_logger = logging.getLogger(__name__)

SOAP_PATH = "/soap/merchant/cashregister-2"


class App:
    """Everything at its address, as the stand-alone process serves it.

    Inside Odoo only two doors are used: the app itself for SOAP, in-process, and :meth:`phone`.
    """

    def __init__(self, simulator):
        self.simulator = simulator

    def __call__(self, environ, start_response):
        request = Request(environ)
        try:
            response = self._route(request)
        except HTTPException as error:
            response = error
        except Dropped:
            raise
        except Exception:
            _logger.exception("A request could not be answered")
            response = _plain(500, "Internal error.")
        return response(environ, start_response)

    def _route(self, request):
        path = request.path
        if path == SOAP_PATH:
            return self._soap(request)
        if path.startswith("/api/"):
            return api.respond(self.simulator, request, path[len("/api/") :])
        if path.startswith("/phone/"):
            return self.phone(request, path[len("/phone/") :])
        if path == "/" and request.method in ("GET", "HEAD"):
            return index(self.simulator, request)
        return _plain(404, "There is nothing here.")

    def phone(self, http_request, glase_id):
        """The customer's page of one sticker: GET shows it, POST pays or declines.

        :param http_request: a werkzeug request, or Odoo's wrapper of one; its own path is where
            the page's forms lead, so it may be reached under any address
        :param str glase_id: the sticker
        :return: werkzeug response
        """
        return page(self.simulator, http_request, glase_id)

    def _soap(self, request):
        if request.method in ("GET", "HEAD") and "wsdl" in {key.lower() for key in request.args}:
            address = f"{request.host_url.rstrip('/')}{SOAP_PATH}"
            return Response(wsdl(address), content_type=soap.CONTENT_TYPE)
        if request.method != "POST":
            return _plain(405, "Post a SOAP request here, or get ?wsdl.", Allow="GET, POST")
        body = request.stream.read(soap.LARGEST_BODY + 1)
        status, content_type, content = soap.answer(
            self.simulator,
            body if len(body) <= soap.LARGEST_BODY else None,
            request.mimetype,
        )
        return Response(content, status, content_type=content_type)


def _plain(status, sentence, **headers):
    return Response(f"{sentence}\n", status, headers, content_type="text/plain; charset=utf-8")


def create_app(simulator):
    """WSGI application of a simulator.

    :param core.Simulator simulator: its state and settings
    """
    return App(simulator)
