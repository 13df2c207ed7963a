"""Principals and set-up of a till: doc/protocol.md §3, §4.1, §4.9."""

import pytest
from simulator_tools import context, invoice


def register(service, ctx, password="secret-password"):
    return service.call(
        "registerTerminal", ctx, externalTerminalId="t/1", password=password, name="Till"
    )


def test_a_terminal_id_of_32_hex_digits(service):
    till = service.register()
    assert len(till.id) == 32
    assert int(till.id, 16) >= 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reseller": "nobody"}, 37),
        ({"user": "1"}, 37),
        ({"user": None}, 37),
        ({"password": "wrong"}, 20),
        ({"password": None}, 20),
        ({"kind": "TERMINALID"}, 91),
        ({"kind": "SUBSCRIBERMSISDN"}, 91),
        ({"kind": None}, 91),
    ],
)
def test_a_reseller_must_prove_who_it_is(service, changes, code):
    assert register(service, service.shop(**changes)).code == code


def test_no_context_at_all_is_the_wrong_kind_of_caller(service):
    assert register(service, None).code == 91


@pytest.mark.parametrize(
    ("principal", "password", "code"),
    [
        ({"id": "0" * 32, "type": "TERMINALID"}, "Vq7mT2xHn4Lr9Ks", 29),
        ({"id": "demo", "type": "RESELLERUSER", "userId": "9900"}, "demo", 91),
        ({"id": "SAME", "type": "TERMINALID"}, "wrong-password", 20),
        ({"id": "SAME", "type": "TERMINALID"}, "abc", 21),
    ],
)
@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("assignSeqrId", {"seqrId": "ABC1"}),
        ("unregisterTerminal", {}),
        ("sendInvoice", {"invoice": invoice()}),
        ("getPaymentStatus", {"invoiceReference": "1", "invoiceVersion": 0}),
        ("cancelInvoice", {"invoiceReference": "1"}),
        ("updateInvoice", {"invoiceReference": "1", "invoice": invoice()}),
        ("commitReservation", {"invoiceReference": "1"}),
        ("refundPayment", {"ersReference": "1", "invoice": invoice()}),
        ("submitPaymentReceipt", {"ersReference": "1"}),
    ],
)
def test_a_terminal_must_prove_who_it_is(
    service, till, operation, fields, principal, password, code
):
    principal = {**principal, "id": principal["id"].replace("SAME", till.id)}
    assert service.call(operation, context(principal, password), **fields).code == code


@pytest.mark.parametrize("operation", ["markTransactionPeriod", "executeReport"])
def test_a_terminal_cannot_do_what_the_shop_does(till, operation):
    assert till.call(operation).code == 91


def test_a_user_id_with_a_terminal_is_harmless(service, till):
    ctx = context({"id": till.id, "type": "TERMINALID", "userId": "9900"}, till.password)
    assert service.call("assignSeqrId", ctx, seqrId="ABC1").code == 0


@pytest.mark.parametrize("password", ["", "abc", None])
def test_short_terminal_passwords_may_be_refused_at_registration(simulator, service, password):
    simulator.set_profile({"short_password": "refuse"})
    assert register(service, service.shop(), password).code == 21
    assert register(service, service.shop(), "abcd").code == 0


def test_short_terminal_passwords_are_refused_at_first_use(service):
    terminal = register(service, service.shop(), "abc")
    assert terminal.code == 0
    ctx = context({"id": terminal["terminalId"], "type": "TERMINALID"}, "abc")
    assert service.call("sendInvoice", ctx, invoice=invoice()).code == 21


def test_registering_again_makes_another_terminal(simulator, service):
    first, second = service.register(external="same"), service.register(external="same")
    assert first.id != second.id
    simulator.set_profile({"external_id_reuse": "refuse"})
    assert register(service, service.shop()).code == 0
    assert register(service, service.shop()).code == 57


@pytest.mark.parametrize("glase_id", ["", "A B", "A-1", "ÅÄÖ", "HTTP://SEQR.SE/QABC", "١٢٣"])
def test_a_glase_id_is_letters_and_digits(till, glase_id):
    assert till.assign(glase_id).code == 53


def test_a_glase_id_belongs_to_one_terminal(simulator, service, till):
    other = service.register()
    assert other.assign("FJALL1").code == 53
    assert till.assign("FJALL1").code == 0
    assert other.assign("fjall1").code == 0
    assert till.assign("FJALL2").code == 0
    assert other.assign("FJALL1").code == 0
    assert {each["glase_id"] for each in simulator.stickers()} == {"FJALL1", "FJALL2"}


def test_a_glase_id_is_unique_over_all_shops(simulator, service, till):
    simulator.add_reseller("other", "9900", "pw-other")
    answer = register(service, service.shop("other", "pw-other"))
    ctx = context({"id": answer["terminalId"], "type": "TERMINALID"}, "secret-password")
    assert service.call("assignSeqrId", ctx, seqrId="FJALL1").code == 53


def test_unregistering_frees_the_glase_id_and_ends_the_bill(simulator, service, till):
    reference = till.bill()
    assert till.unregister().code == 0
    assert till.poll(reference).code == 29
    assert till.unregister().code == 29
    assert service.register().assign("FJALL1").code == 0
    (bill,) = simulator.journal()["invoices"]
    assert (bill["status"], bill["closed_by"]) == ("CANCELED", "till")


def test_unregistering_by_the_shop_ends_its_only_terminal(simulator, service, till):
    assert service.call("unregisterTerminal", service.shop()).code == 91
    simulator.set_profile({"unregister_by": "reseller"})
    assert till.unregister().code == 91
    other = service.register(external="other")
    assert service.call("unregisterTerminal", service.shop()).code == 29
    simulator.set_profile({"unregister_by": "both"})
    assert other.unregister().code == 0
    reference = till.bill()
    assert service.call("unregisterTerminal", service.shop(password="wrong")).code == 20
    assert service.call("unregisterTerminal", service.shop()).code == 0
    assert till.poll(reference).code == 29
    assert service.call("unregisterTerminal", service.shop()).code == 29


def test_unregistering_by_the_shop_ends_the_terminal_that_was_registered_last(
    simulator, service, till
):
    simulator.set_profile({"unregister_by": "both", "reseller_unregisters": "newest"})
    newest = service.register(external="newest")
    assert service.call("unregisterTerminal", service.shop()).code == 0
    assert newest.unregister().code == 29, "it is gone"
    assert till.unregister().code == 0, "the other one was not meant"


def test_a_reseller_added_twice_is_one_and_may_change_its_password(simulator, service):
    simulator.add_reseller("demo", "9900", "demo")
    assert register(service, service.shop()).code == 0
    simulator.add_reseller("demo", "9900", "changed")
    assert register(service, service.shop()).code == 20
    assert register(service, service.shop(password="changed")).code == 0
    assert simulator.journal()["resellers"] == [{"id": "demo", "user": "9900"}]


def test_nop_needs_nobody(service):
    assert service.call("benchmarkingNop", None).code == 0
