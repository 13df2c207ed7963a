"""*Attach to Order*: a payment that no order has gets one (``doc/ledger.md §6``)."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ..ledger import known_rows, row_money
from ..pos.bill import NOT_TAKEN, Bill
from ..refunds.refund import forget_payment
from ..support import clock
from . import progress

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


def has_no_end(row):
    """Whether a row of the ledger is a paid payment that neither an order nor a refund has."""
    return bool(
        row.kind == state_machine.PAYMENT
        and row.state == state_machine.PAID
        and not row_money.finished_order(row)
        and not row.refund_claim
        and not row.refund_ids.filtered(lambda refund: refund.state != state_machine.FAILED)
    )


def attachable_orders(env, row):
    """Orders of the company that lack just this money, or the proof of it.

    :param env: the environment of who chooses
    :param row: of the ledger
    """
    of_company = [
        ("company_id", "=", row.company_id.id),
        ("currency_id", "=", row.currency_id.id),
    ]
    drafts = env["pos.order"].search([*of_company, ("state", "=", "draft"), ("lines", "!=", False)])
    unproven = env["pos.payment"].search(
        [("company_id", "=", row.company_id.id), ("glase_unverified", "=", True)]
    )
    fitting = drafts.filtered(lambda order: _lacks(order, row))
    found = fitting | unproven.filtered(lambda payment: _fits(payment, row)).pos_order_id
    return found.filtered(lambda order: order.session_id._glase_is_of(row.environment))


def _lacks(draft, row):
    """Whether a draft can be paid, in full or in part, with what Glase took."""
    bill = Bill(draft)
    # Its own order is rounded as the bill was that its customer has paid, any other as its till does.
    own = draft.uuid == row.order_uuid
    due = bill.due_on_bill(row) if own else bill.due(row.line_uuid)
    return row_money.is_certain(row) and due >= row_money.decimal(row, row_money.taken_amount(row))


def _fits(payment, row):
    """Whether an unproven payment of an order may be the one that a row was about."""
    linked = row.search_count([("payment_id", "=", payment.id)], limit=1)
    return (
        not linked
        and payment.currency_id == row.currency_id
        and payment.amount > 0
        and row_money.is_certain(row)
        and row.currency_id.compare_amounts(payment.amount, row_money.taken_amount(row)) == 0
    )


def attach(row, order, manager):
    """Pay an order with what Glase took, or prove its payment by it; its cases end.

    :param row: of the ledger, locked
    :param order: one of :func:`attachable_orders`, as the superuser
    :raises UserError: if somebody else has claimed the row, or no session can finish the order
    """
    env = row.env
    payment = _payment_for(order, row)
    if row.payment_id != payment:
        # Where its own draft had it, that one has it no more.
        forget_payment(row)
        row.payment_id = False
        if not known_rows.claim_link(row, payment):
            raise UserError(env._("Somebody else has just claimed this payment. Reload."))
    row.write({"attached_at": clock.now(env.cr), "attached_by": manager.id})
    row._note("attach", order.name)
    payment.write({"payment_status": "done", "amount": row_money.taken_amount(row)})
    payment._glase_prove()
    finish(order)
    progress.settle_about(
        row,
        case_kinds.offering(case_kinds.ATTACH),
        _lt(
            "Attached to %(order)s by %(manager)s.",
            order=order.display_name,
            manager=manager.name,
        ),
    )


def _payment_for(order, row):
    """The payment of an order that a row is attached to; made if there is none.

    :raises UserError: if a draft's till has no open session to finish it in
    """
    if order.state != "draft":
        return order.payment_ids.filtered(
            lambda payment: payment.glase_unverified and _fits(payment, row)
        )[:1]
    if order.session_id.state != "opened":
        session = order.config_id.current_session_id
        if session.state != "opened":
            raise UserError(
                order.env._(
                    "Open the register of %s first: the order is finished in its session.",
                    order.config_id.display_name,
                )
            )
        order.session_id = session
    line = order.payment_ids.filtered(lambda payment: payment.uuid == row.line_uuid)
    if not line:
        values = {
            "payment_method_id": order.config_id._glase_payment_method().id,
            "amount": row_money.taken_amount(row),
            "payment_status": "pending",
        }
        order.write({"payment_ids": [Command.create(values)]})
        line = order.payment_ids.sorted("id")[-1:]
    return line


def finish(order):
    """Finish a draft that is paid in full now; what its till had not taken is dropped."""
    if order.state != "draft":
        return
    taken = order.payment_ids.filtered(lambda payment: payment.payment_status not in NOT_TAKEN)
    if not Bill(order).due():
        (order.payment_ids - taken).unlink()
        order.amount_paid = sum(taken.mapped("amount"))
        order._process_saved_order(False)
