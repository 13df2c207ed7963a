"""``python3 -m simulator``: see ``doc/simulator.md``."""

import argparse
import contextlib
import json
import logging
import signal
import sys

from .app import create_app
from .core import DEFAULT_CURRENCIES, DEFAULT_RESELLERS, Simulator
from .profile import ProfileError, check
from .server import address, say, serve
from .state import StateError


def _reseller(text):
    parts = text.split(":", 2)
    if len(parts) != 3 or not all(parts):
        raise argparse.ArgumentTypeError("a reseller is written ID:USERID:PASSWORD")
    return tuple(parts)


def _setting(text):
    name, is_set, value = text.partition("=")
    if not is_set:
        raise argparse.ArgumentTypeError("a setting is written NAME=VALUE")
    with contextlib.suppress(ValueError):
        # Most values are words and stay as they are.
        value = json.loads(value)
    try:
        check({name: value})
    except ProfileError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return name, value


def _arguments(argv):
    parser = argparse.ArgumentParser(
        prog="python3 -m simulator",
        description="A Glase service on this machine. No money is moved.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--state", metavar="FILE", help="SQLite file; without it, in memory")
    parser.add_argument(
        "--reseller",
        type=_reseller,
        action="append",
        metavar="ID:USERID:PASSWORD",
        help="a shop that may register tills, may be repeated; without it, demo:9900:demo",
    )
    parser.add_argument(
        "--currency",
        action="append",
        metavar="CODE",
        help="a currency that bills may have, may be repeated; without it, "
        + " ".join(DEFAULT_CURRENCIES),
    )
    parser.add_argument(
        "--profile",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how to play what the vendor does not document, may be repeated",
    )
    return parser.parse_args(argv)


def _stop(_number, _frame):
    raise KeyboardInterrupt


def main(argv=None):
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # SIGINT too: a shell that starts a job in the background has it ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    simulator = Simulator(
        arguments.state,
        resellers=arguments.reseller or DEFAULT_RESELLERS,
        currencies=arguments.currency or DEFAULT_CURRENCIES,
        app_profile=dict(arguments.profile),
    )
    try:
        simulator.profile()
        server = serve(create_app(simulator), arguments.host, arguments.port)
    except StateError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, OverflowError) as error:
        sys.stderr.write(
            f"The simulator cannot listen on {arguments.host}:{arguments.port}: {error}\n"
        )
        return 1
    try:
        say(f"listening on {address(server)}")
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        simulator.close()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
