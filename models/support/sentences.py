"""Sentences that each reads in the own language, and what an error of a call to Glase means: one that says what to do.

``glase/`` tells errors apart by kind and result code; the sentences stand here, where they are
translated. An error of the module's own brings its sentence as ``sentence``.
"""

import json
import re

from odoo import fields
from odoo.tools import SQL
from odoo.tools.misc import format_date, format_datetime
from odoo.tools.translate import LazyGettext, LazyTranslate, code_translations

from ... import glase
from ...glase.operations import MOVES_MONEY
from ...rules import environments
from . import clock, managers

# Translated where it is said, in the language of whoever reads it.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# How a stored sentence begins that has values, and where they stand in it.
_WITH_VALUES = '{"say": '
_PLACE = re.compile(r"%(?:\((\w+)\))?s|%%")
# Each sentence of a stored one, for PostgreSQL; of a value's text the quotation marks are escaped.
_EACH = r'"say": ("(?:[^"\\]|\\.)*")'

LABELLED = _lt("%(label)s: %(value)s")
_CANCELED_BEFORE = _lt("The payment had been canceled before.")
_LOG_IN = _lt("Glase refused this till's log-in. Take another tender and tell the manager.")
_OTHER_TENDER = _lt("Glase refused the payment. Take another tender.")
_UNEXPECTED = _lt("Glase gave an answer that was not expected. Tell the manager.")

# By result code (``doc/protocol.md §5``); of all others a till has no use.
OF_CODES = {
    2: _lt("Glase is still preparing the report."),
    10: _OTHER_TENDER,
    11: _lt("Glase refused the amount. Take another tender, or another amount."),
    12: _OTHER_TENDER,
    20: _LOG_IN,
    21: _LOG_IN,
    23: _lt("Glase does not know the payment that is to be refunded. Refund it in another way."),
    29: _lt(
        "Glase does not know this till. Take another tender and have the till registered again."
    ),
    33: _lt("Glase has blocked this till or shop. Take another tender and contact Glase."),
    37: _lt("Glase does not know this shop. Take another tender and check the Glase account."),
    48: _lt("The customer is paying right now. Wait for the result."),
    49: _lt("Glase refused the bill. Take another tender and tell the manager."),
    50: _lt("Too late to cancel: the customer has already paid."),
    51: _lt("The customer is paying right now. Wait for the result, or cancel again."),
    53: _lt(
        "Glase did not take this Glase ID: it is not valid, or another till has it. "
        "Use another sticker, or unregister the old till first."
    ),
    54: _lt("Glase does not know this payment. Tell the manager before the order is closed."),
    55: _CANCELED_BEFORE,
    58: _lt("The customer did not pay in time. Send the payment again."),
    64: _lt("Glase refused the address for notifications. Tell the manager."),
    90: _lt("Glase reports an error of its own. Check the payment before anything else."),
    91: _lt("Glase does not offer this to this till or shop. Tell the manager."),
    92: _lt("Glase refused the shop's license. Contact Glase."),
    93: _lt("Glase is busy. Try again in a moment."),
    94: _lt("Glase or the customer's bank cannot be reached. Try again, or take another tender."),
    95: _CANCELED_BEFORE,
    97: _lt("This shop may not refund through Glase. Refund in another way and contact Glase."),
    98: _lt("The refund is more than what is left of the payment. Refund less."),
    99: _lt("The customer's account does not take refunds. Refund in another way."),
}

# By kind, of an error without a result code; the nearest kind counts.
OF_KINDS = {
    glase.GlaseError: _lt(
        "The payment service Glase cannot be used right now. Take another tender."
    ),
    glase.RequestError: _lt("This cannot be sent to Glase. Tell the manager."),
    glase.InvoiceError: _lt(
        "The bill cannot be sent to Glase. Take another tender and tell the manager."
    ),
    glase.AmountError: _lt(
        "Glase takes two decimals at most. Enter an amount without a third decimal."
    ),
    glase.EndpointError: _lt("The address of the Glase service is not valid. Tell the manager."),
    glase.NeverSent: _lt(
        "Glase cannot be reached. Check the network, try again, or take another tender."
    ),
    glase.GateOpen: _lt("Glase is slow. Try again in a moment, or take another tender."),
    glase.OutcomeUnknown: _lt("Glase has not answered. Wait a moment."),
}
_MONEY_UNKNOWN = _lt("Glase did not answer. It is not known whether this was done: check it first.")

# By environment: what stands wherever money that is none could be taken for money.
_MARKS = {
    environments.SIMULATOR: _lt("SIMULATION: no money is moved"),
    environments.TEST: _lt("TEST: no money is moved"),
}


def mark(env, environment):
    """What stands on screens and on paper where no money is moved.

    :param environment: of the row, the terminal or the account that it is about
    :return: a sentence in the language of ``env``; False where money is real
    :rtype: str | bool
    """
    return said(env, _MARKS.get(environment, False))


def cashier_message(env, error):
    """The sentence about an error, in the language of ``env``.

    :param glase.GlaseError error: what the client, or a caller of it, raised
    :rtype: str
    """
    return said(env, sentence_of(error))


def sentence_of(error):
    """The same, as a lazy translation."""
    if hasattr(error, "sentence"):
        return error.sentence
    if isinstance(error, glase.ResultError):
        return OF_CODES.get(error.code, _UNEXPECTED)
    if isinstance(error, glase.OutcomeUnknown) and error.operation in MOVES_MONEY:
        return _MONEY_UNKNOWN
    return next(OF_KINDS[kind] for kind in type(error).__mro__ if kind in OF_KINDS)


def said(env, words):
    """A lazy translation in the language of ``env``, as well as what :func:`lasting` gave; a text as it is.

    :rtype: str
    """
    if isinstance(words, Lasting):
        return said_again(env, source_of(words))
    if not isinstance(words, LazyGettext):
        return words
    # Under another name: those who collect texts take what is given to ``_`` for a text itself.
    translate = env._
    return translate(words)


class Lasting(str):
    """A sentence in one language which knows of what it was made; see :func:`lasting`.

    :ivar words: a lazy translation, or what a field has stored of one
    """

    words = None


def lasting(env, words):
    """A sentence in the language of ``env`` that is stored so that others read it in their own.

    It is shown and raised as any text; a ``Sentence`` field and :func:`note` store what it was made of.

    :param words: a lazy translation; its values are texts, numbers, lazy translations and lasting sentences
    :rtype: Lasting
    """
    text = Lasting(said_again(env, source_of(words)))
    text.words = _made_of(words)
    return text


def with_values(words, values):
    """A sentence of a table with what it names.

    :param words: a lazy translation with ``%(name)s``
    :param dict values: by name, as those of :func:`lasting`; what it does not name is left out
    :return: a lazy translation
    """
    named = {place[1] for place in _PLACE.finditer(words._source)}
    values = {name: value for name, value in values.items() if name in named}
    return LazyGettext(words._source, _module=_lt.module, **values)


def together(form, *words):
    """Several sentences as one text.

    :param str form: with one ``%s`` for each, and nothing to translate
    :param words: as the values of :func:`lasting`
    :return: what :func:`lasting` takes
    """
    return LazyGettext(form, *words, _module=_lt.module)


def source_of(words):
    """What is stored of a sentence, so that each reader hears it in the own language.

    :param words: a lazy translation, or what :func:`lasting` gave
    :return: the sentence as the table has it, with values as JSON; a text, or False, as it is
    """
    words = _made_of(words)
    if not isinstance(words, LazyGettext):
        return words
    return json.dumps(_kept(words), ensure_ascii=False) if words._args else words._source


def _made_of(words):
    return words.words if isinstance(words, Lasting) else words


def _kept(words_given):
    """A sentence with its values, as JSON can hold it; a text or a number as a text."""
    words = _made_of(words_given)
    if not isinstance(words, LazyGettext):
        return _kept_again(words) if isinstance(words_given, Lasting) else str(words)
    values = words._args
    if isinstance(values, dict):
        kept = {name: _kept(value) for name, value in values.items()}
    else:
        kept = [_kept(value) for value in values]
    return {"say": words._source, "with": kept}


def _kept_again(stored):
    """What a field has stored, as a value of another sentence."""
    if stored.startswith(_WITH_VALUES):
        return json.loads(stored)
    # One that names values, and has none, is a text that somebody has typed.
    return stored if _PLACE.search(stored) else {"say": stored, "with": []}


def said_again(env, stored):
    """What :func:`source_of` gave, in the language of ``env``; what no catalogue has as it is.

    :param stored: a text, or False
    """
    if not (stored and stored.startswith(_WITH_VALUES)):
        return stored and _translated(env, stored)
    try:
        return _say(env, json.loads(stored))
    except (ValueError, TypeError, LookupError, RecursionError):
        # Somebody has typed something that looks like one.
        return stored


def _translated(env, source):
    return said(env, LazyGettext(source, _module=_lt.module))


def _say(env, kept):
    if isinstance(kept, str):
        return kept
    source, values = str(kept["say"]), kept["with"]
    if isinstance(values, dict):
        values = {name: _say(env, value) for name, value in values.items()}
    else:
        values = [_say(env, value) for value in values]
    try:
        return _put_in(_translated(env, source), values)
    except LookupError:
        # As `filled`: a wrong word in a catalogue hides no sentence.
        return _put_in(source, values)


def _put_in(sentence, values):
    """Put values where a sentence names them. What is stored may be typed: it gives no width to fill.

    :param values: texts by name, or in their order
    :raises LookupError: if the sentence names another one
    """
    in_order = iter(values)

    def value(place):
        if place[0] == "%%":
            return "%"
        if place[1]:
            return values[place[1]]
        try:
            return next(in_order)
        except StopIteration as error:
            raise LookupError(place[0]) from error

    return _PLACE.sub(value, sentence)


class Sentence(fields.Char):
    """A field for a sentence: stored as its source has it, and read in the reader's language.

    A cashier, a manager and a job may read other languages than who made a call. Written is a lazy translation,
    or, with values, what :func:`lasting` gives. What is neither, as a reason that somebody has typed, is
    read as it was stored. A search looks into the reader's words and into what is stored. Nobody groups by it.
    """

    def convert_to_cache(self, value, record, validate=True):
        return super().convert_to_cache(source_of(value), record, validate)

    def convert_to_record(self, value, record):
        stored = super().convert_to_record(value, record)
        said = said_again(record.env, stored)
        # Somebody has typed something that looks like one.
        if not stored or said == stored and stored.startswith(_WITH_VALUES):
            return said
        # What is stored with another record, or tracked, is read in each language there, too.
        text = Lasting(said)
        text.words = stored
        return text

    def convert_to_read(self, value, record, use_display_name=True):
        return value and str(value)

    def convert_to_export(self, value, record):
        return str(value) if value else ""

    def _description_groupable(self, env):
        return False

    def _condition_to_sql(self, field_expr, operator, value, model, alias, query):
        stored = super()._condition_to_sql(field_expr, operator, value, model, alias, query)
        if operator not in ("ilike", "not ilike") or not model.env.lang:
            return stored
        known = code_translations.get_python_translations(_lt.module, model.env.lang)
        part = str(value).casefold()
        sources = [source for source, words in known.items() if part in words.casefold()]
        said = SQL(
            "COALESCE(%(field)s = ANY(%(plain)s) OR EXISTS (SELECT FROM regexp_matches("
            "%(field)s, %(each)s, 'g') AS sentence WHERE sentence[1] = ANY(%(kept)s)), FALSE)",
            field=model._field_to_sql(alias, field_expr, query),
            each=_EACH,
            plain=sources,
            kept=[json.dumps(source, ensure_ascii=False) for source in sources],
        )
        form = "(%s OR %s)" if operator == "ilike" else "(%s AND NOT %s)"
        return SQL(form, stored, said)


def note(record, words, about, **options):
    """Note a sentence in a record's history.

    Stored with it is what it was made of: the chatter says it again to each reader. What else looks at a
    message, as a search or a mail, has it in the language of the manager.

    :param record: with a history; whoever asks may post there
    :param words: a lazy translation, or what :func:`lasting` gave
    :param about: as for ``managers.responsible``
    :param options: as for ``message_post``
    :return: the message
    """
    words = lasting(record.env, words)
    message = record.message_post(body=said(managers.for_reader(about).env, words), **options)
    # Nobody else writes it: it is read under superuser rights.
    message.sudo().glase_words = words
    return message


def filled(env, words, values):
    """A sentence in the language of ``env``, with what it names filled in.

    A translation whose names do not fit is passed over, as Odoo does with its own: a wrong word in a
    catalogue must not keep anything from being stored.

    :param words: a lazy translation with ``%(name)s``
    :param dict values: by name; lazy translations among them are said in that language, too
    :rtype: str
    """
    translated = said(env, words)
    values = {name: said(env, value) for name, value in values.items()}
    try:
        return translated % values
    except (KeyError, TypeError, ValueError):
        source = said(env(context={**env.context, "lang": "en_US"}), words)
        return source % values


def labelled(env, label, value):
    """What something is, and which: between them stands what the language writes there.

    :rtype: str
    """
    return filled(env, LABELLED, {"label": label, "value": value})


def titled(name, currency, amount):
    """A title with an amount.

    :param str name: what it is about: an order's reference, for example
    :param currency: of ``res.currency``; without one the name stands alone
    :param float amount: in major units; none of it is shown where it is False
    :rtype: str
    """
    if not currency or amount is False:
        return name
    return f"{name} · {currency.format(amount)}"


def local_day(account, moment):
    """The day of a moment where the account's shop is, as who reads it writes a day.

    :param datetime.datetime moment: naive UTC
    :rtype: str
    """
    zone = clock.time_zone(account.sudo().period_tz)
    return format_date(account.env, clock.day_in(zone, moment))


def local_time(account, moment):
    """A moment where the account's shop is, as who reads it writes a time.

    :param datetime.datetime moment: naive UTC
    :rtype: str
    """
    zone = clock.time_zone(account.sudo().period_tz)
    return format_datetime(account.env, moment, tz=zone.zone, dt_format=False)
