"""JSON for programs: doc/simulator.md."""

import json

import pytest
from werkzeug.test import Client

from simulator import Simulator, create_app
from simulator.profile import SETTINGS, ProfileError


@pytest.fixture
def client(simulator):
    return Client(create_app(simulator))


def test_a_customer_by_program(client, till):
    assert client.get("/api/stickers/FJALL1").json["screen"] == "waiting"
    assert client.post("/api/stickers/FJALL1/pay").status_code == 409
    reference = till.bill()
    assert client.post("/api/stickers/FJALL1/scan").json["screen"] == "bill"
    assert client.post("/api/stickers/FJALL1/begin").json["screen"] == "paying"
    assert till.cancel(reference).code == 51
    answer = client.post("/api/stickers/FJALL1/confirm")
    assert answer.json["screen"] == "paid"
    assert answer.json["payment"]["state"] == "unfetched"
    till.bill()
    assert client.post("/api/stickers/FJALL1/pay", json={}).json["screen"] == "paid"
    till.bill()
    assert client.post("/api/stickers/FJALL1/decline", data=b"{}").json["screen"] == "declined"
    till.bill()
    assert client.post("/api/stickers/FJALL1/fail").json["screen"] == "failed"


def test_a_customer_who_saw_another_bill(client, till):
    seen = till.bill()
    till.bill()
    answer = client.post("/api/stickers/FJALL1/pay", json={"reference": seen})
    assert answer.status_code == 409
    assert "another bill" in answer.json["error"]


def test_cards(client, till):
    reference = till.bill(acknowledgmentMode="OPTIONAL_ACKNOWLEDGMENT")
    tokens = [{"id": "BONUS", "value": "4711"}]
    answer = client.post("/api/stickers/FJALL1/scan", json={"tokens": tokens})
    assert answer.json["screen"] == "pending"
    assert till.poll(reference)["customerTokens"]["token"]["value"] == "4711"


@pytest.mark.parametrize(
    "body",
    [
        {"tokens": "x"},
        {"tokens": [1]},
        {"tokens": [{"id": "a"}]},
        {"tokens": [{"id": "a", "value": 1}]},
        {"tokens": [{"id": "a", "value": "\x00"}]},
        {"tokens": [{"id": "a", "value": "b", "c": "d"}]},
        [],
    ],
)
def test_cards_that_are_none(client, till, body):
    till.bill()
    assert client.post("/api/stickers/FJALL1/scan", json=body).status_code == 400


def test_unknown_stickers_and_addresses(client, till):
    assert client.get("/api/stickers/NOBODY").status_code == 404
    assert client.post("/api/stickers/NOBODY/pay").status_code == 404
    assert client.post("/api/stickers/FJALL1/steal").status_code == 404
    assert client.get("/api/stickers/FJALL1/pay").status_code == 405
    assert client.post("/api/stickers/FJALL1").status_code == 405
    assert client.post("/api/journal").status_code == 405
    assert client.get("/api/").status_code == 404
    assert client.get("/api/nothing").status_code == 404
    assert [each["glase_id"] for each in client.get("/api/stickers").json] == ["FJALL1"]


def test_other_origins_may_ask(client, till):
    for answer in (
        client.get("/api/journal"),
        client.get("/api/stickers/NOBODY"),
        client.options("/api/clock", headers={"Origin": "http://127.0.0.1:8069"}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.options("/api/faults").status_code == 204
    assert "PUT" in client.options("/api/faults").headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Origin" not in client.get("/phone/FJALL1").headers


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff", b"null"])
@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "faults"), ("PUT", "profile"), ("POST", "clock")]
)
def test_bodies_that_are_not_understood(client, method, path, data):
    answer = client.open(f"/api/{path}", method=method, data=data)
    assert answer.status_code == 400
    assert answer.json["error"].endswith(".")


def test_a_body_that_is_too_large(client):
    answer = client.put("/api/faults", data=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413


def test_the_clock(client):
    assert client.post("/api/clock", json={"advance": 30}).json == {"clock_offset": 30}
    assert client.post("/api/clock", json={"advance": 0.5}).json == {"clock_offset": 30.5}
    for wrong in (-1, "1", None, True, 1e12, 10**400):
        assert client.post("/api/clock", json={"advance": wrong}).status_code == 400
    assert client.post("/api/clock", data=b'{"advance": NaN}').status_code == 400
    assert client.post("/api/clock", json={"advance": 1, "x": 1}).status_code == 400
    assert client.get("/api/journal").json["clock_offset"] == 30.5


def test_faults_are_checked_and_listed(client):
    fault = {"operation": "sendInvoice", "kind": "code", "code": 93}
    stored = {**fault, "count": 1, "seconds": 0}
    assert client.put("/api/faults", json=[fault]).json == [stored]
    assert client.get("/api/faults").json == [stored]
    assert client.put("/api/faults", json=[]).json == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        "x",
        {"operation": "sendInvoice"},
        {"operation": "", "kind": "garbage"},
        {"operation": "*", "kind": "explode"},
        {"operation": "*", "kind": "code"},
        {"operation": "*", "kind": "code", "code": "93"},
        {"operation": "*", "kind": "code", "code": 2**31},
        {"operation": "*", "kind": "status"},
        {"operation": "*", "kind": "status", "status": "\x00"},
        {"operation": "*", "kind": "status", "status": "\ud800"},
        {"operation": "*", "kind": "delay-before", "seconds": -1},
        {"operation": "*", "kind": "delay-before", "seconds": "1"},
        {"operation": "*", "kind": "garbage", "count": 0},
        {"operation": "*", "kind": "garbage", "count": 1.5},
        {"operation": "*", "kind": "garbage", "body": 1},
        {"operation": "*", "kind": "garbage", "carried_out": "yes"},
        {"operation": "*", "kind": "garbage", "colour": "red"},
    ],
)
def test_faults_that_make_no_sense(client, fault):
    good = {"operation": "*", "kind": "garbage"}
    client.put("/api/faults", json=[good])
    answer = client.put("/api/faults", json=[good, fault])
    assert answer.status_code == 400
    assert len(client.get("/api/faults").json) == 1


def test_half_of_a_pair_of_surrogates_comes_back_as_it_was_sent(client):
    fault = {"operation": "\ud800", "kind": "garbage", "body": "\udc00", "terminal": "\ud83d"}
    stored = {**fault, "count": 1, "seconds": 0}
    assert client.put("/api/faults", json=[fault]).json == [stored]
    assert client.get("/api/faults").json == [stored]
    assert client.get("/api/journal").json["faults"] == [stored]
    refused = client.put("/api/profile", json={"\ud800": 1})
    assert (refused.status_code, refused.json["error"]) == (400, "There is no setting \ud800.")


def test_the_profile_replaces_what_was_set_before(client):
    defaults = client.get("/api/profile").json
    assert defaults == {name: setting.default for name, setting in SETTINGS.items()}
    changed = client.put("/api/profile", json={"reversed_status": "FAILED"}).json
    assert changed == {**defaults, "reversed_status": "FAILED"}
    assert client.put("/api/profile", json={"report_not_ready_count": 3}).json == {
        **defaults,
        "report_not_ready_count": 3,
    }


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_takes_its_default_and_no_nonsense(client, name):
    assert client.put("/api/profile", json={name: SETTINGS[name].default}).status_code == 200
    for wrong in ("nonsense", -1, None, [], 0.5 if SETTINGS[name].allowed != "seconds" else "1"):
        answer = client.put("/api/profile", json={name: wrong})
        assert answer.status_code == 400
        assert name in answer.json["error"]


def test_the_profile_given_by_the_program_can_be_overridden():
    simulator = Simulator(app_profile={"expire_seconds": 60})
    assert simulator.profile()["expire_seconds"] == 60
    assert simulator.set_profile({"expire_seconds": 0})["expire_seconds"] == 0
    assert simulator.set_profile({})["expire_seconds"] == 60
    simulator.close()
    with pytest.raises(ProfileError):
        Simulator(app_profile={"expire": 60})


def test_the_journal_is_complete(client, simulator, till):
    reference = till.sale(simulator, "FJALL1", "10.00")
    till.refund(reference, "1.00")
    journal = client.get("/api/journal").json
    assert set(journal) == {
        "now",
        "clock_offset",
        "resellers",
        "terminals",
        "invoices",
        "payments",
        "reversals",
        "refunds",
        "receipts",
        "periods",
        "notifications",
        "calls",
        "profile",
        "faults",
    }
    assert journal["terminals"][0]["terminal_id"] == till.id
    assert journal["terminals"][0]["glase_id"] == "FJALL1"
    assert "hash" not in json.dumps(journal)
