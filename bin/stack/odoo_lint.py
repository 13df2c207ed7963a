"""Run in ``odoo shell``: Odoo's own ``test_lint`` looks through our modules, not through all on ``addons_path``.

What it checks of the registry it checks of all models there are.
"""

import json
from unittest import mock

from odoo.addons.test_lint.tests import test_manifests
from odoo.modules import Manifest
from odoo.tests.shell import run_tests
from odoo.tools import config

ours = Manifest.for_addon("pos_glase")
kiosk = Manifest.for_addon("pos_self_order_glase")
with (
    mock.patch.object(Manifest, "all_addon_manifests", lambda: [ours, kiosk]),
    # Those that OCA's addons have beside Odoo's.
    mock.patch.object(
        test_manifests,
        "MANIFEST_KEYS",
        test_manifests.MANIFEST_KEYS | {"development_status", "maintainers"},
    ),
    # Its pylint starts from there, and Odoo itself is not ours to check.
    mock.patch.object(config, "root_path", ours.path),
):
    report = run_tests(env, "/test_lint", ["test_lint"])
print(
    json.dumps(
        {
            "tests": report.testsRun,
            "trouble": report.failures_count + report.errors_count + report.skipped,
        }
    )
)
