import contextlib
import inspect
import json
import re
import uuid
from datetime import timedelta
from unittest.mock import patch

from werkzeug.exceptions import Unauthorized

from odoo import http
from odoo.addons.pos_glase.models.support import clock, parameters
from odoo.sql_db import Cursor

from ..controllers import kiosk as doors
from ..models import kiosk_values
from ..models.glase_kiosk_limit import MOST
from ..models.pace import Pace
from .kiosk_common import KioskCommon

ODD = (None, True, 5, 1.5, [], {}, ["a"], "", "a\x00b", "é" * 100, "A" * 7000, "%", "' OR 1=1 --")
# What a guest hears, and nothing beside it.
WORDS = {
    *("ok", "state", "final", "end", "given_up", "canceling", "silence", "seconds_left"),
    *("amount", "scan", "mark", "finished", "number"),
}


def routes():
    """All routes of this addon: path and method."""
    found = {}
    for name, method in vars(doors.GlaseKioskController).items():
        routing = getattr(method, "original_routing", {})
        for path in routing.get("routes") or ():
            found[path] = name
    return found


class TestKioskAttack(KioskCommon):
    """An anonymous visitor who has the kiosk's page, and a browser's console."""

    def assert_unpaid(self, order):
        self.assertEqual(order.state, "draft")
        self.assertNotIn("done", order.payment_ids.mapped("payment_status"))

    def session_is(self, state):
        """Past Odoo's own ways, as somebody who closes it at this moment."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_session SET state = %s WHERE id = %s", (state, self.kiosk_session.id)
        )
        self.env.invalidate_all()

    # === Whose order, whose kiosk ===

    def test_each_route_wants_both_tokens(self):
        order = self.out()
        before = self.rows(order).read()
        self.assertEqual(len(routes()), 4)
        for path in routes():
            good = {
                "access_token": self.kiosk.access_token,
                "order_access_token": order.access_token,
                "attempt": "1",
            }
            for name in ("access_token", "order_access_token"):
                lacking = {key: value for key, value in good.items() if key != name}
                with self.subTest(path=path, lacks=name):
                    answer = self.ask(path, **lacking)
                    self.assertEqual(answer["result"], {"ok": False, "reason": "malformed"})
            wrong = self.ask(path, **{**good, "access_token": "0123456789abcdef"})
            self.assertEqual(self.error(wrong), "Unauthorized", path)
            stranger = self.ask(path, **{**good, "order_access_token": "no-order-has-this"})
            self.assertEqual(stranger["result"], {"ok": False, "reason": "gone"}, path)
        self.assertEqual(self.rows(order).read(), before)

    def test_little_is_read_of_whom_nobody_knows(self):
        for path, name in routes().items():
            routing = getattr(doors.GlaseKioskController, name).original_routing
            with self.subTest(path=path):
                self.assertLessEqual(routing["max_content_length"], parameters.LONGEST_BODY)

    def test_odd_values_hear_one_word(self):
        order = self.ordered()
        good = {
            "access_token": self.kiosk.access_token,
            "order_access_token": order.access_token,
            "attempt": "1",
        }
        for path in routes():
            for name in good:
                for odd in ODD:
                    if doors.TABLE[name].takes(odd):
                        continue
                    with self.subTest(path=path, name=name, odd=str(odd)[:20]):
                        answer = self.ask(path, **{**good, name: odd})
                        self.assertEqual(answer["result"], {"ok": False, "reason": "malformed"})
        self.assertEqual((self.sent(), len(self.rows(order))), (0, 0))

    def test_an_amount_that_a_page_names_is_not_heard(self):
        order = self.ordered()
        answer = self.door_of_kiosk("send", order, amount="1.00")
        self.assertEqual((answer["state"], answer["amount"]), ("issued", "20.00"))
        self.assertEqual(self.rows(order).amount, 20)

    def test_every_route_is_checked_by_the_table(self):
        for path, name in routes().items():
            method = inspect.unwrap(getattr(doors.GlaseKioskController, name))
            names = list(inspect.signature(method).parameters)[1:]
            self.assertEqual(set(names) - set(doors.TABLE), set(), path)
            self.assertNotIn("amount", names, "the amount is the server's")
        self.assertEqual(doors.TABLE["attempt"], parameters.TABLE["attempt"])
        self.assertTrue(issubclass(doors.GlaseKioskController, http.Controller))

    def test_the_token_of_another_kiosk(self):
        other = self._kiosk("Other kiosk")
        self.open_register(other)
        order = self.out()
        before = self.rows(order).read()
        for name in ("send", "status", "cancel", "leave"):
            answer = self.door_of_kiosk(name, order, kiosk=other)
            self.assertEqual(answer, {"ok": False, "reason": "gone"}, name)
        self.assertEqual(self.rows(order).read(), before)

    def test_the_token_of_a_till(self):
        session = self.open_register()
        till_order, _line = self.draft_order(session, 20)
        for name in ("send", "status", "cancel", "leave"):
            answer = self.door_of_kiosk(name, till_order, kiosk=self.main_pos_config)
            self.assertEqual(self.error(answer), "Unauthorized", name)
            answer = self.door_of_kiosk(name, till_order)
            self.assertEqual(answer, {"ok": False, "reason": "gone"}, name)
        self.assertFalse(self.rows(till_order))

    def test_an_order_in_another_tills_session(self):
        session = self.open_register()
        values = self.values(session_id=session.id, config_id=self.main_pos_config.id)
        self.pay(values)
        order = self.order_of(values)
        self.assertEqual((order.session_id, order.config_id), (self.kiosk_session, self.kiosk))

    def test_another_tills_order_is_not_written(self):
        session = self.open_register()
        till_order, _line = self.draft_order(session, 20)
        answer = self.pay(self.values(uuid=till_order.uuid))
        self.assertEqual(self.error(answer), "Unauthorized")
        self.assertEqual((till_order.config_id, till_order.amount_total), (session.config_id, 20))

    def test_lines_of_another_order_are_not_named(self):
        victim = self.out()
        line = victim.lines
        for command in (
            [1, line.id, {"price_unit": 1, "price_subtotal_incl": 1}],
            [2, line.id, 0],
            [3, line.id, 0],
            [4, line.id, 0],
            [6, 0, line.ids],
            [5, 0, 0],
        ):
            with self.subTest(command=command):
                values = self.values()
                values["lines"].append(command)
                self.assertEqual(self.error(self.pay(values)), "Unauthorized")
                self.assertFalse(self.order_of(values))
        self.assertEqual((victim.lines, line.price_subtotal_incl), (line, 20))

    def test_no_field_writes_in_a_record_beside_the_order(self):
        """Whatever refers to records: a page may name them, and neither make, change nor remove one."""
        order = self.ordered()
        passed = {}
        for model in ("pos.order", "pos.order.line"):
            for name, field in self.env[model]._fields.items():
                for command in (*([code, 1, {"name": "x"}] for code in range(7)), [6, 0, [1]]):
                    values = self.values(uuid=order.uuid)
                    said = values if model == "pos.order" else values["lines"][0][2]
                    if field.type in ("one2many", "many2many") and name != "lines":
                        said[name] = [command]
                        with contextlib.suppress(Unauthorized):
                            kept = kiosk_values.trusted_values(self.kiosk, values)
                            kept = kept if model == "pos.order" else kept["lines"][0][2]
                            passed.setdefault(name, []).extend(kept.get(name, ()))
        passed = {name: commands for name, commands in passed.items() if commands}
        # A text that a guest has typed belongs to the line.
        self.assertEqual(passed.pop("custom_attribute_value_ids"), [(0, 0, {})])
        self.assertEqual(set(passed), {"tax_ids", "attribute_value_ids"})
        codes = {command[0] for commands in passed.values() for command in commands}
        self.assertEqual(codes, {6}, "which ones, and nothing about them")

    def test_a_tax_and_an_extra_price_stay_as_the_shop_has_them(self):
        values = self.values(price=0.01)
        values["lines"][0][2]["tax_ids"] = [[1, self.tax.id, {"amount": 0}]]
        self.assertEqual(self.error(self.pay(values)), "Unauthorized")
        self.assertEqual(self.tax.amount, 15)
        untaxed = self.values()
        untaxed["lines"][0][2].update(price_subtotal=20, tax_ids=[])
        self.assertEqual(self.error(self.pay(untaxed)), "UserError")

    def test_lines_are_not_moved_to_an_order_whose_bill_is_out(self):
        victim = self.out()
        for model, fields in (
            ("pos.order.line", {"order_id": victim.uuid}),
            ("pos.order.line", {"combo_parent_id": victim.lines.uuid}),
            ("pos.order.line", {"refunded_orderline_id": victim.lines.uuid}),
        ):
            with self.subTest(fields=fields):
                values = self.values(price=500)
                mine = values["lines"][0][2]["uuid"]
                values["relations_uuid_mapping"] = {model: {mine: fields}}
                self.assertEqual(self.error(self.pay(values)), "Unauthorized")
        values = self.values(price=500)
        mine = values["lines"][0][2]["uuid"]
        values["relations_uuid_mapping"] = {"pos.order": {victim.uuid: {"lines": [mine]}}}
        self.pay(values)
        self.assertEqual((len(victim.lines), victim.amount_total), (1, 20))
        self.assertFalse(victim.lines.combo_line_ids | victim.lines.refund_orderline_ids)

    def test_a_line_that_says_it_refunds_another_changes_no_order(self):
        victim = self.out()
        self.guest("pay")
        self.status(victim)
        self.assertEqual(victim.state, "paid")
        values = self.values()
        values["lines"][0][2]["refunded_orderline_id"] = victim.lines.id
        answer = self.pay(values)
        self.assertEqual(len(answer["result"]["order"]), 1)
        self.assertEqual((victim.state, victim.lines.refunded_qty), ("paid", 0))

    def test_a_finished_order_and_one_taken_off_stay_so(self):
        for state in ("cancel", "paid", "done"):
            order = self.ordered()
            self.env.flush_all()
            self.env.cr.execute("UPDATE pos_order SET state = %s WHERE id = %s", (state, order.id))
            self.env.invalidate_all()
            self.assertEqual(self.error(self.pay(self.values(uuid=order.uuid))), "Unauthorized")
            self.assertEqual((order.state, len(order.lines)), (state, 1))

    def test_an_order_of_a_kiosk_is_not_reached_with_the_token_of_another_page(self):
        """Whose page it is: a menu on tables, a kiosk without Glase, another kiosk with it."""
        order = self.out()
        menu, bare = self._kiosk("Menu"), self._kiosk("Bare kiosk")
        menu.self_ordering_mode = "mobile"
        bare.payment_method_ids = self.bank
        for page in (menu, bare, self._kiosk("Other kiosk")):
            session = self.open_register(page)
            mine = self.values(session_id=session.id)
            uuid_of_mine = mine["lines"][0][2]["uuid"]
            attacks = (
                {"uuid": order.uuid, "state": "paid"},
                {"lines": [[1, order.lines.id, {"price_subtotal_incl": 1}]]},
                {"lines": [[6, 0, order.lines.ids]]},
                {"lines": [[0, 0, {**mine["lines"][0][2], "combo_parent_id": order.lines.id}]]},
                {"relations_uuid_mapping": {"pos.order": {order.uuid: {"lines": [uuid_of_mine]}}}},
                {
                    "relations_uuid_mapping": {
                        "pos.order.line": {uuid_of_mine: {"order_id": order.uuid}}
                    }
                },
            )
            for attack in attacks:
                with self.subTest(page=page.name, attack=attack):
                    self.process({**mine, "uuid": str(uuid.uuid4()), **attack}, page)
                    self.assertEqual((order.state, order.amount_total), ("draft", 20))
                    self.assertEqual(order.lines.price_subtotal_incl, 20)
                    self.assertEqual((len(order.lines), order.config_id), (1, self.kiosk))
                    self.assertFalse(order.lines.combo_line_ids)
            own = self.process(self.values(session_id=session.id), page)
            self.assertIn("result", own, "its own guests order as ever")

    def test_a_kiosk_without_glase_has_no_doors(self):
        bare = self._kiosk("Bare kiosk")
        bare.payment_method_ids = self.bank
        order = self.ordered()
        for name in ("send", "status", "cancel", "leave"):
            answer = self.door_of_kiosk(name, order, kiosk=bare)
            self.assertEqual(self.error(answer), "Unauthorized", name)

    # === The kiosk changes while a bill is out ===

    def change_kiosk(self, **values):
        """Past Odoo, which lets nobody take a payment method off while a session is open."""
        methods = values.pop("methods", None)
        self.kiosk.write(values)
        if methods is not None:
            self.env.cr.execute(
                "DELETE FROM pos_config_pos_payment_method_rel WHERE pos_config_id = %s",
                (self.kiosk.id,),
            )
            if methods:
                self.env.cr.execute(
                    "INSERT INTO pos_config_pos_payment_method_rel (pos_config_id,"
                    " pos_payment_method_id) VALUES (%s, %s)",
                    (self.kiosk.id, methods.id),
                )
            self.env.invalidate_all()

    def test_a_bill_that_is_out_has_its_end_whatever_the_kiosk_has_become(self):
        """Another mode, no Glase, no session, a default user who may less: the guest hears the end."""
        changes = (
            {"self_ordering_mode": "consultation"},
            {"self_ordering_mode": "mobile"},
            {"self_ordering_mode": "nothing"},
            {"methods": self.bank},
        )
        for number, change in enumerate(changes):
            with self.subTest(change=change):
                order = self.out()
                self.change_kiosk(**change)
                self.assertEqual(self.status(order)["state"], "issued")
                self.guest("pay" if number % 2 else "decline")
                answer = self.status(order)
                self.assertEqual(answer["end"], "paid" if number % 2 else "declined")
                self.assertEqual(answer["finished"], bool(number % 2))
                if not answer["finished"]:
                    again = self.door_of_kiosk("send", order, "2")
                    self.assertNotIn("state", again, "and no new bill is sent")
                self.change_kiosk(self_ordering_mode="kiosk", methods=self.glase_method)

    def test_a_bill_of_a_kiosk_that_has_changed_is_canceled_and_left(self):
        for name, state in (("cancel", "canceled"), ("leave", "issued")):
            order = self.out()
            self.kiosk.self_ordering_mode = "consultation"
            self.assertEqual(self.door_of_kiosk(name, order)["state"], state)
            self.kiosk.self_ordering_mode = "kiosk"

    def test_an_order_stays_as_its_bill_says_whatever_the_kiosk_has_become(self):
        order = self.out()
        for change in (
            {"self_ordering_mode": "mobile"},
            {"methods": self.bank},
        ):
            self.change_kiosk(**change)
            for values in (
                self.values(price=0.01, uuid=order.uuid, state="paid"),
                {**self.values(), "lines": [[1, order.lines.id, {"price_subtotal_incl": 1}]]},
            ):
                self.assertEqual(self.error(self.process(values)), "Unauthorized", change)
            self.assertEqual(
                (order.amount_total, order.lines.price_subtotal_incl, order.state),
                (20, 20, "draft"),
            )
            self.change_kiosk(self_ordering_mode="kiosk", methods=self.glase_method)

    def test_the_kiosk_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another shop"})
        order = self.out()
        before = self.rows(order).read()
        stranger = self._kiosk("Their kiosk")
        self.env.cr.execute(
            "UPDATE pos_config SET company_id = %s WHERE id = %s", (other.id, stranger.id)
        )
        self.env.invalidate_all()
        for name in ("send", "status", "cancel", "leave"):
            answer = self.door_of_kiosk(name, order, kiosk=stranger)
            self.assertNotIn("state", answer, name)
            self.assertNotIn("amount", json.dumps(answer), name)
        self.assertIn("error", self.process(self.values(uuid=order.uuid), stranger))
        self.assertEqual(self.rows(order).read(), before)
        self.assertEqual((order.amount_total, order.company_id), (20, self.company))

    def test_nothing_is_sent_in_a_session_that_is_closed_or_closing(self):
        order = self.ordered()
        for state in ("closed", "closing_control"):
            self.session_is(state)
            answer = self.door_of_kiosk("send", order)
            self.assertEqual(answer, {"ok": False, "reason": "closed"}, state)
        self.assertEqual((self.sent(), len(self.rows(order))), (0, 0))

    def test_what_is_ordered_after_pay_is_not_sent_for_the_old_amount(self):
        """Between the line and the bill the order is changed: more, less, and back."""
        order = self.ordered()
        line = order.lines
        for total in (30, 25):
            changed = {"qty": 1, "price_unit": total, "price_subtotal_incl": total}
            changed["price_subtotal"] = total / (1 + self.tax.amount / 100)
            values = self.values(uuid=order.uuid, lines=[[1, line.id, changed]])
            self.assertIn("result", self.process(values))
            answer = self.door_of_kiosk("send", order)
            self.assertEqual(answer, {"ok": False, "reason": "changed"})
        self.assertEqual((self.sent(), len(self.rows(order))), (0, 0))
        again = self.pay(self.values(uuid=order.uuid, lines=[]))
        self.assertIn("result", again)
        self.assertEqual(self.door_of_kiosk("send", order)["amount"], "25.00")

    def test_a_forged_field_of_an_order_changes_nothing_that_a_guest_may_not_say(self):
        """Each stored field of an order and of its lines, with another value than the server's."""
        order = self.ordered()
        untouched = {"id", "create_uid", "write_uid", "create_date", "write_date"}
        said = kiosk_values.ORDER | {"lines"} | untouched
        forged = {"session_id": self.open_register().id, "state": "paid", "nb_print": 7}
        forged |= {"amount_paid": 20.0, "to_invoice": True, "user_id": self.env.user.id}
        forged |= {"is_refund": True, "tip_amount": 5.0, "name": "forged"}
        forged |= {"pos_reference": "forged", "tracking_number": "forged", "source": "mobile"}
        self.assertFalse(set(forged) & said)
        before = {name: order[name] for name in ("user_id", "name", "to_invoice", "tip_amount")}
        self.process(self.values(uuid=order.uuid, lines=[], **forged))
        for name in ("name", "pos_reference", "tracking_number"):
            self.assertNotEqual(order[name], "forged", name)
        self.assertEqual((order.state, order.session_id), ("draft", self.kiosk_session))
        self.assertEqual((order.to_invoice, order.tip_amount), (False, 0))
        self.assertEqual(before["name"], order.name)
        self.assertFalse(order.nb_print)
        self.assertFalse(order.is_refund)

    # === Another amount ===

    def test_an_order_is_no_gift(self):
        """Odoo finishes what costs nothing, and the prices come from the page."""
        for price in (0, 0.001):
            values = self.values(price=price)
            answer = self.process(values)
            self.assertNotEqual(self.order_of(values).state, "paid", answer)
        self.product.list_price = 0
        answer = self.process(self.values(price=0))
        self.assertEqual(answer["result"]["pos.order"][0]["state"], "paid", "tap water")

    def test_what_this_kiosk_does_not_sell_is_not_sold(self):
        for change in (
            {"available_in_pos": False},
            {"self_order_available": False},
            {"sale_ok": False},
            {"active": False},
        ):
            with self.subTest(change=change), self.env.cr.savepoint() as savepoint:
                self.product.product_tmpl_id.write(change)
                self.assertEqual(self.error(self.pay(self.values())), "UserError")
                savepoint.rollback()
        self.env.invalidate_all()
        part = self.values()
        part["lines"][0][2].update(qty=0.05, price_subtotal=0.8, price_subtotal_incl=1)
        self.assertEqual(self.error(self.pay(part)), "UserError", "one twentieth of a coffee")

    def test_choices_are_the_products_own(self):
        attribute = self.env["product.attribute"].create(
            {
                "name": "Size",
                "create_variant": "no_variant",
                "value_ids": [(0, 0, {"name": name}) for name in ("Large", "Small", "Tiny")],
            }
        )
        other = self.env["product.product"].create({"name": "Tea", "available_in_pos": True})
        templates = (self.product | other).product_tmpl_id
        lines = self.env["product.template.attribute.line"].create(
            [
                {
                    "product_tmpl_id": template.id,
                    "attribute_id": attribute.id,
                    "value_ids": [(6, 0, attribute.value_ids.ids)],
                }
                for template in templates
            ]
        )
        large, small, tiny = lines[0].product_template_value_ids
        large.price_extra, small.price_extra, tiny.price_extra = 10, -5, -10
        strange = lines[1].product_template_value_ids[:1]

        def paid(price, *choices):
            values = self.values(price=price)
            values["lines"][0][2]["attribute_value_ids"] = [choice.id for choice in choices]
            answer = self.pay(values)
            return "result" in answer

        self.assertTrue(paid(30, large))
        self.assertTrue(paid(15, small))
        self.assertFalse(paid(20, large), "without its extra price")
        self.assertFalse(paid(5, small, tiny), "one size")
        self.assertFalse(paid(20, strange), "of another product")

    def test_an_order_below_the_shops_price_is_not_sent(self):
        for values in (
            self.values(price=0.01),
            self.values(price=19),
            {**self.values(), "amount_total": 0.01, "lines": self.values(price=0.01)["lines"]},
            self.values(qty=-1),
            {**self.values(), "lines": [*self.values()["lines"], *self.values(qty=-1)["lines"]]},
        ):
            with self.subTest(values=values["lines"]):
                answer = self.pay(values)
                self.assertEqual(self.error(answer), "UserError")
                self.assertFalse(self.order_of(values))
        discounted = self.values()
        discounted["lines"][0][2].update(discount=90, price_subtotal_incl=2, price_subtotal=1.8)
        self.assertEqual(self.error(self.pay(discounted)), "UserError")
        self.assertEqual(self.sent(), 0)

    def test_tax_that_the_page_leaves_out_is_asked_for(self):
        outside = self.tax.copy({"name": "On top", "price_include_override": "tax_excluded"})
        self.product.taxes_id = outside
        values = self.values()
        values["lines"][0][2]["tax_ids"] = [[6, 0, []]]
        self.assertEqual(self.error(self.pay(values)), "UserError")
        full = self.values(price=20 * (1 + outside.amount / 100))
        self.assertEqual(self.pay(full)["result"]["payment_status"], {"to_be_sent": True})

    def test_a_preset_that_is_not_this_kiosks_brings_no_price_list(self):
        cheap = self.env["product.pricelist"].create(
            {
                "name": "Staff",
                "item_ids": [(0, 0, {"compute_price": "percentage", "percent_price": 90})],
            }
        )
        preset = self.env["pos.preset"].create({"name": "Staff", "pricelist_id": cheap.id})
        self.kiosk.write({"use_presets": True})
        answer = self.pay(self.values(price=2, preset_id=preset.id))
        self.assertEqual(self.error(answer), "UserError")
        preset.available_in_self = True
        self.kiosk.available_preset_ids = preset
        answer = self.pay(self.values(price=2, preset_id=preset.id))
        self.assertEqual(answer["result"]["payment_status"], {"to_be_sent": True})

    def test_a_combo_has_its_price_and_its_own_items(self):
        bun = self.env["product.product"].create({"name": "Bun", "available_in_pos": True})
        combo = self.env["product.combo"].create(
            {"name": "Breakfast", "combo_item_ids": [(0, 0, {"product_id": self.product.id})]}
        )
        other = self.env["product.combo"].create(
            {"name": "Water", "combo_item_ids": [(0, 0, {"product_id": bun.id})]}
        )
        meal = self.env["product.product"].create(
            {
                "name": "Breakfast",
                "type": "combo",
                "list_price": 50,
                "available_in_pos": True,
                "taxes_id": [(6, 0, self.tax.ids)],
                "combo_ids": [(6, 0, combo.ids)],
            }
        )

        def ordered(item, price):
            values = self.values(price=price)
            child = values["lines"][0][2]
            parent = {**child, "uuid": f"{child['uuid']}-parent", "product_id": meal.id}
            parent.update(price_unit=0, price_subtotal=0, price_subtotal_incl=0)
            child.update(combo_item_id=item.id, product_id=item.product_id.id)
            values["lines"].insert(0, [0, 0, parent])
            values["relations_uuid_mapping"] = {
                "pos.order.line": {child["uuid"]: {"combo_parent_id": parent["uuid"]}}
            }
            return values

        own, strange = combo.combo_item_ids, other.combo_item_ids
        self.assertEqual(self.error(self.pay(ordered(own, 1))), "UserError")
        self.assertEqual(self.error(self.pay(ordered(strange, 50))), "UserError")
        alone = ordered(own, 50)
        del alone["lines"][1]
        alone["relations_uuid_mapping"] = {}
        self.assertEqual(self.error(self.pay(alone)), "UserError")
        answer = self.pay(ordered(own, 50))
        self.assertEqual(answer["result"]["payment_status"], {"to_be_sent": True})

    def test_an_order_whose_bill_is_out_stays_as_it_was_sent(self):
        order = self.out()
        answer = self.pay(self.values(price=0.01, uuid=order.uuid))
        self.assertEqual(self.error(answer), "UserError")
        answer = self.ask(
            "/pos-self-order/process-order/mobile",
            order=self.values(price=30, uuid=order.uuid),
            access_token=self.kiosk.access_token,
            table_identifier=None,
        )
        self.assertEqual(self.error(answer), "UserError")
        self.assertEqual((order.amount_total, len(order.lines)), (20, 1))
        self.assertFalse(self.rows(order).case_ids)

    # === Again, twice at once, done ===

    def test_a_replay_sends_nothing_twice(self):
        order = self.out()
        for _again in range(3):
            self.assertEqual(self.door_of_kiosk("send", order)["state"], "issued")
        self.assertEqual((self.sent(), len(self.rows(order))), (1, 1))
        self.guest("pay")
        self.status(order)
        for attempt in ("1", "2", "3"):
            self.door_of_kiosk("send", order, attempt)
        self.assertEqual((self.sent(), len(self.rows(order))), (1, 1))

    def test_two_bills_of_one_order_or_one_kiosk_are_never_out(self):
        order, other = self.out(), self.ordered()
        for asked, attempt in ((order, "2"), (other, "1")):
            answer = self.door_of_kiosk("send", asked, attempt)
            self.assertEqual(answer, {"ok": False, "reason": "busy"}, "and not whose it is")
        self.assertEqual(self.sent(), 1)

    def test_a_line_that_is_paid_is_not_sent_again_though_its_order_is_not_finished(self):
        order = self.out()
        self.guest("pay")
        self.session_is("closed")
        self.status(order)
        self.session_is("opened")
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.door_of_kiosk("send", order, "2"), {"ok": False, "reason": "done"})
        self.assertEqual(self.sent(), 1)

    def test_a_forged_done_is_dropped(self):
        cash = self.cash_method
        for method, status in ((self.glase_method, "done"), (cash, False), (cash, "done")):
            payment = {
                "amount": 20,
                "payment_method_id": method.id,
                "payment_status": status,
                "transaction_id": "forged",
                "card_type": "Glase payment",
            }
            values = self.values(state="paid", payment_ids=[[0, 0, payment]], amount_paid=20)
            self.process(values)
            order = self.order_of(values)
            self.assertEqual((order.state, len(order.payment_ids)), ("draft", 0))
        order = self.out()
        line = order.payment_ids
        for command in ([1, line.id, {"payment_status": "done"}], [2, line.id, 0], [5, 0, 0]):
            self.pay(self.values(uuid=order.uuid, state="paid", payment_ids=[command]))
            self.assertEqual(order.payment_ids, line)
            self.assert_unpaid(order)
        self.assertFalse(self.env["glase.case"].search([("payment_id", "in", line.ids)]))

    def test_an_order_that_was_taken_off_is_not_paid_any_more(self):
        order = self.ordered()
        self.ask(
            "/pos-self-order/remove-order",
            access_token=self.kiosk.access_token,
            order_id=order.id,
            order_access_token=order.access_token,
        )
        self.assertEqual(self.door_of_kiosk("send", order), {"ok": False, "reason": "done"})
        self.assertEqual(self.sent(), 0)

    def test_only_glase_says_that_it_is_paid(self):
        order = self.out()
        for name in ("status", "send", "leave"):
            self.door_of_kiosk(name, order)
            self.assert_unpaid(order)

    # === A flood ===

    def test_a_flood_of_bills_is_refused_by_address(self):
        order = self.ordered()
        most, _everywhere = MOST["send"]
        # All of them in one minute of the clock.
        self.advance(60 - clock.now(self.env.cr).second)
        answers = []
        for attempt in range(most + 5):
            answers.append(self.door_of_kiosk("send", order, str(attempt)))
            self.door_of_kiosk("cancel", order, str(attempt))
        refused = [one for one in answers if not one["ok"]]
        self.assertEqual(refused, [{"ok": False, "reason": "limit"}] * 5)
        self.assertEqual(self.sent(), most)
        self.advance(60)
        self.assertTrue(self.door_of_kiosk("send", order, "later")["ok"])

    def test_a_flood_from_everywhere_is_refused_by_kiosk(self):
        limits = self.env["glase.kiosk.limit"].sudo()
        _address, everywhere = MOST["send"]
        over = [
            limits._heard(self.kiosk, "send", f"address {one}") for one in range(everywhere + 1)
        ]
        self.assertEqual(over, [False] * everywhere + [True])
        self.assertNotIn("127.0.0.1", limits.search([]).mapped("key"))
        limits._gc_counters()
        self.assertTrue(limits.search_count([]))
        self.advance(2 * 24 * 3600)
        limits._gc_counters()
        self.assertFalse(limits.search_count([]))

    def test_who_guesses_orders_is_counted(self):
        """From one address, and its flood leaves the kiosk's own page its share."""
        self.advance(60 - clock.now(self.env.cr).second)
        most, everywhere = MOST["ask"]
        limits = self.env["glase.kiosk.limit"].sudo()
        for _more in range(everywhere + 5):
            limits._heard(self.kiosk, "ask", "127.0.0.1")
        order = self.ordered()
        answer = self.ask(
            "/pos_self_order_glase/status",
            access_token=self.kiosk.access_token,
            order_access_token="no-order-has-this",
            attempt="1",
        )
        self.assertEqual(answer["result"], {"ok": False, "reason": "limit"})
        self.assertTrue(self.door_of_kiosk("send", order)["ok"], "bills are counted apart")
        self.assertFalse(limits._heard(self.kiosk, "ask", "another one"))
        self.assertLess(most, everywhere)

    def test_a_flood_of_questions_asks_glase_once_a_second(self):
        order = self.out()
        before, started = len(self.simulator.journal()["calls"]), clock.now(self.env.cr)
        for _more in range(30):
            self.assertEqual(self.door_of_kiosk("status", order)["state"], "issued")
        seconds = (clock.now(self.env.cr) - started).total_seconds()
        asked = len(self.simulator.journal()["calls"]) - before
        # Begun in the middle of a second; and what a poll prepares first undoes a test's first count.
        self.assertLessEqual(asked, int(seconds) + 3)
        self.assertLess(asked, 30)

    def use_up(self, *kinds):
        """Requests from many addresses, until the kiosk hears no stranger any more in this minute."""
        self.advance(60 - clock.now(self.env.cr).second)
        limits = self.env["glase.kiosk.limit"].sudo()
        for kind in kinds:
            _address, everywhere = MOST[kind]
            # What nobody has asked is not waited for.
            limits._add(f"{self.kiosk.id} {kind}", self.minute(), everywhere)
            self.assertTrue(limits._heard(self.kiosk, kind, "one more"))

    def forget_page(self):
        """From now on another browser asks."""
        self.opener.cookies.clear()

    def test_a_flood_from_everywhere_leaves_a_waiting_guest_alone(self):
        """Questions, the cancel and the end of a bill belong to the page that has sent it."""
        order = self.out()
        self.use_up("ask", "send")
        self.assertEqual(self.door_of_kiosk("status", order)["state"], "issued")
        self.guest("pay")
        self.assertEqual(self.status(order)["end"], "paid")
        for name in ("send", "cancel", "leave", "status"):
            self.assertEqual(self.door_of_kiosk(name, order)["end"], "paid", name)
        self.forget_page()
        self.assertEqual(self.door_of_kiosk("status", order)["reason"], "limit", "a stranger")

    def test_a_flood_from_everywhere_leaves_a_kiosk_open_where_somebody_has_paid(self):
        self.paid()
        self.use_up("send")
        own = self.ordered()
        self.assertEqual(self.door_of_kiosk("send", own)["state"], "issued")
        self.door_of_kiosk("cancel", own)
        self.forget_page()
        other = self.ordered()
        self.assertEqual(self.door_of_kiosk("send", other), {"ok": False, "reason": "limit"})

    def test_strangers_do_not_keep_busy_a_kiosk_where_somebody_has_paid(self):
        self.paid()
        shop = list(self.opener.cookies)
        self.forget_page()
        theirs = self.out()
        own, stranger = self.ordered(), list(self.opener.cookies)
        self.forget_page()
        self.assertEqual(self.door_of_kiosk("send", own)["reason"], "busy", "another stranger")
        self.be_page(shop)
        self.assertEqual(self.door_of_kiosk("send", own)["state"], "issued")
        row = self.rows(theirs)
        self.assertEqual((row.state, row.given_up_why), ("canceled", "left_open"))
        self.be_page(stranger)
        self.assertEqual(self.door_of_kiosk("send", theirs, "2")["reason"], "busy")
        self.assertEqual(self.rows(own).state, "issued", "the shop's own is nobody's to end")

    def test_a_stranger_who_has_paid_already_is_not_pushed_aside(self):
        self.paid()
        shop = list(self.opener.cookies)
        self.forget_page()
        theirs = self.out()
        self.guest("pay")
        self.be_page(shop)
        own = self.ordered()
        self.assertEqual(self.door_of_kiosk("send", own)["reason"], "busy", "money may come")
        self.advance(31)
        self.run_job()
        self.assertEqual(self.door_of_kiosk("send", own)["state"], "issued")
        self.assertEqual(self.rows(theirs).state, "reversed", "by Glase: nobody has fetched it")

    def be_page(self, cookies):
        """From now on the browser with these cookies asks."""
        self.forget_page()
        for cookie in cookies:
            self.opener.cookies.set_cookie(cookie)

    def test_a_page_that_is_known_has_a_limit_too(self):
        self.paid()
        self.advance(60 - clock.now(self.env.cr).second)
        own = self.ordered()
        most, _everywhere = MOST["send"]
        answers = []
        for attempt in range(most + 3):
            answers.append(self.door_of_kiosk("send", own, f"n{attempt}"))
            self.door_of_kiosk("cancel", own, f"n{attempt}")
        self.assertEqual([one["ok"] for one in answers], [True] * most + [False] * 3)

    def test_a_page_is_known_by_what_the_server_gave_it_only(self):
        """Neither an address, nor a header, nor a bill that was not paid makes a page the shop's own."""
        order = self.out()
        mine = self.opener.cookies[doors.PAGE]
        self.assertGreater(len(mine), 20)
        self.door_of_kiosk("cancel", order)
        self.use_up("send")
        again = self.ordered()
        self.assertEqual(self.door_of_kiosk("send", again)["reason"], "limit", "nobody has paid")
        for word in ("", "x", "'", "0" * 3000, mine[:-1], mine + "0"):
            self.forget_page()
            self.opener.cookies.set(doors.PAGE, word)
            self.opener.headers["X-Forwarded-For"] = "10.0.0.7"
            self.assertEqual(self.door_of_kiosk("send", again)["reason"], "limit")
        del self.opener.headers["X-Forwarded-For"]
        self.assertEqual(self.sent(), 1)

    def test_a_waiting_kiosk_writes_nothing(self):
        order = self.out()
        self.status(order)
        written = [self.written_by(lambda: self.status(order)) for _second in range(10)]
        quiet = [found for found in written if not found]
        self.assertGreaterEqual(len(quiet), 6, written)
        for found in written:
            for table in found:
                self.assertIn(table, ("glase_transaction", "glase_event", "glase_kiosk_limit"))

    def written_by(self, act):
        """The tables that are written while ``act`` runs."""
        found, execute = [], Cursor.execute

        def watched(cursor, query, *args, **kwargs):
            text = " ".join(str(query).split())
            match = re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)", text)
            if match and match[1] != "ir_config_parameter":
                found.append(match[1])
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", watched):
            act()
        return found

    def test_processes_together_ask_glase_once_a_second(self):
        """Four of them, whoever is asked; a page's own pace is never told to be too fast."""
        limits = self.env["glase.kiosk.limit"].sudo()

        def passed(processes, times, seconds):
            self.advance(60 - clock.now(self.env.cr).second)
            line, heard = uuid.uuid4().hex, []
            for second in range(seconds):
                at = self.minute() + timedelta(seconds=second)
                with patch.object(clock, "now", lambda _cr, at=at: at):
                    asked = [processes[(second + one) % len(processes)] for one in range(times)]
                    heard.append(sum(pace.lets_through(limits, line) for pace in asked))
            return heard

        four = [Pace() for _process in range(4)]
        self.assertEqual(passed(four, 1, 59), [1] * 59, "a page alone")
        self.assertEqual(passed(four[:1], 9, 59), [1] * 59, "a flood of one process")
        heard = passed(four, 4, 59)
        self.assertEqual(heard[10:], [1] * 49, "a flood of four, once they have told each other")
        self.assertLessEqual(max(heard), 4)

    def minute(self):
        return clock.now(self.env.cr).replace(second=0, microsecond=0)

    # === What is told ===

    def test_no_word_about_anything_else(self):
        order, other = self.out(), self.ordered()
        told = [self.door_of_kiosk("send", other), self.status(order)]
        self.guest("pay")
        told.append(self.status(order))
        for answer in told:
            self.assertEqual(set(answer) - WORDS - {"reason"}, set())
        text = json.dumps(told)
        for secret in (
            order.uuid,
            other.pos_reference,
            self.pos_user.name,
            self.account.name,
            self.account.reseller_id,
            self.kiosk_terminal.terminal_identifier,
            self.rows(order).ers_reference,
            self.main_pos_config.name,
        ):
            self.assertNotIn(json.dumps(secret)[1:-1], text)
