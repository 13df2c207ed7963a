from odoo.tests import HttpCase, tagged
from odoo.tools.translate import code_translations

from ...models.support.sentences import OF_CODES, said
from ..shared import porting, texts


@tagged("post_install", "-at_install")
class TestTranslations(HttpCase):
    """All that a person reads is in the template, and Odoo finds the words of each language."""

    def test_the_template_has_each_text_and_no_other(self):
        texts.assert_in_template(self, porting.MODULE, porting.ROOT, 1000)

    def test_the_till_is_given_its_words_in_each_language(self):
        text = "Use Glase on your phone, then confirm the amount."
        for language in texts.LANGUAGES:
            self.env["res.lang"]._activate_lang(language)
            given, _lang = self.env["ir.http"]._get_translations_for_webclient(
                [porting.MODULE], language
            )
            words = {one["id"]: one["string"] for one in given[porting.MODULE]["messages"]}
            self.assertIn("Glase", words[text], language)
            self.assertNotEqual(words[text], text)

    def test_the_customer_display_is_given_its_words_in_each_language(self):
        """It is a public page, which Odoo gives the texts of the modules that say so."""
        text = "Use Glase on your phone, then confirm the amount."
        for language in texts.LANGUAGES:
            self.env["res.lang"]._activate_lang(language)
            given = self.url_open(f"/website/translations?lang={language}").json()
            words = {
                one["id"]: one["string"] for one in given["modules"][porting.MODULE]["messages"]
            }
            self.assertIn("Glase", words[text], language)
            self.assertNotEqual(words[text], text)

    def test_what_is_said_about_an_answer_of_glase_is_said_in_each_language(self):
        for language in texts.LANGUAGES:
            self.env["res.lang"]._activate_lang(language)
            env = self.env(context={"lang": language})
            for code, sentence in OF_CODES.items():
                with self.subTest(language=language, code=code):
                    self.assertNotEqual(said(env, sentence), said(self.env, sentence))

    def test_labels_and_views_are_translated_when_a_language_is_loaded(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.env["ir.module.module"]._load_module_terms([porting.MODULE], ["sv_SE"])
        swedish = self.env["glase.transaction"].with_context(lang="sv_SE")
        words = code_translations.get_python_translations(porting.MODULE, "sv_SE")
        self.assertTrue(words)
        self.assertEqual(swedish.fields_get(["amount"])["amount"]["string"], "Belopp")
        menu = self.env.ref("pos_glase.menu_glase_case").with_context(lang="sv_SE")
        self.assertNotEqual(menu.name, menu.with_context(lang="en_US").name)
