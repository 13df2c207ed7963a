"""Which addresses may be called."""

import pytest

from glase import Client, Endpoint, EndpointError


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("https://extdev.seqr.com/soap/merchant/cashregister-2", None),
        ("https://extdev.seqr.com:443/soap?wsdl", "https://extdev.seqr.com/soap"),
        ("https://EXTDEV.seqr.com:8443/soap?WSDL", "https://extdev.seqr.com:8443/soap"),
        (" https://seqr.com ", "https://seqr.com/"),
        ("http://127.0.0.1:8069/soap", None),
        ("http://127.8.9.10/soap", None),
        ("http://[::1]:8069/soap", None),
        ("http://localhost/soap", None),
    ],
)
def test_allowed(address, normal):
    assert Client(address).endpoint.url == (normal or address)


@pytest.mark.parametrize(
    "address",
    [
        "http://extdev.seqr.com/soap",
        "http://192.168.1.4/soap",
        "http://127.0.0.1.example.com/soap",
        "http://localhost.example.com/soap",
        "http://2130706433/soap",
        "https://user:secret@seqr.com/soap",
        "https://seqr.com/soap?x=1",
        "https://seqr.com/soap#x",
        "https://seqr.com/so ap",
        "https://seqr.com/so\r\nap",
        "https://se qr.com/soap",
        "https://sëqr.com/soap",
        "https://seqr.com:99999/soap",
        "https://[seqr/soap",
        "https:///soap",
        "ftp://seqr.com/soap",
        "seqr.com/soap",
        "",
        None,
    ],
)
def test_refused(address):
    with pytest.raises(EndpointError) as caught:
        Client(address)
    assert caught.value.money_state_known
    assert "secret" not in str(caught.value)


def test_equal_addresses_are_one_endpoint():
    assert Endpoint.parse("https://seqr.com/a?wsdl") == Endpoint.parse("https://SEQR.com:443/a")
