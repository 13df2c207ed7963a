"""A field for a sentence that several people read, each in the own language."""

from odoo import fields

from .sentences import said_again, source_of


class Sentence(fields.Char):
    """What is stored is the sentence as its source has it; what is read is said in the reader's language.

    A cashier, a manager and a job may read other languages than who made a call. Written is a lazy translation,
    or, with values, what ``sentences.lasting`` gives. What is neither, as a reason that somebody has typed, is
    read as it was stored. A search looks into what is stored.
    """

    def convert_to_cache(self, value, record, validate=True):
        return super().convert_to_cache(source_of(value), record, validate)

    def convert_to_record(self, value, record):
        return said_again(record.env, super().convert_to_record(value, record))
