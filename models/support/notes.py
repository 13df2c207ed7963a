"""Notes in the history of a record, which each reader reads in the own language."""

from . import managers
from .sentences import lasting, said


def note(record, words, about, **options):
    """Note a sentence in a record's history.

    Stored with it is what it was made of: the chatter says it again to each reader. What else looks at a
    message, as a search or a mail, has it in the language of the manager.

    :param record: with a history; whoever asks may post there
    :param words: a lazy translation, or what ``sentences.lasting`` gave
    :param about: as for ``managers.responsible``
    :param options: as for ``message_post``
    :return: the message
    """
    words = lasting(record.env, words)
    message = record.message_post(body=said(managers.for_reader(about).env, words), **options)
    # Nobody else writes it: it is read under superuser rights.
    message.sudo().glase_words = words
    return message
