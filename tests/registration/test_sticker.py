import base64
import re

from lxml import etree

from odoo.exceptions import UserError

from ...models.registration.stickers import QUIET_MODULES, code_128, qr_code
from ..shared.back_office import BackOfficeCommon


def svg(picture):
    head, _comma, data = picture.partition(",")
    assert head == "data:image/svg+xml;base64"
    return base64.b64decode(data).decode()


class TestSticker(BackOfficeCommon):
    """What is printed and stands at the till."""

    def html(self, terminal):
        report = self.env["ir.actions.report"].with_user(self.pos_admin)
        content, _kind = report._render_qweb_html("pos_glase.glase_sticker", terminal.ids)
        return content.decode()

    def test_the_sticker_of_a_real_account(self):
        html = self.html(self.terminal)
        self.assertIn(self.terminal.glase_id, html)
        self.assertIn(self.account.shop_name, html)
        self.assertIn(self.main_pos_config.name, html)
        self.assertIn(qr_code(f"HTTP://SEQR.SE/Q{self.terminal.glase_id}"), html)
        self.assertIn(code_128(self.terminal.glase_id), html)
        self.assertNotIn("SIMULATION", html)
        self.assertEqual(html.count("TEST: no money is moved"), 1)

    def test_the_sticker_of_a_simulator_shows_the_phone_page(self):
        play = self.env["glase.account"].create(
            {"name": "Play", "company_id": self.company.id, "environment": "simulator"}
        )
        terminal = (
            self.env["glase.terminal"]
            .sudo()
            .create(
                {
                    "account_id": play.id,
                    "config_id": self.till.id,
                    "environment": "simulator",
                    "state": "ready",
                    "glase_id": "PLAY1",
                }
            )
        )
        html = self.html(terminal)
        self.assertIn("SIMULATION: no money is moved", html)
        self.assertIn(terminal.phone_url, html)
        self.assertIn(qr_code(terminal.phone_url), html)

    def test_no_sticker_without_a_glase_id(self):
        draft = self.draft()
        with self.refused(UserError, "Assign a Glase ID first"):
            draft.action_print_sticker()
        self.assertIn("no Glase ID yet", self.html(draft))
        action = self.terminal.action_print_sticker()
        self.assertEqual(action["report_name"], "pos_glase.glase_sticker")

    def test_the_qr_code_is_whole(self):
        picture = svg(qr_code("HTTP://SEQR.SE/QABC123456"))
        size = int(re.search(r'viewBox="0 0 (\d+) ', picture).group(1)) - 2 * QUIET_MODULES
        self.assertEqual((size - 17) % 4, 0)
        dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", picture)}
        last = QUIET_MODULES + size - 7
        for left, top in (
            (QUIET_MODULES, QUIET_MODULES),
            (last, QUIET_MODULES),
            (QUIET_MODULES, last),
        ):
            finder = {(left + i, top + j) for i in range(7) for j in range(7)}
            hole = {
                (left + i, top + j)
                for i in range(1, 6)
                for j in range(1, 6)
                if i in (1, 5) or j in (1, 5)
            }
            self.assertLessEqual(finder - hole, dark)
            self.assertFalse(hole & dark)
        self.assertTrue(
            all(QUIET_MODULES <= n < QUIET_MODULES + size for place in dark for n in place)
        )

    def test_different_texts_are_different_codes(self):
        self.assertNotEqual(qr_code("A"), qr_code("B"))
        self.assertNotEqual(code_128("A"), code_128("B"))

    def test_each_form_takes_a_scanned_sticker_in_the_same_way(self):
        """A scan replaces what stood there, whichever form asks for a sticker."""
        models = [name for name in self.env if name.startswith("glase.")]
        views = self.env["ir.ui.view"].search([("model", "in", models), ("type", "=", "form")])
        found = {}
        for view in views:
            for node in etree.fromstring(view.arch).iter("field"):
                field = self.env[view.model]._fields.get(node.get("name"))
                if field is None or field.type != "char" or field.readonly:
                    continue
                if any(True for _list in node.iterancestors("list")):
                    continue
                if field.name == "glase_id" or "scan" in (field.help or "").lower():
                    found[view.model, field.name] = node.get("widget")
        self.assertEqual(
            found,
            dict.fromkeys(
                [
                    ("glase.assign", "text"),
                    ("glase.sticker.check", "scanned"),
                    ("glase.verification", "glase_id"),
                ],
                "glase_sticker",
            ),
        )
