"""A month in the life of a shop: days of sales, refunds and trouble, each ended by Odoo's own closing.

Nothing sleeps: the ledger's clock and Glase's are moved together. What goes wrong is drawn from the
seed; what a person would settle is settled on most mornings, and left open on the others.
"""

import random

from steps.end import settle
from steps.play import Play

DAY_SECONDS = 24 * 3600
SALES = (2, 4)
AMOUNTS = (12, 19.99, 49, 99.95, 148, 250, 1234.56)
PROFILE = {
    "refunds_in_reports": ("own_row", "payment_reference", "netted"),
    "report_not_ready_count": (0, 1, 3),
    "report_rows": ("all", "late"),
    "report_xml": ("wellformed", "mismatched"),
    "period_id_field": ("transactionPeriodId", "ersReference"),
    "first_version": (0, 1),
    "retired_refunds": ("allow",),
    "refund_by": ("same_shop",),
}
# How a sale may go, and how often: most days are dull.
SALE_KINDS = {
    "plain": 60,
    "change_amount": 4,
    "answer_lost": 6,
    "send_lost": 6,
    "declined": 4,
    "canceled": 4,
    "left_open": 4,
    "till_dies": 3,
    "not_proven": 2,
    "reversed_at_till": 2,
}
REFUND_SHARE = 0.15
# Each so many days a till only takes goods back: it gives back more than it takes.
RETURNS_EVERY = 7
PERIOD_TROUBLE = 0.15
PERIOD_FAULTS = (
    {"operation": "markTransactionPeriod", "kind": "drop-before"},
    {"operation": "markTransactionPeriod", "kind": "drop-after"},
    {"operation": "markTransactionPeriod", "kind": "code", "code": 12},
    {"operation": "executeReport", "kind": "drop-after"},
    {"operation": "executeReport", "kind": "garbage"},
    {"operation": "executeReport", "kind": "code", "code": 2},
)
DARK_REFUNDS = (
    {"operation": "refundPayment", "kind": "drop-after"},
    {"operation": "refundPayment", "kind": "drop-before"},
    {"operation": "refundPayment", "kind": "code", "code": 90, "carried_out": True},
)


class Month:
    """Plays days in a world.

    :param world: a :class:`world.world.World` with as many tills as asked for
    :param int seed: draws the month
    """

    def __init__(self, world, seed):
        self.world, self.random = world, random.Random(seed)
        self.profile = {name: self.random.choice(values) for name, values in PROFILE.items()}
        self.play = Play(world, world.begin(self.profile))
        self.labels = 0
        # The ledger's time at which each day began.
        self.mornings = []

    def live(self, days):
        """Play so many days.

        :param int days: how many
        """
        for _day in range(days):
            self.mornings.append(self.world.now())
            for index, till in enumerate(self.play.tills):
                self.world.open_session(till.config_id)
                returns = (len(self.mornings) + index) % RETURNS_EVERY == 0
                for _sale in range(0 if returns else self.random.randint(*SALES)):
                    self._sell(index)
                if returns or self.random.random() < REFUND_SHARE * SALES[1]:
                    self._give_back(index)
            self._evening()
        [(self.world.counts["session gives back more than it takes"],)] = self.world.sql(
            "SELECT count(*) FROM account_payment"
            " WHERE payment_type = 'outbound' AND pos_payment_method_id = %s",
            self.world.method_id,
        )

    def _do(self, kind, **values):
        return self.play.play({"do": kind, **values})

    # === Sales ===

    def _sell(self, index):
        self.labels += 1
        label = f"S{self.labels}"
        amount = self.random.choice(AMOUNTS)
        self._do("sell", order=label, till=index, amount=amount)
        kinds, weights = zip(*SALE_KINDS.items(), strict=True)
        kind = self.random.choices(kinds, weights)[0]
        self.world.counts[f"sale: {kind}"] += 1
        getattr(self, f"_sale_{kind}")(index, label, amount)

    def _sale_plain(self, index, label, _amount):
        self._do("send", order=label)
        self._paid_and_finished(index, label)

    def _paid_and_finished(self, index, label):
        self._do("customer", till=index, act="pay")
        self._do("poll", order=label)
        self._do("finish", order=label, how="once")

    def _sale_change_amount(self, index, label, amount):
        """Another amount than was sent first; the rest is not paid with Glase."""
        self._do("send", order=label)
        if self.world.cash_ids[self.play.tills[index].config_id]:
            self._do("update", order=label, amount=round(amount - 1, 2))
        self._paid_and_finished(index, label)

    def _sale_answer_lost(self, index, label, _amount):
        self._do("send", order=label)
        self.world.glase.add_fault({"operation": "getPaymentStatus", "kind": "drop-after"})
        self._paid_and_finished(index, label)
        self._do("poll", order=label)
        self._do("finish", order=label, how="once")

    def _sale_send_lost(self, index, label, _amount):
        kind = self.random.choice(("drop-after", "drop-before"))
        self.world.glase.add_fault({"operation": "sendInvoice", "kind": kind})
        self._do("send", order=label)
        self._do("send", order=label)
        self._paid_and_finished(index, label)

    def _sale_declined(self, index, label, _amount):
        self._do("send", order=label)
        self._do("customer", till=index, act="decline")
        self._do("poll", order=label)

    def _sale_canceled(self, _index, label, _amount):
        self._do("send", order=label)
        self._do("cancel", order=label)

    def _sale_left_open(self, index, label, _amount):
        """The cashier turns to the next customer while this one is still paying."""
        self._do("send", order=label)
        self._do("customer", till=index, act="begin")
        self._do("leave", order=label)
        self._do("customer", till=index, act="confirm")

    def _sale_till_dies(self, index, label, _amount):
        """Paid, and its order never comes."""
        self._do("send", order=label)
        self._do("customer", till=index, act="pay")
        self._do("poll", order=label)

    def _sale_not_proven(self, _index, label, _amount):
        """A till claims a payment that nobody made."""
        self.play.orders[label].attempt = "forged"
        self._do("finish", order=label, how="forged")

    def _sale_reversed_at_till(self, index, label, _amount):
        self._sale_till_dies(index, label, _amount)
        self._do("reverse", order=label, press=1)

    # === Refunds, often of another day's sale ===

    def _give_back(self, index):
        sold = [
            order
            for order in self.play.orders.values()
            if order.stored == "paid" and not order.original and order.state == "paid"
        ]
        if not sold:
            return
        order = self.random.choice(sold)
        self.labels += 1
        label = f"R{self.labels}"
        amount = self.random.choice((order.amount, round(order.amount / 2, 2)))
        if self.random.random() < 0.2:
            self._do("office_refund", order=order.label, amount=amount)
            return
        self._do("refund", order=order.label, till=index, amount=amount, **{"as": label})
        if label not in self.play.orders:
            return
        dark = self.random.random() < 0.2
        if dark:
            self.world.glase.add_fault(dict(self.random.choice(DARK_REFUNDS)))
        self._do("send", order=label)
        self._do("finish", order=label, how="unknown" if dark else "once")
        self.world.counts["refund: unknown" if dark else "refund: plain"] += 1

    # === Evenings and mornings ===

    def _evening(self):
        """Till after till is closed, reports come at night, and people decide in the morning."""
        self.world.glase.heal()
        # What was left open ends by itself, before anybody counts.
        settle(self.world, (61, 61, 61, 301, 301))
        if self.random.random() < PERIOD_TROUBLE * len(self.play.tills):
            self.world.glase.add_fault(dict(self.random.choice(PERIOD_FAULTS)))
        self.play.end_day()
        self.world.glase.heal()
        self.play.settle_periods()
        if self.random.random() < 0.7:
            self.play.decide_refunds()
            self.play.decide_unanswered()
            self.play.name_refunds()
        if self.random.random() < 0.5:
            self._give_back_without_order()
        # What people have decided wakes the job.
        self.play.correct_books()
        passed = (self.world.now() - self.mornings[-1]).total_seconds()
        self.world.advance(max(DAY_SECONDS - passed, 0))

    def _give_back_without_order(self):
        """A manager gives back what no order has."""
        found = self.play.money_without_order()
        if not found:
            return
        case_id, _line = found[0]

        def work(env):
            row = env["glase.case"].browse(case_id).transaction_id
            wizard = env["glase.refund"].create(
                {"transaction_id": row.id, "reason": "No order has it"}
            )
            wizard.action_refund()
            return True

        if self.world.request("manager", work) is True:
            self.world.counts["given back without an order"] += 1
