"""The part of a caller's context that may reach what the system itself writes.

A context comes from outside: its defaults would say what nobody said, and its other keys switch
things off (tracking, archived records). So only keys of which the module knows the meaning are kept.
"""

import pytz

LONGEST_WORD = 64
# Odoo's own, which is spoken whether it is installed or not.
SOURCE_LANGUAGE = "en_US"


def _is_word(value, _env):
    return isinstance(value, str) and len(value) <= LONGEST_WORD


def _is_id(value, _env):
    return type(value) is int


def _is_ids(value, _env):
    return isinstance(value, (list, tuple)) and all(type(one) is int for one in value)


def _is_time_zone(value, env):
    return _is_word(value, env) and value in pytz.all_timezones_set


def _is_language(value, env):
    """Whether it is installed; in any other Odoo says nothing at all, and a till keeps the one it began with."""
    known = _is_word(value, env) and (value == SOURCE_LANGUAGE or env["res.lang"]._get_code(value))
    return bool(known)


# ``glase_user_id`` is believed of the superuser's own transactions only, and is not taken there.
KEPT = {
    "lang": _is_language,
    "tz": _is_time_zone,
    "uid": _is_id,
    "allowed_company_ids": _is_ids,
    "active_id": _is_id,
    "active_ids": _is_ids,
    "active_model": _is_word,
    "figure": _is_word,
    "fingerprint": _is_word,
    "scenario": _is_word,
    "glase_user_id": _is_id,
}
# What a transaction of the ledger's own takes over from the request that it works for.
TAKEN_OVER = ("lang", "tz", "allowed_company_ids")


def kept(env, names=tuple(KEPT)):
    """What is kept of a context.

    :param env: the environment that has it
    :param names: keys of ``KEPT``
    :rtype: dict
    """
    context = env.context
    return {
        name: context[name] for name in names if name in context and KEPT[name](context[name], env)
    }


def own_context(env):
    """What is kept of a context, as the context that takes its place.

    Odoo carries the companies of the old one over to a new one that has none: those that are none are
    replaced by none, which means all of the user's.

    :param env: the environment that has it
    :rtype: dict
    """
    companies = "allowed_company_ids"
    return {**({companies: []} if companies in env.context else {}), **kept(env)}


def with_own_context(records):
    """The same records, with what is kept of their context only."""
    # pylint: disable-next=context-overridden
    return records.with_context(own_context(records.env))
