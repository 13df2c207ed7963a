import base64
import json
import threading

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, tagged

from ...models.ledger.push import GOOD_FOR_SECONDS, Push, is_public_address
from ..shared.common import GlaseCommon


@tagged("post_install", "-at_install")
class TestPublicAddress(BaseCase):
    """What may be entered as the address of this Odoo."""

    def test_a_whole_server_is_an_address(self):
        for text in (
            "https://shop.example.com",
            "https://shop.example.com/",
            "https://shop.example.com:8443",
            "https://192.0.2.7",
            "http://localhost:8069",
            "http://127.0.0.1:8069",
            "http://[::1]:8069",
        ):
            with self.subTest(text):
                self.assertTrue(is_public_address(text))

    def test_all_else_is_not(self):
        for text in (
            "shop.example.com",
            "http://shop.example.com",
            "ftp://shop.example.com",
            "https://",
            "https://user:secret@shop.example.com",
            "https://@shop.example.com",
            "https://shop.example.com/odoo",
            "https://shop.example.com?db=shop",
            "https://shop.example.com/?",
            "https://shop.example.com#top",
            "https://shop.example.com:port",
            "https://shop.example.com:99999",
            "https://shop example.com",
            "https://[::1",
            "https://shop.example.com\\@other",
            "http://localhost.example.com",
            "javascript:alert(1)",
        ):
            with self.subTest(text):
                self.assertFalse(is_public_address(text))


class TestPush(GlaseCommon):
    """Glase posts when the customer has paid: the till is woken, nothing is believed."""

    def setUp(self):
        super().setUp()
        self.account.public_url = self.base_url()
        self.pos_session = self.open_register()
        self.authenticate("pos_user", "pos_user")

    def issued(self, amount=20):
        order, line = self.draft_order(self.pos_session, amount)
        self.assertEqual(self.send(order, line)["state"], "issued")
        return order, line

    def address(self, line, attempt="1"):
        return Push(self.env).url(self.account, line, attempt)

    def push(self, address, method="POST", **options):
        """Post as a stranger does: without a session."""
        self.authenticate(None, None)
        try:
            return self.url_open(address, method=method, **options)
        finally:
            self.authenticate("pos_user", "pos_user")

    def woken(self):
        """What was said to tills on the bus."""
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([], order="id").mapped("message")
        told = [json.loads(message) for message in messages]
        return [item["payload"] for item in told if item["type"].endswith("-GLASE_ASK")]

    def state_of(self, line):
        row = self.row(line)
        told = row.read(load="")[0]
        # When the till was woken says nothing about the payment.
        del told["woken_at"]
        return told | {"events": len(row.event_ids), "cases": len(row.case_ids)}

    # === The field of the account ===

    def test_an_administrator_hears_what_is_wrong_with_an_address(self):
        with self.assertRaises(ValidationError) as caught:
            self.account.public_url = "http://shop.example.com/odoo?db=1"
        self.assertIn("https://shop.example.com", str(caught.exception))
        self.account.public_url = " https://shop.example.com/ "
        self.assertEqual(self.account.public_url, "https://shop.example.com/")
        self.assertTrue(self.address("line").startswith("https://shop.example.com/pos_glase/"))

    def test_without_an_address_glase_is_not_asked_to_push(self):
        self.account.public_url = False
        self.assertIsNone(self.address("line"))
        self.issued()
        self.assertIsNone(self.simulator.journal()["invoices"][-1]["notification_url"])

    # === The push ===

    def test_glase_posts_and_the_till_is_woken(self):
        _order, line = self.issued()
        sent_to = self.simulator.journal()["invoices"][-1]["notification_url"]
        self.assertTrue(sent_to.startswith(self.base_url()))
        before = self.state_of(line)
        with self.allow_requests(all_requests=True):
            self.customer("pay")
            self.assertEqual(self.outcome_at_glase(), "HTTP 200")
        self.assertEqual(self.woken(), [{"id": self.row(line).id}])
        self.assertEqual(self.state_of(line), before, "nothing is believed")
        self.assertEqual(self.door("status", line_uuid=line, attempt="1")["state"], "paid")

    def outcome_at_glase(self):
        """What Glase says came of its push, once it has been made."""
        pause = threading.Event()
        for _index in range(1000):
            made = self.simulator.journal()["notifications"]
            if made:
                return made[-1]["outcome"]
            pause.wait(0.02)
        raise AssertionError("Glase has not posted within 20 seconds")

    def test_a_repeated_push_is_harmless(self):
        _order, line = self.issued()
        before = self.state_of(line)
        for _index in range(5):
            answer = self.push(self.address(line), data={"invoiceReference": "other"})
            self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self.state_of(line), before)
        self.assertEqual({told["id"] for told in self.woken()}, {self.row(line).id})

    def test_any_body_will_do(self):
        _order, line = self.issued()
        for body, kind in (
            (b"", "application/x-www-form-urlencoded"),
            (b'{"token": "x", "status": "PAID"}', "application/json"),
            (b"\x00\xff<xml", "text/xml"),
            (b"token=other", "application/x-www-form-urlencoded"),
        ):
            with self.subTest(body):
                answer = self.push(self.address(line), data=body, headers={"Content-Type": kind})
                self.assertEqual((answer.status_code, answer.content), (200, b""))

    def test_a_push_for_a_given_up_row_changes_nothing(self):
        _order, line = self.issued()
        self.door("leave", line_uuid=line, attempt="1")
        before = self.state_of(line)
        self.assertEqual(self.push(self.address(line)).status_code, 200)
        self.assertEqual(self.state_of(line), before)
        self.assertEqual(self.woken(), [], "asking is taking: nobody is woken")

    def test_a_push_for_a_finished_row_wakes_nobody(self):
        _order, line = self.issued()
        self.door("cancel", line_uuid=line, attempt="1")
        self.assertEqual(self.push(self.address(line)).status_code, 200)
        self.assertEqual(self.woken(), [])

    # === Who listens ===

    def heard(self, login, channels):
        """What a browser hears that subscribes to channels: of whoever is logged in, or of nobody."""
        self.authenticate(login, login)
        asked = {"channels": channels, "last": 0, "is_first_poll": True}
        told = self.make_jsonrpc_request("/websocket/peek_notifications", asked)
        found = [one["message"] for one in told["notifications"]]
        return [one["payload"] for one in found if one["type"].endswith("GLASE_ASK")]

    def listeners(self):
        """Who is not at this till: log-in and user, None where nobody is logged in."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        portal = self.env.ref("base.group_portal").ids
        made = {
            "stranger": {"company_id": elsewhere.id, "company_ids": [(6, 0, elsewhere.ids)]},
            "portal_user": {"group_ids": [(6, 0, portal)]},
        }
        for login, values in made.items():
            person = {"name": login, "login": login, "password": login}
            users = self.pos_admin if login == "stranger" else self.env["res.users"]
            user = users.copy({**person, **values}) if users else users.create({**person, **values})
            yield login, user
        yield None, self.env.ref("base.public_user").sudo()

    def test_only_who_has_the_tills_token_hears_that_it_is_to_ask(self):
        _order, line = self.issued()
        self.assertEqual(self.push(self.address(line)).status_code, 200)
        self.env.cr.precommit.run()
        config, row = self.main_pos_config, self.row(line)
        guessed = ["broadcast", "GLASE_ASK", "glase", config.name, config.uuid, str(config.id)]
        for record in (config, row, self.pos_session, self.terminal, self.account, self.company):
            name = record._name
            guessed += [name, f"{name}-{record.id}", f"{name}_{record.id}", f"{name},{record.id}"]
            guessed += [str(record), json.dumps([name, record.id])]
        guessed += [f"{one}-GLASE_ASK" for one in guessed]
        self.assertEqual(self.heard("pos_user", [config.access_token]), [{"id": row.id}])
        for login, user in self.listeners():
            with self.subTest(login):
                self.assertEqual(self.heard(login, guessed), [])
                with self.assertRaises(AccessError):
                    config.with_user(user).read(["access_token"])
        self.assertEqual(self.heard("pos_user", guessed), [])

    # === Forged, old, odd ===

    def test_get_and_the_like_are_not_allowed(self):
        _order, line = self.issued()
        for method in ("GET", "PUT", "DELETE"):
            with self.subTest(method):
                answer = self.push(self.address(line), method=method)
                self.assertEqual(answer.status_code, 405)
        self.assertEqual(self.woken(), [])

    def test_an_address_that_was_not_made_here_is_refused(self):
        _order, line = self.issued()
        good = self.address(line)
        base, _slash, token = good.rpartition("/")
        decoded = bytearray(base64.urlsafe_b64decode(token + "==="))
        forged = {}
        for name, position in (("signature", 20), ("message", 45), ("odoo's expiry", 2)):
            altered = bytearray(decoded)
            altered[position] ^= 1
            forged[name] = base64.urlsafe_b64encode(altered).decode().rstrip("=")
        other = json.dumps(["another line", "1", 2**40]).encode()
        forged["other message"] = base64.urlsafe_b64encode(decoded[:41] + other).decode()
        for name, text in forged.items():
            with self.subTest(name):
                answer = self.push(f"{base}/{text.rstrip('=')}")
                self.assertEqual((answer.status_code, answer.content), (403, b""))
        self.assertEqual(self.woken(), [])

    def test_what_is_no_address_at_all_is_malformed(self):
        base, _slash, token = self.address("line").rpartition("/")
        for text in ("x", "A" * 80, "A" * 3000, token[:-1] + "!", "%00" * 70, token[1:], "é" * 80):
            with self.subTest(text):
                answer = self.push(f"{base}/{text}")
                self.assertEqual((answer.status_code, answer.content), (400, b""))

    def test_an_attempt_that_never_was_is_not_found(self):
        _order, line = self.issued()
        for address in (self.address("no such line"), self.address(line, "2")):
            answer = self.push(address)
            self.assertEqual((answer.status_code, answer.content), (404, b""))

    def test_an_address_expires(self):
        _order, line = self.issued()
        address = self.address(line)
        self.advance(GOOD_FOR_SECONDS - 60)
        self.assertEqual(self.push(address).status_code, 200)
        self.advance(120)
        self.assertEqual(self.push(address).status_code, 403)

    def test_an_address_is_good_in_its_database_only(self):
        _order, line = self.issued()
        address = self.address(line)
        parameter = self.env["ir.config_parameter"].sudo()
        parameter.set_param("database.uuid", "a copy of this database")
        self.assertEqual(self.push(address).status_code, 403)

    def test_each_attempt_has_an_address_of_its_own(self):
        addresses = {self.address("one"), self.address("two"), self.address("one", "2")}
        self.assertEqual(len(addresses), 3)
        for secret in (self.account.reseller_password, self.terminal.password):
            self.assertFalse([address for address in addresses if secret in address])
