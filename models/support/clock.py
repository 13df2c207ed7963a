"""One clock for every age in the ledger.

Ages come from PostgreSQL, so that two Odoo servers with different clocks agree about them
(``doc/ledger.md §9``). The system parameter ``pos_glase.clock_offset`` moves this clock, in
seconds: tests set it together with the simulator's own, so that nobody has to wait.
"""

from datetime import datetime

import pytz

from odoo.tools import SQL

OFFSET_PARAMETER = "pos_glase.clock_offset"

NOW = """
    SELECT (clock_timestamp() AT TIME ZONE 'UTC')
         + make_interval(secs => COALESCE(
               (SELECT value::float FROM ir_config_parameter WHERE key = %s), 0))
"""


def statement():
    """The present moment, for a statement that has it as a part.

    :rtype: SQL
    """
    return SQL(NOW, OFFSET_PARAMETER)


def now(cr):
    """The present moment.

    :param cr: any cursor of the database
    :return: naive UTC datetime with microseconds, as Odoo stores them
    :rtype: datetime.datetime
    """
    cr.execute(NOW, (OFFSET_PARAMETER,))
    return cr.fetchone()[0]


def time_zone(*names):
    """The first of these time zones that is known here.

    :param names: of time zones; what is empty, or no name of one, is passed over
    :return: UTC if none is known
    :rtype: datetime.tzinfo
    """
    known = (name for name in names if isinstance(name, str) and name in pytz.all_timezones_set)
    return pytz.timezone(next(known, "UTC"))


def day_in(zone, moment):
    """The day of a moment in a time zone.

    :param zone: as :func:`time_zone` gives it
    :param datetime.datetime moment: naive UTC
    :rtype: datetime.date
    """
    return pytz.utc.localize(moment).astimezone(zone).date()


def moment_of(zone, day, of_day):
    """When it is a time of day in a time zone, as naive UTC.

    :param zone: as :func:`time_zone` gives it
    :param datetime.date day:
    :param datetime.time of_day:
    :rtype: datetime.datetime
    """
    local = zone.localize(datetime.combine(day, of_day))
    return local.astimezone(pytz.utc).replace(tzinfo=None)


def is_recent(cr, since, span):
    """Whether a moment is less than ``span`` away from now.

    A moment that lies further ahead than that was written before somebody set the server's clock
    back: what it holds up is over, too.

    :param datetime.datetime since: as :func:`now` returns it; False where it has not come yet
    :param datetime.timedelta span: how long it counts
    """
    return bool(since) and abs(now(cr) - since) < span
