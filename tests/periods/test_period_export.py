import csv
import io

from openpyxl import load_workbook

from odoo.tools import mute_logger

from ...models.periods import export
from ..shared.periods import PeriodCommon


class TestPeriodExport(PeriodCommon):
    """A bookkeeper's file: each payment and refund, and each period with its sums."""

    def setUp(self):
        super().setUp()
        self.order, self.payment = self.paid_order(100)
        self.give_back(self.order, 40)
        self.ended = self.closed_and_settled()

    def seen(self, user=None, lang="en_US"):
        return self.ended.with_user(user or self.pos_admin).with_context(lang=lang)

    def read_csv(self, content, delimiter=","):
        text = content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))

    def test_each_row_of_the_period_is_a_row_of_the_file(self):
        rows = self.read_csv(export.as_file(self.seen(), export.CSV))
        self.assertEqual(sorted(float(row["At Glase"]) for row in rows), [-40, 100])
        self.assertEqual(sum(float(row["At Glase"]) for row in rows), self.ended.report_total)
        [paid] = [row for row in rows if float(row["At Glase"]) > 0]
        self.assertEqual(paid["Payment Reference"], self.payment.ers_reference)
        self.assertEqual(paid["Order"], self.payment.order_name)
        self.assertEqual(float(paid["Difference"]), 0)
        self.assertEqual(paid["Result"], "Matches")
        self.assertEqual(paid["Environment"], "Test")

    def test_a_spreadsheet_has_numbers_and_both_sheets(self):
        book = load_workbook(io.BytesIO(export.as_file(self.seen(), export.XLSX)))
        payments, periods = book.worksheets
        header = [cell.value for cell in payments[1]]
        column = header.index("At Glase")
        amounts = [row[column].value for row in payments.iter_rows(min_row=2)]
        self.assertEqual(sorted(amounts), [-40, 100])
        [sums] = list(periods.iter_rows(min_row=2, values_only=True))
        named = dict(zip([cell.value for cell in periods[1]], sums, strict=True))
        self.assertEqual(named["At Glase"], self.ended.report_total)
        self.assertEqual(named["In the Ledger"], self.ended.ledger_total)

    def test_a_cell_shows_all_decimals_of_its_currency(self):
        for code, shown in (("JPY", "#,##0"), ("SEK", "#,##0.00"), ("KWD", "#,##0.000")):
            currency = self.env.ref(f"base.{code}").sudo()
            currency.active = True
            self.ended.sudo().currency_id = currency
            with self.subTest(code):
                book = load_workbook(io.BytesIO(export.as_file(self.seen(), export.XLSX)))
                for sheet in book.worksheets:
                    column = [cell.value for cell in sheet[1]].index("At Glase")
                    formats = {row[column].number_format for row in sheet.iter_rows(min_row=2)}
                    self.assertEqual(formats, {shown})

    def test_a_comma_is_decimal_where_the_language_has_it(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        content = export.as_file(self.seen(lang="sv_SE"), export.CSV).decode("utf-8-sig")
        self.assertIn(";100,00;", content)
        self.assertNotIn("100.00", content)

    def test_text_is_never_calculated(self):
        line = self.ended.line_ids.sudo()[0]
        for words in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1"):
            with self.subTest(words):
                line.cashier = words
                rows = self.read_csv(export.as_file(self.seen(), export.CSV))
                self.assertIn(f"'{words}", [row["Cashier"] for row in rows])
                book = load_workbook(io.BytesIO(export.as_file(self.seen(), export.XLSX)))
                cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
                self.assertFalse([cell for cell in cells if cell.data_type == "f"])

    # === Who may ===

    def get(self, kind="csv", ids=None):
        ids = self.ended.id if ids is None else ids
        with mute_logger("odoo.http"):
            return self.url_open(f"/pos_glase/periods.{kind}?ids={ids}", allow_redirects=False)

    def test_a_manager_downloads_them(self):
        self.authenticate("pos_admin", "pos_admin")
        for kind in (export.CSV, export.XLSX):
            action = getattr(self.seen(), f"action_export_{kind}")()
            answer = self.url_open(action["url"])
            self.assertEqual(answer.status_code, 200)
            self.assertIn("attachment", answer.headers["Content-Disposition"])
            self.assertIn(f".{kind}", answer.headers["Content-Disposition"])
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Content-Type"], export.MIME[kind])

    def test_nobody_else_does(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.pos_admin.copy(
            {
                "login": "stranger",
                "password": "stranger",
                "company_id": other.id,
                "company_ids": [(6, 0, other.ids)],
            }
        )
        for login in ("pos_user", "stranger"):
            self.authenticate(login, login)
            with self.subTest(login):
                self.assertEqual(self.get().status_code, 403)
        self.authenticate(None, None)
        self.assertNotEqual(self.get().status_code, 200)

    def test_what_is_no_number_is_refused(self):
        self.authenticate("pos_admin", "pos_admin")
        for ids in ("", "x", "1;2", "-1", "1.0", "9" * 30, ",".join(["1"] * 9999), "1%0A2"):
            with self.subTest(ids[:20]):
                self.assertIn(self.get(ids=ids).status_code, (400, 403))
        self.assertIn(self.get(ids="999999999").status_code, (403, 404))
        self.assertEqual(self.get("html").status_code, 404)
