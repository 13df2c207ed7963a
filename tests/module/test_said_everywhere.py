"""Each text of ours that a person reads, in a language in which every translation is marked.

What stands on a view, a paper, a mail, in a file or in an answer without the mark was never given to a translator, or
is put together from pieces that were not.
"""

import ast
import csv
import io
import re
from unittest.mock import patch

import polib
from lxml import etree, html
from openpyxl import load_workbook

from odoo.tools.translate import code_translations

from ...glase import operations
from ...models.periods import export
from ..shared import porting
from ..shared.doors import DoorsCommon, is_of_ours
from ..shared.periods import PeriodCommon
from ..shared.texts import load_labels

LANGUAGE = "sv_SE"
OPEN, CLOSE = "⟦", "⟧"
_INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_LETTER = r"[^\W\d_]"
_LETTERS = re.compile(_LETTER + "{2,}")
PAGE = "//*[contains(concat(' ', @class, ' '), ' page ')]"
_SENTENCE = re.compile(r"[^\W\d_]{2,}[,:;]? [^\W\d_]{2,}")
_TAG = re.compile(r"(<[^<>]*>)")
_SHOWN_ATTRIBUTE = re.compile(r'\b((?:title|alt|placeholder|aria-label)=")([^"]+)"')
_QUOTED = re.compile(r"'([^']*[^\W\d_][^']*)'")
# Attributes of a view that a person reads.
READ = ("string", "help", "placeholder", "title", "alt", "confirm", "sum", "avg", "aria-label")
READ += ("data-tooltip", "confirm-title", "confirm-label", "cancel-label", "label")
TEXTS = ("char", "text", "html")
# What is English on purpose: it goes to Glase (doc/certify.md), or came from there.
NOT_SAID = ("glase.verification", "glase.event")
# What a person has typed, here and in `tests/shared/doors.py`.
TYPED = ("For this test", "Seen", "Late", "Lost", "Back")
# Of Odoo, beside the name of one of our models: that something was made.
OF_ODOO = ("skapades", "created")
# Names of persons, shops and things, which nobody translates.
NAMES = {
    "res.company": ("name",),
    "res.partner": ("name", "display_name", "complete_name", "email"),
    "res.users": ("login", "name"),
    "pos.config": ("name", "display_name"),
    "pos.session": ("name",),
    "pos.order": ("name", "pos_reference", "tracking_number"),
    "pos.payment.method": ("name",),
    "product.product": ("name", "display_name"),
    "account.journal": ("name", "code"),
    "account.account": ("name",),
    "account.move": ("name",),
    "res.currency": ("name", "symbol"),
    "glase.account": ("name", "endpoint", "reseller_id", "shop_name"),
    "glase.terminal": ("name", "external_identifier", "terminal_identifier", "glase_id"),
    "glase.transaction": (
        "line_uuid",
        "order_uuid",
        "invoice_reference",
        "ers_reference",
        "order_name",
        "cashier",
        "call_reference",
    ),
    "glase.period": ("identifier",),
}


def marked(text):
    """A text as the marked language says it: each piece between tags by itself."""
    if "'" in text and _is_expression(text):
        return _QUOTED.sub(lambda words: f"'{OPEN}{words[1]}{CLOSE}'", text)
    pieces = _TAG.split(text)
    for number, piece in enumerate(pieces):
        if number % 2:
            pieces[number] = _SHOWN_ATTRIBUTE.sub(rf'\1{OPEN}\2{CLOSE}"', piece)
        elif _LETTERS.search(piece):
            words = piece.strip()
            pieces[number] = piece.replace(words, f"{OPEN}{words}{CLOSE}")
    return "".join(pieces)


def _is_expression(text):
    try:
        return not isinstance(ast.parse(text, mode="eval").body, ast.Name | ast.Constant)
    except SyntaxError:
        return False


def unsaid(text, names=()):
    """What of a shown text no translation says, and no name is; empty if all of it is said.

    :param names: as they may stand in it, the longest first
    """
    while _INNERMOST.search(text):
        text = _INNERMOST.sub(" ", text)
    # What does not fit is cut.
    text = text.partition(OPEN)[0]
    for name in names:
        # A part of a word, or of a code, is nobody's name.
        if name in text:
            text = re.sub(rf"(?<!{_LETTER}){re.escape(name)}(?!{_LETTER})", " ", text)
    return " ".join(text.split()) if _LETTERS.search(text) else ""


def texts_of(root):
    """Each text under an element that a person reads."""
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in ("style", "script", "pre"):
            continue
        # What a view says of another one's attribute.
        if element.tag == "attribute" and element.get("name") not in READ:
            continue
        yield from filter(None, (element.get(name) for name in READ))
        # What stands in a `t-out` is an example only.
        if element.text and not element.get("t-out") and not element.get("t-field"):
            yield element.text
    yield from (element.tail for element in root.iter() if element.tail)


class TestSaidEverywhere(PeriodCommon, DoorsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANGUAGE)
        pot = polib.pofile(str(porting.ROOT / f"i18n/{porting.MODULE}.pot"))
        for entry in pot:
            entry.msgstr = marked(entry.msgid)
        load_labels(cls.env, pot, LANGUAGE)
        said = {entry.msgid: entry.msgstr for entry in pot}
        key = (porting.MODULE, LANGUAGE)
        cls.startClassPatcher(patch.dict(code_translations.python_translations, {key: said}))
        (cls.pos_admin | cls.pos_user | cls.admin).lang = LANGUAGE
        cls.pos_admin.email = "manager@example.com"
        cls.env = cls.env(context={**cls.env.context, "lang": LANGUAGE})

    def setUp(self):
        self.found, self.looked_at = set(), 0
        for name in ("account", "terminal", "main_pos_config", "till", "company"):
            setattr(self, name, getattr(self, name).with_env(self.env))
        # What came about before was said in English.
        last = self.env["mail.message"].sudo().search([], order="id desc", limit=1)
        self.since = [("id", ">", last.id)]
        super().setUp()

    def look(self, where, text, names=()):
        self.looked_at += bool(_LETTERS.search(text))
        if left := unsaid(text, names):
            self.found.add((where, left[:120]))

    def said_least(self, least):
        self.assertGreater(self.looked_at, least, "so much has words")
        self.assertFalse(self.found, "\n".join(map(str, sorted(self.found))))

    # === As it is stored ===

    def test_what_the_module_stores(self):
        """Labels, choices, helps, views, menus, actions, papers, mails, jobs."""
        known = self.env["ir.model.data"].search([("module", "=", porting.MODULE)])
        for model, data in known.grouped("model").items():
            fields = [
                field
                for field in self.env[model]._fields.values()
                if field.translate and field.store and field.type in TEXTS
            ]
            records = self.env[model].sudo().with_context(active_test=False)
            for record in records.browse(data.mapped("res_id")).exists() if fields else ():
                for field in fields:
                    self.look_stored(record, field)
        self.said_least(1500)

    def look_stored(self, record, field):
        text = record[field.name] or ""
        where = f"{record._name} {record.display_name} {field.name}"
        if "'" in text and _is_expression(text):
            for words in _QUOTED.findall(text):
                self.look(where, words)
            return
        if not text.strip().startswith("<"):
            self.look(where, re.sub(r"\{\{.*?\}\}", "", text))
            return
        names = ("Glase ID", "Glase")
        for words in texts_of(etree.fromstring(f"<data>{text}</data>")):
            self.look(where, words, names)

    # === As it is shown ===

    def test_a_name_is_taken_out_as_a_whole_word_only(self):
        self.assertEqual(unsaid("4juXXvlKA44lJXXdvS8", ["XX"]), "4juXXvlKA44lJXXdvS8")
        self.assertEqual(unsaid("XX, 5XX and 7_XX.", ["XX"]), ", 5 and 7_ .")
        self.assertFalse(unsaid("XX 12", ["XX"]))

    def test_what_is_shown_printed_mailed_and_exported(self):
        # A day that is over, and one in its middle.
        self.run_day()
        world = self.world()
        self.names = self.names_here()
        self.look_at_records(world)
        self.look_at_papers()
        self.look_at_mails()
        self.look_at_files()
        self.look_at_messages()
        self.said_least(150)

    def run_day(self):
        self.account.sudo().responsible_id = self.pos_admin
        order, _row = self.paid_order(100)
        self.give_back(order, 40)
        _order, line = self.sent(20)
        self.pay_and_leave(line)
        self.account.daily_mail_user_ids = self.pos_admin
        reader = self.pos_admin.partner_id
        reader.lang = LANGUAGE
        self.account.write(
            {"period_mail_every": "day", "period_mail_partner_ids": [(6, 0, reader.ids)]}
        )
        self.closed_and_settled()
        self.env["glase.account"].sudo()._cron_mail()
        self.account.sudo().period_mail_on = "2020-01-01"
        self.env["glase.account"].sudo()._cron_mail()
        self.env.flush_all()
        self.env.invalidate_all()

    def door(self, name, **params):
        """As ever; what an answer says to the cashier is looked at."""
        answer = super().door(name, **params)
        if message := isinstance(answer, dict) and answer.get("message"):
            self.look(f"the answer to {name}", message)
        return answer

    def names_here(self):
        of_wire = (each.name for each in vars(operations).values() if hasattr(each, "name"))
        found = {*TYPED, *OF_ODOO, *of_wire}
        for model, fields in NAMES.items():
            records = self.env[model].sudo().with_context(active_test=False).search([], limit=2000)
            for field in fields:
                found |= set(filter(None, records.mapped(field)))
        return sorted((name for name in found if len(name) > 1), key=len, reverse=True)

    def look_at_records(self, world):
        """All texts of each model that are ours, by whoever computed or stored them."""
        for name, model in ((name, self.env[name]) for name in sorted(self.env.registry)):
            if model._abstract or name.startswith(NOT_SAID):
                continue
            own = [
                field.name
                for field in model._fields.values()
                if field.type in TEXTS
                and any(is_of_ours(one) and field.name in vars(one) for one in type(model).mro())
            ]
            records = world.get(name, model).with_env(self.env).sudo()
            if not model._transient and name.startswith("glase."):
                records |= records.search([], limit=200)
            for record in records:
                for field in own:
                    self.look_shown(f"{name}.{field}", record[field])
                if name.startswith("glase."):
                    self.look_shown(f"{name}, its title", record.display_name)

    def look_shown(self, where, text):
        """Codes, addresses and hashes are one word; what a person reads has several."""
        for piece in _TAG.split(text or "")[::2]:
            if not piece.startswith(("{", "data:")) and _SENTENCE.search(unsaid(piece, self.names)):
                self.look(where, piece, self.names)
            self.looked_at += OPEN in piece

    def look_at_papers(self):
        reports = self.env["ir.model.data"].search(
            [("module", "=", porting.MODULE), ("model", "=", "ir.actions.report")]
        )
        for report in self.env["ir.actions.report"].browse(reports.mapped("res_id")):
            if report.model.startswith(NOT_SAID):
                continue
            of_shop = [("company_id", "=", self.company.id)]
            records = self.env[report.model].sudo().search(of_shop, limit=20)
            self.assertTrue(records, report.model)
            printed = self.env["ir.actions.report"].with_user(self.pos_admin)
            page = printed._render_qweb_html(report.report_name, records.ids)[0]
            root = html.fromstring(page)
            # Around it stand the company's own header and footer.
            pages = root.xpath(PAGE)
            self.assertTrue(pages, report.report_name)
            for words in (words for page in pages for words in texts_of(page)):
                self.look(f"paper {report.report_name}", words, self.names)

    def look_at_mails(self):
        mails = self.env["mail.mail"].sudo().search([("model", "=", "glase.account")])
        self.assertGreater(len(mails), 1)
        for mail in mails:
            self.look("subject of a mail", mail.subject, self.names)
            for words in texts_of(html.fromstring(mail.body_html)):
                self.look("mail", words, self.names)

    def look_at_files(self):
        periods = self.env["glase.period"].search([("line_ids", "!=", False)])
        self.assertTrue(periods)
        text = export.as_file(periods, export.CSV).decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text), delimiter=";"):
            for cell in row:
                self.look("CSV", cell, self.names)
        book = load_workbook(io.BytesIO(export.as_file(periods, export.XLSX)))
        for sheet in book.worksheets:
            self.look("sheet", sheet.title, self.names)
            for row in sheet.iter_rows(values_only=True):
                for cell in row:
                    self.look("XLSX", cell if isinstance(cell, str) else "", self.names)

    def look_at_messages(self):
        """What was noted and what a person is asked to do."""
        # That somebody has something to do is told in a mail of Odoo's; what is to be done is looked at below.
        ours = [("model", "=like", "glase.%"), ("message_type", "!=", "user_notification")]
        ours += self.since
        for message in self.env["mail.message"].sudo().search(ours):
            if message.model.startswith(NOT_SAID):
                continue
            for words in texts_of(html.fromstring(f"<div>{message.body}</div>")):
                self.look(f"note at {message.model}", words, self.names)
        for activity in (
            self.env["mail.activity"].sudo().search([("res_model", "=like", "glase.%")])
        ):
            self.look("activity", activity.summary or "", self.names)
