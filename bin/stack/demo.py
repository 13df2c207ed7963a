"""The command ``bin/demo``."""

import argparse

from . import python_env, sale, set_up
from .console import Stop, say, step
from .server import check_port
from .shop import FOLDER, Shop, address
from .shop import set_up as set_up_shop

DESCRIPTION = """\
Sets up what is missing and opens a Swedish shop with two tills on this machine: PostgreSQL, Odoo
with the module, and the built-in Glase simulator. No money is moved. Stays in the foreground;
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
    add("--yes", action="store_true", help="install missing Debian packages without asking")
    options = parser.parse_args(arguments)
    if not 0 < options.port < 65536:
        raise Stop(f"{options.port} is no port: choose one between 1024 and 65535.")
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
        with step("Glase in the shop: account, payment method, sticker"):
            told = set_up_shop(odoo, url, first=shop.is_new)
        shop.keep()
        running = odoo.start(options.port, options.host)
        try:
            with step("Odoo"):
                running.wait_until_ready()
            say(_summary(told, url, options, shop))
            code = running.process.wait()
            raise Stop(f"Odoo ended by itself (code {code}); see {odoo.log}.")
        finally:
            say("\nStopping …")
            running.stop()


def _summary(told, url, options, shop):
    (first, name), *others = told["tills"]
    phone = told["phone"][0] if told["phone"] else f"register {name} first (menu: Glase terminal)"
    lines = [
        "",
        f"{told['shop']} is open. SIMULATION: no money is moved.",
        "",
        f"  Till               {url}/pos/ui/{first}",
        "                     log in as cashier / cashier, or manager / manager",
        f"  Customer's phone   {phone}",
        *(
            f"  Another till       {url}/pos/ui/{number} (not registered: try the set-up on it)"
            for number, _name in others
        ),
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
