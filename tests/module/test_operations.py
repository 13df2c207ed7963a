"""What doc/operations.md and SECURITY.md name of Odoo is there: settings, parameters, jobs."""

import re
from pathlib import Path

from odoo.modules import get_module_path
from odoo.tests import TransactionCase
from odoo.tools import config

from ..shared.doors import routes
from ..shared.jobs import jobs

ROOT = Path(get_module_path("pos_glase"))
OPERATIONS = "doc/operations.md"


def read(page):
    return (ROOT / page).read_text()


class TestOperations(TransactionCase):
    def test_each_setting_of_odoo_that_a_page_names_is_one(self):
        for page in (OPERATIONS, "SECURITY.md"):
            text = read(page)
            named = set(re.findall(r"`([a-z_]+) = [^`]+`", text))
            self.assertGreater(len(named), 1)
            if page == OPERATIONS:
                named |= {"db_name", "dbfilter", "max_cron_threads"}
            for name in named:
                with self.subTest(page=page, setting=name):
                    self.assertIn(f"`{name}", text)
                    self.assertIn(name, config.options)

    def test_each_parameter_of_ours_is_named_and_no_other(self):
        code = "".join(path.read_text() for path in (ROOT / "models").rglob("*.py"))
        asked = re.findall(r'(?:get_param\(|_PARAMETER = )"(pos_glase\.\w+)"', code)
        named = re.findall(r"system parameter \| `([\w.]+)`", read(OPERATIONS))
        self.assertEqual(sorted(named), sorted(set(asked)))

    def test_each_job_is_named_and_no_other(self):
        names = jobs(self.env).with_context(lang="en_US").mapped("name")
        self.assertEqual(
            sorted(re.findall(r"^\| (Glase: [^|]+) \|", read(OPERATIONS), re.MULTILINE)),
            sorted(names),
        )

    def test_each_route_without_a_log_in_is_named(self):
        public = {
            path
            for path, function in routes().items()
            if function.original_routing["auth"] in ("public", "none")
        }
        self.assertGreater(len(public), 2)
        for path in public:
            with self.subTest(path):
                self.assertIn(path.partition("<")[0], read(OPERATIONS))
