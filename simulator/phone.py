"""The customer's phone, as a web page: the bill, Pay and Decline, the receipt.

One page at one address, all in itself: no other files, no links; the buttons are plain forms
that post to the page's own address. A little JavaScript, where there is some, shows the next bill
by itself. It speaks the language that the browser wishes most (``words.py``).
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
from .words import Words

_ASSETS = pathlib.Path(__file__).resolve().parent / "assets"
_CSS = Markup((_ASSETS / "phone.css").read_text("utf-8"))
_JS = Markup((_ASSETS / "phone.js").read_text("utf-8"))
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_JS.encode()).digest()).decode()

SHOW_CLOSED_SECONDS = 120
HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE = Markup("""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
{refresh}<style>{css}</style>
</head>
<body data-state="{state}">
<header>
<p class="ribbon">{simulation}</p>
<p class="brand"><span class="mark" aria-hidden="true"></span>Glase<span class="id">{label}</span></p>
</header>
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
_BILL = Markup("""<section class="card" aria-live="polite">
<h1>{shop}</h1>
<p class="sub">{sub}</p>
{sum}{rows}{foot}
</section>
<div class="bar"><form method="post">
<input type="hidden" name="reference" value="{reference}">
<button class="pay" name="action" value="pay">{pay}</button>
<button class="no" name="action" value="decline">{decline}</button>
</form></div>
""")
_DECLINE = Markup("""<div class="bar"><form method="post">
<input type="hidden" name="reference" value="{reference}">
<button class="no" name="action" value="decline">{decline}</button>
</form></div>
""")
_ROW = Markup(
    '<li{less}><span class="what">{what}</span><span class="money">{money}</span>{many}</li>\n'
)
_MANY = Markup('<span class="many">{}</span>')
_ROWS = Markup(
    '<ul class="rows">\n{}<li class="all"><span>{}</span><span class="money">{}</span></li></ul>'
)
_FACTS = Markup('<section class="card"><dl class="facts">\n{}</dl></section>\n')
_BOUGHT = Markup('<section class="card"><details><summary>{}</summary>{}{}</details></section>\n')
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


def page(simulator, request, glase_id):
    """Answer a GET, HEAD or POST of the page of one sticker; see :meth:`.app.App.phone`.

    Looking at a bill is scanning it. After a POST the browser is sent back to the same address
    (303), unless there is something to say.
    """
    return _Page(simulator, Words.wished(request), glase_id).answer(request)


def index(simulator, request):
    """The stand-alone process's front page: every till with its phone page."""
    return _Page(simulator, Words.wished(request), "simulator").index()


class _Page:
    """What one browser is answered, in its language."""

    def __init__(self, simulator, words, glase_id):
        self.simulator, self.words, self.glase_id = simulator, words, glase_id

    def answer(self, request):
        try:
            if request.method == "POST":
                return self._act(request)
            if request.method not in ("GET", "HEAD"):
                said = "Look at this page or post its form.\n"
                return Response(said, 405, {"Allow": "GET, POST"})
            if request.method == "GET":
                self._scan()
            return self._show()
        except UnknownSticker:
            return self._unknown()

    def _unknown(self):
        words = self.words
        sentence = words(
            "The sticker {glase_id} is not known to the simulator: register the till again and "
            "assign its Glase ID.",
            glase_id=self.glase_id,
        )
        heading = words("Unknown sticker")
        content = self._state("bad", "ask", heading, Markup("<p>{}</p>").format(sentence))
        return self._respond(heading, "unknown", content, status=404, refresh=10)

    def _scan(self):
        # Looked at first, so that a page that only waits writes nothing.
        screen = self.simulator.sticker(self.glase_id)["screen"]
        if screen in ("bill", "pending", "paying", "reserved"):
            # The bill may end between the two steps: then there is nothing to scan.
            with contextlib.suppress(NothingToPay):
                self.simulator.scan(self.glase_id)

    def _act(self, request):
        simulator, words, glase_id = self.simulator, self.words, self.glase_id
        actions = {"pay": simulator.pay, "decline": simulator.decline}
        action = actions.get(request.form.get("action"))
        if action is None:
            return self._show(words("Choose Pay or Decline."), 400)
        try:
            action(glase_id, request.form.get("reference"))
        except NothingToPay as error:
            if simulator.sticker(glase_id)["screen"] in ("bill", "pending", "paying"):
                return self._show(words(str(error)), 409)
        return Response(status=303, headers={**HEADERS, "Location": request.path})

    def _show(self, notice=None, status=200):
        sticker = self.simulator.sticker(self.glase_id)
        invoice, screen = sticker["invoice"], sticker["screen"]
        if screen in _CLOSED or screen == "paid":
            age = _moment(sticker["now"]) - _moment(invoice["closed_at"])
            if age.total_seconds() > SHOW_CLOSED_SECONDS:
                screen = "waiting"
        title = (invoice and screen != "waiting" and invoice["title"]) or sticker["terminal_name"]
        state = "waiting" if screen == "waiting" else _shown(sticker, screen)
        note = Markup('<p class="notice" role="alert">{}</p>\n').format(notice) if notice else ""
        content, refresh = self._content(sticker, screen)
        return self._respond(title, state, Markup(note) + content, status, refresh)

    def _content(self, sticker, screen):
        """``(what is inside the page, seconds after which a browser without scripts looks again)``."""
        draw = {
            "waiting": self._waiting,
            "bill": self._bill,
            "paying": self._bill,
            "pending": self._pending,
            "reserved": self._reserved,
            "paid": self._receipt,
        }
        return draw[screen](sticker) if screen in draw else self._closed(sticker, screen)

    def _waiting(self, sticker):
        text = Markup("<p>{}</p><p>{}</p>").format(
            self.words("This page refreshes itself: the bill appears when the till sends it."),
            sticker["terminal_name"],
        )
        return self._state("calm", "wait", self.words("Nothing to pay yet"), text, pulse=True), 3

    def _pending(self, sticker):
        text = Markup("<p>{}</p>").format(
            self.words("The till is looking at your card. One moment.")
        )
        decline = _DECLINE.format(
            reference=sticker["invoice"]["invoice_reference"], decline=self.words("Decline")
        )
        return self._state("calm", "wait", self._shop(sticker), text, pulse=True) + decline, 3

    def _reserved(self, sticker):
        text = Markup("<p>{}</p>").format(
            self.words("This amount is reserved. The till takes it when you are done.")
        )
        total = self._sum(sticker["invoice"])
        return self._state("good", "wait", self.words("Reserved"), text, total, True), 3

    def _closed(self, sticker, screen):
        tone, icon, heading, sentence = _CLOSED[screen]
        text = Markup("<p>{}</p><p>{}</p>").format(self.words(sentence), self._shop(sticker))
        total = self._sum(sticker["invoice"])
        return self._state(tone, icon, self.words(heading), text, total), 5

    def _bill(self, sticker):
        invoice, words = sticker["invoice"], self.words
        shop = self._shop(sticker)
        sub = [sticker["terminal_name"], invoice["client_invoice_id"]]
        bill = _BILL.format(
            shop=shop,
            sub=" · ".join(part for part in sub if part and part != shop),
            sum=self._sum(invoice),
            rows=self._rows(invoice),
            foot=_foot(invoice),
            reference=invoice["invoice_reference"],
            pay=words("Pay {amount}", amount=self._amount(invoice)),
            decline=words("Decline"),
        )
        return bill, None

    def _receipt(self, sticker):
        invoice, payment, words = sticker["invoice"], sticker["payment"], self.words
        if payment["state"] == "standing":
            said = words("The till has confirmed your payment.")
            text = Markup('<p class="till">{}</p>').format(said)
        else:
            text = Markup("<p>{}</p>").format(
                words("The till is being told. If it does not ask in time, you get it back.")
            )
        facts = [
            ("Shop", self._shop(sticker)),
            ("Time", Markup('<time datetime="{}">{}</time>').format(*_stamp(payment["paid_at"]))),
            ("Reference", Markup('<span class="ref">{}</span>').format(payment["ers_reference"])),
            ("Bill", invoice["client_invoice_id"]),
            ("Cashier", invoice["cashier"]),
        ]
        rows = self._rows(invoice)
        listing = Markup("\n").join(
            _FACT.format(words(name), value) for name, value in facts if value
        )
        bought = _BOUGHT.format(words("What you bought"), rows, _foot(invoice)) if rows else ""
        paid = self._state("good", "check", words("Paid"), text, self._sum(invoice))
        return paid + _FACTS.format(listing) + bought, 5

    def _shop(self, sticker):
        return sticker["invoice"]["title"] or sticker["terminal_name"] or self.words("Shop")

    def _amount(self, invoice):
        return f"{self.words.money(invoice['amount'])} {invoice['currency']}"

    def _sum(self, invoice):
        value = self.words.money(invoice["amount"])
        return _SUM.format(
            long=" long" if len(value) > 9 else "", value=value, currency=invoice["currency"]
        )

    def _rows(self, invoice):
        if not invoice["rows"]:
            return Markup()
        items = Markup().join(self._row(row) for row in invoice["rows"])
        return _ROWS.format(items, self.words("Total"), self._amount(invoice))

    def _row(self, row):
        many = self._many(row)
        return _ROW.format(
            less=Markup(' class="less"') if Decimal(row["amount"]) < 0 else "",
            what=row["description"] or row["sku"] or row["ean"] or self.words("Item"),
            money=self.words.money(row["amount"]),
            many=_MANY.format(many) if many else "",
        )

    def _many(self, row):
        if row["quantity"] is None or Decimal(row["quantity"]) == 1:
            return ""
        many = f"{self.words.number(row['quantity'])} {row['unit'] or ''}".strip()
        price = row["unit_price"]
        return many if price is None else f"{many} × {self.words.money(price)}"

    @staticmethod
    def _state(tone, icon, heading, text, amount="", pulse=False):
        return _STATE.format(
            tone=tone,
            icon=_ICONS[icon],
            heading=heading,
            text=text,
            amount=amount,
            pulse=" pulse" if pulse else "",
        )

    def _respond(self, title, state, content, status=200, refresh=None):
        html = _PAGE.format(
            language=self.words.language,
            title=f"Glase · {title}" if title else "Glase",
            simulation=self.words("SIMULATION: no money is moved"),
            state=state,
            label=self.glase_id,
            content=content,
            refresh=_REFRESH.format(refresh) if refresh else "",
            css=_CSS,
            js=_JS,
        )
        headers = {**HEADERS, "Content-Language": self.words.language}
        return Response(html, status, headers, content_type="text/html; charset=utf-8")

    def index(self):
        tills = self.simulator.stickers()
        if tills:
            items = Markup().join(
                Markup('<li><a href="phone/{0}">{1} · {0}</a></li>\n').format(
                    row["glase_id"], row["terminal_name"] or row["terminal_id"]
                )
                for row in tills
            )
            listing = Markup('<ul class="tills">{}</ul>').format(items)
        else:
            nobody = self.words("No till has a Glase ID yet.")
            listing = Markup('<p class="sub">{}</p>').format(nobody)
        content = Markup('<section class="card"><h1>{}</h1>{}</section>').format(
            self.words("Phones of customers"), listing
        )
        return self._respond("simulator", f"index:{len(tills)}", content, refresh=5)


def _shown(sticker, screen):
    """Whatever may change on screen: the page's script compares it."""
    invoice, payment = sticker["invoice"], sticker["payment"] or {}
    parts = (screen, invoice["invoice_reference"], invoice["version"], len(invoice["history"]))
    return ":".join(map(str, (*parts, payment.get("state", ""))))


def _foot(invoice):
    return Markup('<p class="foot">{}</p>').format(invoice["footer"]) if invoice["footer"] else ""


def _moment(stamp):
    return datetime.fromisoformat(stamp.replace("Z", "+00:00"))


def _stamp(stamp):
    """``(machine-readable, for people without scripts)``."""
    return stamp, f"{_moment(stamp):%Y-%m-%d %H:%M:%S} UTC"
