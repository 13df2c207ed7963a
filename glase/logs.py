"""Loggers whose lines nobody else can write: what came from outside stays within its line."""

import logging

_FORMATTER = logging.Formatter()


def get_logger(name):
    """The logger of a module; each message is one line, whatever is in it.

    :param str name: as for :func:`logging.getLogger`
    :rtype: logging.Logger
    """
    logger = logging.getLogger(name)
    if not any(isinstance(one, _OneLine) for one in logger.filters):
        logger.addFilter(_OneLine())
    return logger


def one_line(text):
    r"""A text as a log may show it: what is not printable is written as ``\n``, ``\x1b``, ``\u202e``.

    :rtype: str
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


class _OneLine(logging.Filter):
    """Puts a record's message into one line, and a mark before each line of a traceback."""

    def filter(self, record):
        record.msg, record.args = one_line(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            trace = _FORMATTER.formatException(record.exc_info)
            record.exc_text = "\n".join(f"  | {one_line(line)}" for line in trace.split("\n"))
        return True
