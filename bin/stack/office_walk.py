"""Played by ``bin/demo --pictures`` after a sale: the register is closed, and the back office is looked at."""

SIZE = {"width": 1280, "height": 800}
# The newest period, once Glase's report has been compared with the ledger.
COMPARED = """
async () => {
    const params = {
        model: "glase.period",
        method: "search_read",
        args: [[["state", "=", "reconciled"]]],
        kwargs: { fields: ["id"], order: "id desc", limit: 1 },
    };
    const answer = await fetch("/web/dataset/call_kw", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", method: "call", params }),
    });
    const [period] = (await answer.json()).result;
    return period && period.id;
}
"""


class Office:
    """The manager's browser, and the till whose day ends.

    :param walk: the ``Walk`` that has played a sale
    :param patience: milliseconds for a page whose bundle is built first
    """

    def __init__(self, walk, patience):
        self.walk, self.url, self.patience = walk, walk.told["url"], patience
        self.context = walk.shop.browser.new_context(viewport=SIZE)
        self.page = walk.attend("office", self.context.new_page())

    def play(self):
        self.close_register()
        self.log_in()
        self.look(
            "a till that is not set up",
            "point_of_sale.action_pos_config_kanban",
            ".glase-steps",
            "dashboard",
        )
        self.settings()
        self.first_of("an account", "pos_glase.glase_account_action", "account")
        self.first_of("a terminal", "pos_glase.glase_terminal_action", "terminal")
        self.look("the overview", "pos_glase.action_glase_overview", "canvas", "overview")
        self.look(
            "all payments", "pos_glase.action_glase_transaction", ".o_data_row", "transactions"
        )
        self.period()
        self.context.close()

    def close_register(self):
        walk, till = self.walk, self.walk.till
        with walk.step("the register is closed"):
            till.get_by_role("button", name="New Order").click()
            till.wait_for_selector(".product-screen")
            till.click(".pos-topheader button:has(.fa-bars)")
            till.locator(".o-dropdown--menu").get_by_text("Close Register").click()
            till.wait_for_selector(".close-pos-popup .glase-figures")
            till.click(".close-pos-popup .fa-clone")
            walk.picture(till, "7-close-register")
            till.locator(".close-pos-popup").get_by_role("button", name="Close Register").click()
            till.wait_for_selector(".close-pos-popup", state="detached")

    def log_in(self):
        with self.walk.step("the administrator logs in"):
            self.page.goto(f"{self.url}/web/login?redirect=/odoo")
            self.page.fill("input[name=login]", "admin")
            self.page.fill("input[name=password]", "admin")
            self.page.click("button[type=submit]")
            self.page.wait_for_selector(".o_main_navbar", timeout=self.patience)

    def look(self, what, action, there, name):
        """Take a picture of what an action shows, once ``there`` is."""
        with self.walk.step(what):
            self.page.goto(f"{self.url}/odoo/action-{action}")
            self.page.locator(there).first.wait_for()
            self.walk.picture(self.page, name)

    def settings(self):
        with self.walk.step("the settings of that till"):
            steps = self.page.locator(".glase-steps")
            tile = self.page.locator(".o_kanban_record", has=steps).first
            tile.hover()
            tile.locator(".o_dropdown_kanban button").click()
            self.page.get_by_role("link", name="Edit").first.click()
            self.page.locator(".modal").get_by_role("button", name="Register").wait_for()
            self.walk.picture(self.page, "till-settings")

    def first_of(self, what, action, name):
        """Take a picture of the first record of a list."""
        with self.walk.step(what):
            self.page.goto(f"{self.url}/odoo/action-{action}")
            self.page.locator(".o_data_row .o_data_cell").first.click()
            self.whole_form(name)

    def period(self):
        with self.walk.step("Glase's report is compared"):
            number = self.page.wait_for_function(COMPARED, polling=1000).json_value()
            self.page.goto(f"{self.url}/odoo/action-pos_glase.action_glase_period/{number}")
            self.whole_form("period")

    def whole_form(self, name):
        """Take a picture of a form once the messages below it are there, too."""
        self.page.wait_for_selector(".o_form_view .o_form_statusbar")
        self.page.wait_for_selector(".o-mail-Chatter-sendMessage:enabled")
        self.walk.picture(self.page, name)
