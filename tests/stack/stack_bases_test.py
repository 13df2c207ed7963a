"""The database with the module: made once for the same files, whoever asks, and not for ever kept."""

import multiprocessing
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from stack import base_db, elsewhere, installed, paths, postgres


class FakeCluster:
    """A cluster that is only a folder; its server is a name."""

    def __init__(self, folder, settings=None):
        self.folder = folder
        self.settings = settings

    def copy_to(self, folder):
        shutil.copytree(self.folder / "data", folder / "data")

    def start(self):
        return SimpleNamespace(stop=lambda: None, options={})

    def stop_if_left_running(self):
        (paths.cache() / f"stopped-{self.folder.name}").touch()

    def sync(self):
        pass


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """A base in a cache of its own, and a checkout of two files; no server is started."""
    monkeypatch.setenv("POS_GLASE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(postgres, "Cluster", FakeCluster)
    monkeypatch.setattr(base_db, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(base_db, "BESIDE", tmp_path / "checkout/addons")
    monkeypatch.setattr(base_db, "_held", [])
    write(tmp_path / "checkout/models/one.py", "1")
    write(tmp_path / "checkout/__init__.py", "")
    base = base_db.Base(paths.cache() / "base-demo-0123456789abcdef")
    (base.folder / "data").mkdir(parents=True)
    write(base.filestore / "ab/file", "kept")
    return SimpleNamespace(base=base, python=Path("python"), tree=None)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def made(stack, kind="module", change=lambda odoo: None):
    return base_db._derived(kind, stack, stack.base, (), change)


def folders():
    return sorted(path.name for path in paths.cache().glob("module-demo-*") if path.is_dir())


def test_made_once_for_the_same_files(stack):
    changes = []
    first = made(stack, change=changes.append)
    assert made(stack, change=changes.append) == first
    assert len(changes) == 1
    assert (first.filestore / "ab/file").read_text() == "kept"


@pytest.mark.parametrize(
    "name",
    [
        *("models/one.py", "__init__.py", "__manifest__.py", "i18n/sv.po", "static/src/a.js"),
        *("static/description/icon.png", "a_new_folder/file.xml", "simulator/assets/phone.js"),
    ],
)
def test_other_files_make_another(stack, name):
    key = base_db.module_key()
    write(base_db.CHECKOUT / name, "other")
    assert base_db.module_key() != key


@pytest.mark.parametrize(
    "name",
    [
        *("tests/test_a.py", "static/tests/tours/a.js", "bin/demo", "bench/a.py", "doc/a.md"),
        *("addons/other/models/one.py", "dist/1.0/a.txt", "readme/USAGE.rst"),
        *("README.md", ".git/index", ".demo/pg/a", "models/__pycache__/a.pyc"),
    ],
)
def test_what_is_not_installed_makes_no_other(stack, name):
    key = base_db.module_key()
    write(base_db.CHECKOUT / name, "other")
    assert base_db.module_key() == key


def test_the_addon_beside_it_makes_another_for_the_kiosk_only(stack):
    keys = base_db.module_key(), base_db.module_key(kiosk=True)
    write(base_db.BESIDE / paths.KIOSK / "static/src/a.js", "other")
    assert base_db.module_key() == keys[0]
    assert base_db.module_key(kiosk=True) != keys[1]
    keys = base_db.module_key(), base_db.module_key(kiosk=True)
    write(base_db.BESIDE / paths.KIOSK / "static/tests/a.js", "other")
    assert (base_db.module_key(), base_db.module_key(kiosk=True)) == keys
    write(base_db.CHECKOUT / "models/one.py", "other")
    assert base_db.module_key(kiosk=True) != keys[1]


def test_every_folder_of_the_manifest_counts():
    """All that the real manifest loads is among the files that the key is made of."""
    files = {str(path.relative_to(paths.CHECKOUT)) for path in installed.files(paths.CHECKOUT)}
    manifest = eval((paths.CHECKOUT / "__manifest__.py").read_text())
    assert set(manifest["data"]) <= files
    for patterns in manifest["assets"].values():
        for pattern in patterns:
            inside = pattern.removeprefix("pos_glase/")
            if not inside.startswith("static/tests"):
                found = {
                    str(path.relative_to(paths.CHECKOUT))
                    for path in paths.CHECKOUT.glob(inside)
                    if path.is_file()
                }
                assert found
                assert found <= files


def test_another_base_makes_another(stack):
    first = made(stack)
    other = base_db.Base(stack.base.folder.with_name("base-demo-fedcba9876543210"))
    shutil.copytree(stack.base.folder, other.folder)
    stack.base = other
    assert made(stack) != first


def test_an_interrupted_making_is_done_again(stack):
    def fail(odoo):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(stack, change=fail)
    (left,) = folders()
    changes = []
    assert made(stack, change=changes.append).folder.name == left
    assert changes
    assert (paths.cache() / f"stopped-{left}").exists()


def _make_with_others(stack, log, together):
    def change(odoo):
        with open(log, "a") as stream:
            stream.write("made\n")

    base_db._held = []
    together.wait(30)
    assert base_db._hold(made(stack, change=change))


def test_two_at_once_make_it_once(stack, tmp_path):
    fork = multiprocessing.get_context("fork")
    arguments = stack, tmp_path / "log", fork.Barrier(4)
    runs = [fork.Process(target=_make_with_others, args=arguments) for _run in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(30)
    assert [run.exitcode for run in runs] == [0, 0, 0, 0]
    assert (tmp_path / "log").read_text() == "made\n"


def edit(number):
    write(base_db.CHECKOUT / "models/one.py", f"edit {number}")


def test_old_ones_go_and_the_last_used_stay(stack):
    for number in range(base_db.KEPT + 3):
        base_db._held.clear()
        edit(number)
        newest = made(stack).folder
        os.utime(newest / "complete", (number, number))
    assert len(folders()) == base_db.KEPT
    assert newest.name in folders()
    for number in range(3, base_db.KEPT + 3):
        edit(number)
        assert made(stack, change=pytest.fail).folder.name in folders()


def test_one_in_use_stays(stack):
    used = made(stack)
    held = list(base_db._held)
    os.utime(used.folder / "complete", (1, 1))
    for number in range(base_db.KEPT + 2):
        base_db._held[:] = held
        edit(number)
        made(stack)
    assert used.folder.name in folders()
    base_db._held.clear()
    held.clear()
    edit("last")
    made(stack)
    assert used.folder.name not in folders()


class FakeServer:
    """A server that is not ours: names of databases."""

    options = {}

    def __init__(self):
        self.databases = {"pos_glase_base_0123456789abcdef"}

    def has_database(self, name):
        return name in self.databases

    def create_database(self, name, template):
        assert template in self.databases
        assert name not in self.databases
        self.databases.add(name)

    def drop_database(self, name):
        self.databases.discard(name)

    def stop(self):
        pass


@pytest.fixture
def named(stack, monkeypatch):
    server = FakeServer()
    monkeypatch.setattr(postgres, "named_server", lambda: server)
    folder = stack.base.folder.with_name("base-demo-named-0123456789abcdef")
    stack.base.folder.rename(folder)
    stack.base = base_db.Base(folder, "pos_glase_base_0123456789abcdef")
    write(stack.base.filestore / "ab/file", "kept")
    return server


def test_on_a_named_server_it_is_a_template(stack, named):
    first = made(stack)
    assert first.template in named.databases
    assert (first.filestore / "ab/file").read_text() == "kept"
    changes = []
    named.drop_database(first.template)
    assert made(stack, change=changes.append) == first
    assert changes


def test_on_a_named_server_old_templates_go(stack, named):
    for number in range(base_db.KEPT + 3):
        base_db._held.clear()
        edit(number)
        made(stack)
    assert len(folders()) == base_db.KEPT
    assert len(named.databases) == 1 + base_db.KEPT


@pytest.mark.parametrize("own", [True, False])
def test_old_bases_go_with_their_templates(stack, named, monkeypatch, own):
    """The base itself is kept and retired like what is made from it."""
    monkeypatch.setattr(base_db.debian, "uses_own_server", lambda: not own)
    monkeypatch.setattr(base_db.debian, "postgres_bin", lambda: "bin")
    monkeypatch.setattr(base_db.python_env, "files", lambda names: [])
    named.create_database("template0", "pos_glase_base_0123456789abcdef")

    def make(base, server, python, tree, demo):
        base_db._retire(f"{base.folder.name.rpartition('-')[0]}-????????????????", bool(server))
        write(base.folder / "complete", "")
        if server:
            server.create_database(base.template, "template0")

    monkeypatch.setattr(base_db, "_make", make)
    for number in range(base_db.KEPT + 3):
        base_db._held.clear()
        base_db.find("python", SimpleNamespace(key=str(number)))
    bases = [path for path in paths.cache().glob("base-demo-*") if (path / "complete").exists()]
    assert len(bases) == base_db.KEPT
    if not own:
        assert len(named.databases) == 1 + base_db.KEPT


def test_every_kind_of_database_is_lent_to_a_checkout_elsewhere():
    made = re.findall(r'_derived\(\s*"(\w+)"', Path(base_db.__file__).read_text())
    assert len(made) >= 5
    assert {f"{kind}-" for kind in (*made, "base")} == set(elsewhere.BASES)


def test_what_tests_in_a_browser_load_is_built_anew_when_a_test_changed(stack, monkeypatch):
    built = []
    monkeypatch.setattr(base_db, "link_module", lambda folder: folder)
    monkeypatch.setattr(base_db.Odoo, "once", lambda *_arguments, **_options: None)
    monkeypatch.setattr(base_db.Odoo, "shell", lambda _odoo, code, _what: built.append(code))
    path = stack.base.folder.parents[1] / "checkout/static/tests/tours/one.js"
    write(path, "1")
    pages, tours = base_db.with_pages(stack), base_db.with_tours(stack)
    assert base_db.with_tours(stack) == tours
    write(path, "2")
    assert base_db.with_tours(stack) != tours
    assert base_db.with_pages(stack) == pages
    assert [("assets_unit_tests" in code, "assets_prod" in code) for code in built] == [
        (False, True),
        (True, False),
        (True, False),
    ]
