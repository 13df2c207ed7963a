"""Whether a page shows what is stored: another page may have changed it since it was loaded.

A form has the record's ``fingerprint`` and gives it as context with the button that acts on what the
form shows. Whoever calls without a form acts on what is stored.
"""

import hashlib


def fingerprint(values):
    """What stands for values that a page shows and a person can change.

    :param values: texts, numbers, and records
    :rtype: str
    """
    told = [value.ids if hasattr(value, "ids") else value or False for value in values]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def is_outdated(record):
    """Whether the page that calls shows something else than what is stored.

    :param record: one, with a ``fingerprint``, in the environment of the caller
    """
    shown = record.env.context.get("fingerprint")
    return bool(shown) and shown != record.fingerprint


def reload_page(record):
    """An action that loads the page anew and says why nothing else was done.

    :rtype: dict
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "message": record.env._(
                "Another page has changed this meanwhile. Nothing was started: check what it says now."
            ),
            "type": "warning",
            "sticky": True,
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        },
    }
