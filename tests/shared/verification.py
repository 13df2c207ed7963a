"""What the tests of verifications share: a run without hands, a customer, and a clock."""

import uuid

from ...models.support import clock
from .back_office import BackOfficeCommon

UNFINISHED = ("running", "paused", "cleaning")
# Enough for a run that has to wait for everything that it can wait for.
MOST_ROUNDS = 400
# Seconds between two questions while something is waited for; Glase reverses after 20.
STRIDE = 8


class VerificationCommon(BackOfficeCommon):
    """A run of the sheet: the test plays the open page, the customer and the clock."""

    def setUp(self):
        super().setUp()
        self.before = self.simulator.journal()
        self.served = set()

    def new_run(self, **values):
        """A verification that is not started yet."""
        with self.office(self.admin) as env:
            action = env["glase.account"].browse(self.account.id).action_verify()
        run = self.env["glase.verification"].browse(action["res_id"])
        run.sudo().write({"glase_id": f"CERT{uuid.uuid4().hex[:8].upper()}", **values})
        return run

    def press(self, run, button):
        """Press a button of the run as its administrator."""
        with self.office(self.admin) as env:
            result = getattr(env["glase.verification"].browse(run.id), button)()
        return result

    def started(self, **values):
        run = self.new_run(**values)
        self.press(run, "action_start")
        return run

    def play(self, run, until=None, customer="pay", page=True):
        """Drive a run, and play the customer, until it ends or ``until()`` is true.

        :param customer: what the customer does when the page asks to scan; None: nothing
        :param bool page: the open page drives; else only the scheduled job does
        """
        for _round in range(MOST_ROUNDS):
            if page:
                view = self.press(run, "action_advance")
            else:
                self.run_verify_job()
                view = run._view()
            if view["state"] not in UNFINISHED or (until and until()):
                return view
            if view["qr"] and customer:
                doing = run.step_ids.filtered(lambda step: step.state == "doing")
                bill = doing._bill()
                if bill.state == "open" and not doing.exchange_ids.filtered("status"):
                    continue
                if bill.state == "open":
                    self.pay_once(run, bill, customer)
            run.invalidate_recordset()
            if run.next_at:
                seconds = self.seconds_until(run.next_at)
                self.advance(max(seconds, STRIDE) if seconds else 0)
        told = [(step.key, step.state, step.verdict) for step in run.step_ids]
        heard = run.exchange_ids.mapped(lambda one: (one.operation, one.code, one.status))
        bills = run.bill_ids.read(["key", "state", "refund_state", "words", "tries", "next_at"])
        self.fail(f"the run does not end: {told} {heard} {bills} {run.next_at} {run.busy_since}")

    def pay_once(self, run, bill, customer):
        """The customer does it once for each bill, however often the page asks to scan."""
        if bill not in self.served:
            self.served.add(bill)
            self.simulator.customer(run.glase_id, customer)

    def seconds_until(self, moment):
        return max((moment - clock.now(self.env.cr)).total_seconds(), 0.0)

    def run_verify_job(self):
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)["glase.verification"].sudo()._cron_verify()
        self.env.invalidate_all()

    def verdicts(self, run):
        return {step.key: step.state for step in run.step_ids}

    def assert_nothing_left(self, run):
        """Glase's own journal says that nothing of this run is open, paid or registered."""
        journal = self.simulator.journal()
        known = {terminal["terminal_id"] for terminal in self.before["terminals"]}
        mine = [one for one in journal["terminals"] if one["terminal_id"] not in known]
        mine = [one for one in mine if "verify" in (one["external_id"] or "")]
        for terminal in mine:
            self.assertTrue(terminal["unregistered_at"], terminal)
        ids = {terminal["terminal_id"] for terminal in mine}
        for invoice in journal["invoices"]:
            if invoice["terminal_id"] in ids:
                self.assertIn(invoice["status"], ("PAID", "CANCELED", "FAILED"), invoice)
        for payment in journal["payments"]:
            if payment["terminal_id"] in ids and payment["state"] != "reversed":
                self.assertEqual(payment["refunded"], payment["amount"], payment)
        return ids
