"""The customer's page."""

import ast
import base64
import hashlib
import html
import pathlib
import re

import pytest
from simulator_tools import row
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request

from simulator import create_app, phone, words


@pytest.fixture
def client(simulator):
    return Client(create_app(simulator))


def page(client, glase_id="FJALL1"):
    answer = client.get(f"/phone/{glase_id}")
    assert answer.content_type == "text/html; charset=utf-8"
    return answer.text


def press(client, text, action, glase_id="FJALL1"):
    """Send the page's form as a browser without scripts would."""
    reference = re.search(r'name="reference" value="(\d+)"', text)[1]
    assert f'name="action" value="{action}"' in text
    assert '<form method="post">' in text
    return client.post(f"/phone/{glase_id}", data={"reference": reference, "action": action})


def test_waiting(client, till):
    text = page(client)
    assert "Nothing to pay yet" in text
    assert "refreshes itself" in text
    assert "<button" not in text
    assert 'http-equiv="refresh"' in text


def test_pay(client, simulator, till):
    till.bill(
        "148.00", [row("198.00", "Wool socks", "2", unit_price="99.00"), row("-50.00", "Cash")]
    )
    text = page(client)
    for shown in (
        "Fjällboden",
        "Wool socks",
        "2 × 99.00",
        "198.00",
        "\u221250.00",
        "Pay 148.00 SEK",
    ):
        assert shown in text
    answer = press(client, text, "pay")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/phone/FJALL1")
    text = page(client)
    assert "Paid" in text
    assert simulator.sticker("FJALL1")["payment"]["ers_reference"] in text
    assert "The till is being told" in text
    till.poll(None)
    assert "The till has confirmed" in page(client)
    assert "<button" not in page(client)


def test_decline(client, till):
    reference = till.bill()
    assert press(client, page(client), "decline").status_code == 303
    assert "Declined" in page(client)
    assert till.poll(reference)["status"] == "CANCELED"


def test_canceled_by_the_till(client, till):
    reference = till.bill()
    before = page(client)
    till.cancel(reference)
    assert "The till canceled the bill" in page(client)
    assert press(client, before, "pay").status_code == 303
    assert "The till canceled the bill" in page(client)


def test_a_bill_replaced_while_the_customer_looks(client, simulator, till):
    till.bill("1.00")
    before = page(client)
    till.bill("9000.00")
    answer = press(client, before, "pay")
    assert answer.status_code == 409
    assert "another bill" in answer.text
    assert "Pay 9,000.00 SEK" in answer.text
    assert simulator.journal()["payments"] == []


def test_pressing_twice_pays_once(client, simulator, till):
    till.bill()
    text = page(client)
    assert press(client, text, "pay").status_code == 303
    assert press(client, text, "pay").status_code == 303
    assert len(simulator.journal()["payments"]) == 1


def test_looking_is_scanning(client, till):
    reference = till.bill()
    assert till.update(reference).code == 0
    client.head("/phone/FJALL1")
    assert till.update(reference).code == 0
    page(client)
    assert till.update(reference).code == 90


def test_waiting_for_the_till(client, till):
    till.bill(acknowledgmentMode=None)
    text = page(client)
    assert 'value="pay"' not in text
    assert press(client, text, "decline").status_code == 303


def test_reserved_reversed_failed_expired(client, simulator, till):
    till.bill(paymentMode="RESERVATION_REQUIRED")
    press(client, page(client), "pay")
    assert "Reserved" in page(client)
    till.bill()
    press(client, page(client), "pay")
    simulator.advance(30)
    assert "Payment returned" in page(client)
    till.bill()
    simulator.fail("FJALL1")
    assert "Payment failed" in page(client)
    till.bill()
    simulator.set_profile({"expire_seconds": 60})
    simulator.advance(61)
    assert "Bill expired" in page(client)


def test_the_next_customer_does_not_see_the_last_one_s_receipt(client, simulator, till):
    till.sale(simulator, "FJALL1", "10.00")
    simulator.advance(119)
    assert "Paid" in page(client)
    simulator.advance(2)
    assert "Nothing to pay yet" in page(client)


def test_an_unknown_sticker(client, till):
    answer = client.get("/phone/NOBODY")
    assert answer.status_code == 404
    assert "register the till again" in answer.text
    assert client.post("/phone/NOBODY", data={"action": "pay"}).status_code == 404
    script = client.get("/phone/<script>alert(1)</script>")
    assert "<script>alert" not in script.text


def test_what_is_no_button(client, till):
    till.bill()
    assert client.post("/phone/FJALL1", data={"action": "steal"}).status_code == 400
    assert client.post("/phone/FJALL1").status_code == 400
    assert client.put("/phone/FJALL1").status_code == 405


def test_names_are_text(client, till):
    evil = '<script>alert("x")</script>'
    till.bill(
        "2.00",
        [row("2.00", evil, "2", unit=evil)],
        title=evil,
        footer=evil,
        cashierId=evil,
        clientInvoiceId=evil,
    )
    for text in (page(client), press(client, page(client), "pay") and page(client)):
        assert "<script>alert" not in text
        assert html.escape(evil, quote=False) in text.replace("&#34;", '"')


def test_rows_without_anything_but_an_amount(client, till):
    till.bill("1.00", [{"itemTotalAmount": {"currency": "SEK", "value": "1.00"}}])
    assert "Item" in page(client)
    till.bill("3.00", [row("3.00", "Cheese", "0.250", unit="kg")])
    assert "0.25 kg" in page(client)
    till.bill("12345.60", invoiceRows=None)
    assert "12,345.60 SEK" in page(client)


def test_the_page_is_all_there_is(client, till):
    for text in (page(client), till.bill() and page(client)):
        assert '<html lang="en">' in text
        assert 'name="viewport"' in text
        assert "SIMULATION: no money is moved" in text
        assert not re.search(r'\b(src|href|action)="', text)
        assert "url(" not in text
        assert "//" not in text.replace("</", "")


def test_the_page_s_script_is_the_only_one_allowed(client, till):
    answer = client.get("/phone/FJALL1")
    policy = answer.headers["Content-Security-Policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"


def test_whatever_a_customer_can_see_change_changes_the_state(client, simulator, till):
    def state():
        return re.search(r'<body data-state="([^"]*)"', page(client))[1]

    seen = [state()]
    reference = till.bill()
    seen.append(state())
    simulator.begin("FJALL1")
    seen.append(state())
    simulator.confirm("FJALL1")
    seen.append(state())
    till.poll(reference)
    seen.append(state())
    assert len(set(seen)) == len(seen)
    assert state() == state()


def test_behind_another_address(simulator, till):
    """As Odoo's controller calls it: own path, the sticker as an argument."""
    app = create_app(simulator)
    till.bill()
    builder = EnvironBuilder("/pos/phone/token-123", method="POST", data={"action": "pay"})
    answer = app.phone(Request(builder.get_environ()), "FJALL1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/pos/phone/token-123")
    builder = EnvironBuilder("/pos/phone/token-123")
    answer = app.phone(Request(builder.get_environ()), "FJALL1")
    assert answer.status_code == 200
    assert "/phone/" not in answer.get_data(as_text=True)


def test_the_front_page_lists_the_phones(client, till):
    answer = client.get("/")
    assert 'href="phone/FJALL1"' in answer.text
    assert client.post("/").status_code == 404


# --- In twelve languages ---

LANGUAGES = sorted(set(words.TABLES) - {"en"})
PLACEHOLDER = re.compile(r"{\w*}")


def sentences():
    """Every English sentence that the page says, found in its source."""
    source = pathlib.Path(phone.__file__).read_text("utf-8")
    said = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("words", "self.words"):
            said |= {part.value for part in node.args if isinstance(part, ast.Constant)}
    for closed in phone._CLOSED.values():
        said |= set(closed[2:])
    said |= {"Shop", "Time", "Reference", "Bill", "Cashier"}
    said |= {
        "The till has sent another bill meanwhile: look at it first.",
        "The till has not said yet what is to be paid.",
        "The amount is reserved already; the till takes it.",
    }
    return said


def test_twelve_languages():
    assert LANGUAGES == ["da", "de", "es", "fi", "fr", "it", "nb", "nl", "pt", "ro", "sv"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_each_sentence_and_its_placeholders(language):
    table = words.TABLES[language]["words"]
    assert set(table) == sentences()
    for english, sentence in table.items():
        assert sentence.strip(), english
        assert PLACEHOLDER.findall(sentence) == PLACEHOLDER.findall(english)


def spoken(client, wish):
    return client.get("/phone/FJALL1", headers={"Accept-Language": wish} if wish else {})


@pytest.mark.parametrize(
    ("wish", "language", "words_of_it"),
    [
        ("", "en", "Nothing to pay yet"),
        ("xx-XX", "en", "Nothing to pay yet"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv", "Inget att betala ännu"),
        ("en;q=0.5,fi;q=0.9", "fi", "Ei vielä maksettavaa"),
        ("no", "nb", "Ingenting å betale ennå"),
        ("nn-NO,en;q=0.1", "nb", "Ingenting å betale ennå"),
        ("pt-BR", "pt", "Ainda nada a pagar"),
        ("de-AT;q=0.3,ja", "de", "Noch nichts zu zahlen"),
        (";;,=q", "en", "Nothing to pay yet"),
    ],
)
def test_the_page_speaks_what_the_browser_wishes(client, till, wish, language, words_of_it):
    answer = spoken(client, wish)
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]
    assert words_of_it in answer.text


@pytest.mark.parametrize(
    ("language", "amount"),
    [
        ("en", "12,345.60"),
        ("sv", "12\u00a0345,60"),
        ("de", "12.345,60"),
        ("fr", "12\u202f345,60"),
        ("da", "12.345,60"),
    ],
)
def test_one_way_to_write_a_number(client, till, language, amount):
    till.bill(
        "12345.60",
        [
            row("12360.60", "Boat", "2.5", unit="m", unit_price="4944.24"),
            row("-15.00", "Left to pay"),
        ],
    )
    text = spoken(client, language).text
    assert text.count(amount) == 3, "the sum, the total and the button"
    say = words.Words(language)
    assert say.money("12360.60") in text
    assert f"{say.number('2.5')} m × {say.money('4944.24')}" in text
    assert "\u2212" + say.money("15.00") in text


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_each_state_in_each_language_is_all_of_that_language(client, simulator, till, language):
    """No English is left on a page in another language."""
    table = words.TABLES[language]["words"]
    english = [key for key, said in table.items() if said != key and len(key) > 12]
    pages = [spoken(client, language).text]
    reference = till.bill("1.00", [row("1.00", "Xyz")])
    pages.append(spoken(client, language).text)
    simulator.pay("FJALL1")
    pages.append(spoken(client, language).text)
    till.poll(reference)
    pages.append(spoken(client, language).text)
    till.bill("2.00")
    simulator.decline("FJALL1")
    pages.append(spoken(client, language).text)
    for text in pages:
        assert f'<html lang="{language}">' in text
        assert not [key for key in english if html.escape(key, quote=False) in text]
