"""What a report is, judged by its bytes: whatever type Glase gives it proves nothing.

Glase calls its XML ``text/html`` (``doc/protocol.md §4.14``), and what comes from outside may be
anything. Nothing here may be shown as a page: a report is a table, a text, or a file to download.
"""

import re
from dataclasses import dataclass

from . import reading
from .errors import Unreadable
from .reports import ReportContent, read_report

TEXT, BINARY = "text/plain", "application/octet-stream"

# How a file may be named; anything else is ``bin``.
_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class ReportFile:
    """A report to be shown and kept.

    ``table``: what it says, None unless it is a reconciliation report; ``text``: its characters,
    None for what is no text; ``mimetype``: ``text/plain`` or ``application/octet-stream``, which
    no browser runs; ``extension``: for the name of the file.
    """

    content: bytes
    mimetype: str
    extension: str
    text: str | None
    table: ReportContent | None


def judge(report):
    """Tell what a report is.

    :param Report report: as it came
    :rtype: ReportFile
    """
    content = report.content
    claimed = (report.mime_type or "").partition(";")[0].strip().lower()
    text = _characters(content, claimed.startswith("text/"))
    if text is None:
        extension = _EXTENSIONS.get(claimed, "bin")
        return ReportFile(content, BINARY, extension, None, None)
    try:
        table = read_report(content)
    except Unreadable:
        return ReportFile(content, TEXT, "txt", text, None)
    return ReportFile(content, TEXT, "xml", text, table)


def _characters(content, is_claimed):
    """The content as text; None if it is none.

    :param bool is_claimed: whether Glase calls it a text: then it may be one of Western Europe, which
        no byte shows
    """
    encodings = [reading.encoding_of(content), "utf-8-sig"]
    encodings += ["cp1252"] if is_claimed else []
    for encoding in filter(None, encodings):
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if not _CONTROL.search(text):
            return text
    return None
