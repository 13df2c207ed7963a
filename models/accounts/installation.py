"""Which installation of Odoo this is: what no dump of a database carries (``doc/ledger.md §17``).

An id in Odoo's data folder, beside the filestore and not in it (a backup has the filestore), so
that all servers that share the folder are one installation. Where the data folder does not outlive
an update, the variable ``POS_GLASE_INSTALLATION`` of the server's environment is the id.
"""

import functools
import os
import shutil
import uuid
import weakref

from odoo.tools import config

VARIABLE = "POS_GLASE_INSTALLATION"
FOLDER, FILE = "pos_glase", "installation"
LONGEST = 200

# A connection belongs to one server for as long as it lasts.
_clusters = weakref.WeakKeyDictionary()


def known():
    """The id of this installation, or an empty text if it has none (or none that can be read)."""
    return os.environ.get(VARIABLE, "").strip()[:LONGEST] or _read()


def make():
    """Give this installation an id unless it has one.

    Whoever comes first makes it, whole or not at all: a folder that holds the id already is renamed
    to its place, which fails if somebody else's is there. (A hard link would do the same, but not
    every shared disk has them.)

    :return: the id; an empty text where the data folder cannot be written
    """
    if found := known():
        return found
    place = os.path.join(config["data_dir"], FOLDER)
    made = f"{place}.{uuid.uuid4().hex}"
    try:
        os.makedirs(made)
        with open(os.path.join(made, FILE), "w", encoding="ascii") as file:
            file.write(str(uuid.uuid4()))
            file.flush()
            os.fsync(file.fileno())
        os.rename(made, place)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
    return known()


def cluster(cr):
    """The identifier that PostgreSQL gave the database's server when that was set up; asked once a connection.

    :return: digits; an empty text where the role of Odoo may not ask
    """
    connection = cr.connection
    if connection not in _clusters:
        _clusters[connection] = ask_cluster(cr)
    return _clusters[connection]


def ask_cluster(cr):
    """See :func:`cluster`, of which this asks the database."""
    cr.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
    if not cr.fetchone()[0]:
        return ""
    cr.execute("SELECT system_identifier::text FROM pg_control_system()")
    return cr.fetchone()[0]


def _read():
    path = os.path.join(config["data_dir"], FOLDER, FILE)
    try:
        now = os.stat(path)
        return _content(path, now.st_dev, now.st_ino, now.st_mtime_ns, now.st_size)
    except (OSError, ValueError):
        return ""


@functools.lru_cache(maxsize=1)
def _content(path, *_state):
    """What a file holds: it is asked for before each call, and read when it is another one or was written."""
    with open(path, encoding="ascii") as file:
        return file.read(LONGEST).strip()
