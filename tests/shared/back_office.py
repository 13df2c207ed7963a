"""What the tests of the back office share: a second till, and requests that may commit."""

from contextlib import contextmanager

from .common import GlaseCommon


class BackOfficeCommon(GlaseCommon):
    """A till that is registered, and a second one, ``self.till``, that is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.till = cls.main_pos_config.copy({"name": "Second till"})
        cls.admin = cls.env["res.users"].create(
            {
                "name": "Administrator of all",
                "login": "glase_admin",
                "password": "glase_admin",
                "group_ids": [
                    (4, cls.env.ref("base.group_system").id),
                    (4, cls.env.ref("point_of_sale.group_pos_manager").id),
                ],
                "company_id": cls.company.id,
                "company_ids": [(6, 0, cls.company.ids)],
            }
        )

    @contextmanager
    def refused(self, error, pattern):
        """Expect an error with a sentence; what was begun is rolled back."""
        with self.assertRaises(error) as caught:
            yield
        self.assertRegex(str(caught.exception), pattern)

    def page_of(self, record):
        """What a page of a record has read, that its buttons give back."""
        with self.office(self.admin) as env:
            return env[record._name].browse(record.id).read(["fingerprint"])[0]["fingerprint"]

    def start_on(self, page, record):
        """Press *Start* on a page that may have been opened some time ago."""
        with self.office(self.admin) as env:
            return env[record._name].with_context(fingerprint=page).browse(record.id).action_start()

    def undecided_row(self, name, terminal=None, **values):
        """A payment of which nobody knows whether it was made.

        :param str name: of its order
        :param terminal: the registration that it is of; by default that of the first till
        """
        terminal = terminal or self.terminal
        return (
            self.env["glase.transaction"]
            .sudo()
            .create(
                {
                    "line_uuid": "line",
                    "attempt": "1",
                    "amount": 10,
                    "currency_id": self.company.currency_id.id,
                    "terminal_id": terminal.id,
                    "account_id": terminal.account_id.id,
                    "config_id": terminal.config_id.id,
                    "company_id": self.company.id,
                    "environment": "test",
                    "state": "unknown",
                    "order_name": name,
                    **values,
                }
            )
        )

    def draft(self, config=None):
        """A terminal that only needs to be registered."""
        return (
            self.env["glase.terminal"]
            .with_user(self.pos_admin)
            .create({"account_id": self.account.id, "config_id": (config or self.till).id})
        )

    def till_call(self, method, *arguments, config=None, user=None):
        """Call a method of ``pos.config`` as the till's menu does."""
        with self.office(user) as env:
            config = env["pos.config"].browse((config or self.till).id)
            return getattr(config, method)(*arguments)

    def terminal_call(self, method, *arguments, terminal=None, user=None):
        """Call a method of ``glase.terminal`` as a button does."""
        with self.office(user) as env:
            terminal = env["glase.terminal"].browse((terminal or self.terminal).id)
            return getattr(terminal, method)(*arguments)

    def calls(self, operation):
        """The calls of one operation, or of all (``*``), that the simulator has received."""
        every = self.simulator.journal()["calls"]
        return [call for call in every if operation in ("*", call["operation"])]

    def at_glase(self, terminal):
        """What the simulator knows of a registration."""
        every = self.simulator.journal()["terminals"]
        return next(item for item in every if item["terminal_id"] == terminal.terminal_identifier)

    def chatter(self, record):
        """All that was noted on a record, as one text."""
        return "\n".join(str(body) for body in record.sudo().message_ids.mapped("body"))
