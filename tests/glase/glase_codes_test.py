"""Every result code is an exception that says what it means for the money."""

import pytest
from glase_peer import CALLS, app_answering, refusal

from glase import CODES, Client, ResultError, UnexpectedResult, UnknownResult, errors

LOCAL = "http://localhost/soap"

# The codes that prove that a send or a refund was not started; all else leaves it unknown.
PROOF = {10, 11, 12, 20, 21, 23, 29, 33, 37, 48, 49, 64, 91, 97, 98, 99}

# Numbers that the vendor's lists have.
DOCUMENTED = {
    1, 2, 10, 11, 12, 13, 20, 21, 22, 23, *range(29, 59), *range(60, 65),
    *range(90, 100),
}  # fmt: skip


def refused(code, operation="sendInvoice"):
    client = Client(LOCAL, wsgi_app=app_answering(refusal(operation, code)))
    with pytest.raises(ResultError) as caught:
        CALLS[operation][0](client)
    return caught.value


def test_the_table_is_complete():
    assert set(CODES) == DOCUMENTED
    assert set(errors.RESULT_ERRORS) == DOCUMENTED
    assert {number for number, code in CODES.items() if code.proves_unmoved} == PROOF
    assert len({code.name for code in CODES.values()}) == len(CODES)


def test_no_code_belongs_to_two_classes():
    claimed = [number for kind in set(errors.RESULT_ERRORS.values()) for number in kind.codes]
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize("code", sorted(DOCUMENTED | {5, 59, 77, 100, -1, 4711}))
def test_each_code(code):
    error = refused(code)
    assert error.code == code
    assert error.money_state_known == (code in PROOF)
    assert isinstance(error, UnknownResult) == (code not in DOCUMENTED)
    assert type(error) is not ResultError
    assert error.description == "REFUSED"
    assert error.answer.result_code == code
    assert str(code) in str(error)
    sentence = error.cashier_message
    assert sentence[0].isupper() and sentence.endswith(".")
    assert "SEQR" not in sentence and str(code) not in sentence


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (2, "ReportNotReady"),
        (10, "Rejected"),
        (11, "AmountRejected"),
        (12, "Rejected"),
        (20, "LoginRefused"),
        (21, "LoginRefused"),
        (23, "PaymentUnknown"),
        (29, "TerminalUnknown"),
        (33, "PrincipalBlocked"),
        (37, "ResellerUnknown"),
        (48, "PaymentInProgress"),
        (49, "InvoiceRejected"),
        (50, "AlreadyPaid"),
        (51, "PaymentInProgress"),
        (53, "GlaseIdRefused"),
        (54, "InvoiceUnknown"),
        (55, "AlreadyCanceled"),
        (58, "InvoiceExpired"),
        (64, "NotificationUrlRejected"),
        (90, "ServiceTrouble"),
        (91, "Unsupported"),
        (92, "Unsupported"),
        (93, "ServiceTrouble"),
        (94, "ServiceTrouble"),
        (95, "AlreadyCanceled"),
        (96, "NotReserved"),
        (97, "RefundNotAllowed"),
        (98, "RefundTooLarge"),
        (99, "RefundNotAllowed"),
    ],
)
def test_the_class_of_a_code(code, name):
    assert type(refused(code)).__name__ == name


def test_what_may_be_repeated():
    # Busy: a poll may simply be repeated, a send or refund may have been carried out.
    for code in (90, 93, 94):
        assert refused(code, "getPaymentStatus").retryable
        assert refused(code, "cancelInvoice").retryable
        assert not refused(code, "sendInvoice").retryable
        assert not refused(code, "refundPayment").retryable
    # The customer is paying: proof that this refund did not start, so it may be tried again.
    assert refused(48, "refundPayment").retryable
    assert refused(51, "cancelInvoice").retryable
    for code in (20, 29, 49, 50, 54, 98):
        assert not refused(code, "getPaymentStatus").retryable


def test_the_text_of_an_answer_is_never_what_decides():
    client = Client(LOCAL, wsgi_app=app_answering(refusal("sendInvoice", 20, "SUCCESS")))
    with pytest.raises(ResultError) as caught:
        CALLS["sendInvoice"][0](client)
    assert caught.value.code == 20


def test_a_group_of_foreign_codes():
    assert isinstance(refused(13), UnexpectedResult)
    assert isinstance(refused(63), UnexpectedResult)
