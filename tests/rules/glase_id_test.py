"""What is typed or scanned becomes a Glase ID, or a reason why not."""

import pytest

from pos_glase.rules.glase_id import NotAGlaseId, normalise, phone_token, split_token


@pytest.mark.parametrize(
    ("text", "glase_id"),
    [
        ("ABC123456", "ABC123456"),
        ("  abc123\t\n", "abc123"),
        ("HTTP://SEQR.SE/QABC123", "ABC123"),
        ("https://seqr.se/qAbC1", "AbC1"),
        ("1" * 64, "1" * 64),
        ("http://127.0.0.1:8069/phone/XYZ9", "XYZ9"),
        ("https://shop.example/pos_glase/phone/12-XYZ9-0a1b2c", "XYZ9"),
    ],
)
def test_what_is_taken(text, glase_id):
    assert normalise(text) == glase_id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (None, "empty"),
        ("  ", "empty"),
        ("HTTP://SEQR.SE/Q", "empty"),
        ("HTTP://SEQR.SE/R1234567890", "bill"),
        ("https://example.com/QABC", "link"),
        ("seqr://SEQR.SE/Q1234567890", "link"),
        ("1" * 65, "link"),
        ("HTTP://SEQR.SE/Q" + "1" * 65, "link"),
        ("ABC 123", "characters"),
        ("ABC-123", "characters"),
        ("Ä123", "characters"),
        ("１２３", "characters"),
    ],
)
def test_what_is_refused(text, reason):
    with pytest.raises(NotAGlaseId) as refused:
        normalise(text)
    assert refused.value.reason == reason


def test_a_token_comes_apart_as_it_was_put_together():
    assert split_token(phone_token(7, "ABC1", "ffee")) == (7, "ABC1", "ffee")


@pytest.mark.parametrize(
    "text", ["", "7", "7-ABC1", "7-ABC1-", "x-ABC1-ff", "7-A_C-ff", "99999999999-A-ff"]
)
def test_what_is_no_token(text):
    assert split_token(text) is None
