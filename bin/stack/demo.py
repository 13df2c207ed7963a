"""The command ``bin/demo``."""

import argparse
import contextlib

from . import python_env, sale, set_up
from .console import Stop, say, step
from .odoo_user import Refused
from .server import check_port
from .shop import FOLDER, Shop, address, read, write_address

DESCRIPTION = """\
Sets up what is missing and opens a Swedish shop with two tills and a kiosk on this machine:
PostgreSQL, Odoo with the module, and the built-in Glase simulator. No money is moved. Stays in the foreground;
Ctrl-C stops all of it. The shop is kept in .demo/ for the next start."""


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=8069, help="where the shop listens (default: 8069)")
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 opens the shop to the local network, for a real phone",
    )
    add("--no-demo-data", action="store_true", help="without Odoo's own demo data (the shop stays)")
    add("--fresh", action="store_true", help="throw the kept shop away and start over")
    add(
        "--sale",
        action="store_true",
        help="play one sale in a browser on a shop of its own, and end",
    )
    add("--times", type=int, metavar="N", help="with --sale: play so many, one after the other")
    add(
        "--pictures",
        action="store_true",
        help="as --sale, then close the register, look at the back office, and put the pictures of "
        "all that into doc/pictures",
    )
    add("--yes", action="store_true", help="install missing Debian packages without asking")
    options = parser.parse_args(arguments)
    options.sale = options.sale or options.pictures
    if not 0 < options.port < 65536:
        raise Stop(f"{options.port} is no port: choose one between 1024 and 65535.")
    if options.times is not None and (not options.sale or options.times < 1):
        raise Stop("--times is a number from 1, and goes with --sale.")
    if options.sale:
        return sale.main(options)
    return _open(options)


def _open(options):
    check_port(options.host, options.port)
    with Shop(options.fresh) as shop:
        say("Set-up")
        stack = set_up.prepare(
            agreed=options.yes,
            demo=not options.no_demo_data,
            browser=False,
            requirements=python_env.RUNTIME,
            base=shop.is_new,
        )
        odoo = shop.open(stack, not options.no_demo_data)
        url = f"http://{address(options.host)}:{options.port}"
        write_address(odoo.server, odoo.database, url)
        shop.keep()
        running = odoo.start(options.port, options.host)
        try:
            with step("Odoo"):
                running.wait_until_ready()
            say(_summary(_told(shop, running), url, options, shop))
            code = running.process.wait()
            raise Stop(f"Odoo ended by itself (code {code}); see {odoo.log}.")
        finally:
            say("\nStopping …")
            running.stop()


def _told(shop, running):
    """What the running shop tells about itself; what it told last, once its administrator has another password."""
    with contextlib.suppress(Refused):
        shop.told["visitor"] = read(running, shop.odoo.database)
        shop.keep()
        return shop.told["visitor"]
    # The address may be another one than last time.
    return {
        "shop": "The shop",
        "tills": [],
        **shop.told.get("visitor", {}),
        "phone": [],
        "kiosk": [],
    }


def _kiosk(address="", phone=""):
    """The lines about the kiosk; none in a shop that was made without it."""
    if address:
        yield f"  Kiosk              {address}"
        yield f"  Its guest's phone  {phone}"


def _summary(told, url, options, shop):
    lines = ["", f"{told['shop']} is open. SIMULATION: no money is moved.", ""]
    for first, name in told["tills"][:1]:
        phone = (
            told["phone"] or [f"in the back office, once {name} is registered (Glase terminal)"]
        )[0]
        lines += [
            f"  Till               {url}/pos/ui/{first}",
            "                     log in as cashier / cashier, or manager / manager",
            f"  Customer's phone   {phone}",
        ]
    lines += [
        *(
            f"  Another till       {url}/pos/ui/{number} (not registered: try the set-up on it)"
            for number, _name in told["tills"][1:]
        ),
        *_kiosk(*told.get("kiosk", ())),
        f"  Back office        {url}/odoo",
        "                     log in as manager / manager, or admin / admin",
        "",
        f"  Log                {shop.odoo.log}",
        f"  The shop is kept in {FOLDER}; --fresh starts over.",
    ]
    if options.host not in ("127.0.0.1", "localhost"):
        lines.append("  Anyone on your network can open this shop: its passwords are no secret.")
    if shop.told["demo"] == options.no_demo_data:
        lines.append("  The kept shop was made otherwise; --fresh makes it as you asked now.")
    return "\n".join([*lines, "", "Ctrl-C stops all of it."])
