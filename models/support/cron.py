"""The module's scheduled jobs: how they are woken, and how they find what is due."""


def wake(env, name, at=None):
    """Let a scheduled job run soon, or at a moment; nothing if somebody has deleted it.

    :param str name: of the job in ``data/ir_cron.xml``
    :param datetime.datetime at: naive UTC, or None for at once
    """
    job_id = env["ir.model.data"]._xmlid_to_res_id(f"pos_glase.{name}")
    if job_id:
        env["ir.cron"].sudo().browse(job_id)._trigger(at=at)


def next_due(records, states, now):
    """The record that is due next and that no other worker has claimed, locked; or an empty one.

    :param records: a recordset of the model, in an environment of ``autonomous_transaction.run``; it has
        ``state`` and ``next_try_at``
    :param states: in which something is to be done
    :param datetime.datetime now: naive UTC
    """
    records.env.cr.execute(
        f"""
        SELECT id FROM "{records._table}"
         WHERE state = ANY(%s) AND next_try_at <= %s
         ORDER BY next_try_at, id
         LIMIT 1
           FOR UPDATE SKIP LOCKED
        """,
        (list(states), now),
    )
    return records.browse(row_id for (row_id,) in records.env.cr.fetchall())
