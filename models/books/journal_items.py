"""Where in the books a row of the ledger stands."""

# Where each row of the ledger is booked: the payment per customer; else the session's combined
# payment; else the newest correction, of the row or of its order's payment that nothing proves. Of
# its lines the one on Glase's account: core exchanges the
# two accounts of a payment that gives money back, and the method's own may have been exchanged since.
JOURNAL_ITEMS = """
    SELECT DISTINCT ON (entry.row_id) entry.row_id, item.id
      FROM (
        SELECT row.id AS row_id, own.move_id, 1 AS rank
          FROM glase_transaction row
          JOIN account_payment own ON own.glase_pos_payment_id = row.payment_id
        UNION ALL
        SELECT row.id, combined.move_id, 2
          FROM glase_transaction row
          JOIN pos_payment payment ON payment.id = row.payment_id
          JOIN account_payment combined
            ON combined.pos_session_id = payment.session_id
           AND combined.pos_payment_method_id = payment.payment_method_id
           AND combined.glase_pos_payment_id IS NULL
        UNION ALL
        SELECT glase_transaction_id, id, 3 FROM account_move
        UNION ALL
        SELECT row.id, correction.id, 3
          FROM glase_transaction row
          JOIN pos_payment unproven
            ON unproven.uuid = row.line_uuid AND unproven.glase_unverified
          JOIN account_move correction ON correction.glase_payment_id = unproven.id
      ) entry
      JOIN account_move_line item
        ON item.move_id = entry.move_id AND item.parent_state = 'posted'
      JOIN account_account account ON account.id = item.account_id
     WHERE entry.row_id = ANY(%s)
     ORDER BY entry.row_id, entry.rank,
              EXISTS (SELECT FROM pos_payment_method method
                       WHERE method.outstanding_account_id = account.id
                         AND method.use_payment_terminal = 'glase') DESC,
              account.account_type = 'asset_receivable', item.id DESC
"""


def of_rows(rows):
    """The item on Glase's account of what was booked for rows of the ledger.

    :param rows: of ``glase.transaction``
    :return: ids of ``account.move.line`` by the id of a row; nothing for what is not booked yet
    :rtype: dict
    """
    if not rows.ids:
        return {}
    rows.env.flush_all()
    rows.env.cr.execute(JOURNAL_ITEMS, (rows.ids,))
    return dict(rows.env.cr.fetchall())
