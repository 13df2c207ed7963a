"""Cases that were open before they had a subject get one, so that none of them is opened again."""


def migrate(cr, version):
    """Name what each open case is about, as new ones do.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    # Where two cases of one kind are about one row, the older one has its name.
    cr.execute(
        """
        WITH named AS (
            SELECT id, kind,
                   CASE WHEN transaction_id IS NOT NULL THEN 'glase.transaction,' || transaction_id
                        WHEN payment_id IS NOT NULL THEN 'pos.payment,' || payment_id
                        WHEN period_id IS NOT NULL THEN 'glase.period,' || period_id
                   END AS subject
              FROM glase_case
             WHERE state = 'open' AND subject IS NULL
        )
        UPDATE glase_case AS c
           SET subject = first.subject
          FROM (SELECT DISTINCT ON (kind, subject) id, kind, subject
                  FROM named
                 WHERE subject IS NOT NULL
                 ORDER BY kind, subject, id) AS first
         WHERE c.id = first.id
           AND NOT EXISTS (
               SELECT FROM glase_case AS other
                WHERE other.state = 'open'
                  AND other.kind = first.kind
                  AND other.subject = first.subject
           )
        """
    )
