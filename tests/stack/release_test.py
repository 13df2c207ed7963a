"""``bin/release``: what it refuses, what it makes, and that it makes the same again."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from email.parser import HeaderParser

import pytest

from stack import console, elsewhere, installed, lint, paths, python_env, release

LOG = """\
# Changelog

## 19.0.2.0.0 - 2030-01-31

### Added

- A thing.

## 19.0.1.0.0 - 2029-01-31

- Older.
"""
# A commit of another machine: its own settings of git are not ours.
AS_NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "nobody",
    "GIT_AUTHOR_EMAIL": "nobody@example.com",
    "GIT_COMMITTER_NAME": "nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.com",
    "GIT_AUTHOR_DATE": "2030-01-31T12:00:00Z",
    "GIT_COMMITTER_DATE": "2030-01-31T12:00:00Z",
}


def git(folder, *arguments):
    subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **AS_NOBODY},
        check=True,
        capture_output=True,
    )


def commit(folder):
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--message", "all of it")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A clone with a manifest and a changelog that fit, as the checkout that is released."""
    folder = tmp_path / "clone"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "__manifest__.py").write_text('{"version": "19.0.2.0.0"}')
    (folder / "CHANGELOG.md").write_text(LOG)
    commit(folder)
    monkeypatch.setattr(release, "CHECKOUT", folder)
    monkeypatch.setenv("POS_GLASE_CACHE", str(tmp_path / "cache"))

    def tool(module, *arguments, epoch):
        raise console.Stop(f"{module} is asked")

    monkeypatch.setattr(release, "tool", tool)
    return folder


def refused(folder, sentence):
    with pytest.raises(console.Stop, match=sentence):
        release.make(folder.parent / "made")
    assert not (folder.parent / "made").exists()


def test_what_is_committed_and_written_of_is_built(small):
    refused(small, "stack.wheel is asked")


def test_a_changed_file_is_refused_by_its_name(small):
    (small / "CHANGELOG.md").write_text(LOG + "- More.\n")
    refused(small, "in no commit first: CHANGELOG.md")


def test_a_new_file_is_refused_by_its_name(small):
    (small / "models").mkdir()
    (small / "models/new.py").touch()
    refused(small, "in no commit first: models/new.py")


def test_what_is_no_clone_is_refused(small):
    shutil.rmtree(small / ".git")
    refused(small, "is no clone with a commit")


def test_a_folder_of_another_clone_is_refused(small, monkeypatch):
    inside = small / "part"
    inside.mkdir()
    (inside / "a").touch()
    commit(small)
    monkeypatch.setattr(release, "CHECKOUT", inside)
    refused(inside, "is no clone with a commit")


def test_a_version_of_another_commit_is_refused(small):
    git(small, "tag", "19.0.2.0.0")
    refused(small, "stack.wheel is asked")
    (small / "more").touch()
    commit(small)
    refused(small, "19.0.2.0.0 is released already, from the commit [0-9a-f]{12}")


def test_addons_of_several_versions_are_refused(small):
    (small / "addons/other").mkdir(parents=True)
    (small / "addons/other/__manifest__.py").write_text('{"version": "19.0.1.0.0"}')
    commit(small)
    refused(small, "pos_glase 19.0.2.0.0, other 19.0.1.0.0")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (LOG.replace("19.0.2.0.0", "19.0.1.9.0"), "no section for 19.0.2.0.0"),
        (LOG.replace("19.0.2.0.0", "19.0.3.0.0"), "no section for 19.0.2.0.0"),
        ("# Changelog\n", "no section for 19.0.2.0.0"),
        (
            LOG.replace("# Changelog\n", "## 19.0.3.0.0 - 2030-02-01\n\n- New.\n"),
            "is 19.0.3.0.0, the",
        ),
        (LOG.replace("2030-01-31", "unreleased"), "calls 19.0.2.0.0 “unreleased”"),
        (LOG.replace("### Added\n\n- A thing.\n", ""), "says nothing about 19.0.2.0.0"),
    ],
)
def test_a_changelog_that_does_not_fit_is_refused(small, text, sentence):
    (small / "CHANGELOG.md").write_text(text)
    commit(small)
    refused(small, sentence)


def test_notes_are_the_section_of_the_version():
    assert release.notes(LOG, "19.0.2.0.0") == "### Added\n\n- A thing.\n"
    assert release.notes(LOG.partition("## 19.0.1")[0], "19.0.2.0.0") == "### Added\n\n- A thing.\n"


# The whole of it, of this checkout's files.


@pytest.fixture(scope="module")
def clones(tmp_path_factory):
    """This checkout's files, committed on one day, in two clones of other names."""
    folder = tmp_path_factory.mktemp("release")
    first = folder / "pos-glase kopia"
    elsewhere.copy_checkout(first)
    changelog = first / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace(" - unreleased", " - 2030-01-31"))
    git(first, "init", "--quiet")
    commit(first)
    git(folder, "clone", "--quiet", str(first), "second")
    return first, folder / "second"


@pytest.fixture(scope="module")
def released(clones):
    """The folders of two releases, each made by its clone's own command under another user's settings."""
    made = []
    for clone, mask in zip(clones, (0o022, 0o077), strict=True):
        subprocess.run(
            [clone / "bin/release", "--to", clone.parent / f"from {clone.name}"],
            umask=mask,
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=300,
        )
        made += (clone.parent / f"from {clone.name}").iterdir()
    return made


@pytest.fixture(scope="module")
def addons():
    return installed.addons(paths.CHECKOUT)


def stem(wheel):
    return wheel.name.removesuffix("-py3-none-any.whl")


def wheels(folder):
    """The wheels of a release: path by addon."""
    return {
        re.match(r"odoo_addon_(\w+)-", path.name)[1]: path for path in sorted(folder.glob("*.whl"))
    }


def test_the_same_bytes_twice_whatever_the_clone_is_called(released, addons):
    first, second = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in released
    )
    assert first == second
    # Of each addon a wheel and its SBOM; archive, notes, sums.
    assert len(first) == 2 * len(addons) + 3
    subprocess.run(
        ["sha256sum", "--check", "--quiet", "--strict", release.SUMS], cwd=released[0], check=True
    )
    assert len((released[0] / release.SUMS).read_text().splitlines()) == len(first) - 1


def test_each_addon_has_a_wheel_with_what_is_installed_of_it(released, addons):
    assert set(wheels(released[0])) == set(addons)
    for name, path in wheels(released[0]).items():
        inside = f"odoo/addons/{name}/"
        packed = {one.filename for one in zipfile.ZipFile(path).infolist()}
        own = {one.removeprefix(inside) for one in packed if one.startswith(inside)}
        listed = {
            str(file.relative_to(addons[name]))
            for file in installed.files(addons[name])
            if str(file.relative_to(paths.CHECKOUT)) in FILES
        }
        assert own == {*listed, "LICENSE", "README.rst"}
        assert not [
            one
            for one in own
            if one.startswith(("tests/", "static/tests/", "bin/", "addons/", "readme/"))
        ]
        assert {one.split("/")[0] for one in packed} == {
            "odoo",
            stem(path) + ".dist-info",
        }


FILES = set(lint.checkout_files())


def test_all_that_a_manifest_names_is_in_its_wheel(released, addons):
    for name, path in wheels(released[0]).items():
        manifest = installed.manifest(addons[name])
        packed = {one.filename for one in zipfile.ZipFile(path).infolist()}
        for file in (*manifest.get("data", ()), *manifest.get("images", ()), "__init__.py"):
            assert f"odoo/addons/{name}/{file}" in packed


def test_a_wheel_says_what_it_needs(released, addons):
    for name, path in wheels(released[0]).items():
        manifest = installed.manifest(addons[name])
        with zipfile.ZipFile(path) as archive:
            told = HeaderParser().parsestr(
                archive.read(f"{stem(path)}.dist-info/METADATA").decode()
            )
        assert (told["Name"], told["Version"]) == (f"odoo-addon-{name}", manifest["version"])
        assert told["License"] == "LGPL-3"
        wanted = {"odoo==19.0.*"}
        wanted |= {f"odoo-addon-{one}==19.0.*" for one in manifest["depends"] if one in addons}
        if "zeep" in manifest.get("external_dependencies", {}).get("python", ()):
            wanted.add("zeep>=4.1,<5")
        assert set(told.get_all("Requires-Dist")) == wanted


def test_an_sbom_names_each_wheel_and_all_that_it_needs(released):
    locked = "".join(path.read_text() for path in python_env.files(python_env.RELEASE))
    for name, path in wheels(released[0]).items():
        sbom = json.loads(path.with_name(stem(path) + ".cdx.json").read_text())
        assert sbom["bomFormat"] == "CycloneDX"
        top = sbom["metadata"]["component"]
        assert top["name"] == f"odoo-addon-{name}"
        assert top["hashes"] == [
            {"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}
        ]
        components = {one["name"]: one for one in sbom["components"]}
        assert {"Odoo", "zeep", "lxml", "requests", "urllib3"} <= set(components)
        for one in components.values():
            assert one["licenses"]
            if not one["name"].startswith(("Odoo", "odoo-addon-")):
                assert re.search(
                    rf"^{re.escape(one['bom-ref'])}=={re.escape(one['version'])} ", locked, re.M
                )
        needs = {one["ref"]: one.get("dependsOn", []) for one in sbom["dependencies"]}
        assert "lxml" in needs["zeep"]
        assert set(needs) == {one["bom-ref"] for one in (top, *components.values())}


def test_the_source_archive_has_all_that_is_committed(released):
    (path,) = released[0].glob("*.tar.gz")
    prefix = path.name.removesuffix(".tar.gz")
    with tarfile.open(path) as archive:
        names = {one.name for one in archive.getmembers() if not one.isdir()}
    assert names == {f"{prefix}/{name}" for name in FILES}


def test_pip_makes_the_same_wheel_of_a_clone_and_of_the_source_archive(released, clones, tmp_path):
    python = python_env.find(python_env.RELEASE)
    (archive,) = released[0].glob("*.tar.gz")
    (made,) = released[0].glob("odoo_addon_pos_glase-*.whl")
    epoch = subprocess.run(
        ["git", "show", "--no-patch", "--format=%ct"],
        cwd=clones[0],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    for number, source in enumerate((f"git+{clones[1].as_uri()}", archive)):
        folder = tmp_path / str(number)
        subprocess.run(
            [
                python,
                "-m",
                "pip",
                "wheel",
                "--quiet",
                "--no-index",
                "--no-deps",
                "--no-build-isolation",
            ]
            + ["--disable-pip-version-check", "--wheel-dir", folder, source],
            env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
            check=True,
            timeout=120,
        )
        (again,) = folder.iterdir()
        assert again.name == made.name
        assert again.read_bytes() == made.read_bytes()
