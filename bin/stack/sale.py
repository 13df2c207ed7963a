"""``bin/demo --sale``: one sale played in a browser, and what it left behind compared."""

import json
import os
import shutil
from decimal import Decimal
from pathlib import Path

from . import set_up
from .base_db import Workplace
from .console import attend, say, step
from .paths import CHECKOUT, MODULE
from .server import free_port
from .shop import FOLDER
from .shop import set_up as set_up_shop

PICTURES = FOLDER / "pictures"

LEFT_BEHIND = """
import json
shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
env = env(context=dict(env.context, allowed_company_ids=shop.ids))
orders = env["pos.order"].search([("company_id", "=", shop.id)])
rows = env["glase.transaction"].search([("company_id", "=", shop.id)])
account = env["glase.account"].search([("company_id", "=", shop.id)], limit=1)
print(json.dumps({
    "orders": [{
        "state": order.state,
        "total": str(order.amount_total),
        "payments": [{
            "method": payment.payment_method_id.use_payment_terminal,
            "amount": str(payment.amount),
            "reference": payment.transaction_id,
            "unverified": payment.glase_unverified,
            "id": payment.id,
        } for payment in order.payment_ids],
    } for order in orders],
    "rows": [{
        "state": row.state,
        "amount": str(row.amount),
        "invoice": row.invoice_reference,
        "reference": row.ers_reference,
        "payment": row.payment_id.id,
    } for row in rows],
    "journal": account._simulator().journal(),
}, default=str))
"""


def main(options):
    """Play the sale on a shop of its own; 0 when order, ledger and simulator tell the same."""
    say("Set-up")
    stack = set_up.prepare(agreed=options.yes, demo=not options.no_demo_data)
    if PICTURES.exists():
        shutil.rmtree(PICTURES)
    PICTURES.mkdir(parents=True)
    with Workplace(stack.base, stack.python, stack.tree, settings={}) as workplace:
        odoo = workplace.odoo
        with step(f"installing {MODULE} on a copy of the base database"):
            odoo.once("-i", MODULE, what=f"{MODULE} cannot be installed")
        port = free_port()
        with step("Glase in the shop: account, payment method, sticker"):
            told = set_up_shop(odoo, f"http://127.0.0.1:{port}", first=True)
        odoo.options.update(max_cron_threads=1)
        running = odoo.start(port)
        try:
            with step("Odoo"):
                running.wait_until_ready()
            seen = _walk(stack, odoo, running, told)
        finally:
            running.stop()
        if seen is None:
            say(f"\nThe sale did not come to its end; pictures so far: {PICTURES}")
            return 1
        left = json.loads(odoo.shell(LEFT_BEHIND, "The sale cannot be read back").splitlines()[-1])
    return _compare(seen, left)


def _walk(stack, odoo, running, told):
    """Let the browser play the sale; returns what it saw, or None."""
    told = {
        **told,
        "url": running.url,
        "browser": stack.browser,
        "pictures": str(PICTURES),
        "result": str(odoo.folder / "seen.json"),
    }
    say("\nThe sale")
    code = attend(
        [stack.python, Path(__file__).with_name("sale_walk.py"), json.dumps(told)],
        env=dict(os.environ, PYTHONPATH=str(CHECKOUT / "bin"), PYTHONDONTWRITEBYTECODE="1"),
        cwd=odoo.folder,
    )
    if code:
        return None
    return json.loads(Path(told["result"]).read_text())


def differences(seen, left):
    """What does not fit between the receipt, the order, the ledger and the simulator's journal.

    :param seen: what the browser saw: ``receipt`` (text)
    :param left: what the database and the simulator hold
    :return: a list of sentences; empty when all agree
    """
    orders, rows = left["orders"], left["rows"]
    payments = [payment for order in orders for payment in order["payments"]]
    taken = [entry for entry in left["journal"]["payments"] if entry["state"] == "standing"]
    counts = {"order": orders, "payment": payments, "ledger row": rows, "simulator payment": taken}
    found = [f"{len(items)} × {name}, not 1" for name, items in counts.items() if len(items) != 1]
    if found:
        return found
    (order,), (payment,), (row,), (entry,) = orders, payments, rows, taken
    amounts = {
        Decimal(value).quantize(Decimal("0.01"))
        for value in (order["total"], payment["amount"], row["amount"], entry["amount"])
    }
    references = {payment["reference"], row["reference"], entry["ers_reference"]}
    expected = (
        (order["state"] == "paid", f"the order is “{order['state']}”, not paid"),
        (payment["method"] == "glase", "the order's payment is none of Glase"),
        (row["state"] == "paid", f"the ledger row is “{row['state']}”, not paid"),
        (row["payment"] == payment["id"], "the ledger row is not linked to the payment"),
        (not payment["unverified"], "the payment is marked unverified"),
        (len(amounts) == 1, f"the amounts differ: {', '.join(map(str, sorted(amounts)))}"),
        (len(references) == 1, f"the references differ: {', '.join(map(str, references))}"),
        (entry["invoice_reference"] == row["invoice"], "the invoice references differ"),
        (row["reference"] in seen["receipt"], "the receipt does not show the reference"),
    )
    return [sentence for holds, sentence in expected if not holds]


def _compare(seen, left):
    say("\nReceipt\n")
    say("\n".join(f"    {line}" for line in seen["receipt"].splitlines() if line.strip()))
    found = differences(seen, left)
    say(f"\nPictures: {PICTURES}")
    for name in sorted(path.name for path in PICTURES.iterdir()):
        say(f"  {name}")
    if found:
        say("\nOrder, ledger and simulator do not agree:")
        for sentence in found:
            say(f"  - {sentence}")
        return 1
    row = left["rows"][0]
    say(f"\nOrder, ledger row and simulator agree: {row['amount']} paid, {row['reference']}.")
    return 0
