from odoo.tests import HttpCase, tagged

SUITE = "@pos_glase"
# A busy machine needs minutes for what a quiet one does in one or two.
SECONDS = 600


def suite_id(name):
    """The number that HOOT gives to a suite: a 32-bit hash of its name, in hexadecimal."""
    value = 0
    for character in name:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    return f"{value:08x}"


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    test_cursor_lock_timeout = SECONDS

    def test_till_unit_tests(self):
        """All unit tests of the till's JavaScript, with a mocked clock and mocked routes."""
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite_id(SUITE)}",
            "",
            login="admin",
            timeout=SECONDS,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
