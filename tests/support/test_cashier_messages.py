from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import LazyTranslate, code_translations

from ... import glase
from ...glase.answers import Answer
from ...glase.operations import MOVES_MONEY, OPERATIONS
from ...models.accounts.account_binding import CopiedDatabase, MovedAccount
from ...models.ledger.exchange import OwnFault
from ...models.receipts.glase_receipt import NotMade, OrderMissing
from ...models.support import sentences
from ...models.support.sentences import cashier_message, filled

# What this module could not do, so that nothing was asked of Glase, or its answer not read.
OF_OUR_OWN = frozenset({OwnFault, NotMade, OrderMissing})


def kinds(base):
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


@tagged("post_install", "-at_install")
class TestCashierMessages(TransactionCase):
    """Whatever comes of a call, a person is told a sentence that says what to do."""

    def refused(self, code):
        return glase.ResultError(
            Answer(operation="sendInvoice", client_reference="REF", result_code=code)
        )

    def test_each_code_has_a_sentence(self):
        for code in [*glase.CODES, 5, 59, 77, 100, -1, 4711]:
            with self.subTest(code=code):
                sentence = cashier_message(self.env, self.refused(code))
                self.assertTrue(sentence[0].isupper() and sentence.endswith("."), sentence)
                self.assertNotIn("SEQR", sentence)
                self.assertNotIn(str(code), sentence)
        self.assertLessEqual(set(sentences.OF_CODES), set(glase.CODES))

    def test_each_kind_of_error_has_a_sentence(self):
        found = set(kinds(glase.GlaseError)) - {glase.ResultError}
        self.assertLessEqual({glase.GateOpen, glase.AmountError, CopiedDatabase}, found)
        for kind in found:
            for operation in OPERATIONS:
                with self.subTest(kind=kind.__name__, operation=operation):
                    error = kind("x") if issubclass(kind, glase.RequestError) else kind(operation)
                    sentence = cashier_message(self.env, error)
                    self.assertTrue(sentence[0].isupper() and sentence.endswith("."), sentence)
                    if kind not in OF_OUR_OWN:
                        self.assertTrue("Glase" in sentence or "registered" in sentence, sentence)

    def test_the_sentence_is_of_the_nearest_kind(self):
        for error, words in (
            (glase.GateOpen(), "slow"),
            (glase.NeverSent(), "cannot be reached"),
            (glase.AmountError("x"), "decimals"),
            (glase.InvoiceError("x"), "bill"),
            (CopiedDatabase("x"), "may be a copy"),
            (MovedAccount("x"), "another environment"),
        ):
            with self.subTest(error=error):
                self.assertIn(words, cashier_message(self.env, error))

    def test_no_answer_says_whether_money_may_have_moved(self):
        for operation in OPERATIONS:
            for kind in (glase.NoAnswer, glase.Unreadable):
                sentence = cashier_message(self.env, kind(operation))
                self.assertEqual("check it first" in sentence, operation in MOVES_MONEY)

    def test_sentences_are_translated(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        words = {"Glase is slow. Try again in a moment, or take another tender.": "Vänta."}
        known = {("pos_glase", "sv_SE"): words}
        swedish = self.env(context={"lang": "sv_SE"})
        with patch.dict(code_translations.python_translations, known):
            self.assertEqual(cashier_message(swedish, glase.GateOpen()), "Vänta.")
        self.assertIn("slow", cashier_message(self.env, glase.GateOpen()))

    def test_a_translation_that_does_not_fit_keeps_nothing_from_being_said(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        source = "%(payments)s payments of Glase"
        for wrong in ("%(betalningar)s betalningar", "%(payments)d st", "100 %"):
            known = {("pos_glase", "sv_SE"): {source: wrong}}
            with (
                self.subTest(wrong),
                patch.dict(code_translations.python_translations, known),
            ):
                swedish = self.env(context={"lang": "sv_SE"})
                words = LazyTranslate("odoo.addons.pos_glase")(source)
                said = filled(swedish, words, {"payments": "two"})
                self.assertEqual(said, "two payments of Glase")
