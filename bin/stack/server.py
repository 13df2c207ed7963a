"""An Odoo process: its configuration, one-off commands, and a server that is started and ended by its pid."""

import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from . import debian, installed
from .console import Stop, end, explain, run, say
from .paths import CHECKOUT, MODULE, cache, fresh_folder

SET_UP_SHOP = """\
from odoo.addons.pos_glase.models.registration import set_up

shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
set_up.demo(env(context=dict(env.context, allowed_company_ids=shop.ids)))
env.cr.commit()
"""


# Names for all addresses of this machine.
EVERYWHERE = ("0.0.0.0", "::", "")
# What is on this machine is asked directly, whatever proxy the environment names.
DIRECTLY = urllib.request.ProxyHandler({})


def free_port():
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def check_port(host, port):
    """:raise Stop: the port is taken, or not ours to open"""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except PermissionError:
            raise Stop(
                f"Port {port} is reserved for the administrator: choose one above 1023 with --port."
            ) from None
        except OSError as trouble:
            raise Stop(
                f"Port {port} of {host} cannot be used ({trouble.strerror}): choose another with --port."
            ) from None


def link_module(folder):
    """An addons folder in which the checkout has the module's name, whatever the checkout is called.

    The addons beside the module are in it, too. A folder that lies in the checkout gets links to its parts: linked as a
    whole, the checkout would hold itself, and programs that follow links would walk in circles.
    """
    addons = folder / "addons"
    addons.mkdir(parents=True, exist_ok=True)
    for name, path in installed.addons(CHECKOUT).items():
        if name != MODULE:
            link = addons / name
            link.unlink(missing_ok=True)
            link.symlink_to(path)
    link = addons / MODULE
    if link.is_symlink():
        link.unlink()
    if CHECKOUT not in link.parents:
        link.symlink_to(CHECKOUT)
        return addons
    fresh_folder(link)
    for part in CHECKOUT.iterdir():
        hidden = part.name.startswith(".") or part.name == "node_modules"
        if not hidden and part not in link.parents:
            (link / part.name).symlink_to(part)
    return addons


@dataclass
class Odoo:
    """One Odoo on one database: where it is, what it runs with.

    :ivar python: the Python that has Odoo's requirements
    :ivar tree: an :class:`~stack.odoo_tree.OdooTree`
    :ivar server: a running :class:`~stack.postgres.Server`
    :ivar folder: working folder; holds the configuration, the logs and Odoo's ``data_dir``
    :ivar addons: our addons folder, or None to run without the module
    """

    python: Path
    tree: object
    server: object
    folder: Path
    database: str = MODULE
    addons: Path = None
    options: dict = field(default_factory=dict)

    @property
    def data_dir(self):
        return self.folder / "data_dir"

    @property
    def filestore(self):
        return self.data_dir / "filestore"

    @property
    def log(self):
        return self.folder / f"odoo-{self.database}.log"

    def environment(self):
        paths = [str(self.tree.python_path), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            **self.server.environment(),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONDONTWRITEBYTECODE": "" if self._keeps_bytecode() else "1",
            "PYTHONUNBUFFERED": "1",
            "PATH": debian.path_with_chromium(self.folder),
            # Chromium's sound leaves a folder, else among everybody's temporary files.
            "PULSE_RUNTIME_PATH": str(self.folder / "sound"),
        }

    def _keeps_bytecode(self):
        """Whether what Python compiles may be kept: in our own copy of Odoo, by the run that makes the base database.

        All later ones find it there; an Odoo of the user's own is not written to.
        """
        return self.addons is None and cache() in self.tree.python_path.parents

    def configuration(self):
        """Write the configuration file; returns its path."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        addons = [*self.tree.addons, *([self.addons] if self.addons else [])]
        options = {
            **self.server.options,
            "db_name": self.database,
            "dbfilter": f"^{self.database}$",
            "list_db": False,
            "data_dir": self.data_dir,
            "addons_path": ",".join(map(str, addons)),
            "http_interface": "127.0.0.1",
            "max_cron_threads": 0,
            "limit_time_real": 600,
            "limit_time_cpu": 600,
            **self.options,
        }
        path = self.folder / f"odoo-{self.database}.conf"
        lines = [
            f"{name} = {value}"
            for name, value in options.items()
            if value is not None and value != ""
        ]
        path.write_text("[options]\n" + "\n".join(lines) + "\n")
        return path

    def command(self, *arguments):
        """Odoo's command line, as a list; ``shell`` and the like come first."""
        subcommand = [arguments[0]] if arguments and not arguments[0].startswith("-") else []
        rest = arguments[len(subcommand) :]
        return [
            str(self.python),
            str(self.tree.script),
            *subcommand,
            "-c",
            str(self.configuration()),
            *rest,
        ]

    def once(self, *arguments, what):
        """Run Odoo to its end, e.g. to install a module."""
        run(
            self.command(*arguments, "--stop-after-init", "--no-http"),
            self.log,
            what,
            env=self.environment(),
            cwd=self.folder,
        )

    def shell(self, code, what):
        """Run Python code in ``odoo shell``; returns what it printed.

        :raise Stop: the code raised
        """
        marker = "shell code ended well"
        ended = subprocess.run(
            self.command("shell", "--no-http", "--shell-interface=python", "--log-level=warn"),
            input=f"exec(compile({code!r}, 'shell code', 'exec'))\nprint({marker!r})\n",
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(),
            cwd=self.folder,
        )
        with open(self.log, "a") as log:
            log.write(ended.stdout + ended.stderr)
        if marker not in ended.stdout:
            output = ended.stderr + ended.stdout
            say("\n".join("    | " + line for line in output.splitlines()[-25:]))
            raise Stop(f"{what}. {explain(output)}".strip())
        return ended.stdout.replace(marker, "").strip()

    def connect(self):
        """A connection to the database beside Odoo's own, for a Python that has Odoo's requirements."""
        import psycopg2

        environment = self.server.environment()
        return psycopg2.connect(
            dbname=self.database,
            host=environment.get("PGHOST"),
            port=environment.get("PGPORT"),
            user=environment.get("PGUSER"),
            password=environment.get("PGPASSWORD"),
        )

    def start(self, port=None, host="127.0.0.1", arguments=()):
        """Start the HTTP server; returns a :class:`Running`, not yet ready.

        :param port: a free one when None
        :param arguments: more arguments for Odoo's command line
        """
        port, evented = port or free_port(), free_port()
        self.options.update(http_interface=host, http_port=port, gevent_port=evented)
        log = open(self.log, "ab")  # noqa: SIM115 - the child keeps it
        process = subprocess.Popen(
            [*_ends_with_us(), *self.command(*arguments)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=self.environment(),
            cwd=self.folder,
            start_new_session=True,
        )
        log.close()
        here = "127.0.0.1" if host in EVERYWHERE else host
        return Running(process, port, self.log, here, evented)


def _ends_with_us():
    """What to put before a command so that it is told to end when we die without a word."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


@dataclass
class Running:
    """A started Odoo server.

    :ivar url: its address on this machine
    :ivar evented_url: that of its evented process, where it has workers
    """

    process: subprocess.Popen
    port: int
    log: Path
    host: str = "127.0.0.1"
    evented_port: int = None

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    @property
    def evented_url(self):
        return f"http://{self.host}:{self.evented_port}"

    def wait_until_ready(self, seconds=90):
        """Return when the log-in page answers.

        :raise Stop: Odoo ended, or did not answer in time
        """
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        opener = urllib.request.build_opener(DIRECTLY)
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Stop(
                    f"Odoo ended while it started (code {self.process.returncode}); see {self.log}."
                )
            try:
                with opener.open(f"{self.url}/web/login", timeout=30):
                    return self
            except urllib.error.HTTPError as trouble:
                raise Stop(f"Odoo's log-in page answers {trouble.code}; see {self.log}.") from None
            except OSError:
                pause.wait(0.2)
        raise Stop(f"Odoo did not answer within {seconds} s; see {self.log}.")

    def stop(self):
        """End it: politely first, by its own pid."""
        end(self.process)
