"""PostgreSQL: a private cluster in a folder of ours, or the server that ``PG*`` variables name."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import debian, processes
from .console import Stop, explain, run
from .paths import log_file

ROLE = "odoo"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off"}


class Server:
    """A running PostgreSQL server on which databases can be made from a template.

    :ivar options: what Odoo's configuration needs to reach it
    """

    def __init__(self, options):
        self.options = options

    def environment(self):
        """``PG*`` variables for ``psql`` and for test code."""
        names = {
            "db_host": "PGHOST",
            "db_port": "PGPORT",
            "db_user": "PGUSER",
            "db_password": "PGPASSWORD",
        }
        return {names[key]: str(value) for key, value in self.options.items() if value}

    def query(self, sql, database="postgres"):
        """Run SQL; returns its rows as lines of ``|``-separated text.

        :raise Stop: the server refuses, or cannot be reached
        """
        psql = shutil.which("psql") or str((debian.postgres_bin() or Path()) / "psql")
        ended = subprocess.run(
            # -w: nobody can type a password here.
            [
                psql,
                "-w",
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database,
                "-c",
                sql,
            ],
            env={"PGCONNECT_TIMEOUT": "10", **os.environ, **self.environment()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            words = " ".join(ended.stderr.removeprefix("psql: error: ").split())
            known = explain(ended.stderr)
            raise Stop(f"PostgreSQL: {known} ({words})" if known else f"PostgreSQL: {words}")
        return ended.stdout.strip()

    def has_database(self, name):
        return bool(self.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def create_database(self, name, template="template0"):
        """Make a database; from a template it takes 0.3 s. The filestore is the caller's."""
        self.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop_database(self, name):
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self):
        """Nothing for a server that is not ours."""


@dataclass
class Cluster:
    """A private cluster: a folder, reachable over a socket of its own and by nobody else.

    PostgreSQL refuses to run as root: as root it runs as the user ``postgres``, who keeps the right to pass
    through folders that only root can read (the checkout or the cache may be under ``/root``).
    """

    folder: Path
    settings: dict = field(default_factory=dict)

    @property
    def data(self):
        return self.folder / "data"

    def make(self):
        """``initdb``; :raise Stop: when it fails"""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data.mkdir()
        if not os.geteuid():
            _give(self.data)
        self._run(
            "initdb",
            "-D",
            self.data,
            "-A",
            "trust",
            "-U",
            ROLE,
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
            "--no-sync",
        )

    def copy_to(self, folder):
        """A copy of the stopped cluster; seconds, not a minute."""
        folder.mkdir(parents=True, exist_ok=True)
        copy_tree(self.data, folder / "data")
        return Cluster(folder)

    def start(self):
        """Start it on a socket in a new temporary folder."""
        socket = processes.folder("pg")
        if not os.geteuid():
            _give(socket)
        self.stop_if_left_running()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": socket,
            "port": 5432,
            "max_connections": 300,
            "shared_buffers": "128MB",
            **self.settings,
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        try:
            self._run(
                "pg_ctl",
                "-D",
                self.data,
                "-w",
                "-t",
                "60",
                "-l",
                self.data / "server.log",
                "-o",
                options,
                "start",
            )
        except Stop:
            shutil.rmtree(socket, ignore_errors=True)
            raise
        return _OwnServer(self, socket)

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop")

    def crash(self):
        """End the running server at once, as a crash does, and start it again as it was."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", "immediate", "restart")

    def stop_if_left_running(self):
        """Stop the server that an interrupted run left behind on this cluster, if there is one."""
        if not (self.data / "postmaster.pid").exists():
            return
        status = [*_as_postgres(), debian.postgres_bin() / "pg_ctl", "-D", self.data, "status"]
        if not subprocess.run(status, stdout=subprocess.DEVNULL, check=False).returncode:
            self.stop()

    def sync(self):
        """Write to the disk what a server with ``fsync=off`` has left in memory."""
        self._run("initdb", "-D", self.data, "--sync-only")

    def _run(self, program, *arguments):
        folder = debian.postgres_bin()
        if folder is None:
            raise Stop(
                "There is no PostgreSQL server: install the Debian package postgresql, or set PGHOST."
            )
        run(
            [*_as_postgres(), folder / program, *arguments],
            log_file("postgres"),
            f"PostgreSQL: {program} failed",
            cwd="/",
        )


class _OwnServer(Server):
    def __init__(self, cluster, socket):
        super().__init__({"db_host": str(socket), "db_port": 5432, "db_user": ROLE})
        self.cluster = cluster
        self.socket = socket

    def stop(self):
        self.cluster.stop()
        shutil.rmtree(self.socket, ignore_errors=True)


def _give(folder):
    """Make a folder the user's as whom PostgreSQL runs when we are root."""
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError:
        raise Stop(
            "PostgreSQL does not run as root, and this machine has no user postgres: start as another user, "
            "or name a server in PGHOST."
        ) from None


def _as_postgres():
    if os.geteuid():
        return []
    capability = "+dac_override"
    return [
        "setpriv",
        "--reuid=postgres",
        "--regid=postgres",
        "--init-groups",
        f"--inh-caps={capability}",
        f"--ambient-caps={capability}",
    ]


def copy_tree(source, target):
    """A copy with owners and times, sharing the blocks where the file system can."""
    run(
        ["cp", "-a", "--reflink=auto", source, target],
        log_file("copy"),
        f"{source} cannot be copied to {target}",
    )


def named_server():
    """The server that ``PG*`` variables name.

    :raise Stop: it cannot be reached, is older than 13, or does not let us make databases
    """
    environment = os.environ
    server = Server(
        {
            "db_host": environment.get("PGHOST") or environment.get("PGHOSTADDR"),
            "db_port": environment.get("PGPORT", "5432"),
            "db_user": environment.get("PGUSER") or environment.get("USER") or "",
            "db_password": environment.get("PGPASSWORD", ""),
        }
    )
    sql = (
        "SELECT current_setting('server_version_num')::int >= 130000, "
        "rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    if server.query(sql) != "t|t":
        raise Stop(
            "The PostgreSQL server in PGHOST must be version 13 or newer, and its user allowed to make databases."
        )
    return server
