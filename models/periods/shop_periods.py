"""The time of day at which a whole shop's transaction period ends, and which sessions it waits for."""

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from ..registration.glase_terminal import LIVE


def next_mark_at(account, now):
    """The next moment at which it is this account's time of day.

    :param datetime.datetime now: naive UTC
    :return: naive UTC, after ``now``
    :rtype: datetime.datetime
    """
    zone = ZoneInfo(account.period_tz)
    minutes = round(account.period_time * 60)
    of_day = time(minutes // 60 % 24, minutes % 60)
    day = now.replace(tzinfo=timezone.utc).astimezone(zone).date()
    for date in (day, day + timedelta(days=1)):
        local = datetime.combine(date, of_day, zone)
        at = local.astimezone(timezone.utc).replace(tzinfo=None)
        if at > now:
            break
    return at


def local_time(account, moment):
    """A moment (naive UTC) in this account's time zone, for people."""
    local = moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(account.period_tz))
    return f"{local:%Y-%m-%d %H:%M}"


def open_sessions(account):
    """Sessions that may still take money with this account.

    Those of its registered tills, and those that have taken some before their till was
    registered with another account.
    """
    rows = account.env["glase.transaction"].sudo()
    of_rows = rows._read_group(
        [("account_id", "=", account.id), ("session_id.state", "!=", "closed")], ["session_id"]
    )
    live = account.sudo().terminal_ids.filtered(lambda terminal: terminal.state in LIVE)
    sessions = account.env["pos.session"].sudo()
    of_tills = sessions.search([("config_id", "in", live.config_id.ids), ("state", "!=", "closed")])
    return of_tills.union(*(session for (session,) in of_rows))
