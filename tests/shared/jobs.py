"""The module's scheduled jobs, as the tests look for them."""

from ...models.accounts.health import JOBS


def jobs(env):
    """All of them: what a monitor is told of is what is there, see ``accounts/test_health.py``.

    :param env: any environment
    :return: ``ir.cron``, in the order of ``JOBS``
    """
    return env["ir.cron"].browse(env.ref(f"pos_glase.cron_{name}").id for name in JOBS)
