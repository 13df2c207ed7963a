"""``bin/demo --sale``: sales played in a browser, and what they left behind compared."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from . import python_env, set_up
from .base_db import Workplace, with_shop
from .console import Stop, attend, say, step
from .paths import CHECKOUT, DAY, need_checkout
from .server import free_port
from .shop import FOLDER, administrator, read, write_address

PICTURES = FOLDER / "pictures"
DOCUMENTS = CHECKOUT / "doc/pictures"
# What a picture is called in the documents, and what it is called where it was taken.
OF_DOCUMENTS = {
    "till-products": "1-till-products",
    "till-waiting": "2-till-waiting",
    "customer-display": "3-customer-display",
    "phone": "4-phone-bill",
    "receipt": "6-till-receipt",
    "close-register": "7-close-register",
}
OF_DOCUMENTS |= {
    name: name
    for name in (
        *("dashboard", "till-settings", "account", "terminal"),
        *("overview", "transactions", "period"),
    )
}

# An order that is paid; once its register is closed, it is done.
FINISHED = ("paid", "done")
# The module's name for the simulator's file in the filestore.
STATE_FILE = "pos_glase_simulator.sqlite"
JOURNAL = """
import json, sys
from simulator import Simulator
print(json.dumps(Simulator(sys.argv[1]).journal(), default=str))
"""


def main(options):
    """Play sales on a shop of its own; 0 when orders, ledger and simulator tell the same."""
    started = time.monotonic()
    need_checkout("the pictures of a sale")
    say("Set-up")
    stack = set_up.prepare(
        agreed=options.yes,
        demo=not options.no_demo_data,
        requirements=python_env.RUNTIME,
        driver=True,
    )
    times = options.times or 1
    pictures = _picture_folder()
    with Workplace(with_shop(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        odoo.options.update(max_cron_threads=1)
        port = free_port()
        write_address(odoo.server, odoo.database, f"http://127.0.0.1:{port}")
        running = odoo.start(port)
        try:
            with step("Odoo"):
                running.wait_until_ready()
            receipts = _walk(stack, odoo, running, times, pictures, options.pictures)
            if receipts is None:
                shutil.copy(odoo.log, pictures / "odoo.log")
                say(f"\nThe sale did not come to its end; pictures and Odoo's log: {pictures}")
                return 1
            left = _left_behind(stack, odoo, running)
        finally:
            running.stop()
    code = _compare(receipts, left, pictures)
    if options.pictures and not code:
        _keep(pictures)
    say(f"{times} × sale in {time.monotonic() - started:.1f} s")
    return code


def _keep(pictures):
    """The pictures of the documents are those of this run."""
    for name, taken in OF_DOCUMENTS.items():
        shutil.copy(pictures / f"{taken}.png", DOCUMENTS / f"{name}.png")
    say(f"The pictures in {DOCUMENTS} are new; bin/release --pages takes them to what Apps show.")


def _picture_folder():
    """A new folder for the pictures of this run; those of other days are removed."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for path in PICTURES.iterdir():
        if time.time() - path.stat().st_mtime > DAY:
            shutil.rmtree(path, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=PICTURES))


def _walk(stack, odoo, running, times, pictures, office):
    """Let a browser play the sales, and look at the office; returns the receipts' texts, or None."""
    result = odoo.folder / "receipts.json"
    told = {
        **read(running, odoo.database),
        "url": running.url,
        "browser": stack.browser,
        "pictures": str(pictures),
        "result": str(result),
        "times": times,
        "office": office,
    }
    code = attend(
        [stack.driver, Path(__file__).with_name("sale_walk.py"), json.dumps(told)],
        env=python_env.of_ours(),
        cwd=odoo.folder,
    )
    return None if code else json.loads(result.read_text())


def _left_behind(stack, odoo, running):
    """What the sales left in orders, ledger and simulator."""
    user, _shop = administrator(running, odoo.database)
    own = [["company_id", "in", user.context["allowed_company_ids"]]]

    def all_of(model, *fields):
        return user.call(model, "search_read", own, fields=fields, order="id")

    by_glase = {
        method["id"]
        for method in all_of("pos.payment.method", "use_payment_terminal")
        if method["use_payment_terminal"] == "glase"
    }
    payments = {
        payment["id"]: {
            "glase": payment["payment_method_id"][0] in by_glase,
            "amount": str(payment["amount"]),
            "reference": payment["transaction_id"],
            "unverified": payment["glase_unverified"],
            "id": payment["id"],
        }
        for payment in all_of(
            "pos.payment", "payment_method_id", "amount", "transaction_id", "glase_unverified"
        )
    }
    return {
        "orders": [
            {
                "state": order["state"],
                "total": str(order["amount_total"]),
                "payments": [payments[number] for number in order["payment_ids"]],
            }
            for order in all_of("pos.order", "state", "amount_total", "payment_ids")
        ],
        "rows": [
            {
                "state": row["state"],
                "amount": str(row["amount"]),
                "invoice": row["invoice_reference"],
                "reference": row["ers_reference"],
                "payment": row["payment_id"] and row["payment_id"][0],
            }
            for row in all_of(
                "glase.transaction",
                *("state", "amount", "invoice_reference", "ers_reference", "payment_id"),
            )
        ],
        "journal": _journal(stack, odoo),
    }


def _journal(stack, odoo):
    """The simulator's journal, from its state file: no route of Odoo's leads to it."""
    ended = subprocess.run(
        [stack.python, "-c", JOURNAL, odoo.filestore / odoo.database / STATE_FILE],
        env=dict(os.environ, PYTHONPATH=str(CHECKOUT), PYTHONDONTWRITEBYTECODE="1"),
        cwd=odoo.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise Stop(f"The simulator's journal cannot be read: {ended.stderr.strip()}")
    return json.loads(ended.stdout)


def differences(receipts, left):
    """What does not fit between the receipts, the orders, the ledger and the simulator's journal.

    :param receipts: the texts that the browser saw, one for each sale
    :param left: what the database and the simulator hold
    :return: a list of sentences; empty when all agree
    """
    orders = [(order, payment) for order in left["orders"] for payment in order["payments"]]
    taken = [entry for entry in left["journal"]["payments"] if entry["state"] == "standing"]
    counts = {
        "order": left["orders"],
        "payment": orders,
        "ledger row": left["rows"],
        "simulator payment": taken,
    }
    sales = len(receipts)
    found = [
        f"{len(items)} × {name}, not {sales}"
        for name, items in counts.items()
        if len(items) != sales
    ]
    if found:
        return found
    orders.sort(key=lambda pair: str(pair[1]["reference"]))
    rows = sorted(left["rows"], key=lambda row: str(row["reference"]))
    taken.sort(key=lambda entry: entry["ers_reference"])
    for (order, payment), row, entry in zip(orders, rows, taken, strict=True):
        found += _differences_of_one(receipts, order, payment, row, entry)
    return found


def _differences_of_one(receipts, order, payment, row, entry):
    amounts = {
        Decimal(value).quantize(Decimal("0.01"))
        for value in (order["total"], payment["amount"], row["amount"], entry["amount"])
    }
    references = {payment["reference"], row["reference"], entry["ers_reference"]}
    shown = sum(str(row["reference"]) in receipt for receipt in receipts)
    expected = (
        (order["state"] in FINISHED, f"the order is “{order['state']}”, not paid"),
        (payment["glase"], "the order's payment is none of Glase"),
        (row["state"] == "paid", f"the ledger row is “{row['state']}”, not paid"),
        (row["payment"] == payment["id"], "the ledger row is not linked to the payment"),
        (not payment["unverified"], "the payment is marked unverified"),
        (len(amounts) == 1, f"the amounts differ: {', '.join(map(str, sorted(amounts)))}"),
        (len(references) == 1, f"the references differ: {', '.join(map(str, references))}"),
        (entry["invoice_reference"] == row["invoice"], "the invoice references differ"),
        (shown == 1, f"{shown} receipts show the reference, not 1"),
    )
    return [f"{row['reference']}: {sentence}" for holds, sentence in expected if not holds]


def _compare(receipts, left, pictures):
    say("\nReceipt\n" if len(receipts) == 1 else "\nThe last receipt\n")
    say("\n".join(f"    {line}" for line in receipts[-1].splitlines() if line.strip()))
    found = differences(receipts, left)
    say(f"\nPictures: {pictures}")
    for name in sorted(path.name for path in pictures.iterdir()):
        say(f"  {name}")
    if found:
        say("\nOrder, ledger and simulator do not agree:")
        for sentence in found:
            say(f"  - {sentence}")
        return 1
    say()
    for row in left["rows"]:
        say(f"Order, ledger row and simulator agree: {row['amount']} paid, {row['reference']}.")
    return 0
