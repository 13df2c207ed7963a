"""The languages of the customer's page: English stands in the code, the others in ``languages/``."""

import json
import pathlib
from decimal import Decimal

from werkzeug.datastructures import LanguageAccept

_FOLDER = pathlib.Path(__file__).resolve().parent / "languages"
# What browsers also call a language that is here under another name.
_ALIASES = {"no": "nb", "nn": "nb"}
_ENGLISH = {"decimal": ".", "group": ",", "words": {}}

TABLES = {
    "en": _ENGLISH,
    **{path.stem: json.loads(path.read_text("utf-8")) for path in sorted(_FOLDER.glob("*.json"))},
}


class Words:
    """What the page says in one language, and how that language writes an amount.

    :param str language: a key of ``TABLES``
    """

    def __init__(self, language):
        self.language = language
        self._table = TABLES[language]

    @classmethod
    def wished(cls, request):
        """The words in the language that a browser wishes most of those that are here."""
        accepted = request.accept_languages
        wished = LanguageAccept(
            [(_ALIASES.get(tag.partition("-")[0].lower(), tag), weight) for tag, weight in accepted]
        )
        return cls(wished.best_match(list(TABLES), default="en"))

    def __call__(self, english, **values):
        """A sentence, with its values.

        :param str english: as it stands in the code; what is not in the table stays English
        """
        sentence = self._table["words"].get(english, english)
        return sentence.format(**values) if values else sentence

    def number(self, value, decimals=None):
        """A decimal string for people, with a real minus sign.

        :param int decimals: how many; by default as many as the number has
        """
        number = Decimal(value)
        if decimals is None:
            number = number.normalize()
            decimals = max(0, -number.as_tuple().exponent)
        text = f"{abs(number):,.{decimals}f}"
        own = str.maketrans({",": self._table["group"], ".": self._table["decimal"]})
        return ("\u2212" if number < 0 else "") + text.translate(own)

    def money(self, value):
        """An amount in major units, with two decimals."""
        return self.number(value, 2)
