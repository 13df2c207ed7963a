"""The end of a run: faults off, time passes, people decide, days close."""


def end(world, play):
    """Bring a run to its end: all that is open is settled, and the days are closed.

    A second day ends where a report may lack what the next one has.
    """
    drain(world, play)
    for day in ("today", "tomorrow"):
        if day == "tomorrow" and not play.awaits_the_next_report():
            return
        for index, till in enumerate(play.tills):
            play.open_register(till)
            fresh_sale(world, play, index, day)
        # A bill that a manager had marked as paid ends when the next one takes its place.
        settle(world, (31, 301, 3601))
        play.end_day()


def drain(world, play):
    """Faults off, time passes, jobs run, registrations are brought to their end."""
    world.glase.heal()
    world.stack.clear()
    for act, till in zip(("confirm", "decline"), play.tills, strict=True):
        # Nobody pays for ever.
        world.glase.customer(act, till.glase_id)
        play.make_ready(till)
    for order in play.orders.values():
        if order.stored == "draft" or (order.attempt and order.stored != "paid"):
            order.taint("never")
    settle(world, (61, 31, 5, 15, 30, 61, 120, 301, 301, 301, 301))
    play.decide_refunds()
    play.decide_unanswered()


def settle(world, pauses):
    """Let time pass and the job run, until nothing is undecided."""
    for pause in pauses:
        world.advance(pause)
        world.request(None, lambda env: env["glase.transaction"]._cron_settle())
        left = world.sql(
            "SELECT 1 FROM glase_transaction WHERE state IN ('draft', 'sending', 'issued') LIMIT 1"
        )
        if not left and pause >= 301:
            break


def fresh_sale(world, play, index, day):
    """A sale on a till at the end of a run: it must succeed at once."""
    label = f"{day} at {index}"
    till = play.tills[index]
    play.play({"do": "sell", "order": label, "till": index, "amount": 20})
    for step in (
        {"do": "send", "order": label},
        {"do": "customer", "till": index, "act": "pay"},
        {"do": "poll", "order": label},
        {"do": "finish", "order": label, "how": "once"},
    ):
        play.play(step)
    order = play.orders[label]
    if order.stored != "paid":
        world.blame(
            "5 a fresh sale succeeds",
            f"till {till.config_id}: {order.view and order.view['state']} {order.stored}; "
            f"last refusal {world.last_refusal}",
        )
