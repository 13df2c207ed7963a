import re
from contextlib import closing, contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ...models.cases import progress
from ...models.ledger import known_rows
from ...models.pos.payment_proof import rows_of
from ..shared.common import GlaseCommon

OF_THE_MODULE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?glase_', re.IGNORECASE)


class KnownCommon(GlaseCommon):
    def setUp(self):
        super().setUp()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def paid(self, amount=20):
        """A bill that was paid; its draft is stored."""
        order, line = self.paid_bill(amount)
        self.env.invalidate_all()
        return order, line


@tagged("post_install", "-at_install")
class TestKnownIsWhatIsFound(KnownCommon):
    """What is known of orders while their rows are locked is what a search finds, whatever was changed."""

    def setUp(self):
        super().setUp()
        self.order, self.line = self.paid()
        self.other, self.other_line = self.draft_order(self.pos_session, 30)
        self.orders = (self.order | self.other).sudo()
        self.payment, self.other_payment = self.order.payment_ids, self.other.payment_ids
        self.paid_row = self.row(self.line).sudo()

    def told(self):
        """All that is asked about the orders, as ids."""
        payments = known_rows.payments_of(self.orders)
        lines = [("line_uuid", "in", payments.mapped("uuid"))]
        about = ["|", ("order_id", "in", self.orders.ids), ("payment_id", "in", payments.ids)]
        by_row = [("transaction_id.line_uuid", "in", payments.mapped("uuid"))]
        return {
            "payments": payments.ids,
            "rows of each": [rows_of(payment) for payment in payments],
            "rows": {payment.id: row.id for payment, row in rows_of(payments).items()},
            "rows by line": known_rows.rows_about(payments, lines).ids,
            "cases": [
                known_rows.open_cases(self.env, domain, self.orders, payments).ids
                for domain in (about, by_row)
            ],
        }

    def link_elsewhere(self):
        self.paid_row.payment_id = False
        self.assertTrue(known_rows.claim_link(self.paid_row, self.other_payment.sudo()))

    def made(self, **values):
        of_order = {"pos_order_id": self.other.id, "payment_method_id": self.glase_method.id}
        self.env["pos.payment"].create({**of_order, "amount": 1, **values})

    def gone_back(self):
        with closing(self.env.cr.savepoint()):
            self.payment.write({"uuid": "another"})

    def sale(self):
        self.validate(self.order, self.line)

    def changes(self):
        payment, other = self.payment, self.other_payment
        yield "nothing", lambda: None
        yield "amount", lambda: payment.write({"amount": 19})
        yield "line", lambda: payment.write({"uuid": "another"})
        yield (
            "lines exchanged",
            lambda: (
                payment.write({"uuid": "another"}),
                other.write({"uuid": self.line}),
            ),
        )
        yield "moved", lambda: payment.write({"pos_order_id": self.other.id})
        yield "linked by the order", lambda: self.other.write({"payment_ids": [(4, payment.id, 0)]})
        yield "made", self.made
        yield (
            "made as part of the order",
            lambda: self.other.write(
                {"payment_ids": [(0, 0, {"payment_method_id": self.cash_method.id, "amount": 1})]}
            ),
        )
        yield "deleted", payment.unlink
        yield (
            "deleted, and its line made again",
            lambda: (
                payment.unlink(),
                self.made(uuid=self.line),
            ),
        )
        yield "order canceled", lambda: self.order.write({"state": "cancel"})
        yield "order deleted", lambda: self.order.unlink()
        yield "order's uuid", lambda: self.order.write({"uuid": "another"})
        yield "row linked elsewhere", self.link_elsewhere
        yield "case about a row", lambda: progress.open_case("paid_without_order", self.paid_row)
        yield "case about a payment", lambda: progress.open_case("unverified_payment", other.sudo())
        yield "gone back to a savepoint", self.gone_back
        yield "finished", self.sale

    def test_whatever_was_changed(self):
        for name, change in self.changes():
            with (
                self.subTest(name),
                closing(self.env.cr.savepoint()),
                known_rows.locked(self.env, self.orders),
            ):
                self.told()
                change()
                told = self.told()
                known_rows.forget(self.env)
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(told, self.told())

    def test_what_an_inner_lock_finds_out_is_not_forgotten_outside(self):
        with known_rows.locked(self.env, self.order):
            with known_rows.locked(self.env, payments=self.other_payment):
                self.payment.write({"uuid": "another"})
            self.assertFalse(known_rows.are_locked(self.paid_row))
        with known_rows.locked(self.env, self.order):
            with known_rows.locked(self.env, payments=self.other_payment):
                pass
            self.assertTrue(known_rows.are_locked(self.paid_row))
        self.assertFalse(known_rows.are_locked(self.paid_row))

    def test_it_is_known_no_longer_than_the_transaction_lasts(self):
        with known_rows.locked(self.env, self.order):
            self.assertTrue(known_rows.are_locked(self.paid_row))
            # As a commit and a rollback do.
            self.env.flush_all()
            self.env.cr.clear()
            self.assertFalse(known_rows.are_locked(self.paid_row))


@tagged("post_install", "-at_install")
class TestWhatAnOrderCosts(KnownCommon):
    """How often the module asks the database while an order is stored, or a register closed."""

    @contextmanager
    def counted(self):
        """The statements on tables of the module that are made meanwhile."""
        found, execute = [], type(self.env.cr).execute

        def noted(cr, query, *arguments, **options):
            text = str(getattr(query, "code", query))
            if OF_THE_MODULE.search(text):
                found.append(" ".join(text.split()))
            return execute(cr, query, *arguments, **options)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(self.env.cr), "execute", noted):
            yield found
            self.env.flush_all()
            self.env.cr.precommit.run()

    def cash_orders(self, number):
        line = {"payment_method_id": self.cash_method.id, "amount": 20}
        return [
            self.order_values(
                self.pos_session,
                20,
                [{**line, "uuid": f"cash-{number}-{index}"}],
                state="paid",
                order_uuid=f"order-{number}-{index}",
            )
            for index in range(number)
        ]

    def test_orders_without_glase_cost_one_question_in_all(self):
        till = self.env["pos.order"].with_user(self.pos_user)
        for number in (1, 5):
            orders = self.cash_orders(number)
            drafts = [{**order, "state": "draft"} for order in orders]
            paid = [{**order, "lines": [], "payment_ids": []} for order in orders]
            for kind, values in (("drafts", drafts), ("paid", paid)):
                with self.subTest(kind, number=number), self.counted() as statements:
                    till.sync_from_ui([dict(order) for order in values])
                with self.subTest(kind, number=number):
                    self.assertEqual(len(statements), 1, statements)

    def test_an_order_with_glase_finds_locks_and_reads_its_row_once(self):
        order, line = self.paid()
        with self.counted() as statements:
            self.validate(order, line)
        self.assertEqual(order.state, "paid")
        self.assertFalse(order.payment_ids.glase_unverified)
        on_rows = [text for text in statements if "glase_transaction" in text]
        # Found, locked, read; the receipt is made of it.
        self.assertLessEqual(len(on_rows), 4, on_rows)
        self.assertLessEqual(len(statements), 6, statements)

    def test_orders_that_are_done_are_proven_together(self):
        counts = []
        for number in (2, 6):
            orders = self.env["pos.order"]
            for _index in range(number):
                order, line = self.paid()
                self.validate(order, line)
                orders |= order
            with self.counted() as statements:
                orders.write({"state": "done"})
            self.assertEqual(orders.payment_ids.mapped("glase_unverified"), [False] * number)
            counts.append(len(statements))
        self.assertEqual(*counts)
