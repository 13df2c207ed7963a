"""The states of a verification, and of each step of it."""

DRAFT, RUNNING, PAUSED, CLEANING = "draft", "running", "paused", "cleaning"
PASSED, FAILED, STOPPED = "passed", "failed", "stopped"
STATES = [
    (DRAFT, "Not started"),
    (RUNNING, "Running"),
    (PAUSED, "Paused"),
    (CLEANING, "Cleaning up"),
    (PASSED, "Passed"),
    (FAILED, "Failed"),
    (STOPPED, "Stopped"),
]
UNFINISHED = (RUNNING, PAUSED, CLEANING)
DRIVEN = (RUNNING, CLEANING)
FINISHED = (PASSED, FAILED, STOPPED)

TODO, DOING, OK, SKIPPED = "todo", "doing", "ok", "skipped"
STEP_STATES = [
    (TODO, "To do"),
    (DOING, "Under way"),
    (OK, "OK"),
    (FAILED, "Failed"),
    (SKIPPED, "Skipped"),
]


def result(steps, stopped):
    """How a run has ended.

    :param steps: the states of its steps
    :param bool stopped: somebody wished that it ends
    :return: passed, failed or stopped
    """
    if stopped:
        return STOPPED
    return FAILED if {FAILED, SKIPPED} & set(steps) else PASSED
