"""JSON for programs: stickers, journal, faults, clock, profile (``doc/simulator.md``).

Only the stand-alone process routes it; inside Odoo nobody reaches it.
"""

import json

from werkzeug.wrappers import Response

from .customer import NothingToPay, UnknownSticker
from .faults import FaultError
from .profile import ProfileError
from .soap import LARGEST_BODY

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}
ACTIONS = ("scan", "begin", "confirm", "pay", "decline", "fail")


class ApiError(Exception):
    """The request is answered with this HTTP status and sentence."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def respond(simulator, request, path):
    """Answer one request.

    :param request: werkzeug request
    :param str path: what comes after ``/api/``
    """
    if request.method == "OPTIONS":
        return Response(status=204, headers=CORS)
    try:
        return _json(_dispatch(simulator, request, path.split("/")))
    except ApiError as error:
        return _json({"error": error.sentence}, error.status)
    except UnknownSticker as error:
        return _json({"error": str(error)}, 404)
    except NothingToPay as error:
        return _json({"error": str(error)}, 409)
    except (FaultError, ProfileError) as error:
        return _json({"error": str(error)}, 400)


def _json(value, status=200):
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    # Half of a pair of surrogates, which JSON can say, has no bytes: it is escaped as it came.
    return Response(
        text.encode("utf-8", "backslashreplace"),
        status,
        {**CORS, "Cache-Control": "no-store"},
        content_type="application/json",
    )


def _dispatch(simulator, request, parts):
    if parts[0] == "stickers" and len(parts) in (2, 3) and parts[1]:
        return _sticker(simulator, request, *parts[1:])
    if len(parts) == 1 and parts[0] in _RESOURCES:
        methods = _RESOURCES[parts[0]]
        if request.method not in methods:
            raise ApiError(405, f"Only {' or '.join(methods)} here.")
        return methods[request.method](simulator, request)
    raise ApiError(404, "There is nothing here.")


def _sticker(simulator, request, glase_id, action=None):
    if action is None:
        if request.method != "GET":
            raise ApiError(405, "Only GET here.")
        return simulator.sticker(glase_id)
    if action not in ACTIONS:
        raise ApiError(404, f"A customer can {', '.join(ACTIONS)}.")
    if request.method != "POST":
        raise ApiError(405, "Only POST here.")
    body = _body(request, {})
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be an object.")
    arguments = {"reference": body.get("reference")}
    if action == "scan":
        arguments["tokens"] = _tokens(body.get("tokens", []))
    return getattr(simulator, action)(glase_id, **arguments)


def _tokens(tokens):
    """Loyalty cards: ``id`` and ``value``, and perhaps ``description``, as printable texts."""
    if not isinstance(tokens, list):
        raise ApiError(400, "tokens must be a list.")
    for token in tokens:
        if not isinstance(token, dict) or set(token) - {"id", "value", "description"}:
            raise ApiError(400, "A token is an object of id, value and description.")
        if not {"id", "value"} <= set(token):
            raise ApiError(400, "A token needs id and value.")
        if not all(isinstance(text, str) and text.isprintable() for text in token.values()):
            raise ApiError(400, "A token's fields are printable texts.")
    return tokens


def _body(request, missing=None):
    text = request.stream.read(LARGEST_BODY + 1)
    if len(text) > LARGEST_BODY:
        raise ApiError(413, "The body is too large.")
    if not text.strip() and missing is not None:
        return missing
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not JSON.") from None


def _advance(simulator, request):
    body = _body(request)
    if not isinstance(body, dict) or set(body) != {"advance"}:
        raise ApiError(400, 'The body must be {"advance": seconds}.')
    try:
        return {"clock_offset": simulator.advance(body["advance"])}
    except ValueError as error:
        raise ApiError(400, str(error)) from None


_RESOURCES = {
    "stickers": {"GET": lambda simulator, request: simulator.stickers()},
    "journal": {"GET": lambda simulator, request: simulator.journal()},
    "faults": {
        "GET": lambda simulator, request: simulator.faults(),
        "PUT": lambda simulator, request: simulator.set_faults(_body(request)),
    },
    "profile": {
        "GET": lambda simulator, request: simulator.profile(),
        "PUT": lambda simulator, request: simulator.set_profile(_body(request)),
    },
    "clock": {"POST": _advance},
}
