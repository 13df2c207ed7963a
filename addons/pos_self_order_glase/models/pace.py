"""How often Glase is asked about a bill of a kiosk: about once a second, whoever asks how often.

A page asks each second, and nothing is written for that. So each process knows of itself what it has
let through, and tells the others after some of it; what they have let through together shows whether
somebody asks faster than a page, and from then on each second is counted where all processes see it.
"""

import threading
from dataclasses import dataclass

from odoo.addons.pos_glase.models.support import clock

# So many questions of a bill a process lets through before it tells the others.
TOLD_AFTER = 5
# So many more than seconds may be let through in a minute before all of them are counted.
SPARE = 10


@dataclass
class _Bill:
    """What this process has let through: the last second, what it has not told, the minute that is counted."""

    second: object = None
    untold: int = 0
    counted: object = None


class Pace:
    """What one process of the server has let through, by database and payment line."""

    def __init__(self):
        self._lock, self._bills = threading.Lock(), {}

    def lets_through(self, counters, line_uuid):
        """Whether a question about a bill goes on to Glase; else what is known is the answer.

        :param counters: of ``glase.kiosk.limit``, which all processes share
        :param str line_uuid: the payment line of the bill
        :rtype: bool
        """
        second = clock.now(counters.env.cr).replace(microsecond=0)
        minute = second.replace(second=0)
        with self._lock:
            bill = self._bill(counters.env.cr.dbname, line_uuid, minute)
            if bill.second == second:
                return False
            bill.second = second
            bill.untold += 1
            if bill.untold < TOLD_AFTER and bill.counted != minute:
                return True
            untold, bill.untold = bill.untold, 0
        asked, is_first = counters._asked(line_uuid, untold, second)
        if asked > second.second + SPARE:
            bill.counted = minute
        return is_first or bill.counted != minute

    def _bill(self, database, line_uuid, minute):
        """What is known of a bill; bills of which nobody has asked in this minute are forgotten."""
        key = (database, line_uuid)
        if key not in self._bills:
            for other, bill in list(self._bills.items()):
                if bill.second < minute:
                    del self._bills[other]
            self._bills[key] = _Bill()
        return self._bills[key]


pace = Pace()
