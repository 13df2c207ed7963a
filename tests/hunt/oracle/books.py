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

    def bookings_name_their_period(self):
        """What was booked for a reported row carries the id of the period that reported it."""
        for row_id, reference, identifier, move, stamp in self._stamps():
            if identifier not in (stamp or "").split(", "):
                self.world.blame(
                    "10 the books name the period",
                    f"row {row_id} ({reference}) was reported in {identifier}; its entry {move} "
                    f"says {stamp}",
                )
            self.world.counts["books: a period is named"] += 1

    def _stamps(self):
        """Corrections of reported rows, and what the sessions of their orders have booked."""
        return self.world.sql(
            "SELECT t.id, t.ers_reference, p.identifier, m.name, m.glase_period"
            " FROM glase_transaction t JOIN glase_period p ON p.id = t.period_id"
            " LEFT JOIN pos_payment o ON o.id = t.payment_id"
            " JOIN account_move m ON m.glase_transaction_id = t.id"
            " OR m.id IN (SELECT b.move_id FROM account_payment b"
            " WHERE b.pos_session_id = o.session_id"
            " AND b.pos_payment_method_id = o.payment_method_id)"
            " WHERE m.state = 'posted' AND p.identifier <> '' ORDER BY t.id, m.id"
        )

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
