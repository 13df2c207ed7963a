from pathlib import Path

from odoo import Command

from ..shared.books import BooksCommon, compared

PAGE = Path(__file__).resolve().parents[2] / "doc" / "bookkeeping.md"


class TestBooksExample(BooksCommon):
    """The example in figures of ``doc/bookkeeping.md`` is what Odoo really books."""

    def booked(self, moves):
        """The lines of entries on Glase's two accounts, as the page's table has them."""
        names = {self.outstanding: "Outstanding", self.suspense: "Suspense"}
        lines = moves.line_ids.filtered(lambda line: line.account_id in names)
        return [
            (names[line.account_id], line.debit, line.credit)
            for line in lines.sorted(lambda line: (-line.debit, line.id))
        ]

    def assert_page_says(self, what, booked, standing):
        """The page's table has these lines and balances, and so have the books.

        :param standing: the balances of both accounts afterwards
        """
        self.assert_books(*standing)
        page = PAGE.read_text()
        for index, (account, debit, credit) in enumerate(booked):
            last = index == len(booked) - 1
            cells = [
                what if index == 0 else "",
                account,
                f"{debit:.2f}" if debit else "",
                f"{credit:.2f}" if credit else "",
                *((f"{sum_:.2f}" if last else "") for sum_ in standing),
            ]
            row = "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
            self.assertIn(row, page)

    def test_the_page_for_bookkeepers(self):
        order, _row = self.paid_order(100)
        self.paid_order(250)
        self.paid_order(60)
        refund_order, line = self.refund_order(order, 40)
        self.assertEqual(self.refund(refund_order, line, 40)["state"], "refunded")
        self.validate(refund_order, line)
        lost = self.paid_without_order(80)
        unproven = self.unproven_order(30)
        self.override_and_close()
        standing = (450, -50)
        combined = self.env["account.payment"].search(
            [
                ("pos_session_id", "=", self.pos_session.id),
                ("pos_payment_method_id", "=", self.method.id),
            ]
        )
        # Booked one after the other: the page tells the balances in that order.
        corrections = (self.corrections(lost), self.corrections(payment=unproven))
        self.assertEqual(
            [self.booked(moves) for moves in (combined.move_id, *corrections)],
            [
                [("Outstanding", 400, 0)],
                [("Outstanding", 80, 0), ("Suspense", 0, 80)],
                [("Suspense", 30, 0), ("Outstanding", 0, 30)],
            ],
        )
        self.assert_page_says(
            "The order of 30.00 is not proven", self.booked(corrections[1]), standing
        )
        page = PAGE.read_text()
        self.assertIn("| The session | Outstanding | 400.00 | | 400.00 | 0.00 |", page)
        self.assertIn("| 80.00 without an order | Outstanding | 80.00 | | | |", page)
        self.assertIn("| | Suspense | | 80.00 | 480.00 | -80.00 |", page)

        self.refund_without_order(lost)
        refund = self.corrections(lost.refund_ids)
        self.assert_page_says("The 80.00 are paid back", self.booked(refund), (370, 30))

        case = self.case(unproven, "unverified_payment")
        loss = self.company_data["default_account_expense"]
        with self.office() as env:
            env["glase.write.off"].create(
                {"case_id": case.id, "account_id": loss.id, "reason": "Customer gone"}
            ).action_write_off()
        write_off = self.corrections(payment=unproven) - corrections[1]
        self.assertEqual(self.balance(loss), 30)
        self.assert_page_says("The 30.00 are written off", self.booked(write_off), (370, 0))

        payout = self.env["account.move"].create(
            {
                "journal_id": self.glase_journal.id,
                "line_ids": [
                    Command.create(
                        {"account_id": self.glase_journal.default_account_id.id, "debit": 370}
                    ),
                    Command.create({"account_id": self.outstanding.id, "credit": 370}),
                ],
            }
        )
        payout.action_post()
        self.assertEqual((self.balance(self.outstanding), self.balance(self.suspense)), (0, 0))
        self.assertIn("| Glase pays out 370.00 | Outstanding | | 370.00 | 0.00 | 0.00 |", page)
        books = compared(self.method)
        self.assertEqual((books["booked"], books["ledger"], books["outstanding"]), (370, 370, 0))
