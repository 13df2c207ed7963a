"""Where runs come from: a seed gives a profile of Glase and one step after another.

The next step is drawn with the run in view, so that most of them make sense; what is drawn is
written down, and from then on a run is a list that can be played again, or a part of it.
"""

import random

from steps.recipes import (
    ANOTHER,
    LOST_AFTER,
    LOST_MARK,
    OVERLAPS,
    REVERSALS,
    SUSPENSE,
    WAITING,
    crash_of,
    steps_to,
)
from ways import found_of, steps_of

OPERATIONS = (
    "sendInvoice",
    "getPaymentStatus",
    "cancelInvoice",
    "updateInvoice",
    "refundPayment",
)
PERIOD_OPERATIONS = ("markTransactionPeriod", "executeReport")
# What Glase's own answers may be when something is wrong there. With a proof that nothing happened
# (doc/ledger.md §7) it did not happen; with the others it may have.
REFUSING_CODES = {
    "sendInvoice": (12, 48, 49),
    "getPaymentStatus": (29, 20, 54),
    "cancelInvoice": (51, 48, 29, 54),
    "updateInvoice": (48, 90),
    "refundPayment": (12, 97, 99),
    "markTransactionPeriod": (12, 20, 48),
    "executeReport": (2, 90),
}
DARK_CODES = (90, 93, 94, 1, 77)
UNKNOWN_STATUSES = ("RESERVED", "PENDING_ISSUER_ACKNOWLEDGE", "SOMETHING_NEW", "ISSUED")
SIMPLE_KINDS = (
    "drop-before",
    "drop-after",
    "http500",
    "garbage",
    "never-sent",
    "timeout-before",
    "timeout-after",
    "another",
)
# What leaves it open whether a refund was made, and two kinds that do not.
DARK_KINDS = (
    "drop-after",
    "timeout-after",
    "dark code",
    "dark code",
    "another",
    "garbage",
    "code",
    "drop-before",
)
PROFILE = {
    "strictness": ("lenient", "documented"),
    "first_version": (0, 1, 5),
    "send_while_paid_unfetched": ("keep", "reverse", "refuse"),
    "send_while_paying": ("cancel", "refuse"),
    "status_without_reference": ("current", "refuse"),
    "update_after_scan": (90, 48),
    "cancel_while_paying": (51, 48),
    "cancel_canceled": (95, 55),
    "reversal_seconds": (10, 20),
    "reversed_status": ("CANCELED", "FAILED", "EXPIRED", "54"),
    "expire_seconds": (0, 0, 120),
    "external_id_reuse": ("accept", "refuse"),
    "notifications": ("never",),
    "refund_by": ("paying_terminal", "same_shop"),
    "retired_refunds": ("refuse", "allow"),
    "refund_reference": ("own", "payment"),
    "refunds_allowed": (True, True, True, False),
    "payer_takes_refunds": (True, True, True, False),
    "period_id_field": ("transactionPeriodId", "ersReference"),
    "report_not_ready_count": (0, 1, 3),
    "refunds_in_reports": ("own_row", "payment_reference", "netted", "absent"),
    "report_rows": ("all", "late", "missing"),
    "report_xml": ("wellformed", "mismatched"),
    "report_content": ("both", "string", "base64"),
    "report_leading_newline": (True, False),
}
# How often the server of a step dies: more often where a step is rare.
KILL, KILLS = 0.06, {"reverse": 0.2, "update": 0.2, "session": 0.2, "periods": 0.2, "books": 0.2}
MOMENTS = 10
# Steps of which two may happen at the same time, and before which write the first is stopped.
OVERLAP = frozenset(
    {"finish", "reverse", "edit", "attach", "office_refund", "session", "poll", "cancel", "leave"}
)
OVERLAP_WRITES = 8
AMOUNTS = (1, 19.99, 20, 99.95, 1234.56)
GOOD_DAY = 0.15


class Generator:
    """Draws one run.

    :param seed: any integer; the same one draws the same run from the same module
    :param int length: most steps
    """

    def __init__(self, seed, length):
        self.random = random.Random(seed)
        self.length = length
        crash, found = crash_of(seed), found_of(seed)
        self.good_day = not (crash or found) and self.random.random() < GOOD_DAY
        # What was found is found again at the plain Glase: there what people say in it is true.
        self.profile = {} if found else self._profile()
        self.labels = 0
        # A run has a theme and a mood: its trouble is of a few kinds, so that it piles up.
        self.theme = self.random.choice(
            (
                *("payments", "payments", "refunds", "claims", "days", "days"),
                *("suspense", "overlaps", "waiting"),
            )
        )
        self.recipe = [] if self.theme == "payments" else self._plain_sale()
        if crash:
            self.recipe, self.labels = steps_to(*crash), 1
            if crash[0] == "books":
                # What happens afterwards makes it due again, and hides what was forgotten.
                self.length = len(self.recipe)
        elif found:
            self.recipe, self.labels = steps_of(*found), 2
        elif self.theme == "suspense" and not self.good_day:
            begin = self.random.choice(SUSPENSE + ANOTHER + REVERSALS)
            self.recipe, self.labels = list(map(dict, begin)), 2
        elif self.theme == "overlaps" and not self.good_day:
            self.recipe, self.labels = self._overlapping(*self.random.choice(OVERLAPS)), 2
        elif self.theme == "days" and not self.good_day and self.random.random() < 0.5:
            self.recipe, self.labels = self._lost_mark(), 1
        elif self.theme == "waiting" and not self.good_day:
            self.recipe, self.labels = list(map(dict, self.random.choice(WAITING))), 1
        self.trouble = 0 if self.good_day else self.random.choice((0.05, 0.15, 0.3))

    def _profile(self):
        drawn = {}
        for name, values in PROFILE.items():
            if self.random.random() < 0.3:
                drawn[name] = self.random.choice(values)
        return drawn

    def next_step(self, play):
        """One more step for a run that stands where ``play`` stands."""
        if self.recipe:
            return self.recipe.pop(0)
        if not self.good_day and self.random.random() < self.trouble:
            return self._fault(play)
        step = self._drawn(play)
        if not self.good_day:
            self._disturb(step, play)
        return step

    def _lost_mark(self):
        kind = self.random.choice(LOST_AFTER)
        return [
            {**step, "kind": kind} if step["do"] == "fault" else dict(step) for step in LOST_MARK
        ]

    def _overlapping(self, before, first, second):
        write = self.random.randrange(OVERLAP_WRITES)
        return [*map(dict, before), {**first, "overlap": [write, dict(second)]}]

    def _drawn(self, play):
        """One more step, with nothing that goes wrong."""
        kinds, weights = zip(*self._choices(play), strict=True)
        return self.random.choices(kinds, weights)[0]()

    def _plain_sale(self):
        """A run about refunds begins with something to give back, one about claims with a proven sale."""
        sell = {**self._sell(), "till": 0}
        label = sell["order"]
        return [
            sell,
            {"do": "send", "order": label},
            {"do": "customer", "till": 0, "act": "pay"},
            {"do": "poll", "order": label},
            {"do": "finish", "order": label, "how": "once"},
        ]

    # === What makes sense now ===

    def _choices(self, play):
        choices = [(self._sell, 3 if self._idle_tills(play) else 0.1)]
        for order in play.orders.values():
            if order.stored == "draft":
                choices += self._of_draft(order, play)
            elif order.stored == "paid":
                choices += self._of_paid(order)
        choices += [
            (lambda: self._customer(play), 4 if self._waiting(play) else 0.2),
            (self._clock, 1),
            (lambda: {"do": "job"}, 3 if self._given_up(play) else 0.7),
            (lambda: {"do": "reload", "till": self._till()}, 0.3),
            (self._session, 2 if self.theme == "days" else 0.2),
            (lambda: {"do": "periods"}, 3 if play.has_unsettled_periods() else 0),
            (lambda: {"do": "books"}, 1 if play.has_closed_sessions() else 0),
        ]
        if not self.good_day:
            choices += [
                (lambda: {"do": "register", "till": self._till()}, 0.3),
                (self._resume, 0.5 if self.theme == "days" else 0),
                (lambda: self._register_under_way(play), 0.7 if self._waiting(play) else 0),
                (
                    lambda: {"do": "attach", "pick": self.random.randrange(3)},
                    3 if play.has_money_without_order() else 0,
                ),
            ]
        return choices

    def _register_under_way(self, play):
        """The till is registered anew while its bill is out: refused."""
        waiting = sorted(play.tills.index(till) for till in self._waiting(play))
        return {"do": "register", "till": self.random.choice(waiting)}

    def _of_draft(self, order, play):
        label, state = order.label, order.state

        def of(kind, **more):
            return lambda: {"do": kind, "order": label, **more}

        if order.original:
            choices = self._of_refund(order, of)
        else:
            choices = self._of_bill(order, of, order.till in self._waiting(play))
        if order.attempt:
            choices.append((of("poll"), 4 if order.is_open else 0.3))
        if state in ("paid", "refunded"):
            choices.append((of("finish", how="once"), 6))
            choices.append((of("finish", how="twice"), 1))
        return choices if self.good_day else choices + self._of_bad_day(order, of)

    @staticmethod
    def _of_refund(order, of):
        choices = [(of("send"), 5 if order.state in (None, "failed") else 0.5)]
        if order.state == "unknown":
            choices += [(of("finish", how="unknown"), 3), (of("approve"), 1)]
        return choices

    def _of_bill(self, order, of, busy):
        state = order.state
        if state in (None, "unknown") or (order.view["final"] and state != "paid"):
            return [(of("send"), 0.3 if busy else 5)]
        if state != "issued":
            return []
        amount = self.random.choice((order.total, order.total - 0.5, order.total / 2))
        update = of("update", amount=round(amount - order.cash, 2))
        # The second: a second click, or the same press from another tab.
        return [(update, 0.7), (of("send"), 0.4), (of("push"), 0.4)]

    def _of_bad_day(self, order, of):
        choices, state = [], order.state
        if order.is_open:
            choices += [(of("cancel"), 2), (of("leave"), 1.5 if state == "unknown" else 0.7)]
            choices.append((of("poll", take_back=True), 0.3))
        if state == "issued":
            choices.append((of("force"), 0.3))
        if state == "paid" and not order.original:
            choices.append((of("reverse", press=self.random.randint(1, 2)), 1.2))
        if order.view and order.view["forced"]:
            choices.append((of("finish", how="forced"), 3))
        if order.attempt:
            how = self.random.choice(("edited", "split", "forged"))
            weight = 2 if self.theme == "claims" else 0.3
            choices += [(of("finish", how=how), weight), (lambda: self._edit(order), weight / 2)]
        return choices

    def _of_paid(self, order):
        label = order.label
        if order.original:
            return []
        choices = [(lambda: self._refund(order), 6 if self.theme == "refunds" else 1)]
        if self.good_day:
            return choices
        amount = self.random.choice((0, 0, 1, order.amount))
        office = {"do": "office_refund", "order": label, "amount": amount}
        return [*choices, (lambda: office, 0.3), (lambda: self._edit(order), 0.15)]

    def _refund(self, order):
        self.labels += 1
        return {
            "do": "refund",
            "order": order.label,
            "as": f"{order.label}-{self.labels}",
            "till": self._till(),
            "amount": self.random.choice((0.5, 1, order.amount / 2, order.amount, order.amount)),
        }

    @staticmethod
    def _given_up(play):
        views = [order.view for order in play.orders.values() if order.is_open]
        return any(view and view["given_up"] for view in views)

    def _edit(self, order):
        what = ("amount", "method", "unlink", "uuid", "draft", "total", "claim")
        return {"do": "edit", "order": order.label, "what": self.random.choice(what)}

    def _idle_tills(self, play):
        busy = {order.till for order in play.orders.values() if order.stored == "draft"}
        return [till for till in play.tills if till not in busy]

    def _till(self):
        return self.random.randrange(2)

    def _sell(self):
        label = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[self.labels % 26] * (1 + self.labels // 26)
        self.labels += 1
        step = {
            "do": "sell",
            "order": label,
            "till": self._till(),
            "amount": 20 if self.theme == "claims" else self.random.choice(AMOUNTS),
        }
        if self.random.random() < 0.3:
            step["cash"] = 5
        return step

    @staticmethod
    def _waiting(play):
        """The tills at which a bill is out."""
        return [order.till for order in play.orders.values() if order.state == "issued"]

    def _customer(self, play):
        waiting = self._waiting(play)
        till = play.tills.index(self.random.choice(waiting)) if waiting else self._till()
        act = self.random.choices(
            ("pay", "scan", "begin", "confirm", "decline", "fail"), (6, 1.5, 3, 2.5, 0.7, 0.7)
        )[0]
        return {"do": "customer", "till": till, "act": act}

    def _clock(self):
        seconds = (1, 3) if self.good_day else (1, 5, 11, 21, 31, 61, 61, 130, 400, 400)
        return {"do": "clock", "seconds": self.random.choice(seconds)}

    def _session(self):
        step = {"do": "session", "till": self._till()}
        if not self.good_day:
            step["drafts"] = self.random.random() < 0.5
            step["override"] = self.random.random() < 0.2
        return step

    def _resume(self):
        return {"do": "resume", "pick": self.random.randrange(3)}

    # === What goes wrong ===

    def _fault(self, play):
        refunding = any(
            order.original and order.stored == "draft" for order in play.orders.values()
        )
        # Most where they will be met: there is nothing to ask about before something was sent.
        is_open = any(order.is_open for order in play.orders.values())
        weights = (1, 4, 4, 1.5, 0.5) if is_open else (5, 1, 1, 0.3, 0.5)
        if refunding or self.theme == "refunds":
            weights = (1, 1, 1, 0, 8)
        operation = self.random.choices(OPERATIONS, weights)[0]
        if self.theme == "days" and self.random.random() < 0.7:
            operation = self.random.choice(PERIOD_OPERATIONS)
        kinds = (*SIMPLE_KINDS, "code", "dark code", "dark code", "status")
        kind = self.random.choice(DARK_KINDS if operation == "refundPayment" else kinds)
        step = {"do": "fault", "operation": operation, "kind": kind}
        match kind:
            case "code":
                step["code"] = self.random.choice(REFUSING_CODES[operation])
            case "dark code":
                step.update(
                    kind="code",
                    code=self.random.choice(DARK_CODES),
                    carried_out=self.random.random() < 0.6,
                )
            case "status":
                step.update(
                    operation="getPaymentStatus",
                    status=self.random.choice(UNKNOWN_STATUSES),
                    carried_out=self.random.random() < 0.5,
                )
            case "http500" | "garbage":
                step["carried_out"] = self.random.random() < 0.6
        return step

    def _disturb(self, step, play):
        if step["do"] in ("clock", "customer", "sell"):
            return
        if step["do"] in OVERLAP and self.random.random() < 0.3:
            beside = self._drawn(play)
            if beside["do"] in OVERLAP:
                step["overlap"] = [self.random.randrange(OVERLAP_WRITES), beside]
                return
        drawn = self.random.random() - KILLS.get(step["do"], KILL)
        if drawn < 0:
            step["kill"] = self.random.randint(1, MOMENTS)
        elif drawn < 0.04:
            step["conflict"] = self.random.randint(0, 4)
        elif drawn < 0.12:
            operation = self.random.choice(OPERATIONS[:3])
            phase = self.random.choice(("before", "after"))
            step["meanwhile"] = [operation, phase, self._drawn(play)]
