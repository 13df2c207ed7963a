"""TLS is always verified; whatever fails before the request is *never sent*."""

import base64
import ipaddress
import ssl
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from glase_peer import CALLS, TERMINAL, answer_all, closes

from glase import Client, NeverSent, NoAnswer

NOW = datetime.now(timezone.utc)


class Authority:
    """A certificate authority of our own, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
        self.certificate = self._sign(self.name, self.key, [], NOW + timedelta(days=1), ca=True)
        self.path = folder / "authority.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, names, until, ca=False):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=2))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if ca:
            usage = dict.fromkeys(
                ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            builder = builder.add_extension(
                x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage),
                critical=True,
            )
        return builder.sign(self.key, hashes.SHA256())

    def server_context(self, *names, until=None):
        """The TLS context of a server with a certificate for these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        certificate = self._sign(subject, key, list(names), until or NOW + timedelta(days=1))
        path = self.folder / f"{certificate.serial_number}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(authority, monkeypatch):
    """The authority is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return authority


def send(url, **options):
    return CALLS["sendInvoice"][0](Client(url), **options)


def never_sent(url, **options):
    with pytest.raises(NeverSent) as caught:
        send(url, **options)
    assert caught.value.money_state_known
    return caught.value


def test_a_trusted_server(peer, trusted):
    server = peer(answer_all, tls=trusted.server_context(HERE))
    assert send(server.url()).invoice_reference
    for _call in range(5):
        assert CALLS["getPaymentStatus"][0](Client(server.url())).raw_status == "ISSUED"
    assert server.connections == 1


def test_the_certificate_is_for_another_name(peer, trusted):
    server = peer(answer_all, tls=trusted.server_context(x509.DNSName("glase.example")))
    error = never_sent(server.url())
    assert error.reason == "tls"
    assert not server.requests


def test_nobody_trusts_the_certificate(peer, authority, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path).path))
    # What other libraries listen to does not make it trusted either.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.path))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(authority.path))
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    server = peer(answer_all, tls=authority.server_context(HERE))
    error = never_sent(server.url())
    assert error.reason == "tls"
    assert "unable to get local issuer certificate" in str(error)
    assert not server.requests


def test_the_certificate_has_expired(peer, trusted):
    context = trusted.server_context(HERE, until=NOW - timedelta(days=1))
    server = peer(answer_all, tls=context)
    assert never_sent(server.url()).reason == "tls"
    assert not server.requests


def test_the_server_does_not_speak_tls(peer, trusted):
    def script(line):
        line.sock.recv(65536)
        line.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    server = peer(script)
    error = never_sent(server.url().replace("http:", "https:"))
    assert error.reason == "tls"


def test_the_server_hangs_in_the_handshake(peer, trusted):
    server = peer(lambda line: line.hang())
    with pytest.raises(NeverSent) as caught:
        client = Client(server.url().replace("http:", "https:"), connect_timeout=0.3)
        CALLS["sendInvoice"][0](client)
    assert (caught.value.reason, caught.value.slow) == ("connect_timeout", True)
    assert caught.value.seconds < 3


def test_the_server_closes_in_the_handshake(peer, trusted):
    server = peer(closes)
    error = never_sent(server.url().replace("http:", "https:"))
    assert error.reason in ("tls", "refused")


def test_the_server_closes_after_the_request(peer, trusted):
    server = peer(lambda line: line.next_request(), tls=trusted.server_context(HERE))
    with pytest.raises(NoAnswer) as caught:
        send(server.url())
    assert caught.value.reason == "closed"
    assert not caught.value.money_state_known
    assert len(server.requests) == 1


# === Through a proxy ===


@pytest.fixture
def elsewhere(monkeypatch):
    """127.0.0.1 is no longer taken for this machine, so that a proxy is used for it."""
    monkeypatch.setattr("glase.dialing.is_loopback", lambda _host: False)


def proxying(server_context, answer=b"HTTP/1.1 200 Connection established\r\n\r\n"):
    """The script of a proxy that plays the server behind it, too."""

    def script(line):
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.sock.recv(1)
        line.peer.asked = head.decode()
        line.send(answer)
        if b" 200 " in answer:
            line.sock = server_context.wrap_socket(line.sock, server_side=True)
            answer_all(line)

    return script


def test_a_proxy_of_the_environment_is_used(peer, trusted, elsewhere, monkeypatch):
    proxy = peer(proxying(trusted.server_context(x509.DNSName("glase.example"))))
    monkeypatch.setenv("https_proxy", f"http://shop:pr%40xy@127.0.0.1:{proxy.port}")
    client = Client("https://glase.example/soap")
    for _call in range(3):
        client.get_payment_status(TERMINAL, "1", 0)
    assert proxy.connections == 1
    assert proxy.asked.startswith("CONNECT glase.example:443 HTTP/1.1\r\n")
    coded = base64.b64encode(b"shop:pr@xy").decode()
    assert f"Proxy-Authorization: Basic {coded}\r\n" in proxy.asked
    assert proxy.requests[0].headers["host"] == "glase.example"
    assert "proxy-authorization" not in proxy.requests[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"what?\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_a_proxy_that_refuses_is_never_sent(peer, trusted, elsewhere, monkeypatch, answer):
    proxy = peer(proxying(None, answer))
    monkeypatch.setenv("https_proxy", f"http://shop:pr%40xy@127.0.0.1:{proxy.port}")
    error = never_sent("https://glase.example/soap")
    assert error.reason == "proxy"
    assert "pr@xy" not in str(error)
    assert not proxy.requests


def test_a_proxy_that_is_not_used(peer, trusted, elsewhere, monkeypatch):
    proxy = peer(closes)
    server = peer(answer_all, tls=trusted.server_context(HERE))
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert send(server.url()).invoice_reference
    assert not proxy.connections


def test_this_machine_is_never_reached_through_a_proxy(peer, trusted, monkeypatch):
    proxy = peer(closes)
    server = peer(answer_all, tls=trusted.server_context(HERE))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    assert send(server.url()).invoice_reference
    assert not proxy.connections


def test_a_proxy_that_we_cannot_use(elsewhere, monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    assert never_sent("https://glase.example/soap").reason == "proxy"
