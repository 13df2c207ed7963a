"""Sentences of tables, filled with values."""


def filled(env, words, values):
    """A sentence in the language of ``env``, with what it names filled in.

    A translation whose names do not fit is passed over, as Odoo does with its own: a wrong word in a
    catalogue must not keep anything from being stored.

    :param words: a lazy translation with ``%(name)s``
    :param dict values: by name
    :rtype: str
    """
    translated = env._(words)
    try:
        return translated % values
    except (KeyError, TypeError, ValueError):
        source = env(context={**env.context, "lang": "en_US"})._(words)
        return source % values
