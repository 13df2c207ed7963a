"""The customer's phone, as a web page: the bill, Pay and Decline, the receipt.

One page at one address, all in itself: no other files, no links; the buttons are plain forms
that post to the page's own address. A little JavaScript, where there is some, shows the next bill
by itself.
"""

import base64
import contextlib
import hashlib
import pathlib
from datetime import datetime
from decimal import Decimal

from markupsafe import Markup
from werkzeug.wrappers import Response

from .customer import NothingToPay, UnknownSticker

_ASSETS = pathlib.Path(__file__).resolve().parent / "assets"
_CSS = Markup((_ASSETS / "phone.css").read_text("utf-8"))
_JS = Markup((_ASSETS / "phone.js").read_text("utf-8"))
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_JS.encode()).digest()).decode()

SHOW_CLOSED_SECONDS = 120
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE = Markup("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
{refresh}<style>{css}</style>
</head>
<body data-state="{state}">
<p class="ribbon" role="note"><strong>SIMULATION:</strong> no money is moved</p>
<header><span class="mark" aria-hidden="true"></span>Glase<span class="id">{label}</span></header>
<main>
{content}
</main>
<script>{js}</script>
</body>
</html>
""")
_REFRESH = Markup('<noscript><meta http-equiv="refresh" content="{}"></noscript>\n')
_STATE = Markup("""<section class="card state {tone}" aria-live="polite">
<div class="badge{pulse}" aria-hidden="true"><svg viewBox="0 0 24 24" fill="none"
stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
<path d="{icon}"/></svg></div>
<h1>{heading}</h1>
{amount}{text}
</section>
""")
_SUM = Markup('<p class="sum{long}">{value} <small>{currency}</small></p>\n')
_BILL = Markup("""{notice}<section class="card" aria-live="polite">
<h1>{shop}</h1>
<p class="sub">{sub}</p>
{sum}{rows}{foot}
</section>
<div class="bar"><form method="post">
<input type="hidden" name="reference" value="{reference}">
<button class="pay" name="action" value="pay">Pay {amount}</button>
<button class="no" name="action" value="decline">Decline</button>
</form></div>
""")
_DECLINE = Markup("""<div class="bar"><form method="post">
<input type="hidden" name="reference" value="{}">
<button class="no" name="action" value="decline">Decline</button>
</form></div>
""")
_ROW = Markup(
    '<li{less}><span class="what">{what}</span><span class="money">{money}</span>{many}</li>\n'
)
_MANY = Markup('<span class="many">{}</span>')
_FACTS = Markup('<section class="card"><dl class="facts">\n{}</dl>{}</section>\n')
_FACT = Markup("<dt>{}</dt><dd>{}</dd>\n")

_ICONS = {
    "check": "M5 12.5l4.6 4.6L19.5 7",
    "cross": "M7 7l10 10M17 7L7 17",
    "wait": "M12 7v5.2l3.4 2M12 3.6a8.4 8.4 0 1 0 0 16.8 8.4 8.4 0 0 0 0-16.8z",
    "back": "M9 7L4.5 11.5 9 16M4.8 11.5h9.4a4.6 4.6 0 0 1 0 9.2h-1.6",
    "ask": "M9 9.2a3.1 3.1 0 1 1 4.5 2.8c-1 .5-1.5 1.1-1.5 2.3M12 18.2v.1",
}
# screen: tone, icon, heading, sentence
_CLOSED = {
    "declined": ("bad", "cross", "Declined", "You declined this bill. Nothing was paid."),
    "canceled": (
        "calm",
        "cross",
        "Bill canceled",
        "The till canceled the bill. Nothing was paid.",
    ),
    "failed": ("bad", "cross", "Payment failed", "Your bank refused. Nothing was paid."),
    "expired": ("calm", "wait", "Bill expired", "It was not paid in time. Nothing was paid."),
    "lapsed": (
        "calm",
        "back",
        "Reservation ended",
        "The till did not take the reserved amount. Nothing was paid.",
    ),
    "reversed": (
        "bad",
        "back",
        "Payment returned",
        "The till did not ask for your payment in time, so you got it back.",
    ),
}


def money(value):
    """A decimal string for people: ``12 345.00``, with a real minus sign."""
    number = Decimal(value)
    text = f"{abs(number):,.2f}" if abs(number) >= 10_000 else f"{abs(number):.2f}"
    return ("\u2212" if number < 0 else "") + text.replace(",", "\u202f")


def page(simulator, request, glase_id):
    """Answer a GET, HEAD or POST of the page of one sticker; see :meth:`.app.App.phone`.

    Looking at a bill is scanning it. After a POST the browser is sent back to the same address
    (303), unless there is something to say.
    """
    try:
        if request.method == "POST":
            return _act(simulator, request, glase_id)
        if request.method not in ("GET", "HEAD"):
            return Response("Look at this page or post its form.\n", 405, {"Allow": "GET, POST"})
        if request.method == "GET":
            _scan(simulator, glase_id)
        return _show(simulator, glase_id)
    except UnknownSticker as error:
        text = Markup("<p>{}</p>").format(str(error))
        content = _state("bad", "ask", "Unknown sticker", text)
        return _respond("Unknown sticker", "unknown", content, glase_id, status=404, refresh=10)


def _scan(simulator, glase_id):
    # Looked at first, so that a page that only waits writes nothing.
    if simulator.sticker(glase_id)["screen"] in ("bill", "pending", "paying", "reserved"):
        # The bill may end between the two steps: then there is nothing to scan.
        with contextlib.suppress(NothingToPay):
            simulator.scan(glase_id)


def _act(simulator, request, glase_id):
    action = {"pay": simulator.pay, "decline": simulator.decline}.get(request.form.get("action"))
    if action is None:
        return _show(simulator, glase_id, "Choose Pay or Decline.", 400)
    try:
        action(glase_id, request.form.get("reference"))
    except NothingToPay as error:
        if simulator.sticker(glase_id)["screen"] in ("bill", "pending", "paying"):
            return _show(simulator, glase_id, str(error), 409)
    return Response(status=303, headers={**HEADERS, "Location": request.path})


def _show(simulator, glase_id, notice=None, status=200):
    sticker = simulator.sticker(glase_id)
    invoice, screen = sticker["invoice"], sticker["screen"]
    if screen in _CLOSED or screen == "paid":
        age = _moment(sticker["now"]) - _moment(invoice["closed_at"])
        if age.total_seconds() > SHOW_CLOSED_SECONDS:
            screen = "waiting"
    title = (invoice and screen != "waiting" and invoice["title"]) or sticker["terminal_name"]
    state = "waiting" if screen == "waiting" else _shown(sticker, screen)
    note = Markup('<p class="notice" role="alert">{}</p>\n').format(notice) if notice else Markup()
    content, refresh = _content(sticker, screen, note)
    return _respond(title, state, content, glase_id, status, refresh)


def _shown(sticker, screen):
    """Whatever may change on screen: the page's script compares it."""
    invoice, payment = sticker["invoice"], sticker["payment"] or {}
    parts = (screen, invoice["invoice_reference"], invoice["version"], len(invoice["history"]))
    return ":".join(map(str, (*parts, payment.get("state", ""))))


def _content(sticker, screen, notice):
    """``(what is inside the page, seconds after which a browser without scripts looks again)``."""
    invoice = sticker["invoice"]
    if screen == "waiting":
        text = Markup(
            "<p>This page refreshes itself: the bill appears when the till sends it.</p><p>{}</p>"
        ).format(sticker["terminal_name"])
        return notice + _state("calm", "wait", "Nothing to pay yet", text, pulse=True), 3
    if screen in ("bill", "paying"):
        return _bill(sticker, notice), None
    if screen == "pending":
        text = Markup("<p>The till is looking at your card. One moment.</p>")
        return notice + _state("calm", "wait", _shop(sticker), text, pulse=True) + _DECLINE.format(
            invoice["invoice_reference"]
        ), 3
    if screen == "reserved":
        text = Markup("<p>This amount is reserved. The till takes it when you are done.</p>")
        return _state("good", "wait", "Reserved", text, _sum(invoice), True), 3
    if screen == "paid":
        return _receipt(sticker), 5
    tone, icon, heading, sentence = _CLOSED[screen]
    text = Markup("<p>{}</p><p>{}</p>").format(sentence, _shop(sticker))
    return _state(tone, icon, heading, text, _sum(invoice)), 5


def _bill(sticker, notice):
    invoice = sticker["invoice"]
    sub = [sticker["terminal_name"], invoice["client_invoice_id"]]
    return _BILL.format(
        notice=notice,
        shop=_shop(sticker),
        sub=" · ".join(part for part in sub if part and part != _shop(sticker)),
        sum=_sum(invoice),
        rows=_rows(invoice),
        foot=_foot(invoice),
        reference=invoice["invoice_reference"],
        amount=f"{money(invoice['amount'])} {invoice['currency']}",
    )


def _receipt(sticker):
    invoice, payment = sticker["invoice"], sticker["payment"]
    if payment["state"] == "standing":
        text = Markup('<p class="till">The till has confirmed your payment.</p>')
    else:
        text = Markup("<p>The till is being told. If it does not ask in time, you get it back.</p>")
    facts = [
        ("Shop", _shop(sticker)),
        ("Time", Markup('<time datetime="{}">{}</time>').format(*_stamp(payment["paid_at"]))),
        ("Reference", Markup('<span class="ref">{}</span>').format(payment["ers_reference"])),
        ("Bill", invoice["client_invoice_id"]),
        ("Cashier", invoice["cashier"]),
    ]
    rows = _rows(invoice)
    listing = Markup("\n").join(_FACT.format(name, value) for name, value in facts if value)
    details = Markup('<section class="card"><details><summary>What you bought</summary>{}{}') + (
        Markup("</details></section>\n")
    )
    return (
        _state("good", "check", "Paid", text, _sum(invoice))
        + _FACTS.format(listing, Markup())
        + (details.format(rows, _foot(invoice)) if rows else Markup())
    )


def _shop(sticker):
    return sticker["invoice"]["title"] or sticker["terminal_name"] or "Shop"


def _sum(invoice):
    value = money(invoice["amount"])
    return _SUM.format(
        long=" long" if len(value) > 9 else "", value=value, currency=invoice["currency"]
    )


def _rows(invoice):
    rows = invoice["rows"]
    if not rows:
        return Markup()
    items = Markup().join(_row(row) for row in rows)
    items += Markup(
        '<li class="all"><span>Total</span><span class="money">{} {}</span></li>'
    ).format(money(invoice["amount"]), invoice["currency"])
    return Markup('<ul class="rows">\n{}</ul>').format(items)


def _row(row):
    many = _many(row)
    return _ROW.format(
        less=Markup(' class="less"') if Decimal(row["amount"]) < 0 else "",
        what=row["description"] or row["sku"] or row["ean"] or "Item",
        money=money(row["amount"]),
        many=_MANY.format(many) if many else "",
    )


def _many(row):
    if row["quantity"] is None or Decimal(row["quantity"]) == 1:
        return ""
    many = f"{Decimal(row['quantity']).normalize():f} {row['unit'] or ''}".strip()
    return many if row["unit_price"] is None else f"{many} × {money(row['unit_price'])}"


def _foot(invoice):
    return Markup('<p class="foot">{}</p>').format(invoice["footer"]) if invoice["footer"] else ""


def _state(tone, icon, heading, text, amount="", pulse=False):
    return _STATE.format(
        tone=tone,
        icon=_ICONS[icon],
        heading=heading,
        text=text,
        amount=amount,
        pulse=" pulse" if pulse else "",
    )


def _moment(stamp):
    return datetime.fromisoformat(stamp.replace("Z", "+00:00"))


def _stamp(stamp):
    """``(machine-readable, for people without scripts)``."""
    return stamp, f"{_moment(stamp):%Y-%m-%d %H:%M:%S} UTC"


def _respond(title, state, content, label, status=200, refresh=None):
    html = _PAGE.format(
        title=f"Glase · {title}" if title else "Glase",
        state=state,
        label=label,
        content=content,
        refresh=_REFRESH.format(refresh) if refresh else "",
        css=_CSS,
        js=_JS,
    )
    return Response(html, status, HEADERS, content_type="text/html; charset=utf-8")


def index(simulator):
    """The stand-alone process's front page: every till with its phone page."""
    tills = simulator.stickers()
    if tills:
        items = Markup().join(
            Markup('<li><a href="phone/{0}">{1} · {0}</a></li>\n').format(
                row["glase_id"], row["terminal_name"] or row["terminal_id"]
            )
            for row in tills
        )
        listing = Markup('<ul class="tills">{}</ul>').format(items)
    else:
        listing = Markup('<p class="sub">No till has a Glase ID yet.</p>')
    content = Markup('<section class="card"><h1>Phones of customers</h1>{}</section>').format(
        listing
    )
    return _respond("simulator", f"index:{len(tills)}", content, "simulator", refresh=5)
