"""What must hold of the events: they alone say what became of each row."""

from odoo.addons.pos_glase.rules import state_machine


class EventChecks:
    """The replay; needs ``world``, ``rows`` and ``events`` of the checks."""

    # === 6 ===

    def events_replay(self):
        """The events alone lead to the row's state."""
        for row in self.rows:
            state = self._replayed(row)
            if state != row["state"]:
                self.world.blame(
                    "6 events replay", f"row {row['id']} is {row['state']}, its events say {state}"
                )

    def _replayed(self, row):
        current = state_machine.Row(kind=row["kind"])
        for event in self.events[row["id"]]:
            before = current.state
            if event["outcome"] == state_machine.NOTE:
                move = state_machine.REQUESTS.get(event["operation"], {})
                current = self._with(current, state=move.get(current.state, current.state))
            else:
                verdict = state_machine.judge(current, self._evidence(event))
                known = {
                    name: value
                    for name, value in verdict.values.items()
                    if name in state_machine.Row.__dataclass_fields__
                }
                current = self._with(current, state=verdict.state, **known)
            if event["state"] != current.state:
                self.world.blame(
                    "6 events replay",
                    f"row {row['id']}: event {event['operation']} says {event['state']}, "
                    f"judged {current.state}",
                )
            if before != current.state:
                self.world.counts[f"transition: {row['kind']} {before} → {current.state}"] += 1
        return current.state

    @staticmethod
    def _with(current, **changes):
        return state_machine.Row(**{**current.__dict__, **changes})

    @staticmethod
    def _evidence(event):
        return state_machine.Evidence(
            event["operation"],
            event["outcome"],
            code=event["code"],
            status=event["status"],
            version=event["version"],
            invoice_reference=event["invoice_reference"],
            ers_reference=event["ers_reference"],
        )
