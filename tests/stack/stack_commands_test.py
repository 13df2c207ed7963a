"""The commands in bin/: what they understand, and the sentences they say when something is missing."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import playwright
import pytest

from stack import console, debian, demo, odoo_tree, odoo_user, paths, sale, server, shop, testing

BIN = Path(paths.CHECKOUT) / "bin"


def run(command, *arguments, **variables):
    return subprocess.run(
        [sys.executable, str(BIN / command), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("has_headless", [True, False])
def test_odoos_own_tests_find_the_browser_that_ours_use(monkeypatch, tmp_path, has_headless):
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("headless", "chromium", "google-chrome"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    if not has_headless:
        (programs / "headless").unlink()
    monkeypatch.setattr(debian, "HEADLESS", str(programs / "headless"))
    monkeypatch.setenv("PATH", str(programs))
    for _twice in range(2):
        found = shutil.which("google-chrome", path=debian.path_with_chromium(tmp_path))
    expected = "headless" if has_headless else "google-chrome"
    assert Path(found).resolve() == programs / expected
    assert debian.chromium() == str(programs / ("headless" if has_headless else "chromium"))


def test_without_a_browser_the_one_without_a_window_is_wanted(monkeypatch):
    monkeypatch.setattr(debian, "chromium", lambda: "")
    assert {"chromium-headless-shell", "fonts-liberation"} <= set(debian.missing())


# Every Debian has these: its package manager loads them.
ALWAYS_THERE = re.compile(r"lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so|linux-vdso|ld-linux")


def test_all_that_the_browsers_driver_loads_is_wanted(monkeypatch):
    node = Path(playwright.__file__).parent / "driver/node"
    loaded = subprocess.run(["ldd", node], capture_output=True, text=True, check=True).stdout
    names = {line.split()[0] for line in loaded.splitlines()}
    needed = {name for name in names if not ALWAYS_THERE.search(name)}
    assert needed == set(debian.LIBRARIES.values())
    monkeypatch.setattr(debian, "LIBRARIES", {"libnone1": "libnone.so.1"})
    assert "libnone1" in debian.missing()
    assert "libnone1" not in debian.missing(browser=False)


@pytest.mark.parametrize(
    "command", ["setup", "test", "demo", "lint", "lock", "release", "translate"]
)
def test_every_command_explains_itself(command):
    ended = run(command, "--help")
    assert ended.returncode == 0
    assert f"bin/{command}" in ended.stdout


@pytest.mark.parametrize("module", ["demo", "testing", "set_up", "lint", "lock", "release"])
def test_a_python_that_has_no_package_of_ours_starts_each_command(module):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "sys.modules.update(dict.fromkeys(('pytest', 'playwright', 'odoo', 'lxml', 'zeep', 'babel')))\n"
        f"from stack import {module}"
    )
    command = [sys.executable, "-I", "-c", code, str(BIN)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not ended.stderr


def test_taken_port_is_one_sentence(taken_port):
    ended = run("demo", "--port", str(taken_port))
    assert ended.returncode == 2
    assert f"Port {taken_port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_port_at_all_is_one_sentence():
    ended = run("demo", "--port", "70000")
    assert ended.returncode == 2
    assert "70000 is no port" in ended.stderr


def test_free_port_can_be_opened():
    server.check_port("127.0.0.1", server.free_port())


def test_wrong_odoo_root_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_ROOT", str(tmp_path))
    with pytest.raises(console.Stop, match="ODOO_ROOT"):
        odoo_tree.find()


@pytest.mark.parametrize("layout", ["checkout", "package"])
def test_odoo_root_in_both_layouts(tmp_path, monkeypatch, layout):
    script, library = {
        "checkout": ("odoo-bin", ""),
        "package": ("usr/bin/odoo", "usr/lib/python3/dist-packages"),
    }[layout]
    release = tmp_path / library / "odoo/release.py"
    for path in (tmp_path / script, release):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    release.write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    monkeypatch.setenv("ODOO_ROOT", str(tmp_path))
    tree = odoo_tree.find()
    assert tree.script == tmp_path / script
    assert tree.python_path == tmp_path / library
    release.write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    with pytest.raises(console.Stop, match="19.0"):
        odoo_tree.find()


def test_no_package_manager_is_one_sentence(monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(console.Stop, match="no apt-get.*postgresql"):
        debian.install(["postgresql"])


def test_user_without_consent_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(debian.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(console.Stop, match="apt-get install .*chromium"):
        debian.install(["chromium"])


def test_not_a_debian_asks_for_odoo_root(monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(console.Stop, match="ODOO_ROOT"):
        debian.mirror()


@pytest.mark.parametrize(
    ("output", "word"),
    [
        ("write error: No space left on device", "disk"),
        ("E: Could not get lock /var/lib/dpkg/lock", "package manager"),
    ],
)
def test_known_trouble_is_explained(output, word):
    assert word in console.explain(output)


def test_failed_program_shows_its_last_lines(tmp_path, capsys):
    program = [sys.executable, "-c", "import sys; print('what went wrong'); sys.exit(3)"]
    with pytest.raises(console.Stop, match=r"The thing failed\. It ended with code 3"):
        console.run(program, tmp_path / "log", "The thing failed")
    assert "what went wrong" in capsys.readouterr().out


def test_missing_program_is_one_sentence(tmp_path):
    with pytest.raises(console.Stop, match="no-such-program is not on this machine"):
        console.run(["no-such-program"], tmp_path / "log", "The thing failed")


def test_full_disk_is_noticed_beforehand(tmp_path):
    with pytest.raises(console.Stop, match="POS_GLASE_CACHE"):
        paths.need_space(tmp_path, 10**9, "Everything")


def test_digest_tells_contents_apart(tmp_path):
    file = tmp_path / "file"
    file.write_text("a")
    first = paths.digest(file, "b")
    file.write_text("ab")
    assert paths.digest(file, "") != first


@pytest.mark.parametrize(
    ("count", "linted", "code"),
    [
        (testing.Count(3, 0, 0), True, 0),
        (testing.Count(3, 0, 0), False, 1),
        (testing.Count(3, 1, 0), True, 1),
        (testing.Count(3, 0, 1), True, 1),
        (testing.Count(0, 0, 0), True, 1),
    ],
)
def test_only_a_full_success_is_success(count, linted, code, capsys):
    assert testing._close(count, linted) == code
    line = capsys.readouterr().out.strip().splitlines()[-1]
    assert (
        line == f"pos_glase: {count.passed} passed, {count.failed} failed, {count.skipped} skipped"
    )


class TestSale:
    """``bin/demo --sale`` ends well only when all that was left behind agrees."""

    @pytest.fixture
    def left(self):
        return self.left_by(1)

    @staticmethod
    def left_by(sales):
        numbers = range(1, sales + 1)
        return {
            "orders": [
                {
                    "state": "paid",
                    "total": "71.0",
                    "payments": [
                        {
                            "glase": True,
                            "amount": "71.0",
                            "reference": f"R{number}",
                            "unverified": False,
                            "id": 6 + number,
                        }
                    ],
                }
                for number in numbers
            ],
            "rows": [
                {
                    "state": "paid",
                    "amount": "71.0",
                    "invoice": f"I{number}",
                    "reference": f"R{number}",
                    "payment": 6 + number,
                }
                for number in reversed(numbers)
            ],
            "journal": {
                "payments": [
                    {
                        "state": "standing",
                        "amount": "71.00",
                        "ers_reference": f"R{number}",
                        "invoice_reference": f"I{number}",
                    }
                    for number in numbers
                ]
            },
        }

    def test_agreement(self, left):
        assert sale.differences(["Reference R1"], left) == []

    def test_agreement_of_several(self):
        receipts = ["Reference R2", "Reference R3", "Reference R1"]
        assert sale.differences(receipts, self.left_by(3)) == []

    @pytest.mark.parametrize("sales", [1, 3])
    def test_one_too_few(self, sales):
        receipts = [f"Reference R{number}" for number in range(1, sales + 2)]
        found = sale.differences(receipts, self.left_by(sales))
        assert len(found) == 4

    def test_one_receipt_twice(self):
        found = sale.differences(["R1", "R1", "R3"], self.left_by(3))
        assert found == [
            "R1: 2 receipts show the reference, not 1",
            "R2: 0 receipts show the reference, not 1",
        ]

    @pytest.mark.parametrize("sales", [1, 3])
    @pytest.mark.parametrize(
        ("spoil", "word"),
        [
            (lambda left: left["orders"][0].update(state="draft"), "not paid"),
            (lambda left: left["orders"][0]["payments"][0].update(glase=False), "none of Glase"),
            (lambda left: left["orders"][0]["payments"][0].update(unverified=True), "unverified"),
            (lambda left: left["rows"][0].update(amount="70.0"), "amounts differ"),
            (lambda left: left["rows"][0].update(payment=99), "not linked"),
            (lambda left: left["rows"].pop(), "ledger row"),
            (lambda left: left["journal"]["payments"][0].update(state="reversed"), "simulator"),
            (
                lambda left: left["journal"]["payments"][0].update(ers_reference="R9"),
                "references differ",
            ),
            (
                lambda left: left["journal"]["payments"][0].update(invoice_reference="I9"),
                "invoice references",
            ),
        ],
    )
    def test_disagreement_is_named(self, spoil, word, sales):
        left = self.left_by(sales)
        spoil(left)
        receipts = [f"R{number}" for number in range(1, sales + 1)]
        assert any(word in sentence for sentence in sale.differences(receipts, left))

    def test_receipt_without_the_reference(self, left):
        assert sale.differences(["no reference"], left)

    def test_two_at_once_have_a_picture_folder_each(self, tmp_path, monkeypatch):
        monkeypatch.setattr(sale, "PICTURES", tmp_path / "pictures")
        first, other = sale._picture_folder(), sale._picture_folder()
        (first / "1.png").touch()
        assert first != other
        assert (first / "1.png").exists()
        old = time.time() - 2 * paths.DAY
        os.utime(first, (old, old))
        sale._picture_folder()
        assert not first.exists()
        assert other.exists()

    @pytest.mark.parametrize("arguments", [["--times", "2"], ["--sale", "--times", "0"]])
    def test_times_without_a_sale_is_one_sentence(self, arguments):
        ended = run("demo", *arguments)
        assert ended.returncode == 2
        assert "--times" in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8069"),
        ("0.0.0.0", "http://127.0.0.1:8069"),
        ("192.0.2.7", "http://192.0.2.7:8069"),
    ],
)
def test_a_server_is_asked_where_it_listens(host, url, tmp_path, monkeypatch):
    monkeypatch.setattr(server.subprocess, "Popen", lambda *_arguments, **_options: None)
    postgresql = SimpleNamespace(options={}, environment=lambda: {})
    tree = SimpleNamespace(script="odoo", python_path=Path("library"), addons=())
    odoo = server.Odoo(Path("python"), tree, postgresql, tmp_path)
    assert odoo.start(8069, host).url == url


def test_the_address_is_written_as_it_is_named():
    said = []
    postgresql = SimpleNamespace(query=lambda sql, database: said.append((sql, database)))
    shop.write_address(postgresql, "shop", "http://o'hara.example:8069")
    ((sql, database),) = said
    assert database == "shop"
    assert "'http://o''hara.example:8069'" in sql


class TestWhatTheDemoTells:
    VISITOR = {
        "shop": "Fjällboden AB",
        "tills": [[4, "Till 1"], [5, "Till 2"]],
        "phone": ["a/phone"],
        "kiosk": ["a/kiosk", "a/guest"],
    }

    @pytest.fixture
    def kept(self, monkeypatch):
        """A kept shop that was told about before; its administrator has another password now."""

        def refuse(*_arguments):
            raise odoo_user.Refused("Access Denied")

        monkeypatch.setattr(demo, "read", refuse)
        odoo = SimpleNamespace(database="pos_glase", log="odoo.log")
        return SimpleNamespace(
            odoo=odoo, told={"visitor": self.VISITOR, "demo": True}, keep=lambda: None
        )

    def summary(self, kept):
        options = SimpleNamespace(host="127.0.0.1", no_demo_data=False)
        return demo._summary(demo._told(kept, None), "http://here", options, kept)

    def test_of_a_shop_that_answers(self, kept, monkeypatch):
        monkeypatch.setattr(demo, "read", lambda *_arguments: self.VISITOR)
        told = self.summary(kept)
        assert "http://here/pos/ui/4" in told
        assert "http://here/pos/ui/5" in told
        assert "a/phone" in told
        assert "a/kiosk" in told
        assert "a/guest" in told

    def test_of_a_shop_whose_administrator_has_another_password(self, kept):
        told = self.summary(kept)
        assert "http://here/pos/ui/4" in told
        assert "a/phone" not in told
        assert "a/kiosk" not in told
        assert "in the back office" in told

    def test_of_a_shop_that_never_told(self, kept):
        kept.told.pop("visitor")
        assert "http://here/odoo" in self.summary(kept)


def test_address_of_a_host():
    assert shop.address("127.0.0.1") == "127.0.0.1"
    assert json.dumps(shop.address("0.0.0.0")) != '"0.0.0.0"'
