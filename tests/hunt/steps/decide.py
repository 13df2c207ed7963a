"""What a manager decides: refunds and bills of which nobody knows what became of them."""

from odoo.addons.pos_glase.models.refunds.refund_till import RefundTill
from odoo.addons.pos_glase.rules import case_kinds, state_machine

DECIDE_SECONDS = 16 * 60


class Decisions:
    """Steps of a :class:`steps.play.Play` for a manager who has asked Glase's support."""

    def decide_refunds(self):
        """A manager decides unknown refunds, by what Glase's support would say: its journal."""
        self.world.advance(DECIDE_SECONDS)
        unknown = self.world.sql(
            "SELECT c.id, t.call_reference, t.line_uuid FROM glase_case c"
            " JOIN glase_transaction t ON t.id = c.transaction_id"
            " WHERE c.state = 'open' AND c.kind = ANY(%s) ORDER BY c.id",
            list(case_kinds.offering(case_kinds.WAS_REFUNDED)),
        )
        for case_id, reference, line_uuid in unknown:
            with self.world.glase.simulator.transaction() as tx:
                made = tx.one(
                    "SELECT 1 FROM call WHERE client_reference = ? AND code = 0", reference or ""
                )
            if self._repeat(case_id):
                continue
            self._decide(case_id, "action_was_refunded" if made else "action_was_not_refunded")
            self.world.counts["unknown refund decided"] += 1
            order = self.world.orders_by_reference.get(line_uuid)
            if order:
                order.taint("decided")

    def name_refunds(self):
        """A manager says which decided refunds the rows are that only Glase's report has."""
        unknown = self.world.sql(
            "SELECT id FROM glase_period_line WHERE kind = 'unknown' AND amount < 0"
            " AND accepted_at IS NULL ORDER BY id"
        )
        for (line_id,) in unknown:

            def work(env, line_id=line_id):
                line = env["glase.period.line"].browse(line_id)
                if not line.refund_candidate_ids:
                    return False
                line.write(
                    {
                        "named_refund_id": line.refund_candidate_ids[:1].id,
                        "reason": "Support says so",
                    }
                )
                line.action_name_refund()
                return True

            if self.world.request("manager", work) is True:
                self.world.counts["decided refund named"] += 1

    def decide_unanswered(self):
        """A manager ends bills about which Glase does not answer any more, if its support agrees."""
        unanswered = self.world.sql(
            "SELECT DISTINCT ON (t.id) c.id, t.invoice_reference, t.line_uuid FROM glase_case c"
            " JOIN glase_transaction t ON t.id = c.transaction_id"
            " WHERE c.state = 'open' AND c.kind = ANY(%s) AND t.state = 'issued'"
            " AND EXISTS (SELECT FROM glase_event e"
            " WHERE e.transaction_id = t.id AND e.code = ANY(%s))"
            " ORDER BY t.id, c.id",
            list(case_kinds.offering(case_kinds.NOT_PAID)),
            list(state_machine.SETUP_CODES),
        )
        standing = {
            payment["invoice_reference"]
            for payment in self.world.glase.simulator.journal()["payments"]
            if payment["state"] == "standing"
        }
        for case_id, invoice_reference, line_uuid in unanswered:
            if invoice_reference not in standing:
                self._decide(case_id, "action_not_paid")
                self.world.counts["unanswered bill decided"] += 1
                order = self.world.orders_by_reference.get(line_uuid)
                if order:
                    order.taint("decided")

    def _decide(self, case_id, action):
        def work(env):
            case = env["glase.case"].browse(case_id)
            case.reason = "Glase's support says so"
            getattr(case, action)()
            return True

        told = self.world.request("manager", work)
        if told is not True:
            self.world.blame("5 nothing is left", f"{action} of case {case_id} said {told!r}")

    def _repeat(self, case_id):
        """*Repeat to Find Out*, where it is offered; returns whether that has decided it."""

        def work(env):
            case = env["glase.case"].browse(case_id)
            if not case.may_repeat:
                return False
            case.reason = "Repeated to find out"
            case.action_repeat_refund()
            return True

        if self.world.request("manager", work) is not True:
            return False
        self.world.counts["refund repeated to find out"] += 1
        [(state,)] = self.world.sql("SELECT state FROM glase_case WHERE id = %s", case_id)
        return state == "settled"

    def _do_approve(self, step, order):
        """A manager allows another tender for a refund that is undecided."""
        if order.state != "unknown" or not order.original:
            return False
        order.taint("another tender")

        def work(env):
            return RefundTill(env).approve_refund_tender(
                order.till.config_id, order.uuid, reason="The customer has a train to catch"
            )

        told = self.world.request("manager", work, order, **self._plan(step))
        if told and told["ok"]:
            self.world.counts["another tender approved"] += 1
        return None
