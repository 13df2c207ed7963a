"""Every result code is one exception, whose row of the table says what it means for the money."""

import pytest
from glase_peer import CALLS, app_answering, refusal

from glase import CODES, Client, ResultError

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
    assert {number for number, code in CODES.items() if code.proves_unmoved} == PROOF
    assert len({code.name for code in CODES.values()}) == len(CODES)


@pytest.mark.parametrize("code", sorted(DOCUMENTED | {5, 59, 77, 100, -1, 4711}))
def test_each_code(code):
    error = refused(code)
    assert error.code == code
    assert error.money_state_known == (code in PROOF)
    assert type(error) is ResultError
    assert error.entry.number == code
    assert error.entry.name.startswith("UNKNOWN_") == (code not in DOCUMENTED)
    assert error.description == "REFUSED"
    assert error.answer.result_code == code
    assert str(code) in str(error)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (2, "REPORT_NOT_READY"),
        (10, "REJECTED_BUSINESS_LOGIC"),
        (11, "REJECTED_AMOUNT"),
        (12, "REJECTED_PAYMENT"),
        (20, "AUTHENTICATION_FAILED"),
        (21, "ACCESS_DENIED"),
        (23, "INVALID_ERS_REFERENCE"),
        (29, "INVALID_INITIATOR_PRINCIPAL_ID"),
        (33, "INVALID_INITIATOR_PRINCIPAL_STATE"),
        (37, "INITIATOR_PRINCIPAL_NOT_FOUND"),
        (48, "PAYMENT_IN_PROGRESS"),
        (49, "INVALID_INVOICE_DATA"),
        (50, "CANNOT_CANCEL_PAID_INVOICE"),
        (51, "CANNOT_CANCEL_INVOICE_IN_PROGRESS"),
        (53, "INVALID_SEQR_ID"),
        (54, "INVALID_INVOICE_REFERENCE"),
        (55, "PAYMENT_ALREADY_CANCELLED"),
        (58, "PAYMENT_EXPIRED"),
        (64, "INVALID_NOTIFICATION_URL"),
        (90, "SYSTEM_ERROR"),
        (91, "UNSUPPORTED_OPERATION"),
        (92, "LICENSE_REJECTION"),
        (93, "SYSTEM_BUSY"),
        (94, "SERVICE_UNAVAILABLE"),
        (95, "INVOICE_ALREADY_CANCELED"),
        (96, "INVOICE_STATE_NOT_RESERVED"),
        (97, "RESELLER_NOT_ALLOWED_TO_DO_REFUND"),
        (98, "SUM_OF_REFUNDS_CAN_NOT_BE_MORE_THAN_ORIGINAL_TRANSACTION"),
        (99, "RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS"),
    ],
)
def test_the_name_of_a_code(code, name):
    assert refused(code).entry.name == name


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


@pytest.mark.parametrize("code", [13, 63])
def test_a_foreign_code_proves_nothing(code):
    error = refused(code)
    assert not error.entry.proves_unmoved and not error.entry.passing
