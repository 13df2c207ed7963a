"""What may be planted at the end of a month, to see that its table says so, or does not."""

from odoo.addons.pos_glase.rules import case_kinds

SALE, REFUND = 1234.56, 1000.5


def undecided_refund(month):
    """Glase gives money back, its answer is lost, and nobody has decided it: its case is open."""
    play, world = month.play, month.world
    world.open_session(play.tills[0].config_id)
    steps = (
        {"do": "sell", "order": "planted", "till": 0, "amount": SALE},
        {"do": "send", "order": "planted"},
        {"do": "customer", "till": 0, "act": "pay"},
        {"do": "poll", "order": "planted"},
        {"do": "finish", "order": "planted", "how": "once"},
        {"do": "refund", "order": "planted", "till": 0, "amount": REFUND, "as": "planted back"},
    )
    for step in steps:
        play.play(step)
    world.glase.add_fault({"operation": "refundPayment", "kind": "drop-after"})
    play.play({"do": "send", "order": "planted back"})
    play.play({"do": "finish", "order": "planted back", "how": "unknown"})
    play.end_day()


def forgotten_refund(month):
    """The same, but its case is gone: nobody would ever decide it."""
    undecided_refund(month)
    kinds = list(case_kinds.offering(case_kinds.WAS_REFUNDED))
    month.world.sql("UPDATE glase_case SET state = 'settled' WHERE kind = ANY(%s)", kinds)


def entry_of_a_person(month):
    """Somebody books on Glase's account what Glase has not paid out."""
    world = month.world

    def work(env):
        method = env["pos.payment.method"].browse(world.method_id)
        accounts = (method.outstanding_account_id, method.company_id.transfer_account_id)
        lines = [
            (0, 0, {"account_id": account.id, "balance": balance})
            for account, balance in zip(accounts, (-7.5, 7.5), strict=True)
        ]
        move = env["account.move"].create({"journal_id": method.journal_id.id, "line_ids": lines})
        move.action_post()

    world.request(None, work)


PLANTS = {
    plant.__name__: plant for plant in (undecided_refund, forgotten_refund, entry_of_a_person)
}
