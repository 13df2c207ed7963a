import re
from pathlib import Path

from odoo.addons.pos_glase.tests.shared import texts
from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import code_translations

MODULE = "pos_self_order_glase"
ROOT = Path(get_module_path(MODULE))


@tagged("post_install", "-at_install")
class TestKioskWords(TransactionCase):
    """What a guest reads is there in each language that the addon brings, and nothing more."""

    def test_the_template_has_each_text_and_no_other(self):
        texts.assert_in_template(self, MODULE, ROOT, 40)

    def test_each_sentence_of_the_page_is_translated(self):
        scripts = "".join(path.read_text() for path in ROOT.glob("static/src/*.js"))
        said = set(re.findall(r"_t\(\s*\"([^\"]+)\"", scripts))
        self.assertTrue(said)
        for language in texts.LANGUAGES:
            known = {
                one["id"]
                for one in code_translations.get_web_translations(MODULE, language)["messages"]
            }
            self.assertEqual(said - known, set(), language)

    def test_each_refusal_is_translated(self):
        python = "".join(path.read_text() for path in ROOT.glob("models/*.py"))
        said = set(re.findall(r"env\._\(\s*\"([^\"]+)\"", python))
        self.assertTrue(said)
        for language in texts.LANGUAGES:
            known = code_translations.get_python_translations(MODULE, language)
            self.assertEqual(said - set(known), set(), language)
