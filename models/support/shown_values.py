"""What a page is told, and whether it shows what is stored: another may have changed that since it was loaded.

A form has the record's ``fingerprint`` and gives it as context with the button that acts on what the
form shows. Whoever calls without a form acts on what is stored.
"""

import hashlib


def notification(message, kind, sticky=True, next_action=None):
    """An action that shows a sentence.

    :param str kind: ``success``, ``warning`` or ``danger``
    :param bool sticky: it stays until somebody closes it
    :param dict next_action: what the page does after that; by default it is loaded anew
    :rtype: dict
    """
    after = next_action or {"type": "ir.actions.client", "tag": "soft_reload"}
    params = {"message": message, "type": kind, "sticky": sticky, "next": after}
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}


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
    message = record.env._(
        "Another page has changed this meanwhile. Nothing was started: check what it says now."
    )
    return notification(message, "warning")
