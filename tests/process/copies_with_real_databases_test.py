"""An ordinary week and real copies: dumped and restored, duplicated, renamed, on another server."""

import dataclasses
import json
import os
import shutil
import subprocess
import urllib.request
from contextlib import contextmanager

import pytest
from conftest import Till

from stack import debian, postgres

BOUND = """
import json
account = env["glase.account"].search([("name", "=", "Process test")])
print("TOLD " + json.dumps([account.is_bound, account.unbound_why]))
"""


def is_bound(odoo):
    """Whether the account may call there."""
    told = odoo.shell(BOUND, "The account cannot be looked at").split("TOLD ")[-1]
    bound, why = json.loads(told.splitlines()[0])
    assert bound == (not why)
    return bound


def elsewhere(shop, **changes):
    """The shop's Odoo with another database, server or folder; not started."""
    folder = shop.odoo.folder / "elsewhere"
    folder.mkdir(exist_ok=True)
    options = {**shop.odoo.options, "data_dir": changes.pop("data_dir", shop.odoo.data_dir)}
    return dataclasses.replace(shop.odoo, folder=folder, options=options, **changes)


@pytest.fixture
def other_server(tmp_path_factory):
    """A PostgreSQL server that has nothing to do with the shop's."""
    cluster = postgres.Cluster(
        tmp_path_factory.mktemp("cluster", numbered=True), settings=dict(postgres.FAST)
    )
    for folder in [cluster.folder, *cluster.folder.parents][:3]:
        folder.chmod(0o755)
    cluster.make()
    server = cluster.start()
    yield server
    server.stop()
    shutil.rmtree(cluster.folder, ignore_errors=True)


@contextmanager
def stopped(shop):
    """The shop's server is down, as for a restore."""
    shop.kill()
    try:
        yield
    finally:
        shop.restart()


def dump(odoo, path):
    """Dump the database as Odoo's own backup does."""
    _run(odoo.server, "pg_dump", "--no-owner", f"--file={path}", odoo.database)


def restore(server, database, path):
    """Make the database anew from a dump."""
    server.drop_database(database)
    server.create_database(database)
    _run(server, "psql", "-q", "-X", "-d", database, "-f", path)


def _run(server, program, *arguments):
    found = shutil.which(program) or debian.postgres_bin() / program
    subprocess.run(
        [found, *arguments],
        env={**os.environ, **server.environment()},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def sends(till):
    """Whether Glase is called for this till's next bill."""
    bill = till.draft(20)
    answer = till.door("send", cashier="Maja", **bill)
    if answer["state"] == "issued":
        till.door("cancel", line_uuid=bill["line_uuid"], attempt=bill["attempt"])
        till.door("status", line_uuid=bill["line_uuid"], attempt=bill["attempt"])
    return answer["state"] == "issued"


def test_an_administrator_who_logs_in_by_another_address_stops_nobody(shop):
    till = shop.till()
    assert sends(till)
    address = "SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'"
    shop.query(
        "UPDATE ir_config_parameter SET value = 'https://shop.example.com'"
        " WHERE key = 'web.base.url' RETURNING value"
    )
    port = shop.running.port
    for host in ("127.0.0.1", "localhost"):
        Till(f"http://{host}:{port}", shop.told).log_in("admin", "admin")
        assert shop.query(address) == [(f"http://{host}:{port}",)]
        assert sends(till)
    proxied = urllib.request.Request(
        f"{shop.running.url}/web/login", headers={"Host": "shop.example.com"}
    )
    urllib.request.urlopen(proxied, timeout=60).close()
    assert sends(till)


def test_a_second_server_on_the_same_data_folder_calls(shop):
    with shop.second_server() as url:
        assert sends(Till(url, shop.told).log_in("cashier", "cashier"))


def test_a_backup_that_is_restored_in_its_place_calls(shop, tmp_path):
    path = tmp_path / "backup.sql"
    dump(shop.odoo, path)
    with stopped(shop):
        restore(shop.odoo.server, shop.odoo.database, path)
        assert is_bound(shop.odoo)
    assert sends(shop.till())


def test_another_data_folder_calls_nothing(shop, tmp_path):
    assert not is_bound(elsewhere(shop, data_dir=tmp_path / "data_dir"))
    assert is_bound(shop.odoo)


def test_a_data_folder_that_an_update_throws_away(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("POS_GLASE_INSTALLATION", "harbour shop")
    odoo = elsewhere(shop, data_dir=tmp_path / "first")
    assert not is_bound(odoo)
    odoo.shell(
        'env["glase.account"].search([]).action_confirm_database()\nenv.cr.commit()',
        "The account cannot be confirmed",
    )
    assert is_bound(elsewhere(shop, data_dir=tmp_path / "after the update"))
    monkeypatch.setenv("POS_GLASE_INSTALLATION", "staging")
    assert not is_bound(elsewhere(shop, data_dir=tmp_path / "staging"))
    monkeypatch.delenv("POS_GLASE_INSTALLATION")
    shop.odoo.shell(
        'env["glase.account"].search([]).action_confirm_database()\nenv.cr.commit()',
        "The account cannot be confirmed",
    )


def test_a_dump_restored_on_another_server_under_its_name_calls_nothing(
    shop, tmp_path, other_server
):
    path = tmp_path / "dump.sql"
    dump(shop.odoo, path)
    restore(other_server, shop.odoo.database, path)
    fresh = elsewhere(shop, server=other_server, data_dir=tmp_path / "data_dir")
    assert not is_bound(fresh)
    # Somebody copied the whole data folder, too.
    assert not is_bound(elsewhere(shop, server=other_server))


def test_a_database_under_another_name_asks_once(shop):
    name, server = f"{shop.odoo.database}_staging", shop.odoo.server
    with stopped(shop):
        server.create_database(name, shop.odoo.database)
        try:
            assert not is_bound(elsewhere(shop, database=name))
        finally:
            server.drop_database(name)
        server.query(f'ALTER DATABASE "{shop.odoo.database}" RENAME TO "{name}"')
        try:
            renamed = elsewhere(shop, database=name)
            assert not is_bound(renamed)
            renamed.shell(
                'env["glase.account"].search([]).action_confirm_database()\nenv.cr.commit()',
                "The account cannot be confirmed",
            )
            assert is_bound(renamed)
        finally:
            server.query(f'ALTER DATABASE "{name}" RENAME TO "{shop.odoo.database}"')
        assert not is_bound(shop.odoo), "the name of before is another one now"
