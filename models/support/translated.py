"""Sentences of tables: lazy translations, said in the language of an environment."""


def said(env, words):
    """A lazy translation in the language of ``env``.

    :rtype: str
    """
    # Under another name: those who collect texts take what is given to ``_`` for a text itself.
    translate = env._
    return translate(words)


def filled(env, words, values):
    """A sentence in the language of ``env``, with what it names filled in.

    A translation whose names do not fit is passed over, as Odoo does with its own: a wrong word in a
    catalogue must not keep anything from being stored.

    :param words: a lazy translation with ``%(name)s``
    :param dict values: by name
    :rtype: str
    """
    translated = said(env, words)
    try:
        return translated % values
    except (KeyError, TypeError, ValueError):
        source = said(env(context={**env.context, "lang": "en_US"}), words)
        return source % values
