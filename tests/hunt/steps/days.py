"""How days end: sessions are closed by Odoo's own closing, their periods marked and reconciled."""

# More work than this is due for no period at one moment.
ROUNDS = 12
UNSETTLED = ("to_mark", "marking", "mark_unknown", "marked", "failed")


class Days:
    """Steps of a :class:`steps.play.Play` about sessions and their transaction periods."""

    def _do_session(self, step, _order):
        """The register is closed, if it lets itself be closed, and the next session opened."""
        till = self.tills[step["till"]]
        if step.get("drafts"):
            self._drop_drafts(till)
        if step.get("override"):
            self.world.override_closing(till.config_id)
        self._close(till, **self._plan(step))
        self.open_register(till)

    def open_register(self, till):
        """Open the register.

        Odoo lets nobody open one whose closing broke off: that is brought to its end first, in the
        back office, over what is open if it must be.
        """
        if self.world.is_closing(till.config_id):
            self.world.counts["broken closing brought to its end"] += 1
            if not self._force_close(till):
                self.world.override_closing(till.config_id)
                self._force_close(till)
        self.world.open_session(till.config_id)

    def _close(self, till, **plan):
        """Close a till's session; returns whether it is closed."""
        told = self.told_closing = self.world.close_session(till.config_id, **plan)
        if not (isinstance(told, dict) and told.get("successful")):
            if isinstance(told, dict) and told.get("glase"):
                self.world.counts["closing refused"] += 1
            return False
        self.world.counts["session closed"] += 1
        for order in self.orders.values():
            if order.till is till and order.stored == "draft":
                order.taint("session")
        return True

    def _force_close(self, till):
        """Close a session in the back office, and by Odoo's wizard where its orders do not add up."""
        session_id = self.world.session_id(till.config_id)

        def work(env):
            session = env["pos.session"].browse(session_id)
            asked = session.action_pos_session_closing_control()
            if isinstance(asked, dict):
                wizard = env["pos.close.session.wizard"].browse(asked["res_id"])
                of_session = {"active_ids": session.ids, "active_model": "pos.session"}
                wizard.with_context(**of_session).close_session()
            return session.state == "closed"

        self.told_closing = self.world.request("manager", work)
        return self.told_closing is True

    def _drop_drafts(self, till):
        """*Cancel orders* of Odoo's closing popup: drafts are deleted."""
        drafts = self.world.sql(
            "SELECT o.id, o.uuid FROM pos_order o JOIN pos_session s ON s.id = o.session_id"
            " WHERE o.state = 'draft' AND s.config_id = %s ORDER BY o.id",
            till.config_id,
        )
        if not drafts:
            return
        ids = [order_id for order_id, _uuid in drafts]
        self.world.request("cashier", lambda env: env["pos.order"].remove_from_ui(ids))
        dropped = {order_uuid for _id, order_uuid in drafts}
        for order in self.orders.values():
            if order.uuid in dropped:
                order.taint("dropped")
                self._look(order)

    # === Periods ===

    def has_unsettled_periods(self):
        """Whether the scheduled job has something to do."""
        return bool(self._unsettled())

    def _do_periods(self, step, _order):
        """The scheduled job takes each step that is due now."""
        self.world.request(None, lambda env: env["glase.period"]._work_due(), **self._plan(step))

    def _do_resume(self, step, _order):
        """A manager has a report fetched again, or takes up a period that failed."""
        periods = self.world.sql(
            "SELECT id FROM glase_period WHERE state IN ('failed', 'reconciled', 'differences')"
            " AND identifier IS NOT NULL ORDER BY id"
        )
        if not periods:
            return False
        self._resume(periods[step["pick"] % len(periods)][0])
        return None

    def _resume(self, period_id):
        told = self.world.request(
            "manager", lambda env: env["glase.period"].browse(period_id).action_resume() or True
        )
        if told is not True:
            self.world.blame("8 every period ends", f"period {period_id}: resuming said {told!r}")

    # === The end of a run ===

    def end_day(self):
        """Close each register, over what is open if it must be, and settle what that makes."""
        for till in self.tills:
            self._drop_drafts(till)
            # What the dropped drafts leave is worked to its end first.
            if not self._close(till):
                self.world.override_closing(till.config_id)
                if not self._close(till) and not self._force_close(till):
                    self.world.blame(
                        "8 every day ends",
                        f"till {till.config_id} cannot be closed over what is open: "
                        f"{self.told_closing!r}",
                    )
        self.settle_periods()
        self.correct_books()

    def settle_periods(self):
        """Let the job work until each period has ended; managers take up what failed."""
        for pause in (0, *[4] * ROUNDS, *[61] * 8, *[3600] * ROUNDS):
            if not self._unsettled():
                return
            self.world.advance(pause)
            self._do_periods({}, None)
            for period_id, state in self._unsettled():
                if state == "failed":
                    self.world.counts["period resumed"] += 1
                    self._resume(period_id)

    def has_closed_sessions(self):
        """Whether a session of this run is in the books."""
        return bool(
            self.world.sql(
                "SELECT 1 FROM account_move_line WHERE id > %s LIMIT 1", self.world.first_move_line
            )
        )

    def _do_books(self, step, _order):
        """The scheduled job corrects the books for all that has changed until now."""
        self.world.request(
            None, lambda env: env["glase.transaction"]._cron_books(), **self._plan(step)
        )

    def correct_books(self):
        """The scheduled job books what the sessions could not."""
        self._do_books({}, None)

    def _unsettled(self):
        return self.world.sql(
            "SELECT id, state FROM glase_period WHERE state = ANY(%s) ORDER BY id", list(UNSETTLED)
        )

    def awaits_the_next_report(self):
        """Whether money was moved that no report has had."""
        return bool(
            self.world.sql(
                "SELECT 1 FROM glase_transaction WHERE state IN ('paid', 'refunded')"
                " AND period_id IS NULL LIMIT 1"
            )
        )
