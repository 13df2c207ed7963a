"""What the certification sheet looks at in a request: each point of it, missed once."""

import re
from xml.etree import ElementTree

import pytest

from pos_glase.rules import certification_judge, state_machine
from pos_glase.rules.certification_judge import Form, Heard, Look, is_repeated, judge, look
from pos_glase.rules.certification_sheet import FAILED, OK, SHEET, STEPS, SheetStep

NAMESPACE = "http://external.interfaces.ers.seamless.com/"
FORM = Form("Fjällboden AB", "Odoo POS / pos_glase 1", terminal="t1", certifying=True)
RESELLER = "<id>shop</id><type>RESELLERUSER</type><userId>9900</userId>"
TERMINAL = "<id>t1</id><type>TERMINALID</type>"
ROW = (
    "<invoiceRow><itemQuantity>1</itemQuantity>"
    "<itemTotalAmount><currency>SEK</currency><value>0.50</value></itemTotalAmount></invoiceRow>"
)
TOTAL = "<totalAmount><currency>SEK</currency><value>1.00</value></totalAmount>"
BODIES = {
    "registerTerminal": "<externalTerminalId>x</externalTerminalId><password>***</password>"
    "<name>Till</name>",
    "assignSeqrId": "<seqrId>ABC1</seqrId>",
    "sendInvoice": f"<invoice><invoiceRows>{ROW}{ROW}</invoiceRows>{TOTAL}</invoice>",
    "getPaymentStatus": "<invoiceReference>i1</invoiceReference><invoiceVersion>0</invoiceVersion>",
    "cancelInvoice": "<invoiceReference>i1</invoiceReference>",
    "refundPayment": f"<ersReference>e1</ersReference><invoice>{TOTAL}</invoice>",
    "submitPaymentReceipt": "<ersReference>e1</ersReference><receiptDocument>"
    "<mimeType>Base64</mimeType><receiptData/></receiptDocument>",
    "markTransactionPeriod": "<parameters/>",
    "executeReport": "<reportId>r</reportId>",
    "unregisterTerminal": "",
}
BY_RESELLER = {"registerTerminal", "markTransactionPeriod", "executeReport", "unregisterTerminal"}


def request(operation, principal=None, body=None):
    """The message of an operation as the sheet wants it."""
    principal = principal or (RESELLER if operation in BY_RESELLER else TERMINAL)
    body = BODIES[operation] if body is None else body
    return (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:g="{NAMESPACE}">'
        f"<e:Body><g:{operation}><context><clientId>{FORM.client_id}</clientId>"
        f"<clientReference>{FORM.client_reference}</clientReference>"
        "<clientRequestTimeout>0</clientRequestTimeout>"
        f"<initiatorPrincipalId>{principal}</initiatorPrincipalId><password>***</password>"
        f"</context>{body}</g:{operation}></e:Body></e:Envelope>"
    )


def called(message):
    """The operation's element in a message."""
    return ElementTree.fromstring(message)[0][0]


def test_every_operation_of_the_sheet_is_looked_at():
    assert {step.operation for step in SHEET} == set(BODIES)


@pytest.mark.parametrize("operation", BODIES)
def test_a_request_as_the_sheet_wants_it_has_nothing_against_it(operation):
    assert look(operation, called(request(operation)), FORM) == Look()


# What is wrong with a request: of which operations, what is replaced, and what is said.
EVERY = tuple(BODIES)
WRONG = [
    (EVERY, "<clientRequestTimeout>0<", "<clientRequestTimeout>30000<", "clientRequestTimeout"),
    (EVERY, "<clientRequestTimeout>0</clientRequestTimeout>", "", "clientRequestTimeout"),
    (EVERY, FORM.client_reference, "", "clientReference has 0"),
    (EVERY, FORM.client_reference, "x" * 33, "clientReference has 33"),
    (EVERY, FORM.client_reference, "another", "not the name and version of the POS"),
    (EVERY, FORM.client_id, "pos_glase", "not the company's name"),
    (tuple(BODIES.keys() - BY_RESELLER), TERMINAL, RESELLER, "not as TERMINALID"),
    (
        tuple(BODIES.keys() - BY_RESELLER),
        "<id>t1</id>",
        "<id>t2</id>",
        "not called by the terminal",
    ),
    (("registerTerminal", "executeReport"), RESELLER, TERMINAL, "not as RESELLERUSER"),
    (tuple(BY_RESELLER), "<userId>9900</userId>", "", "no userId"),
    (("registerTerminal",), "<name>Till</name>", "<name/>", "name is empty"),
    (("assignSeqrId",), "ABC1", "", "seqrId is empty"),
    (("refundPayment", "submitPaymentReceipt"), "e1", "", "ersReference is empty"),
    (("submitPaymentReceipt",), "Base64", "", "mimeType is empty"),
    (("refundPayment",), "<value>1.00</value>", "", "totalAmount.value is empty"),
    (("sendInvoice",), f"{ROW}{ROW}", ROW, "1 rows, not several"),
    (("sendInvoice",), "<itemQuantity>1</itemQuantity>", "", "no itemQuantity"),
    (("sendInvoice",), "<value>0.50</value>", "", "no itemTotalAmount"),
    (("sendInvoice",), "<value>1.00</value>", "<value>2.00</value>", "the total is 2.00"),
    (("sendInvoice",), TOTAL, "", "no number"),
]
CASES = [(one, *rest) for operations, *rest in WRONG for one in operations]


@pytest.mark.parametrize(("operation", "old", "new", "words"), CASES)
def test_what_is_wrong_fails_the_step(operation, old, new, words):
    good = request(operation)
    assert old in good
    wrong = good.replace(old, new)
    assert words in "; ".join(look(operation, called(wrong), FORM).faults)
    heard = Heard(state_machine.Evidence(operation, code=0), call=called(wrong))
    step = SheetStep("any", "", operation, "", "success", (), "Any", "")
    verdict = judge(step, heard, certification_judge.POLL_PAUSE, FORM)
    assert (verdict.state, words in verdict.words) == (FAILED, True)


def test_what_was_not_sent_is_not_looked_at():
    assert look("registerTerminal", None, FORM) == Look()


@pytest.mark.parametrize("operation", BODIES)
def test_the_names_are_a_deviation_while_the_certifying_form_is_switched_off(operation):
    off = Form(FORM.client_id, FORM.client_reference, FORM.terminal, certifying=False)
    usual = request(operation).replace(FORM.client_id, "pos_glase")
    usual = usual.replace(FORM.client_reference, "1264c3016f4c44afc0b529af3b8e1c")
    seen = look(operation, called(usual), off)
    assert seen.faults == ()
    assert len(seen.deviations) == 2
    assert all("is switched off" in words for words in seen.deviations)
    assert not re.search("1264c3016f", str(seen.deviations)), "the same words for each call"


def test_point_9_by_the_terminal_is_a_deviation():
    by_terminal = request("unregisterTerminal", TERMINAL)
    seen = look("unregisterTerminal", called(by_terminal), FORM)
    assert seen.faults == ()
    assert "Point 9 of the sheet says RESELLERUSER" in seen.deviations[0]
    heard = Heard(state_machine.Evidence("unregisterTerminal", code=0), call=called(by_terminal))
    verdict = judge(STEPS["unregister"], heard, certification_judge.POLL_PAUSE, FORM)
    assert (verdict.state, verdict.deviations) == (OK, seen.deviations)


def call(reference="r1", **values):
    told = {
        "outcome": "answer",
        "code": 0,
        "words": "",
        "request": request("getPaymentStatus").replace(FORM.client_reference, reference),
        "response": "<status>ISSUED</status>",
    }
    return {**told, **values}


def test_only_what_says_the_same_is_a_repetition():
    assert is_repeated(call("r1"), call("r2"))
    another = call()["request"].replace(">i1<", ">i2<")
    newer = call()["request"].replace("<invoiceVersion>0", "<invoiceVersion>1")
    for other in (
        call(request=another),
        call(request=newer),
        call(response="<status>PAID</status>"),
        call(words="Glase does not answer"),
        call(outcome="no_answer"),
        call(code=90),
    ):
        assert not is_repeated(call(), other)
