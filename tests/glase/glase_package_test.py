"""The package: by which names it can be imported, and what it does once in a process."""

import ast
import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from glase_peer import CALLS, NS, answer_all, app_answering, success
from lxml import etree

import glase
from glase import Client, envelope

ROOT = Path(__file__).resolve().parents[2]
WSDL_NS = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP_NS = "{http://schemas.xmlsoap.org/wsdl/soap/}"


def test_it_can_live_under_another_name():
    spec = importlib.util.spec_from_file_location("elsewhere", ROOT / "glase" / "__init__.py")
    package = importlib.util.module_from_spec(spec)
    before = {name for name in sys.modules if name.split(".")[0] == "glase"}
    sys.modules["elsewhere"] = package
    try:
        spec.loader.exec_module(package)
        client = package.Client("http://localhost/", wsgi_app=app_answering(success("sendInvoice")))
        with pytest.raises(package.NeverSent):
            raise package.GateOpen
        assert client.endpoint.port == 80
        assert package.Client is not Client
        assert {name for name in sys.modules if name.split(".")[0] == "glase"} == before
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "elsewhere"]:
            del sys.modules[name]


def test_it_imports_no_odoo_and_nothing_heavy():
    code = (
        "import sys; sys.modules['odoo'] = None; import glase; "
        "print([name for name in ('zeep', 'requests', 'odoo.addons') if sys.modules.get(name)])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_version_is_the_modules():
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    assert manifest["version"] == glase.VERSION
    assert f"pos_glase {glase.VERSION}" == glase.CLIENT_ID


def test_the_wsdl_is_parsed_once_in_a_process(monkeypatch):
    parsed, original = [], envelope._parse_wsdl

    def parse():
        parsed.append(1)
        return original()

    monkeypatch.setattr(envelope, "_parse_wsdl", parse)
    monkeypatch.setattr(envelope, "_service", None)
    app, results = app_answering(success("cancelInvoice")), []

    def call():
        client = Client("http://localhost/", wsgi_app=app)
        results.append(CALLS["cancelInvoice"][0](client).result_code)

    threads = [threading.Thread(target=call) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 8
    assert len(parsed) == 1


def test_a_wsdl_is_never_fetched(peer, monkeypatch, tmp_path):
    server = peer(answer_all)
    text = envelope.WSDL.read_text().replace(
        "<wsdl:types>",
        f'<wsdl:import namespace="urn:x" location="{server.url()}?wsdl"/><wsdl:types>',
    )
    (tmp_path / "changed.wsdl").write_text(text)
    monkeypatch.setattr(envelope, "WSDL", tmp_path / "changed.wsdl")
    monkeypatch.setattr(envelope, "_service", None)
    with pytest.raises(glase.RequestError):
        CALLS["cancelInvoice"][0](Client(server.url()))
    assert not server.connections


def test_the_wsdl_is_what_the_wire_needs():
    root = etree.parse(str(envelope.WSDL)).getroot()
    schema = next(root.iter("{http://www.w3.org/2001/XMLSchema}schema"))
    assert schema.get("elementFormDefault") == "unqualified"
    assert root.get("targetNamespace") == schema.get("targetNamespace") == NS
    assert {node.get("soapAction") for node in root.iter(f"{SOAP_NS}operation")} == {""}
    operations = {node.get("name") for node in root.find(f"{WSDL_NS}portType")}
    assert operations == {*CALLS, "commitReservation"}
    # The simulator puts its own address in the place of the only one that is there.
    assert envelope.WSDL.read_text().count('location="') == 1


def test_a_client_shows_its_endpoint():
    assert repr(Client("https://seqr.com/soap")) == "Client('https://seqr.com/soap')"
