"""Refunds: money goes back once, and never more than was paid (``doc/ledger.md §12``).

A refund is a row of its own, claimed under the lock of the payment that it gives back and called with
the registration that took it. A lost answer leaves it *unknown*: no machine decides that
(``doc/protocol.md §4.13``).
"""

from datetime import timezone

from odoo.tools.translate import LazyTranslate

from ...glase import Amount, Invoice, InvoiceRow, RequestError, new_client_reference
from ...rules import case_kinds, giving_back, state_machine
from ...rules.environments import ENVIRONMENTS
from ..books import books_job
from ..cases import progress
from ..cases.refund_decision import RefundDecision
from ..ledger import row_money
from ..ledger.exchange import REFUND, Claim, Exchange
from ..pos import session_closing
from ..pos.bill import RETRY, REVERSING
from ..support import autonomous_transaction, clock
from ..support.sentences import cashier_message
from ..support.till_errors import Refused

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

REGISTRATION_CODES = frozenset({20, 21, 29, 33, 37, 91})
BUSY_CODE = 48
OWN_WORDS_CODES = frozenset({23, 97, 98, 99})
# What a refund takes over from the payment that it gives back.
OF_PAYMENT = (
    "terminal_id",
    "account_id",
    "company_id",
    "currency_id",
    "environment",
    "terminal_identifier",
    "reseller_id",
)


def make_refund(originals, values, spends=None):
    """Give money back with one call; the request's transaction ends before it.

    :param originals: paid rows, the one to try first in front; the first that covers it is used
    :param dict values: of the refund's row, without what is taken from the original
    :param spends: for a refund without an order: the original's link is claimed, if it has no
        order or one in these states; None: an order has the original, and keeps it
    :return: the row's id
    :raises Refused: before any call
    """
    exchange = Exchange(originals, REFUND, new_client_reference())
    # Read before the claim: no database is at hand during a call.
    calls = {row.id: call_for(exchange, row, values) for row in originals}

    def claim(rows):
        row_id, original_id = RefundClaim(rows, values, exchange, spends).make()
        return row_id, calls.get(original_id)

    row_id, _heard = exchange.run(claim)
    return row_id


def repeat(row, reason, user_id):
    """Make an unknown refund a second time, as a row of its own (``doc/ledger.md §12``).

    :param row: the refund, as the superuser
    :param str reason: why, in the manager's words
    :param int user_id: the manager
    :return: the id of the repetition's row
    :raises Refused: before any call
    """
    same = (
        *("line_uuid", "amount", "order_uuid", "order_name"),
        *("order_total", "rounding", "cashier"),
    )
    values = {
        **{name: row[name] for name in same},
        "attempt": f"{row.attempt} repeated {row.id}",
        "config_id": row.config_id.id,
        "session_id": row.session_id.id,
        "order_id": row.order_id.id,
        "user_id": user_id,
        "refund_reason": reason,
        "repeats_id": row.id,
    }
    return make_refund(row.original_id, values)


def call_for(exchange, original, values):
    """The call that gives an original back, bound to the registration that took it."""
    invoice = _refund_invoice(original, values)
    return exchange.bound(original.terminal_id, original.ers_reference, invoice)


def _refund_invoice(original, values):
    """The bill of a refund: its total is the positive amount to give back.

    :raises Refused: when the amount cannot be sent
    """
    env, account = original.env, original.account_id
    total = row_money.decimal(original, values["amount"])
    label = env._("Refund of %s", original.order_name or original.ers_reference)
    name = values.get("order_name") or original.order_name or original.line_uuid
    try:
        amount = Amount(total, original.currency_id.name)
        return Invoice(
            title=account.shop_name or original.company_id.name,
            client_invoice_id=name,
            rows=(InvoiceRow(description=label, total=amount),),
            total=amount,
            cashier_id=values["cashier"],
            footer=account.invoice_footer or original.company_id.name,
            issue_date=clock.now(env.cr).replace(tzinfo=timezone.utc),
        )
    except RequestError as error:
        raise Refused("amount", cashier_message(env, error)) from error


class RefundClaim(Claim):
    """The row of a refund, under the lock of what it gives back.

    :param originals: paid rows, the one to try first in front
    :param spends: see :func:`make_refund`
    """

    def __init__(self, originals, values, exchange, spends):
        super().__init__(originals.browse(), values, exchange)
        self.originals, self.spends = originals, spends
        self.repeated = originals.browse(values.get("repeats_id"))
        # What belongs to no order, or repeats a refund, is in no session that is open.
        self.of_order = spends is None and not self.repeated

    def make(self):
        """Make the row.

        :return: the row's id, and the original's if this caller is the one that may call
        :rtype: tuple[int, int | bool]
        :raises Refused: if more would go back than is left, or the till's register is closed
        """
        config = self.env["pos.config"].browse(self.values["config_id"])
        of_till = config.with_context(active_test=False).glase_terminal_ids
        known = self.known(self.originals.terminal_id | of_till)
        if known:
            return known.id, False
        # A closing has the locks of its rows until its end: who would wait for it is told at once.
        session_closing.refuse_while_closing(of_till)
        autonomous_transaction.lock(self.originals | self.repeated)
        if self.of_order:
            session = self.env["pos.session"].browse(self.values["session_id"])
            session_closing.refuse_closed(session)
        self.rows._expire_stale(self.originals.terminal_id)
        self._refuse_another()
        original = self._covering()
        order = self._locked_order() if self.of_order else self._own_order()
        self._refuse_original(original)
        row = self.begin(
            **{
                name: original[name].id if original._fields[name].relational else original[name]
                for name in OF_PAYMENT
            },
            kind=state_machine.REFUND,
            order_id=order.id,
            original_id=original.id,
        )
        return row.id, original.id

    def _refuse_another(self):
        """:raises Refused: if another refund of this line stands, or a repetition proves nothing"""
        if self.repeated:
            why_not = RefundDecision(self.repeated).why_not_repeat()
            if why_not:
                raise Refused("proves_nothing", why_not)
            return
        standing = self.rows.search(
            [
                ("line_uuid", "=", self.values["line_uuid"]),
                ("kind", "=", state_machine.REFUND),
                ("state", "!=", state_machine.FAILED),
            ],
            limit=1,
        )
        if standing:
            words = standing._till_message() or self.env._("This line was given back already.")
            raise Refused("busy", words)

    def _covering(self):
        """The payment that is given back: the first that has so much left.

        :raises Refused: if none has
        """
        originals = self.originals
        if self.of_order:
            # Their order may have lost them since it was read, to another order or a refund without one.
            originals = originals.filtered(lambda row: row_money.finished_order(row))
            if not originals:
                raise Refused(
                    "order_changed",
                    self.env._("The order of this payment has changed: open it again."),
                )
        amount = row_money.decimal(originals[:1], self.values["amount"])
        # A repetition does not count what it repeats.
        lefts = (row_money.left(original, but=self.repeated) for original in originals)
        number = giving_back.covering(lefts, amount)
        if number is None:
            raise Refused("too_much", too_much_words(originals, amount))
        return originals[number]

    def _refuse_original(self, original):
        """:raises Refused: if this payment cannot be given back here, or is claimed already"""
        if self.values.get("session_id"):
            session = self.env["pos.session"].browse(self.values["session_id"])
            refuse_elsewhere(original, session.config_id)
        self.refuse_busy_registration(original.terminal_id)
        if self.spends is not None:
            self._claim_original(original)

    def _claim_original(self, original):
        """Take a payment that has no order for this refund, all that is left of it.

        :raises Refused: if an order has it, or more is left than was read before the lock
        """
        if not self._claim_for_refund(original):
            raise Refused(
                "order_came",
                self.env._(
                    "This payment belongs to an order, or was given back already. Open the order "
                    "and refund it there."
                ),
            )
        if row_money.decimal(original, self.values["amount"]) != row_money.left(original):
            raise Refused("amount", undivided_words(self.env))

    def _claim_for_refund(self, original):
        """Claim a paid row for this refund, unless an order has it: the loser of a race sees it."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE glase_transaction SET refund_claim = 'refund', payment_id = NULL
             WHERE id = %s AND refund_claim IS NULL
               AND (payment_id IS NULL OR payment_id IN (
                    SELECT payment.id FROM pos_payment payment
                      JOIN pos_order o ON o.id = payment.pos_order_id
                     WHERE o.state = ANY(%s)))
            """,
            (original.id, list(self.spends)),
        )
        claimed = bool(self.env.cr.rowcount)
        original.invalidate_recordset(["refund_claim", "payment_id"])
        if claimed:
            _draft_payments(original)._glase_write_proof({"payment_status": REVERSING})
            books_job.mark_due(original)
        return claimed


def forget_payment(row):
    """What was given back, or has another order, before its own was finished is on that one no more."""
    _draft_payments(row)._glase_write_proof(
        {
            "transaction_id": False,
            "payment_ref_no": False,
            "glase_paid_at": False,
            "card_type": False,
            "payment_status": RETRY,
        }
    )


def _draft_payments(row):
    """The payments of a row's line, where their order is not finished."""
    return row.env["pos.payment"].search(
        [("uuid", "=", row.line_uuid), ("pos_order_id.state", "=", "draft")]
    )


def undivided_words(env):
    """Why a part of a payment without an order is not given back, for a person."""
    return env._("Without an order all that is left goes back: it cannot be divided.")


def is_elsewhere(row, config):
    """Whether a row of the ledger was made in another environment than the till sells in now."""
    return config._glase_environment() not in (False, row.environment)


def elsewhere_words(rows, config):
    """Why these payments are not given back at a till, for a person; of one environment."""
    labels = dict(ENVIRONMENTS)
    return rows.env._(
        "This was paid with Glase in the environment “%(then)s”, the till sells in “%(now)s” "
        "now: Glase does not give it back here. Give the money back in cash or another tender.",
        then=labels[rows[:1].environment],
        now=labels[config._glase_environment()],
    )


def refuse_elsewhere(row, config):
    """:raises Refused: if an order of this till must not have a refund of this payment"""
    if is_elsewhere(row, config):
        raise Refused("environment", elsewhere_words(row, config))


def too_much_words(payments, amount):
    """How much can be given back of these payments, and in how many lines."""
    left = [row_money.refundable(row) for row in payments]
    parts = [part for part in left if part]
    currency = payments[:1].currency_id
    if not parts:
        return payments.env._(
            "Nothing is left to give back of this payment: refunds that are not decided yet "
            "count as given back."
        )
    if len(parts) == 1 or sum(parts) < amount:
        return payments.env._(
            "At most %(total)s can still be given back with Glase. Lines needed: %(count)s.",
            total=currency.format(float(sum(parts))),
            count=len(parts),
        )
    return payments.env._(
        "The customer paid in %(count)s Glase payments: give the money back in as many "
        "lines, of at most %(parts)s.",
        count=len(parts),
        parts=", ".join(currency.format(float(part)) for part in parts),
    )


class RefundEnd:
    """How a refund ends, by Glase's answer or by a manager's decision, and the words that a cashier reads of it.

    :param row: of the ledger
    """

    def __init__(self, row):
        self.row, self.env = row, row.env

    def worded(self, evidence, heard):
        """What was heard, with what an answer means for a refund."""
        if evidence.outcome == state_machine.ANSWER and evidence.code:
            return {**heard, "message": self._refused_message(evidence.code, heard)}
        return heard

    def answered(self, before, evidence):
        """What follows from an answer that has changed the state."""
        if self.row.state != before:
            self.requested()
            self._repeated(evidence)

    def requested(self):
        """A refund has got another state: cases, the payment's link, the order's proof."""
        if self.row.state == state_machine.UNKNOWN:
            progress.open_case("unknown_refund", self.row)
        if self.row.state in state_machine.FINAL:
            self._settle_decision()
            self._tell_original()

    def _settle_decision(self):
        """Nobody needs to find out any more what became of it."""
        decided = case_kinds.ended_by(case_kinds.DECIDED)
        asked = self.row.case_ids.filtered(lambda case: case.kind in decided)
        if self.row.decided_by:
            asked = asked.with_user(self.row.decided_by).sudo()
        words = self.row.decided_reason or _lt("Glase has answered after all.")
        progress.settle(asked, words)

    def _tell_original(self):
        """The payment that it gives back, and its order, hear how it ended."""
        original = self.row.original_id
        if self.row.state == state_machine.REFUNDED and original.refund_claim:
            progress.settle_about(
                original,
                case_kinds.offering(case_kinds.REFUND),
                _lt("Given back without an order: %s", self.row.ers_reference or ""),
            )
            forget_payment(original)
        if self.row.state == state_machine.FAILED:
            self._release_claim(original)
        self._prove_payments(self.row)

    def _release_claim(self, original):
        """The refund was not made: an order may have the payment after all."""
        standing = original.search_count(
            [("original_id", "=", original.id), ("state", "in", list(giving_back.STANDING))],
            limit=1,
        )
        if original.refund_claim and not standing:
            original.write({"refund_claim": False})
            self._prove_payments(original)

    def _prove_payments(self, row):
        self.env["pos.payment"].search([("uuid", "=", row.line_uuid)])._glase_prove()

    def _repeated(self, evidence):
        """What the answer to a repetition proves about the refund that it repeats.

        Only one of the two fits into the payment: so if this one was made, the first was not, and
        if Glase says that too much would be given back, the first was made.
        """
        first = self.row.repeats_id
        if not first or first.state != state_machine.UNKNOWN:
            return
        if self.row.state == state_machine.REFUNDED:
            request, words = "decided_not_refunded", self.env._("The repetition was made instead.")
        elif evidence.outcome == state_machine.ANSWER and evidence.code == 98:
            request, words = "decided_refunded", self.env._("Glase refused to repeat it.")
        else:
            return
        reason = f"{words} {self.row.decided_reason or self.row.refund_reason or ''}".strip()
        first._decide(request, reason, self.row.user_id, inferred=True)

    def _refused_message(self, code, heard):
        if code in REGISTRATION_CODES:
            return _lt(
                "Glase takes no refund from the registration that took this payment. Give the "
                "money back in another way, and tell the manager."
            )
        if code == BUSY_CODE:
            return _lt("Glase is still busy with this payment. Try again in a minute.")
        if code in OWN_WORDS_CODES or code not in state_machine.PROOF_OF_FAILURE:
            return heard.get("message")
        return _lt("Glase refused the refund. Give the money back in another way.")

    def till_message(self):
        """What the cashier reads of this row; False where there is nothing to say."""
        match self.row.state:
            case state_machine.UNKNOWN if self.row._answered_of_another():
                return self.row.message
            case state_machine.UNKNOWN:
                return self.env._(
                    "Glase has not answered: the customer may or may not have got the money back. "
                    "Do not give it back in another way: a manager finds out and decides."
                )
            case state_machine.FAILED:
                return self.row.message or self.env._("Glase did not give the money back.")
            case state_machine.REFUNDED:
                return False
        return self.env._("The refund is under way. Wait for Glase.")

    def message_of_another(self, _evidence):
        """What the cashier reads of an answer that names what another row has."""
        return _lt(
            "Glase answered with the reference of another payment or refund: the customer may "
            "or may not have got the money back. Do not give it back in another way: a manager "
            "finds out and decides."
        )
