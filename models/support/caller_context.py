"""The part of a caller's context that may reach what the system itself writes.

A context comes from outside: its defaults would say what nobody said, and its other keys switch
things off (tracking, archived records). So only keys of which the module knows the meaning are kept.
"""

LONGEST_WORD = 64


def _is_word(value):
    return isinstance(value, str) and len(value) <= LONGEST_WORD


def _is_id(value):
    return type(value) is int


def _is_ids(value):
    return isinstance(value, (list, tuple)) and all(type(one) is int for one in value)


# ``glase_user_id`` is believed of the superuser's own transactions only, and is not taken there.
KEPT = {
    "lang": _is_word,
    "tz": _is_word,
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


def kept(context, names=tuple(KEPT)):
    """What is kept of a context.

    :param context: of an environment
    :param names: keys of ``KEPT``
    :rtype: dict
    """
    return {name: context[name] for name in names if name in context and KEPT[name](context[name])}


def with_own_context(records):
    """The same records, with what is kept of their context only."""
    # pylint: disable-next=context-overridden
    return records.with_context(kept(records.env.context))
