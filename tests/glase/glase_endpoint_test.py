"""Which addresses may be called."""

import socket

import pytest

from glase import Client, Endpoint, EndpointError, NeverSent, Reach


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


# What each may be called from: an address inside must not be reached by way of an account.
INTERNET = ("https://8.8.8.8/a", "https://[2600::1]/a", "https://glase.example/a")
MACHINE = (
    *("http://localhost/a", "https://localhost/a", "http://127.0.0.1/a", "https://127.9.9.9/a"),
    *("http://[::1]/a", "https://[::ffff:127.0.0.1]/a"),
)
NETWORK = (
    *(
        "https://10.0.0.1/a",
        "https://172.16.0.1/a",
        "https://192.168.1.4/a",
        "https://100.64.0.1/a",
    ),
    *("https://198.18.0.1/a", "https://192.0.2.1/a", "https://[fd00::1]/a", "https://[fec0::1]/a"),
    *("https://[::ffff:10.0.0.1]/a", "https://[64:ff9b::10.0.0.1]/a", "https://[2002:a00:1::]/a"),
)
NEVER = (
    *("https://169.254.169.254/a", "https://[fe80::1]/a", "https://[::ffff:169.254.169.254]/a"),
    *("https://[64:ff9b::a9fe:a9fe]/a", "https://[2002:a9fe:a9fe::]/a", "https://[::a9fe:a9fe]/a"),
    *("https://0.0.0.0/a", "https://0.1.2.3/a", "https://[::]/a", "https://224.0.0.1/a"),
    *("https://[ff02::1]/a", "https://240.0.0.1/a", "https://255.255.255.255/a"),
    *("https://2852039166/a", "https://0xa9fea9fe/a", "https://127.1/a", "https://0251.0376.1/a"),
    *("https://169.254.169.254./a", "https://0x7f.0x1/a"),
)


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize(
    ("needed", "addresses"),
    [(Reach.INTERNET, INTERNET), (Reach.MACHINE, MACHINE), (Reach.NETWORK, NETWORK), (9, NEVER)],
)
def test_how_near_an_address_may_be(reach, needed, addresses):
    for address in addresses:
        if needed <= reach:
            assert Client(address, reach=reach).endpoint.url == address
        else:
            with pytest.raises(EndpointError):
                Client(address, reach=reach)


@pytest.mark.parametrize("reach", [Reach.INTERNET, Reach.MACHINE])
@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "169.254.169.254", "10.1.2.3", "::1", "fe80::1%eth0", "::ffff:169.254.169.254"],
)
def test_a_name_that_leads_inside_is_not_called(monkeypatch, peer, reach, inside):
    """The name is looked up for each connection, and what is dialed is what was checked."""
    server = peer(lambda *_: None)
    family = socket.AF_INET6 if ":" in inside else socket.AF_INET
    rest = (0, 0) if ":" in inside else ()
    found = [(family, socket.SOCK_STREAM, 6, "", (inside, server.port, *rest))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    with pytest.raises(NeverSent) as caught:
        Client(f"https://glase.example:{server.port}/a", reach=reach).benchmarking_nop()
    assert caught.value.reason == "inside"
    assert not server.connections


def test_of_several_addresses_only_those_outside_are_tried(monkeypatch):
    tried = []

    class Socket:
        def __init__(self, *_kind):
            pass

        def settimeout(self, _seconds):
            pass

        def connect(self, address):
            tried.append(address[0])
            raise OSError("unreachable")

        def close(self):
            pass

    found = [(2, 1, 6, "", (host, 443)) for host in ("10.0.0.1", "8.8.8.8", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    monkeypatch.setattr(socket, "socket", Socket)
    for reach, expected in (
        (Reach.INTERNET, ["8.8.8.8"]),
        (Reach.NETWORK, ["10.0.0.1", "8.8.8.8"]),
    ):
        tried.clear()
        with pytest.raises(NeverSent):
            Client("https://glase.example/a", reach=reach).benchmarking_nop()
        assert tried == expected


def test_what_may_be_reached_is_part_of_the_endpoint():
    """A connection that one account may use is not lent to another that may not."""
    address = "https://localhost/a"
    assert Endpoint.parse(address, Reach.MACHINE) != Endpoint.parse(address, Reach.NETWORK)
