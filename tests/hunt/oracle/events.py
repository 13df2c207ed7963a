"""What must hold of the events: they alone say what became of each row."""

from odoo.addons.pos_glase.rules import state_machine

# A till that asks is not called silent: how long it was not heard when it is given up for that.
SILENT_SECONDS = 60


class EventChecks:
    """The replay; needs ``world``, ``rows`` and ``events`` of the checks."""

    # === 5 ===

    def who_asks_is_not_silent(self):
        """A row is given up as silent only when its till has not asked for so long."""
        for row in self.rows:
            asked = [call for call in self._asked_about(row) if not call.fault]
            for event in self.events[row["id"]]:
                if event["operation"] == "give_up" and event["message"] == "silent":
                    for call in asked:
                        silent = (event["time"] - call.at).total_seconds()
                        if 0 < silent < SILENT_SECONDS:
                            self.world.blame(
                                "5 who asks is not silent",
                                f"row {row['id']} was given up {silent:.1f} s after its till asked",
                            )

    # === 6 ===

    def answers_are_counted(self):
        """Each answer about a bill is an event, or was counted; but for what died with a server."""
        for row in self.rows:
            made = sum(call.fault != "never-sent" for call in self._asked_about(row))
            of_row = [
                event
                for event in self.events[row["id"]]
                if event["operation"] == "getPaymentStatus"
                and event["outcome"] != state_machine.NEVER_SENT
            ]
            counted = sum(event["count"] for event in of_row)
            kept = sum(
                repeated.count
                for memory in self.world.memories
                for (_database, event_id), repeated in memory.items()
                if event_id in {event["id"] for event in of_row}
            )
            if counted + kept > made or (counted + kept < made and not self.world.kills):
                self.world.blame(
                    "6 answers are counted",
                    f"row {row['id']}: asked {made} times, {counted} are stored, {kept} in memory",
                )

    def _asked_about(self, row):
        """The questions about a row that Glase's line heard."""
        return [
            call
            for call in self.world.glase.line.calls
            if call.operation == "getPaymentStatus"
            and row["invoice_reference"]
            and call.invoice_reference == row["invoice_reference"]
        ]

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
