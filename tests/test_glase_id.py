from odoo.tests import TransactionCase, tagged

from ..rules.glase_id import NotAGlaseId, normalise, phone_token, split_token


@tagged("post_install", "-at_install")
class TestGlaseId(TransactionCase):
    """What is typed or scanned becomes a Glase ID, or a reason why not."""

    def test_what_is_taken(self):
        for text, glase_id in {
            "ABC123456": "ABC123456",
            "  abc123\t\n": "abc123",
            "HTTP://SEQR.SE/QABC123": "ABC123",
            "https://seqr.se/qAbC1": "AbC1",
            "http://127.0.0.1:8069/phone/XYZ9": "XYZ9",
            "https://shop.example/pos_glase/phone/12-XYZ9-0a1b2c": "XYZ9",
        }.items():
            with self.subTest(text=text):
                self.assertEqual(normalise(text), glase_id)

    def test_what_is_refused(self):
        for text, reason in {
            "": "empty",
            None: "empty",
            "  ": "empty",
            "HTTP://SEQR.SE/Q": "empty",
            "HTTP://SEQR.SE/R1234567890": "bill",
            "https://example.com/QABC": "link",
            "ABC 123": "characters",
            "ABC-123": "characters",
            "Ä123": "characters",
            "１２３": "characters",
        }.items():
            with self.subTest(text=text), self.assertRaises(NotAGlaseId) as refused:
                normalise(text)
            self.assertEqual(refused.exception.reason, reason)

    def test_a_token_comes_apart_as_it_was_put_together(self):
        self.assertEqual(split_token(phone_token(7, "ABC1", "ffee")), (7, "ABC1", "ffee"))
        for text in ("", "7", "7-ABC1", "7-ABC1-", "x-ABC1-ff", "7-A_C-ff", "99999999999-A-ff"):
            with self.subTest(text=text):
                self.assertIsNone(split_token(text))
