"""What the tests of the books share: sessions that are closed for real, and what they booked."""

from decimal import Decimal

from odoo.tools import SQL

from ...rules import suspense_due
from .refunds import RefundCommon

# What comes from sessions and from corrections: not what the bank or a person booked there.
FROM_GLASE = """
    AND (move.glase_transaction_id IS NOT NULL OR move.glase_payment_id IS NOT NULL
         OR EXISTS (SELECT 1 FROM account_payment booked
                     WHERE booked.id = move.origin_payment_id
                       AND booked.pos_payment_method_id = %s))
"""


def compared(method):
    """What Glase's accounts say beside what the ledger says, exactly, in the journal's currency.

    :param method: a Glase payment method
    :return: ``outstanding`` and ``suspense`` (the balance of each account; on suspense below zero is
        money without an owner), ``booked`` (the part of the first that comes from Glase), ``ledger``
        (what Glase has moved, as far as its sessions have ended) and ``waiting`` (how many subjects the
        job still has to book). With ``waiting`` 0, ``booked`` is ``ledger``, and before Glase pays
        out ``outstanding`` is the same.
    :rtype: dict
    """
    company = method.company_id.id
    currency = method._glase_currency().id
    method.env.flush_all()

    def ask(query, *parameters):
        # Each query is a text of this function.
        query = SQL(query, *parameters)  # pylint: disable=sql-injection
        [(amount,)] = method.env.execute_query(query)
        return Decimal(amount)

    def balance(account, condition="", *parameters):
        return ask(
            f"""
            SELECT COALESCE(SUM(line.amount_currency), 0)::text
              FROM account_move_line line JOIN account_move move ON move.id = line.move_id
             WHERE line.account_id = %s AND line.parent_state = 'posted' {condition}
            """,
            account.id,
            *parameters,
        )

    def waiting(query, condition, value):
        due = query.format(condition=condition)
        count = f"SELECT COUNT(*) FROM ({due}) subjects WHERE correction <> booked"
        return ask(count, company, value)

    of_row = "subject.company_id = %s AND subject.currency_id = %s"
    of_payment = "payment.company_id = %s AND payment.payment_method_id = %s"
    rows = suspense_due.ROWS.format(condition=of_row)
    moved = f"SELECT COALESCE(SUM(stands), 0)::text FROM ({rows}) moved"
    return {
        "outstanding": balance(method.outstanding_account_id),
        "booked": balance(method.outstanding_account_id, FROM_GLASE, method.id),
        "suspense": balance(method.glase_suspense_account_id),
        "ledger": ask(moved, company, currency),
        "waiting": waiting(suspense_due.ROWS, of_row, currency)
        + waiting(suspense_due.PAYMENTS, of_payment, method.id),
    }


class BooksCommon(RefundCommon):
    """A till whose sessions are closed by Odoo itself, with all of its journal entries."""

    def setUp(self):
        super().setUp()
        self.env["pos.session"].search([]).order_ids.filtered(
            lambda order: order.state == "draft"
        ).unlink()
        self.method = self.main_pos_config._glase_payment_method()
        self.outstanding = self.method.outstanding_account_id
        self.suspense = self.method.glase_suspense_account_id
        self.manager = {"login": "pos_admin", "password": "pos_admin"}
        self.reconciled_before = self.env["account.full.reconcile"].search([])

    def close_session(self, session=None, diffs=None):
        """Close a session as the till does, then let the job book."""
        session = (session or self.pos_session).with_user(self.pos_user)
        if session.config_id.cash_control:
            answer = session.post_closing_cash_details(session.cash_register_balance_end)
            self.assertTrue(answer["successful"], answer)
        session.update_closing_control_state_session("")
        answer = session.close_session_from_ui(diffs or [])
        self.assertTrue(answer["successful"], answer)
        self.assertEqual(session.state, "closed")
        self.env.cr.postcommit.run()
        self.book()

    def override_and_close(self):
        self.assertTrue(self.door("override_closing", reason="End", **self.manager)["ok"])
        self.env.invalidate_all()
        self.close_session()

    def next_day(self):
        self.pos_session = self.open_register()

    def book(self):
        """Let the job that books work once."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.transaction"].sudo()._cron_books()
        self.env.invalidate_all()

    def balance(self, account):
        """What stands on an account, in its lines' currency."""
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(lines.mapped("amount_currency")), 6)

    def paid_order(self, amount=148, session=None, tenders=(), price=None, customer=None):
        """An order that was paid with Glase and is finished, for a customer; and its row."""
        order, line = self.draft_order(
            session or self.pos_session, amount, price=price, tenders=tenders
        )
        order.partner_id = customer
        self.assertEqual(self.send(order, line)["state"], "issued")
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        self.validate(order, line)
        self.assertEqual(order.state, "paid")
        return order, self.row(line)

    def assert_books(self, outstanding, suspense):
        """Both accounts stand at this, and so does the ledger."""
        self.env.invalidate_all()
        self.assertEqual(self.balance(self.outstanding), outstanding, "outstanding")
        self.assertEqual(self.balance(self.suspense), suspense, "suspense")
        books = compared(self.method)
        self.assertEqual(books["waiting"], 0)
        self.assertEqual(books["booked"], books["ledger"])
        self.assertEqual(books["outstanding"], Decimal(str(outstanding)))
        self.assertEqual(books["suspense"], Decimal(str(suspense)))
        self.assert_balanced()

    def assert_balanced(self):
        """Each posted entry of the company is balanced, in the company's currency."""
        self.env.cr.execute(
            """
            SELECT move_id, SUM(balance) FROM account_move_line
             WHERE company_id = %s AND parent_state = 'posted'
             GROUP BY move_id HAVING ABS(SUM(balance)) > 0.0000001
            """,
            (self.company.id,),
        )
        self.assertEqual(self.env.cr.fetchall(), [])

    def corrections(self, row=None, payment=None):
        """The entries that correct the books for a row or a payment, oldest first."""
        link = (
            ("glase_transaction_id", "=", row.id) if row else ("glase_payment_id", "=", payment.id)
        )
        return self.env["account.move"].search([link], order="id")

    def paid_without_order(self, amount=100):
        """A payment whose order is gone; returns its row."""
        order, line = self.sent(amount)
        self.customer("pay")
        self.assertEqual(self.ask(line)["state"], "paid")
        order.unlink()
        self.env.invalidate_all()
        return self.row(line)

    def refund_without_order(self, row):
        """A manager gives the money of a row back in the back office."""
        with self.office() as env:
            wizard = env["glase.refund"].create({"transaction_id": row.id, "reason": "Gone"})
            wizard.amount = row.amount
            wizard.action_refund()
        self.env.invalidate_all()
        self.assertEqual(row.refund_ids.state, "refunded")
        self.book()

    def unproven_order(self, amount=20):
        """A finished order whose Glase payment nothing proves; returns its payment."""
        order, line = self.draft_order(self.pos_session, amount)
        self.validate(order, line)
        self.assertTrue(order.payment_ids.glase_unverified)
        return order.payment_ids

    def case(self, subject, kind):
        name = "transaction_id" if subject._name == "glase.transaction" else "payment_id"
        return self.env["glase.case"].search(
            [(name, "=", subject.id), ("kind", "=", kind), ("state", "=", "open")]
        )
