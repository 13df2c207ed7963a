"""A user who is logged in to a running Odoo, as a browser is; calls models' public methods."""

import http.cookiejar
import json
import urllib.request

from .server import DIRECTLY


class Refused(Exception):
    """Odoo answers with an error; its text says which."""


class OdooUser:
    """Log in.

    :param url: of the server
    :param database: the database's name
    :raise Refused: the log-in is not accepted
    """

    def __init__(self, url, database, login, password):
        self.url = url
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(DIRECTLY, urllib.request.HTTPCookieProcessor(jar))
        self.context = {}
        session = self._post(
            "/web/session/authenticate", {"db": database, "login": login, "password": password}
        )
        self.context = session["user_context"]

    def call(self, model, method, *arguments, **options):
        """Call a method of a model, e.g. ``call("pos.order", "search_read", domain, fields=[…])``.

        :raise Refused: it raised
        """
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": arguments,
                "kwargs": {"context": self.context, **options},
            },
        )

    def in_company(self, company):
        """From now on all is done in this company; returns self."""
        self.context = {**self.context, "allowed_company_ids": [company]}
        return self

    def _post(self, path, parameters):
        request = urllib.request.Request(
            self.url + path,
            json.dumps({"jsonrpc": "2.0", "params": parameters}).encode(),
            {"Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=60) as stream:
            answer = json.load(stream)
        if "error" in answer:
            error = answer["error"]
            raise Refused(error.get("data", {}).get("message") or error["message"])
        return answer["result"]
