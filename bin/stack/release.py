"""The command ``bin/release``."""

import argparse
import contextlib
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import installed, python_env
from .console import Stop, attend, run, say, step
from .paths import CHECKOUT, MODULE, fresh_folder, fresh_log, need_checkout

DESCRIPTION = """\
Makes a release of the commit that is checked out, in dist/VERSION: the wheel of each addon with its SBOM (CycloneDX),
the source archive, the changelog's section as release notes, and SHA256SUMS. Made again from the same commit, by the
same Python, each file has the same bytes, whatever the clone is called. It writes no tag and sends nothing anywhere."""
CHANGELOG = "CHANGELOG.md"
SUMS = "SHA256SUMS"
SECTION = re.compile(r"^## (\S+) - (.+)$", re.MULTILINE)


def notes(changelog, version):
    """The changelog's section of a version, without its heading.

    :param changelog: text of the changelog
    :raise Stop: it has none, or not as the newest, or one without a day or without words
    """
    headings = list(SECTION.finditer(changelog))
    versions = [heading[1] for heading in headings]
    if version not in versions:
        raise Stop(
            f"{CHANGELOG} has no section for {version}, the manifest's version: write there what is new, "
            f"under “## {version} - YYYY-MM-DD”."
        )
    if versions[0] != version:
        raise Stop(
            f"The newest section of {CHANGELOG} is {versions[0]}, the manifest's version is {version}: "
            "make them the same."
        )
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", headings[0][2]):
        raise Stop(
            f"{CHANGELOG} calls {version} “{headings[0][2]}”: put the day of its release there, as YYYY-MM-DD."
        )
    end = headings[1].start() if len(headings) > 1 else len(changelog)
    text = changelog[headings[0].end() : end].strip()
    if not text:
        raise Stop(f"{CHANGELOG} says nothing about {version}: write there what is new.")
    return text + "\n"


def versions_agree(addons):
    """The one version of all addons.

    :param addons: path by name
    :raise Stop: they have several
    """
    found = {name: installed.manifest(addon)["version"] for name, addon in addons.items()}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{name} {version}" for name, version in found.items())
        raise Stop(
            f"The addons are released together, and their manifests have several versions: {listed}."
        )
    return found[MODULE]


def _git(*arguments):
    """What git says, or None when it refuses."""
    answer = subprocess.run(
        ["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() if answer.returncode == 0 else None


def _clean_commit():
    """The commit that is checked out.

    :raise Stop: something is not in it
    """
    commit = _git("rev-parse", "HEAD")
    if not commit or Path(_git("rev-parse", "--show-toplevel")).resolve() != CHECKOUT:
        raise Stop(
            f"{CHECKOUT} is no clone with a commit: a release is made from what is committed."
        )
    changed = _git("status", "--porcelain", "--untracked-files=all")
    if changed:
        names = [line[2:].strip() for line in changed.splitlines()]
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise Stop(f"Commit or remove what is in no commit first: {', '.join(names[:5])}{more}.")
    return commit


def _not_tagged_elsewhere(version, commit):
    """:raise Stop: the version is another commit's already"""
    tagged = _git("rev-parse", "--verify", "--quiet", f"refs/tags/{version}^{{commit}}")
    if tagged and tagged != commit:
        raise Stop(
            f"{version} is released already, from the commit {tagged[:12]}: raise the version in the manifest."
        )


def _export(commit, archive, prefix):
    """The tree of a commit as a tar file: the same bytes whatever this user's settings of git are."""
    settings = [
        "core.autocrlf=false",
        "core.eol=lf",
        "tar.umask=0022",
        f"core.attributesFile={os.devnull}",
    ]
    told = [word for setting in settings for word in ("-c", setting)]
    run(
        ["git", *told, "archive", "--format=tar", f"--prefix={prefix}/", "-o", archive, commit],
        fresh_log("release"),
        "The commit cannot be exported",
        cwd=CHECKOUT,
    )


def _compress(archive, target):
    with (
        open(archive, "rb") as source,
        open(target, "wb") as raw,
        # Neither the time nor a name of this run is in its header.
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed)


def tool(module, *arguments, epoch=""):
    """Run a module of ours with the packages of a release.

    :param epoch: the time that is stored in what it makes, in seconds since 1970; default: now
    """
    time = {"SOURCE_DATE_EPOCH": epoch} if epoch else {}
    run(
        [python_env.find(python_env.RELEASE), "-m", module, *arguments],
        fresh_log("release"),
        f"{module} failed",
        env=python_env.of_ours(LC_ALL="C.UTF-8", **time),
    )


def make(folder):
    """Make the release of the commit that is checked out.

    :param folder: where the folder with its files, named by version, is put
    :return: the path of that folder
    :raise Stop: the checkout is in no state to be released
    """
    commit = _clean_commit()
    epoch = _git("show", "--no-patch", "--format=%ct", commit)
    with tempfile.TemporaryDirectory(prefix="glase-release-") as temporary:
        work = Path(temporary)
        # What is built is what is committed, not what lies in this folder.
        _export(commit, work / "source.tar", "source")
        run(["tar", "-xf", work / "source.tar", "-C", work], fresh_log("release"), "tar failed")
        source = work / "source"
        addons = installed.addons(source)
        version = versions_agree(addons)
        told = notes((source / CHANGELOG).read_text(), version)
        _not_tagged_elsewhere(version, commit)
        made = fresh_folder(work / version)
        with step(f"{MODULE} {version}"):
            for name in addons:
                tool("stack.wheel", source, name, made, epoch=epoch)
            tool("stack.sbom", made, epoch=epoch)
            archive = f"{MODULE}-{version}"
            _export(commit, work / "archive.tar", archive)
            _compress(work / "archive.tar", made / f"{archive}.tar.gz")
            (made / "release-notes.md").write_text(told)
            (made / SUMS).write_text(sums(made))
        target = folder / version
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(target)
        shutil.copytree(made, target)
    return target


def sums(folder):
    """The checksums of a folder's files, as ``sha256sum`` writes and checks them."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != SUMS
    )


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="bin/release",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--to", metavar="FOLDER", type=Path, help="in place of dist in this checkout"
    )
    parser.add_argument(
        "--pages",
        action="store_true",
        help="make no release: write static/description of each addon anew, what Apps show, from readme/",
    )
    options = parser.parse_args(arguments)
    if options.pages:
        return attend([python_env.find(), "-m", "stack.apps_page"], cwd=CHECKOUT / "bin")
    if not options.to:
        need_checkout("the release")
    made = make((options.to or CHECKOUT / "dist").absolute())
    say((made / SUMS).read_text().rstrip())
    say(f"Ready in {made}")
    return 0
