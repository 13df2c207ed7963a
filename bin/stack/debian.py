"""Debian packages: those that this machine lacks, and files that are taken from packages without installing them."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from . import processes
from .console import Stop, explain, last_line, run, say, step
from .paths import log_file, size_text

# Debian's Chromium that has no window computes less while it draws. Its program itself comes first: the
# command of that name is a script, which would hand on no signal.
HEADLESS = "/usr/lib/chromium/chromium-headless-shell"
OTHERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# What programs load that come with Python packages of the browser's driver: library by Debian package.
LIBRARIES = {"libatomic1": "libatomic.so.1"}


def chromium():
    """The path of a Chromium, or an empty string."""
    return next((path for path in map(shutil.which, (HEADLESS, *OTHERS)) if path), "")


def path_with_chromium(folder):
    """``PATH`` for Odoo's tests, which know Chrome by the names of its commands only.

    :param Path folder: where a link may be made
    """
    path = os.environ["PATH"]
    if chromium() != HEADLESS:
        return path
    # The name that they look for first.
    link = folder / "browser" / "google-chrome"
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(HEADLESS)
    return os.pathsep.join([str(link.parent), path])


def postgres_bin():
    """The folder with ``initdb`` and ``postgres`` (the newest version), or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
    )
    for folder in reversed(folders):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def has_venv():
    return not subprocess.run(
        [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
    ).returncode


def missing(browser=True, programs=None):
    """The Debian packages that this machine lacks, as a list of names.

    :param programs: what is needed beside Odoo, PostgreSQL and Chromium: program by Debian package
    """
    wanted = [package for package, name in (programs or {}).items() if not shutil.which(name)]
    if not has_venv():
        wanted.append("python3-venv")
    if uses_own_server():
        if not shutil.which("psql") and not postgres_bin():
            wanted.append("postgresql-client")
    elif not postgres_bin():
        wanted.append("postgresql")
    if browser and not chromium():
        wanted += ["chromium-headless-shell", "fonts-liberation"]
    if browser:
        wanted += [package for package, name in LIBRARIES.items() if not _has_library(name)]
    return wanted


def _has_library(name):
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def uses_own_server():
    """Whether ``PG*`` variables name a PostgreSQL server that is to be used."""
    return bool(os.environ.get("PGHOST") or os.environ.get("PGHOSTADDR"))


# Says so when it may begin: until then sudo may be asking for a password, and nothing else may be printed.
INSTALL = """\
echo authorised
exec 2>&1 </dev/null
export DEBIAN_FRONTEND=noninteractive
apt-get update || exit 3
exec apt-get install -y --no-install-recommends "$@"
"""


def install(packages, agreed=False):
    """Install Debian packages: as root at once, else with sudo when the user agrees.

    :raise Stop: no apt, no sudo, the user does not agree, or apt fails
    """
    authorise(packages, agreed)()


def authorise(packages, agreed=False):
    """Get the right to install Debian packages, asking where need be; returns the function that installs them.

    :raise Stop: no apt, no sudo, the user does not agree or does not know the password
    """
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise Stop(
            f"This machine has no apt-get, and these are missing: {names}. Install a PostgreSQL server and "
            "Chromium in your own way (or name a server in PGHOST), then start again."
        )
    by_hand = (
        f"These Debian packages are missing: {names}. To be run by an administrator, before you start again:\n\n"
        f"    apt-get install --no-install-recommends {names}\n"
    )
    prefix = []
    if os.geteuid():
        if not shutil.which("sudo"):
            raise Stop(by_hand)
        if not agreed and not _asks(
            f"Debian packages to install with sudo: {names}. Install them?"
        ):
            raise Stop(by_hand)
        # Without a terminal nobody can type a password.
        prefix = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    # The mark is left out: a package manager that is cut off leaves the machine's packages half installed.
    process = subprocess.Popen(
        [*prefix, "sh", "-c", INSTALL, "apt-get", *packages],
        stdout=subprocess.PIPE,
        env=processes.unmarked(),
        text=True,
        errors="replace",
    )
    if process.stdout.readline().strip() != "authorised":
        process.wait()
        raise Stop(by_hand)
    return lambda: _follow(process, names)


def _follow(process, names):
    log = log_file("apt")
    log.parent.mkdir(parents=True, exist_ok=True)
    output = []
    with step(f"Debian packages: {names}", lambda: last_line(log)), open(log, "a") as stream:
        for line in process.stdout:
            output.append(line)
            stream.write(line)
            stream.flush()
        code = process.wait()
    if not code:
        return
    sentence = explain("".join(output))
    if not sentence:
        say("".join(f"    | {line}" for line in output[-25:]))
        sentence = f"It ended with code {code}; the whole output is in {log}."
    what = "The package lists cannot be read" if code == 3 else f"{names} cannot be installed"
    raise Stop(f"{what}. {sentence}")


def _asks(question):
    if not sys.stdin.isatty():
        return False
    say()
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def mirror():
    """The address and release name of Debian's main archive in this machine's own apt configuration.

    :raise Stop: this machine is no Debian
    """
    if shutil.which("apt-get"):
        listed = subprocess.run(
            [
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI) $(CODENAME) $(COMPONENT)",
                "Created-By: Packages",
            ],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        own = _own_release()
        found = [line.split() for line in sorted(set(listed.splitlines()))]
        found = [
            (address, codename)
            for address, codename, component in (entry for entry in found if len(entry) == 3)
            if component == "main" and address.endswith("/debian/")
        ]
        for address, codename in found:
            if codename == own:
                return address, codename
        if found:
            return found[0]
    raise Stop(
        "Odoo 19 is taken from Debian's archive, and this machine's apt names none: "
        "set ODOO_ROOT to the folder of an Odoo 19 of your own."
    )


def _own_release():
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return ""
    return next(
        (
            line.split("=", 1)[1].strip('"')
            for line in lines
            if line.startswith("VERSION_CODENAME=")
        ),
        "",
    )


def unpack(packages, own_packages, folder, work):
    """Download packages of Debian's unstable release, and others of this machine's own, and unpack them.

    Nothing is installed: apt works with lists and a cache of its own under ``work``.

    :param packages: names taken from unstable
    :param own_packages: names taken from this machine's own release
    :return: the names of the files
    """
    address, codename = mirror()
    if not shutil.which("dpkg-deb"):
        raise Stop("dpkg-deb is missing: install the Debian package dpkg, or set ODOO_ROOT.")
    environment = _private_apt(address, codename, work)
    log = log_file("odoo")
    download = work / "download"
    download.mkdir()
    with step("Odoo 19 and its fonts: downloading", lambda: size_text(work)):
        _apt(
            ["-o", "APT::Update::Error-Mode=any", "update"],
            log,
            "The list of Debian's packages cannot be read",
            env=environment,
        )
        _apt(
            ["download", *packages, *(f"{name}/{codename}" for name in own_packages)],
            log,
            "Odoo 19 cannot be downloaded from Debian's archive",
            env=environment,
            cwd=download,
        )
    with step("Odoo 19 and its fonts: unpacking", lambda: size_text(folder)):
        for package in sorted(download.glob("*.deb")):
            run(["dpkg-deb", "-x", package, folder], log, f"{package.name} cannot be unpacked")
    return sorted(package.name for package in download.glob("*.deb"))


ARCHIVE_TROUBLE = (
    (
        r"is expired|is not valid yet",
        "The archive's list is out of date, or this machine's clock is wrong.",
    ),
    (
        r"Unable to locate package|no installation candidate|find a source to download",
        "The archive has no such package any more.",
    ),
    (
        r"does not have a Release file|404 +Not Found|was not found",
        "The archive no longer has this release or file.",
    ),
    (
        r"NO_PUBKEY|is not signed|EXPKEYSIG",
        "The archive's signature is not known: install a newer debian-archive-keyring.",
    ),
)


def _apt(arguments, log, what, **options):
    start = log.stat().st_size if log.exists() else 0
    try:
        run(["apt-get", *arguments], log, what, **options)
    except Stop as trouble:
        with open(log, errors="replace") as stream:
            stream.seek(start)
            output = stream.read()
        for pattern, sentence in ARCHIVE_TROUBLE:
            if re.search(pattern, output):
                raise Stop(f"{what}. {sentence}") from None
        raise trouble


def _private_apt(address, codename, work):
    keys = next(
        (
            path
            for path in map(
                Path,
                (
                    "/usr/share/keyrings/debian-archive-keyring.gpg",
                    "/usr/share/keyrings/debian-archive-keyring.pgp",
                ),
            )
            if path.exists()
        ),
        None,
    )
    if keys is None:
        raise Stop(
            "Debian's archive keys are missing: install debian-archive-keyring, or set ODOO_ROOT."
        )
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    releases = dict.fromkeys(("sid", codename))
    (work / "sources.list").write_text(
        "".join(f"deb [signed-by={keys}] {address} {release} main\n" for release in releases)
    )
    configuration = work / "apt.conf"
    configuration.write_text(
        f'Dir::Etc::sourcelist "{work}/sources.list";\n'
        'Dir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{work}/lists";\n'
        f'Dir::Cache "{work}/cache";\n'
        'Acquire::Languages "none";\n'
        'APT::Sandbox::User "root";\n'
    )
    return dict(os.environ, APT_CONFIG=str(configuration))
