"""What must hold of the books once all sessions are closed, by Glase's journal."""

from decimal import Decimal

CENT = Decimal("0.01")


class BookChecks:
    """Odoo's journal items against Glase's journal; needs ``world`` and ``journal``."""

    # === 10 ===

    def books_agree(self):
        """Glase's account has what stands at Glase, the suspense account what no order has of it."""
        standing = sum(
            (
                Decimal(payment["amount"]) - Decimal(payment["refunded"])
                for payment in self.journal["payments"]
                if payment["state"] == "standing"
            ),
            Decimal(0),
        )
        booked = self.balance("outstanding_account_id")
        if booked != standing:
            self.world.blame(
                "10 the books agree",
                f"Glase's account has {booked}, at Glase stand {standing}\n{self._entries()}",
            )
        sold = self._sold()
        suspense = self.balance("glase_suspense_account_id")
        if suspense != sold - standing:
            self.world.blame(
                "10 the books agree",
                f"the suspense account has {suspense}, at Glase stand {standing}, orders of closed "
                f"sessions say {sold}\n{self._entries()}",
            )
        self.world.counts["books: something in suspense"] += bool(suspense)
        self.world.counts["books: nothing in suspense"] += not suspense

    def _sold(self):
        """What orders of closed sessions say was paid with Glase, proven or not, less refunds."""
        [(total,)] = self.world.sql(
            "SELECT COALESCE(sum(p.amount), 0)::text FROM pos_payment p"
            " JOIN pos_order o ON o.id = p.pos_order_id JOIN pos_session s ON s.id = o.session_id"
            " WHERE p.payment_method_id = %s AND s.state = 'closed'"
            " AND o.state NOT IN ('draft', 'cancel')",
            self.world.method_id,
        )
        return Decimal(total).quantize(CENT)

    def balance(self, account):
        """What this run's posted entries have on an account of the Glase payment method.

        :param str account: the method's column with the account
        """
        [(balance,)] = self.world.sql(
            "SELECT COALESCE(sum(l.balance), 0)::text FROM account_move_line l"
            f" JOIN pos_payment_method m ON m.{account} = l.account_id"
            " WHERE m.id = %s AND l.id > %s AND l.parent_state = 'posted'",
            self.world.method_id,
            self.world.first_move_line,
        )
        return Decimal(balance).quantize(CENT)

    def _entries(self):
        lines = self.world.sql(
            "SELECT m.name, a.name ->> 'en_US', l.balance::text, l.name FROM account_move_line l"
            " JOIN account_move m ON m.id = l.move_id JOIN account_account a ON a.id = l.account_id"
            " WHERE l.id > %s ORDER BY l.id",
            self.world.first_move_line,
        )
        return "\n".join(
            [self._listing(), *(f"    {' | '.join(map(str, line))}" for line in lines)]
        )
