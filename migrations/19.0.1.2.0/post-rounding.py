"""What the bills of before were rounded by is not kept: it is taken from their tills, as it was until now."""


def migrate(cr, version):
    """Fill in the rounding of rows whose till rounds.

    :param cr: the update's cursor
    :param str version: the version that is updated
    """
    cr.execute(
        """
        UPDATE glase_transaction kept
           SET rounding = jsonb_build_object(
                   'step', round(method.rounding::numeric, 6)::text,
                   'method', method.rounding_method)
          FROM pos_order sale, pos_config till, account_cash_rounding method
         WHERE sale.id = kept.order_id AND till.id = sale.config_id
           AND method.id = till.rounding_method AND till.cash_rounding
           AND kept.rounding IS NULL
           AND CASE method.strategy
               WHEN 'biggest_tax' THEN EXISTS (
                   SELECT FROM pos_order_line line
                     JOIN account_tax_pos_order_line_rel taxed
                       ON taxed.pos_order_line_id = line.id
                    WHERE line.order_id = sale.id)
               ELSE till.only_round_cash_method IS NOT TRUE
               END
        """
    )
