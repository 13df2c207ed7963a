"""What comes from outside: type, length and form of each parameter of each route and public method.

One table, by the name of the parameter: a name means the same everywhere. What is not as the table
says is refused with a sentence before anything is looked up, sent or stored.
"""

import functools
import inspect
import math
import re
from dataclasses import dataclass

from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from .till_errors import Refused

# Words of a table, which is there before any environment is.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# Bytes of a request that nobody has to log in for: Odoo would read 128 million before anything is asked.
LONGEST_BODY = 64 * 1024
# PostgreSQL's integer.
LARGEST_ID = 2**31 - 1
# No control characters; and no half of a pair of UTF-16, which no database takes.
LINE = r"[^\x00-\x1f\x7f\ud800-\udfff]*"
LINES = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*"
NAME = r"[A-Za-z0-9_.-]+"
PRINTABLE = r"[!-~][ -~]*"
# Digits of ASCII with a point: no sign, no exponent, no separator. What a currency and the wire can
# carry of it is judged later, with words of its own.
AMOUNT = r"[0-9]{1,18}(\.[0-9]{1,3})?"
TOKEN = r"[A-Za-z0-9_-]+"


@dataclass(frozen=True)
class Text:
    """A string of at most ``longest`` characters that is of a form from its start to its end.

    :param str reason: what a refusal is called for the till's program
    """

    longest: int
    form: str
    words: object
    reason: str = "malformed"

    def takes(self, value):
        fits = isinstance(value, str) and len(value) <= self.longest
        return fits and re.fullmatch(self.form, value) is not None


@dataclass(frozen=True)
class Number:
    """An id of a record: a whole number, and neither a text nor a truth value."""

    words: object = _lt("the number of a record")
    reason: str = "malformed"

    def takes(self, value):
        return type(value) is int and 0 < value <= LARGEST_ID


@dataclass(frozen=True)
class Flag:
    """True or false."""

    words: object = _lt("true or false")
    reason: str = "malformed"

    def takes(self, value):
        return isinstance(value, bool)


@dataclass(frozen=True)
class ListOf:
    """A list of at most ``most`` values of one form."""

    item: object
    most: int
    words: object
    reason: str = "malformed"

    def takes(self, value):
        fits = isinstance(value, (list, tuple)) and len(value) <= self.most
        return fits and all(self.item.takes(one) for one in value)


_UUID = Text(64, NAME, _lt("an identifier of at most 64 letters, digits, points and dashes"))
_ATTEMPT = Text(100, PRINTABLE, _lt("an identifier of at most 100 characters"))
LONGEST_NAME = 250
_PERSON = Text(LONGEST_NAME, LINE, _lt("a name of at most 250 characters"))

TABLE = {
    "config_id": Number(),
    "company_id": Number(),
    "order_uuid": _UUID,
    "line_uuid": _UUID,
    "attempt": _ATTEMPT,
    "refund_attempt": _ATTEMPT,
    "amount": Text(
        22,
        AMOUNT,
        _lt("an amount in digits, with a point before at most three decimals, like 12.50"),
        "amount",
    ),
    "cashier": _PERSON,
    "login": _PERSON,
    "password": Text(1000, LINE, _lt("a password of at most 1000 characters")),
    "reason": Text(2000, LINES, _lt("a text of at most 2000 characters")),
    "take_back": Flag(),
    "line_uuids": ListOf(_UUID, 2000, _lt("a list of at most 2000 identifiers")),
    "refunded_order_ids": ListOf(Number(), 1000, _lt("a list of at most 1000 orders")),
    "scanned_or_typed": Text(500, LINE, _lt("a text of at most 500 characters")),
    "token": Text(2000, TOKEN, _lt("an address of ours")),
    "kind": Text(4, "csv|xlsx", _lt("csv or xlsx")),
    "ids": Text(9999, "[0-9]{1,9}(,[0-9]{1,9})*", _lt("numbers of records, with commas")),
}


def read(env, function, given, skip=1, table=None):
    """The arguments of one call, each as the table says.

    :param env: an environment, for the language of a refusal
    :param function: what is called
    :param given: a pair of positional and named arguments, without those that are skipped
    :param int skip: how many parameters come first that nobody gives (``self``)
    :param dict table: what each parameter is; by default ``TABLE``
    :return: named arguments
    :rtype: dict
    :raises Refused: with a sentence that names the first parameter that is not as it must be
    """
    table = table or TABLE
    signature = _signature(function, skip)
    try:
        bound = signature.bind(*given[0], **given[1])
    except TypeError as error:
        raise Refused(
            "malformed", env._("The request lacks something, or says too much.")
        ) from error
    for name, value in bound.arguments.items():
        default = signature.parameters[name].default
        if default is not inspect.Parameter.empty and (value is None or value == default):
            bound.arguments[name] = default
        elif not table[name].takes(value):
            raise Refused(
                table[name].reason,
                env._(
                    "The request was refused: “%(name)s” must be %(form)s.",
                    name=name,
                    form=table[name].words,
                ),
            )
    return bound.arguments


@functools.cache
def _signature(function, skip):
    """The parameters that somebody gives; functions are as many as there are doors."""
    signature = inspect.signature(function)
    return signature.replace(parameters=list(signature.parameters.values())[skip:])


def short(name):
    """A name that Odoo has, where nobody limits it, as the ledger keeps it and Glase gets it.

    :param str name: of a person, who may change the own one, or of an order, as its till has stored it
    """
    return name[:LONGEST_NAME]


def check_values(records, vals):
    """Texts and numbers that somebody types into fields of a record.

    :param records: of the model
    :param dict vals: as for ``create`` or ``write``
    :raises UserError: with a sentence that names the first field that cannot be stored
    """
    for name, value in vals.items():
        field = records._fields.get(name)
        if field is None or value is None or value is False:
            continue
        if field.type in ("char", "text") and not _TYPED.takes(value):
            words = _TYPED.words
        elif field.type in ("float", "monetary") and not _is_finite(value):
            words = _lt("a number")
        else:
            continue
        label = field._description_string(records.env)
        raise UserError(records.env._("“%(field)s” must be %(form)s.", field=label, form=words))


def _is_finite(value):
    return isinstance(value, (int, float)) and math.isfinite(value)


_TYPED = Text(2000, LINES, _lt("a text of at most 2000 characters"))
