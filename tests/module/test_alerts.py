"""Each alert of our views is seen shown, by a record that came about as it does for a person."""

import ast
import functools
import re
from pathlib import Path
from xml.etree import ElementTree

from lxml import etree

from odoo.tests import BaseCase
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ...models.accounts import glase_connection
from ..shared.back_office import BackOfficeCommon
from ..shared.go_live import GoLiveCommon
from ..shared.periods import PeriodCommon
from ..shared.verification import VerificationCommon

MODULE = Path(__file__).resolve().parents[2]
BEGINNING = 40
# Model of the view and beginning of the alert: what some test has seen shown.
SEEN = []


def shows(model, *beginnings, view="form"):
    """Decorate a test that returns the record at which alerts are shown.

    :param str model: of the view
    :param beginnings: of the alerts, as :func:`alerts` says them
    :param str view: the kind of view that is opened
    """

    def decorate(make):
        SEEN.extend((model, beginning) for beginning in beginnings)

        @functools.wraps(make)
        def test(self):
            record = make(self)
            for beginning in beginnings:
                self.assert_shown(record, model, beginning, view)

        return test

    return decorate


def level_of(element):
    """How an element warns: by the colour of an alert, a ribbon or a badge; None if it is none."""
    classes = (element.get("class") or "").split()
    ribbon = element.tag == "widget" and element.get("name") == "web_ribbon"
    colours = [*classes, *(element.get("bg_color") or "").split()]
    if (
        ribbon
        or {"alert", "badge"} & set(classes)
        or any(one.endswith("ribbon") for one in classes)
    ):
        found = [one for one in colours if one.startswith(("alert-", "text-bg-"))]
        return "".join(found[:1]).rpartition("-")[2] if found or "badge" not in classes else None
    return None


def alerts(element, hidden=(), within=None):
    """Each alert, ribbon and badge under an element, and each part of one that is shown at times only.

    :return: the element; how it begins: its level with its first words, or with its fields; and what
        hides it: its own expression and those of what is around it
    """
    if element.get("invisible"):
        hidden = (*hidden, element.get("invisible"))
    level = level_of(element)
    if within is not None and element.get("invisible") and level is None:
        level = f"{within}, part"
    if level is not None:
        words = " ".join("".join(element.itertext()).split())[:BEGINNING].strip()
        fields = " ".join(field.get("name") for field in element.iter("field"))
        yield element, f"{level}: {words or element.get('title') or fields}", hidden
        within = level.partition(",")[0]
    for child in element:
        yield from alerts(child, hidden, within)


def alerts_of_views(root):
    """The model and the beginning of each alert in the views of a data file."""
    for each in root:
        # A page of its own is a template, which belongs to no model.
        name = each.findtext("field[@name='model']") or each.get("id")
        for _alert, beginning, _hidden in alerts(each):
            yield name, beginning


def data_files():
    """All that an addon of ours may have a view in; what is under ``static`` a browser draws."""
    for folder in (MODULE, *MODULE.glob("addons/*")):
        for room in folder.iterdir():
            if room.is_dir() and room.name not in ("addons", "node_modules", "static"):
                yield from room.rglob("*.xml")


PLANTED = """
<odoo><record><field name="model">glase.account</field><field name="arch"><form>%s</form></field></record></odoo>
"""


class TestEveryAlertIsSeen(BaseCase):
    """An alert that no test has seen shown is one that may never show."""

    def test_every_alert_is_seen(self):
        known = []
        for path in data_files():
            known += alerts_of_views(ElementTree.parse(path).getroot())
        self.assertGreater(len(known), 50)
        # Two that begin alike could stand for one another.
        self.assertEqual(sorted(known), sorted(SEEN))

    def test_one_that_is_planted_is_found(self):
        for planted in (
            '<div class="alert alert-info" invisible="1">Never shown</div>',
            '<div class="alert alert-danger"><span invisible="id">Never shown</span></div>',
            '<widget name="web_ribbon" title="Never shown" bg_color="text-bg-danger"/>',
            '<sheet><a class="badge text-bg-warning">Never shown</a></sheet>',
        ):
            found = list(alerts_of_views(ElementTree.fromstring(PLANTED % planted)))
            self.assertIn("Never shown", found[-1][1])
            self.assertFalse(set(found) & set(SEEN), planted)

    def test_every_alert_of_a_till_is_seen_in_a_browser(self):
        """By a class of its own, or of what is in it; a test that waits for its absence is none."""
        tests = [*MODULE.rglob("static/tests/**/*.js"), *MODULE.glob("tests/process/*.py")]
        told = "".join(path.read_text() for path in tests if "node_modules" not in path.parts)
        seen = set(re.findall(r"\.(glase-[a-z-]+)", re.sub(r"(:not|negate)\([^\n]*", "", told)))
        sources = [*(MODULE / "static/src").rglob("*.xml")]
        sources += MODULE.glob("addons/*/static/src/**/*.xml")
        for path in sources:
            for alert, _beginning, _hidden in alerts(ElementTree.parse(path).getroot()):
                classes = " ".join(part.get("class") or "" for part in alert.iter()).split()
                self.assertTrue(seen & set(classes), f"{path.name}: {classes}")


class SeesAlerts:
    """Mixed into a test case that has an administrator."""

    def assert_shown(self, record, model, beginning, view):
        self.env.flush_all()
        self.env.invalidate_all()
        record = record.with_user(self.env.ref("base.user_admin"))
        record = record.with_context(allowed_company_ids=self.company.ids).sudo()
        record.ensure_one()
        self.assertEqual(record._name, model)
        arch = etree.fromstring(record.get_view(view_type=view)["arch"])
        found = [hidden for _alert, begins, hidden in alerts(arch) if begins == beginning]
        self.assertEqual(len(found), 1, f"{beginning}: it is in the view that is opened")
        for expression in found[0]:
            self.assertFalse(self.is_hidden(record, expression), expression)

    def is_hidden(self, record, expression):
        """What a page decides with the values that it has read."""
        names = {n.id for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Name)}
        names -= {"True", "False"}
        [values] = record.read(list(names & record._fields.keys()))
        values = {name: v[0] if isinstance(v, tuple) else v for name, v in values.items()}
        return bool(safe_eval(expression, {"context": dict(record.env.context), **values}))


class TestAlertsOfTills(SeesAlerts, BackOfficeCommon):
    def simulated(self):
        return self.env["glase.account"].create(
            {"name": "Play", "company_id": self.company.id, "environment": "simulator"}
        )

    @shows("glase.account", "warning: SIMULATION: no money is moved. Glase run")
    def test_account_at_the_simulator(self):
        return self.simulated()

    @shows("glase.account", "info: TEST: Glase's test server. Use the crede")
    def test_account_at_test(self):
        return self.account

    @shows("glase.account", "danger: Archived")
    def test_account_that_is_archived(self):
        return self.env["glase.account"].create(
            {"name": "Old", "company_id": self.company.id, "environment": "test", "active": False}
        )

    @shows("glase.account", "danger: Glase is not called. If this is a copy,")
    def test_account_of_a_copy(self):
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "of-another")
        return self.account

    @shows("glase.terminal", "warning: SIMULATION: no money is moved. The stick")
    def test_till_at_the_simulator(self):
        draft = self.draft()
        account = self.simulated()
        draft.sudo().write({"account_id": account.id, "environment": "simulator"})
        return draft

    @shows("glase.terminal", "info: TEST: Glase's test server. No money is m")
    def test_till_at_test(self):
        return self.terminal

    @shows("glase.terminal", "secondary: Retired")
    def test_till_that_is_retired(self):
        self.terminal.sudo().write({"state": "retired", "active": False})
        return self.terminal

    def settings(self, environment):
        self.terminal.sudo().write({"state": "retired", "active": False})
        self.account.environment = environment
        settings = self.env["res.config.settings"]
        return settings.create({"pos_config_id": self.main_pos_config.id})

    @shows("res.config.settings", "warning: SIMULATION: no money is moved")
    def test_settings_of_a_till_at_the_simulator(self):
        return self.settings("simulator")

    @shows("res.config.settings", "info: TEST: no money is moved")
    def test_settings_of_a_till_at_test(self):
        return self.settings("test")

    @shows("glase.terminal", "info: todo")
    def test_till_that_is_not_registered(self):
        return self.draft()

    @shows("glase.assign", "warning: This till has a sticker already, which w")
    def test_till_that_has_a_sticker(self):
        return self.env["glase.assign"].create({"terminal_id": self.terminal.id})

    def assigning(self, text):
        return self.env["glase.assign"].create({"terminal_id": self.terminal.id, "text": text})

    @shows("glase.assign", "success: verdict")
    def test_scan_that_can_be_assigned(self):
        return self.assigning(self.terminal.glase_id)

    @shows("glase.assign", "warning: verdict")
    def test_scan_that_takes_the_place_of_another(self):
        return self.assigning("ABCDEFG12345")

    @shows("glase.assign", "danger: verdict")
    def test_scan_of_something_else(self):
        return self.assigning("https://example.com/menu")

    @shows("glase.set.up", "warning: SIMULATION: no money is moved. Try every")
    def test_first_set_up(self):
        return self.env["glase.set.up"].create({"config_id": self.till.id, "account_id": False})

    @shows("glase.sticker.check", "success: verdict")
    def test_right_sticker(self):
        own = self.terminal
        check = self.env["glase.sticker.check"]
        return check.create({"terminal_id": own.id, "scanned": own.glase_id})

    @shows("glase.sticker.check", "danger: verdict")
    def test_wrong_sticker(self):
        check = self.env["glase.sticker.check"]
        return check.create({"terminal_id": self.terminal.id, "scanned": "ANOTHER1"})

    @shows("pos.payment.method", "info: One Glase payment method serves all till")
    def test_method_while_no_till_is_open(self):
        return self.glase_method

    @shows("pos.payment.method", "info: These tills have an open session: Until")
    def test_method_while_a_till_is_open(self):
        self.open_register()
        return self.glase_method


class TestAlertsOfMoney(SeesAlerts, PeriodCommon):
    @shows("glase.transaction", "warning: TEST: no money is moved.")
    def test_payment_at_test(self):
        return self.paid_order(20)[1]

    @shows("glase.transaction", "warning: SIMULATION: no money is moved.")
    def test_payment_at_the_simulator(self):
        row = self.paid_order(20)[1]
        row.sudo().environment = "simulator"
        return row

    @shows("pos.payment", "danger: The Glase ledger does not prove this pay")
    def test_payment_that_nothing_proves(self):
        order, line = self.draft_order(self.pos_session, 20)
        self.validate(order, line)
        return order.payment_ids

    def without_order(self):
        order, line = self.sent(20)
        self.customer("pay")
        self.ask(line)
        self.advance(400)
        self.run_job()
        return self.row(line)

    @shows("glase.case", "info: Last contact with the till: Its order ma")
    def test_payment_without_an_order(self):
        return self.without_order().case_ids

    @shows("pos.config", "danger: Glase cases to settle:", view="kanban")
    def test_till_with_an_open_case(self):
        return self.without_order().config_id

    @shows(
        "glase.refund",
        "warning: No order has this payment. The money goe",
        "warning, part: Last contact with the till:",
        "warning, part: If its order still comes, it will be mar",
    )
    def test_refund_without_an_order(self):
        return self.env["glase.refund"].create({"transaction_id": self.without_order().id})

    @shows("glase.refund", "warning: This register is not open: The refund be")
    def test_refund_while_the_register_is_closed(self):
        row = self.paid_order(20)[1]
        self.pos_session.sudo().state = "closed"
        return self.env["glase.refund"].create({"transaction_id": row.id})

    def unknown_refund(self):
        original, _paid = self.paid_order(20)
        order, line = self.refund_order(original, 20)
        self.simulator.faults({"operation": "refundPayment", "kind": "drop-after", "count": 1})
        self.assertEqual(self.refund(order, line, 20)["state"], "unknown")
        self.simulator.faults()
        return self.row(line)

    @shows("glase.case", "info: Glase may still be working on it. A mana")
    def test_refund_that_nobody_knows_of(self):
        return self.unknown_refund().case_ids

    @shows("glase.case", "warning: Another tender was allowed for this amou")
    def test_refund_that_went_back_otherwise(self):
        row = self.unknown_refund()
        allowed = self.door(
            "approve_refund_tender",
            order_uuid=row.order_uuid,
            reason="The customer must leave",
            login="pos_admin",
            password="pos_admin",
        )
        self.assertEqual(allowed, {"ok": True})
        return row.case_ids

    @shows(
        "glase.period",
        "success: Every payment at Glase is in the ledger,",
        "success, part: Every payment at Glase is in the ledger,",
    )
    def test_period_that_fits(self):
        self.paid_order(20)
        return self.closed_and_settled()

    @shows("glase.period", "success, part: Every payment at Glase is in the ledger.")
    def test_period_of_which_some_is_awaited(self):
        self.profile(report_rows="late", report_not_ready_count=0)
        self.paid_order(20)
        self.paid_order(30)
        return self.closed_and_settled()

    def differing(self):
        """A period with a payment of which the ledger has not heard."""
        self.paid_order(20)
        _order, line = self.sent(20)
        self.customer("pay")
        self.simulator.faults({"operation": "getPaymentStatus", "kind": "drop-after", "count": 1})
        self.assertEqual(self.ask(line)["state"], "issued")
        self.simulator.faults()
        return self.closed_and_settled()

    @shows(
        "glase.period",
        "warning: Press Differences above.",
        "warning, part: Press Differences above.",
    )
    def test_period_that_differs(self):
        return self.differing()

    @shows(
        "glase.period.line",
        "warning: To decide it, close this window and pres",
        "warning, part: To decide it, close this window and pres",
    )
    def test_line_that_differs(self):
        line = self.differing().line_ids.filtered("is_difference")[:1]
        return line.with_context(glase_in_period=True)

    @shows("glase.period", "info: waits_for")
    def test_period_of_a_shop_that_is_still_open(self):
        self.account.sudo().period_scope = "shop"
        other = self.main_pos_config.copy({"name": "Till 2"})
        self._registered_terminal(other)
        self.open_register(other)
        self.paid_order(20)
        return self.close()

    def report(self, **values):
        with self.office() as env:
            run = env["glase.run.report"].create({"account_id": self.account.id, **values})
            env.cr.commit()
            run.action_run()
        return self.env["glase.run.report"].browse(run.id)

    @shows("glase.run.report", "warning: message")
    def test_report_that_is_not_ready(self):
        self.paid_order(20)
        period = self.closed_and_settled()
        self.profile(report_not_ready_count=1)
        return self.report(period_id=period.id, report="shop_details")

    @shows("glase.run.report", "danger: message")
    @mute_logger("odoo.addons.pos_glase.glase.transport")
    def test_report_that_failed(self):
        self.simulator.faults({"operation": "executeReport", "kind": "drop-before", "count": 1})
        return self.report(report="shop_details")

    @shows("glase.run.report", "info: message")
    def test_report_that_came(self):
        self.paid_order(20)
        period = self.closed_and_settled()
        self.profile(report_not_ready_count=0)
        return self.report(period_id=period.id)


class TestAlertsOfMoves(SeesAlerts, GoLiveCommon):
    @shows("glase.go.live", "danger: The tills cannot be moved yet. This must")
    def test_move_with_an_open_till(self):
        self.open_register()
        return self.prepared()

    @shows("glase.go.live", "info: Fill in the address and the log-in that")
    def test_move_that_is_prepared(self):
        return self.prepared()

    @shows("glase.go.live", "warning: The tills are shut until all are moved.")
    def test_move_under_way(self):
        return self.started()

    @shows("glase.go.live", "warning: Glase may have more registrations than t")
    def test_move_that_left_registrations_at_glase(self):
        move = self.started()
        self.production.faults({"operation": "registerTerminal", "kind": "drop-after", "count": 2})
        self.move_all(move)
        self.press(move.line_ids[0], "action_leave_out")
        return move

    @shows(
        "glase.go.live",
        "success: Live. From now on the tills take real mo",
        "success, part: Live. From now on the tills take real mo",
    )
    def test_move_that_is_done(self):
        return self.gone_live()

    @shows(
        "glase.go.live",
        "success, part: Back. No till that was moved takes real",
        "warning: Left out, and still where they were:",
    )
    def test_move_back_without_one_till(self):
        live = self.gone_live()
        back = self.prepared(live.target_id, endpoint=self.simulator.endpoint)
        self.press(back, "action_test")
        self.press(back, "action_start")
        self.press(back.line_ids[0], "action_leave_out")
        self.press(back.line_ids[1], "action_move")
        self.press(back, "action_finish")
        return back

    @shows("glase.go.live", "success, part: Moved. No money is moved there, as befor")
    def test_move_from_the_simulator_to_test(self):
        self.simulate_source()
        move = self.started(environment="test")
        for line, sticker in zip(move.line_ids, self.stickers, strict=True):
            line.sudo().glase_id = sticker
        self.env.flush_all()
        self.assertEqual(self.move_all(move), [True, True], move.line_ids.mapped("message"))
        return move


class TestAlertsOfVerifications(SeesAlerts, VerificationCommon):
    @shows("glase.verification", "info: The certification sheet, step by step. A")
    def test_before_it_starts(self):
        return self.new_run()

    @shows("glase.verification", "danger: This account is live: real money is paid")
    def test_before_it_starts_with_a_live_account(self):
        self.env["ir.config_parameter"].set_param(glase_connection.OWN_NETWORK_PARAMETER, "True")
        self.account = self.account.copy({"name": "Live", "environment": "production"})
        return self.new_run()

    def played(self, **options):
        run = self.started()
        self.play(run, **options)
        return run

    @shows("glase.verification", "warning: Passed, but not in all as the sheet says")
    def test_passed_in_another_form(self):
        return self.played()

    @shows("glase.verification", "success: Passed. Every step did what the sheet as")
    def test_passed(self):
        self.account.certifying = True
        run = self.played()
        # The simulator does not let a reseller unregister a terminal, as the sheet wants it.
        run.step_ids.filtered(lambda step: step.key == "unregister").sudo().deviation = False
        return run

    @shows("glase.verification", "warning: Not passed. The steps below say what wen")
    def test_failed(self):
        self.account.sudo().reseller_password = "wrong"
        return self.played()

    def paused(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "doing", customer=None)
        self.press(run, "action_pause")
        self.play(run, until=lambda: run.state == "paused", customer=None)
        return run

    @shows(
        "glase.verification",
        "warning: Paused. No bill is open. Resume goes on",
        "warning, part: No bill is open.",
    )
    def test_paused(self):
        return self.paused()

    @shows(
        "glase.verification",
        "warning: Stopped. It was cleaned up. It proves no",
        "warning, part: It was cleaned up.",
    )
    def test_stopped(self):
        run = self.paused()
        self.press(run, "action_stop")
        self.play(run)
        return run

    @shows("glase.verification", "danger: Left for you to do")
    def test_with_something_left(self):
        run = self.started()
        self.play(run, until=lambda: self.verdicts(run)["pay"] == "ok")
        self.profile(refunds_allowed=False)
        self.play(run)
        return run
