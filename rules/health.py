"""What a monitor is told is wrong: one word for each kind of trouble, and when it is one.

Only what stays wrong until somebody looks after the server: what a person must decide about money is a
case, and is told to a manager.
"""

from dataclasses import dataclass, field

# A job of each minute that is so late (seconds) is run by nobody.
LATE_AFTER = 15 * 60
# Once is a server that was stopped in the middle; Odoo counts failures in a row.
FAILED_TIMES = 3
# So long (seconds) may a bill hold its till without anybody having been told of it.
STUCK_AFTER = 3600
# That Glase is slow is old news where nobody has tried for so long (seconds).
SLOW_FOR = 10 * 60

JOB_STOPPED, JOB_FAILS = "job_stopped", "job_fails"
UNDECIDED_TOO_LONG = "undecided_too_long"
GLASE_IS_SLOW = "glase_is_slow"
NOT_CONFIRMED = "database_not_confirmed"


@dataclass(frozen=True)
class Job:
    """A scheduled job: switched on, seconds since it was due (0 if it is not), failures in a row."""

    active: bool
    late: float = 0
    failures: int = 0


@dataclass(frozen=True)
class Facts:
    """What was found.

    :ivar tuple jobs: each :class:`Job` of the module
    :ivar float stuck: age of the oldest bill that holds its till and has no open case, in seconds
    :ivar slow: seconds since the newest trial call to an address that is slow; None without one
    :ivar bool confirmed: each account may call from this database
    """

    jobs: tuple = field(default=())
    stuck: float = 0
    slow: float | None = None
    confirmed: bool = True


def trouble(facts):
    """What is wrong: words from above, in that order; none where all is well.

    :param Facts facts: what was found
    :rtype: tuple
    """
    found = (
        (JOB_STOPPED, any(not job.active or job.late > LATE_AFTER for job in facts.jobs)),
        (JOB_FAILS, any(job.failures >= FAILED_TIMES for job in facts.jobs)),
        (UNDECIDED_TOO_LONG, facts.stuck > STUCK_AFTER),
        (GLASE_IS_SLOW, facts.slow is not None and facts.slow < SLOW_FOR),
        (NOT_CONFIRMED, not facts.confirmed),
    )
    return tuple(word for word, holds in found if holds)
