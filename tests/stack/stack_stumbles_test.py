"""What stands in a newcomer's way, and the sentence that says what to do."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stack import console, debian, demo, odoo_tree, paths, postgres, server, set_up, shop

BIN = paths.CHECKOUT / "bin"
COMMANDS = sorted(path.name for path in BIN.iterdir() if path.is_file())


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts shell scripts before all other programs; called with a name and the script's text."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(name, text):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    return put


class TestNoPython:
    """A machine that has none, or only one that Odoo does not run on."""

    @pytest.fixture
    def bare(self, tmp_path):
        for name in ("sh", "dirname", "readlink"):
            (tmp_path / name).symlink_to(shutil.which(name))
        return tmp_path

    @pytest.mark.parametrize("command", COMMANDS)
    @pytest.mark.parametrize("found", [None, "Python 3.9.2", "Python 3.14.0"])
    def test_says_what_to_install(self, bare, command, found):
        if found:
            other = bare / "python3"
            other.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{found}" && exit\nexit 1\n')
            other.chmod(0o755)
        ended = subprocess.run(
            [BIN / command], env={"PATH": str(bare)}, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 2
        assert f"bin/{command}: Python 3.10 to 3.13 is needed" in ended.stderr
        assert (found or "none") in ended.stderr
        assert "apt-get install python3" in ended.stderr

    def test_another_python_beside_it_is_taken(self, bare):
        (bare / "python3").write_text("#!/bin/sh\nexit 1\n")
        (bare / "python3").chmod(0o755)
        (bare / "python3.13").symlink_to(sys.executable)
        ended = subprocess.run(
            [BIN / "demo", "--help"],
            env={"PATH": str(bare)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "usage: bin/demo" in ended.stdout

    def test_through_a_link(self, tmp_path):
        link = tmp_path / "glase demo"
        link.symlink_to(BIN / "demo")
        ended = subprocess.run([link, "--help"], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr


class TestSudo:
    """Debian packages that are missing, for somebody who is not root."""

    @pytest.fixture(autouse=True)
    def somebody(self, monkeypatch):
        monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
        monkeypatch.setattr(debian.sys.stdin, "isatty", lambda: True, raising=False)

    @pytest.fixture
    def apt(self, programs, tmp_path):
        programs("apt-get", f'echo "$@" >> "{tmp_path}/asked"')
        return tmp_path / "asked"

    def test_nothing_is_printed_before_the_password(self, programs, apt, tmp_path, capsys):
        fifo = tmp_path / "password"
        os.mkfifo(fifo)
        programs("sudo", f'read -r password < "{fifo}"; exec "$@"')
        with subprocess.Popen(["sh", "-c", f'echo secret > "{fifo}"']):
            install = debian.authorise(["chromium"], agreed=True)
        assert capsys.readouterr().out == ""
        install()
        assert "Debian packages: chromium" in capsys.readouterr().out
        assert apt.read_text().splitlines() == [
            "update",
            "install -y --no-install-recommends chromium",
        ]

    def test_wrong_password(self, programs, apt):
        programs("sudo", "exit 1")
        self.is_told_the_line(agreed=True)
        assert not apt.exists()

    def test_without_a_terminal_nobody_is_asked(self, programs, apt, monkeypatch):
        monkeypatch.setattr(debian.sys.stdin, "isatty", lambda: False, raising=False)
        programs("sudo", '[ "$1" = -n ] && exit 1; exec "$@"')
        self.is_told_the_line(agreed=True)
        assert not apt.exists()

    def test_declined(self, programs, apt, monkeypatch):
        programs("sudo", 'exec "$@"')
        monkeypatch.setattr("builtins.input", lambda _question: "n")
        self.is_told_the_line()
        assert not apt.exists()

    def test_no_sudo(self, apt, monkeypatch):
        found = shutil.which
        monkeypatch.setattr(
            debian.shutil, "which", lambda name: None if name == "sudo" else found(name)
        )
        self.is_told_the_line()

    def is_told_the_line(self, agreed=False):
        with pytest.raises(
            console.Stop, match="apt-get install --no-install-recommends chromium fonts-liberation"
        ):
            debian.authorise(["chromium", "fonts-liberation"], agreed)

    def test_lists_that_cannot_be_read(self, programs):
        programs("sudo", 'exec "$@"')
        programs("apt-get", "echo \"Temporary failure resolving 'deb.example'\"; exit 100")
        install = debian.authorise(["chromium"], agreed=True)
        with pytest.raises(console.Stop, match=r"package lists cannot be read.*deb\.example"):
            install()

    def test_package_that_cannot_be_installed_shows_why(self, programs, capsys):
        programs("sudo", 'exec "$@"')
        programs("apt-get", '[ "$1" = update ] || { echo "no chromium for you"; exit 100; }')
        install = debian.authorise(["chromium"], agreed=True)
        with pytest.raises(console.Stop, match="chromium cannot be installed.*100"):
            install()
        assert "no chromium for you" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("Temporary failure resolving 'deb.example'", "The host deb.example has no address here"),
        ("curl: (6) Could not resolve host: deb.example", "The host deb.example has no address"),
        (
            "HTTPSConnectionPool(host='pypi.example', port=443): NameResolutionError: Failed to resolve "
            "'pypi.example' ([Errno -2] Name or service not known)",
            "The host pypi.example has no address",
        ),
        ("npm error getaddrinfo ENOTFOUND registry.example", "The host registry.example has no"),
        (
            'psql: error: could not translate host name "db.example" to address: Name or service not known',
            "The host db.example has no address",
        ),
        (
            'connection to server at "db.example" (192.0.2.7), port 5432 failed: Connection refused',
            "The host db.example does not answer",
        ),
        ("connect: Network is unreachable", "There is no network"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED", "certificate is not accepted"),
        ("ProxyError('Tunnel connection failed: 407')", "The proxy refuses"),
        ("write: Read-only file system", "read-only"),
        ("npm error code ENOSPC", "disk is full"),
        ("PANIC: could not extend file: No space left on device", "disk is full"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "not what was expected"),
    ],
)
def test_each_trouble_has_its_own_sentence(output, sentence):
    assert sentence in console.explain(output)


@pytest.mark.parametrize(
    "trouble",
    ["Could not resolve host: x.example", "Name or service not known", "Connection refused"],
)
def test_a_host_is_not_called_a_missing_network(trouble):
    assert "no network" not in console.explain(trouble)


def test_an_error_of_the_system_names_what_could_not_be_done():
    with pytest.raises(OSError, match="no-such-program") as caught:
        subprocess.run(["no-such-program"], check=False)
    assert "The program no-such-program is not on this machine" in console.explain_os(caught.value)
    full = OSError(28, "No space left on device", "/somewhere/file")
    assert console.explain_os(full).startswith("/somewhere/file: The disk is full")
    with pytest.raises(OSError, match="Not a directory") as caught:
        (BIN / "demo/file").read_text()
    assert str(BIN / "demo/file") in console.explain_os(caught.value)


class TestReadOnlyCheckout:
    @pytest.fixture(autouse=True)
    def read_only(self, tmp_path, monkeypatch):
        """Also for root, who may write where nobody may."""
        may = os.access
        monkeypatch.setattr(paths, "CHECKOUT", tmp_path)
        monkeypatch.setattr(
            paths.os, "access", lambda path, mode: Path(path) != tmp_path and may(path, mode)
        )
        self.checkout = tmp_path

    def test_is_named(self):
        with pytest.raises(console.Stop, match=f"The checkout {self.checkout} cannot be written"):
            paths.need_checkout("the shop")

    @pytest.mark.parametrize("arguments", [["--sale"], ["--port", "{free}"]], ids=["sale", "shop"])
    def test_is_named_before_anything_is_set_up(self, arguments, monkeypatch):
        arguments = [text.format(free=server.free_port()) for text in arguments]
        monkeypatch.setattr(shop, "FOLDER", self.checkout / ".demo")
        monkeypatch.setattr(set_up, "prepare", lambda **_options: pytest.fail("is set up"))
        with pytest.raises(console.Stop, match=f"The checkout {self.checkout} cannot be written"):
            demo.main(arguments)

    def test_a_link_that_is_needed(self):
        with pytest.raises(console.Stop, match="The checkout .* cannot be written"):
            paths.link_in_checkout("node_modules", self.checkout / "elsewhere")

    def test_a_cache_that_cannot_be_written_is_named_as_the_cache(self, monkeypatch):
        monkeypatch.setenv("POS_GLASE_CACHE", str(self.checkout))
        with pytest.raises(console.Stop, match="cache folder .* POS_GLASE_CACHE"):
            paths.cache()


class TestOdooPackage:
    """It comes from Debian's unstable release, where it may be gone tomorrow."""

    @pytest.fixture(autouse=True)
    def own_cache(self, tmp_path, monkeypatch):
        monkeypatch.setenv("POS_GLASE_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("ODOO_ROOT", raising=False)
        monkeypatch.setattr(debian, "mirror", lambda: ("http://deb.example/debian/", "bookworm"))
        (tmp_path / "keys.gpg").touch()

    @pytest.mark.parametrize(
        ("update", "download", "sentence"),
        [
            ("true", 'echo "E: Unable to locate package odoo-19"', "no such package any more"),
            (
                "true",
                "echo \"E: Can't find a source to download version '19' of 'odoo-19'\"",
                "any more",
            ),
            ("true", 'echo "E: Failed to fetch odoo-19_19.deb  404  Not Found"', "no longer has"),
            (
                'echo "E: The repository sid does not have a Release file."; exit 100',
                "",
                "no longer has",
            ),
            (
                'echo "E: Release file for sid is expired (invalid since 3d)"; exit 100',
                "",
                "out of date",
            ),
            (
                "echo \"W: Temporary failure resolving 'deb.example'\"; exit 100",
                "",
                "no address here",
            ),
        ],
    )
    def test_gone_renamed_or_expired(self, programs, update, download, sentence):
        programs(
            "apt-get",
            f'for last; do :; done\nif [ "$last" = update ]; then {update}; exit; fi\n'
            f"{download}; exit 100",
        )
        with pytest.raises(console.Stop) as caught:
            odoo_tree.find()
        said = str(caught.value)
        assert sentence in said
        assert odoo_tree.EXPECTED in said
        assert "ODOO_ROOT" in said

    def test_a_cached_odoo_of_another_version_does_not_blame_odoo_root(self, tmp_path):
        for name in ("usr/bin/odoo", "usr/lib/python3/dist-packages/odoo/release.py"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("version_info = (20, 0, 0, FINAL, 0, '')\n")
        with pytest.raises(console.Stop, match=r"The cached Odoo .* 19\.0\. .*dfsg.*in ODOO_ROOT"):
            odoo_tree._at(tmp_path)


class TestNamedServer:
    """A PostgreSQL server that ``PG*`` variables name."""

    def test_not_there(self, monkeypatch):
        monkeypatch.setenv("PGHOST", "127.0.0.1")
        monkeypatch.setenv("PGPORT", str(server.free_port()))
        with pytest.raises(console.Stop, match=r"The host 127\.0\.0\.1 does not answer"):
            postgres.named_server()

    def test_no_client_for_it(self, monkeypatch):
        monkeypatch.setenv("PGHOST", "db.example")
        monkeypatch.setattr(debian, "postgres_bin", lambda: None)
        monkeypatch.setattr(debian.shutil, "which", lambda name: None)
        assert "postgresql-client" in debian.missing(browser=False)
        assert "postgresql" not in debian.missing(browser=False)


def test_root_without_a_user_postgres_is_one_sentence(monkeypatch, tmp_path):
    def nobody(*_arguments):
        raise LookupError("no such user")

    monkeypatch.setattr(postgres.shutil, "chown", nobody)
    monkeypatch.setattr(postgres.os, "geteuid", lambda: 0)
    with pytest.raises(console.Stop, match="no user postgres"):
        postgres.Cluster(tmp_path).make()


class TestNoCircles:
    """No link in the checkout leads to a folder that it lies in."""

    def test_module_linked_inside_the_checkout(self, tmp_path, monkeypatch):
        checkout = tmp_path / "checkout"
        for name in ("models", "static", ".git", ".demo", "tests"):
            (checkout / name).mkdir(parents=True)
        (checkout / "__manifest__.py").touch()
        monkeypatch.setattr(server, "CHECKOUT", checkout)
        for folder in (checkout / ".demo", checkout / "tests/work"):
            for _twice in range(2):
                addons = server.link_module(folder)
            linked = addons / paths.MODULE
            assert (linked / "__manifest__.py").exists()
            assert (linked / "models").is_dir()
        assert self.circles(checkout) == []

    def test_module_linked_outside_is_one_link(self, tmp_path):
        addons = server.link_module(tmp_path)
        assert (addons / paths.MODULE).resolve() == paths.CHECKOUT

    def test_link_of_an_older_demo_is_replaced(self, tmp_path, monkeypatch):
        monkeypatch.setattr(server, "CHECKOUT", tmp_path)
        (tmp_path / "models").mkdir()
        (tmp_path / ".demo/addons").mkdir(parents=True)
        (tmp_path / ".demo/addons" / paths.MODULE).symlink_to(tmp_path)
        server.link_module(tmp_path / ".demo")
        assert self.circles(tmp_path) == []

    @staticmethod
    def circles(top):
        return [
            path
            for folder, folders, _names in os.walk(top)
            for path in (Path(folder) / name for name in folders)
            if path.is_symlink() and path.resolve() in path.absolute().parents
        ]


def test_steps_beside_one_another_name_themselves(capsys):
    def work(title):
        with console.step(title):
            meeting.wait(10)

    meeting = threading.Barrier(2)
    console.together(lambda: work("one"), lambda: work("other"))
    out = capsys.readouterr().out
    assert "one: done in" in out
    assert "other: done in" in out


def test_all_that_is_wrong_beside_one_another_is_said():
    def fail(sentence):
        raise console.Stop(sentence)

    with pytest.raises(console.Stop, match=r"(?s)first.*second"):
        console.together(lambda: fail("first"), lambda: fail("second"), lambda: 3)
    assert console.together(lambda: 1, lambda: 2) == [1, 2]
