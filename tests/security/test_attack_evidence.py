import json
from contextlib import suppress

from psycopg2.errors import ForeignKeyViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from ...models.cases import progress
from ..shared.doors import DoorsCommon

MODELS_OF_HISTORY = ("mail.message", "ir.attachment", "mail.tracking.value")

SAID = "Said by a person"


class TestAttackEvidence(DoorsCommon):
    """What is kept about money is changed and deleted by nobody, whatever role he has."""

    def setUp(self):
        super().setUp()
        self.kept = {
            name: record
            for name, record in self.world().items()
            if name.startswith("glase.") and not record._transient
        }
        self.case = self.kept["glase.case"]

    def roles(self):
        return (self.pos_user, self.pos_admin, self.admin, self.accountant, self.stranger)

    def assert_kept(self, user, what, call):
        """The call is refused, or does nothing: all that counts stays as it is."""
        before = self.stands()
        with (
            self.subTest(user=user.login, what=what),
            mute_logger("odoo.addons.base", "odoo.sql_db", "odoo.models"),
            self.env.cr.savepoint(flush=False) as savepoint,
        ):
            try:
                with suppress(UserError):
                    call()
                    self.assertEqual(self.snapshot() | self.history(), before)
            finally:
                # PostgreSQL takes back what was done, so the next call finds what this one found.
                savepoint.rollback()
                self.env.invalidate_all()

    def stands(self):
        """What stands before the calls of a test; looked at once, as no call leaves anything."""
        if self.__dict__.get("stood") is None:
            self.stood = self.snapshot() | self.history()
        return self.stood

    def history(self):
        return self.checksums(("mail_message", "mail_tracking_value", "ir_attachment"))

    def with_history(self, record):
        """A record with a message of a person, a tracked change and a file."""
        message = record.message_post(
            body=SAID, message_type="comment", author_id=self.pos_admin.partner_id.id
        )
        file = self.env["ir.attachment"].create(
            {"name": "report.xml", "raw": b"<a/>", "res_model": record._name, "res_id": record.id}
        )
        message.attachment_ids = file
        if "reason" in record:
            record.state = "settled"
        self.env.flush_all()
        self.env.cr.precommit.run()
        return message, file

    def histories(self):
        for record in self.kept.values():
            if hasattr(record, "message_post"):
                yield record, *self.with_history(record)

    def test_the_records_themselves_are_not_deleted_or_copied(self):
        names = ("glase.transaction", "glase.event", "glase.case", "glase.period")
        for name in (*names, "glase.period.line", "glase.receipt"):
            record = self.kept[name]
            for user in self.roles():
                his = record.with_user(user).sudo(False)
                self.assert_kept(user, f"unlink {name}", his.unlink)
                self.assert_kept(user, f"copy {name}", his.copy)
                for field in ("state", "amount", "create_date", "write_uid", "company_id"):
                    if field in his._fields:
                        self.assert_kept(
                            user,
                            f"write {name}.{field}",
                            lambda h=his, f=field: h.write({f: False}),
                        )

    def test_what_was_said_about_a_record_stays(self):
        for record, message, file in list(self.histories()):
            for user in self.roles():
                said, his = message.with_user(user).sudo(False), file.with_user(user).sudo(False)
                subject = record.with_user(user).sudo(False)
                for what, call in (
                    ("unlink message", said.unlink),
                    ("write message", lambda said=said: said.write({"body": "Other"})),
                    ("date", lambda said=said: said.write({"date": "2001-01-01 00:00:00"})),
                    ("unlink file", his.unlink),
                    ("write file", lambda his=his: his.write({"raw": b"<b/>"})),
                    (
                        "move file",
                        lambda his=his: his.write({"res_id": 1, "res_model": "res.users"}),
                    ),
                    ("drop file", lambda his=his: his._delete_and_notify()),
                    ("drop file as route", lambda his=his: his.sudo()._delete_and_notify()),
                    (
                        "messages of record",
                        lambda subject=subject: subject.write({"message_ids": [Command.clear()]}),
                    ),
                    (
                        "one message of record",
                        lambda subject=subject, said=said: subject.write(
                            {"message_ids": [Command.delete(said.id)]}
                        ),
                    ),
                    (
                        "edit as route",
                        lambda subject=subject, said=said: subject._message_update_content(
                            said.sudo(), body="Other"
                        ),
                    ),
                ):
                    self.assert_kept(user, f"{record._name}: {what}", call)

    def test_what_a_decision_was_made_with_stays(self):
        """By reflection: what somebody may type into a record that is kept."""
        typed = {name: record for name, record in self.kept.items() if getattr(record, "_typed", 0)}
        self.assertEqual(set(typed), {"glase.case", "glase.period.line", "glase.verification"})
        for name, record in typed.items():
            record[record._decided_field] = "2026-01-01 12:00:00"
            for user in self.roles():
                his = record.with_user(user).sudo(False)
                for field in record._typed:
                    value = "Other" if record._fields[field].type == "char" else record[field]
                    self.assert_kept(
                        user, f"{name}.{field}", lambda h=his, f=field, v=value: h.write({f: v})
                    )
                    with self.subTest(user=user.login, field=field), self.assertRaises(UserError):
                        his.write({field: value})

    def test_who_caused_a_case_does_not_put_it_away_from_the_manager(self):
        """The activity that tells of it was made when he did it, so Odoo takes it for his."""
        row = self.kept["glase.transaction"].with_user(self.pos_user)
        progress.open_case("paid_late", row.sudo())
        activity = self.case.sudo().activity_ids
        self.assertEqual(activity.create_uid, self.pos_user)
        elsewhere = {"res_model_id": self.env["ir.model"]._get("res.users").id, "res_id": 1}
        said = ["user_id", "date_deadline", "summary", "active", "res_id", "res_model"]
        stood = activity.read(said, load="")
        for user in (*self.roles(), self.portal):
            if user in (self.pos_admin, self.admin):
                continue
            his = activity.with_user(user).sudo(False)
            for call in (
                his.unlink,
                his.action_feedback,
                lambda his=his: his.write({"date_deadline": "2999-01-01"}),
                lambda his=his: his.write({"summary": "Nothing"}),
                lambda his=his, user=user: his.write({"user_id": user.id}),
                lambda his=his: his.write({"active": False}),
                lambda his=his: his.write(elsewhere),
            ):
                with (
                    self.subTest(user=user.login),
                    mute_logger("odoo.addons.base"),
                    self.assertRaises(AccessError),
                ):
                    call()
        self.assertEqual(activity.read(said, load=""), stood)
        activity.with_user(self.pos_admin).sudo(False).action_feedback("Called Glase")
        self.assertFalse(self.case.activity_ids)

    def test_no_deletion_takes_from_a_record_what_it_says(self):
        """By reflection: what a link is emptied by, or a record deleted by, that somebody may delete."""
        # What the link said stands in the record itself: order reference and uuid, subject, name.
        said_otherwise = {
            ("glase.case", "attach_order_id"),
            ("glase.case", "order_id"),
            ("glase.case", "payment_id"),
            ("glase.transaction", "order_id"),
            ("glase.transaction", "payment_id"),
        }
        # Odoo keeps a till that had a session and a currency that is used; files of ours are kept.
        kept_otherwise = {
            ("glase.case", "config_id"),
            ("glase.case", "currency_id"),
            ("glase.go.live.line", "config_id"),
            ("glase.period", "config_id"),
            ("glase.period", "details_id"),
            ("glase.period", "summary_id"),
            ("glase.terminal", "config_id"),
            ("glase.transaction", "config_id"),
        }
        found = set()
        for model in self.env.registry.values():
            if not model._name.startswith("glase.") or model._transient or model._abstract:
                continue
            for field in model._fields.values():
                stored = field.type == "many2one" and field.store and not field.related
                # Of our own records none is deleted; who did it is asked elsewhere.
                others = stored and not field.comodel_name.startswith(("glase.", "res.users"))
                if others and field.ondelete != "restrict":
                    found.add((model._name, field.name))
        self.assertEqual(found, said_otherwise | kept_otherwise)

    def test_a_session_with_money_is_not_deleted(self):
        """Odoo deletes one that is being opened, and a cashier may say that it is."""
        self.env.cr.execute("UPDATE pos_order SET session_id = NULL WHERE state = 'draft'")
        self.env.invalidate_all()
        row, session = self.kept["glase.transaction"], self.pos_session.with_user(self.pos_user)
        session.write({"state": "opening_control"})
        with mute_logger("odoo.sql_db"), self.assertRaises(ForeignKeyViolation):
            session.delete_opening_control_session()
        self.assertEqual(row.session_id, self.pos_session)

    def test_who_did_it_is_known_for_good(self):
        """By reflection: no user is deleted whom a record of ours names, or a word of ours on a session."""
        found = []
        for model in self.env.registry.values():
            ours = model._name.startswith("glase.") and not (model._transient or model._abstract)
            for field in model._fields.values():
                own = ours and field.name not in ("create_uid", "write_uid", "responsible_id")
                own |= model._name == "pos.session" and field.name.startswith("glase_")
                stored = field.type == "many2one" and field.store and not field.related
                if own and stored and field.comodel_name == "res.users":
                    found.append(field.name)
                    with self.subTest(model=model._name, field=field.name):
                        self.assertEqual(field.ondelete, "restrict")
        self.assertGreater(len(found), 8)
        self.kept["glase.transaction"].forced_by = self.second_manager
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(ForeignKeyViolation):
            self.second_manager.with_user(self.admin).unlink()

    def test_nobody_says_something_in_the_name_of_another(self):
        bot = self.env.ref("base.partner_root").id
        forged = {"author_id": bot, "email_from": "bot@example.com", "date": "2001-01-01 00:00:00"}
        changed = self.env["ir.model.fields"]._get("glase.case", "note").id
        made = {**forged, "model": "glase.case", "res_id": self.case.id, "body": "Settled"}
        tracked = {"tracking_value_ids": [Command.create({"field_id": changed})]}
        for user in (self.pos_admin, self.admin):
            messages = self.env["mail.message"].with_user(user)
            case = self.case.with_user(user).sudo(False)
            composer = self.env["mail.compose.message"].with_user(user)
            mail = {**forged, "model": "glase.case", "res_ids": str(case.ids), "body": "Settled"}
            del mail["date"]
            for what, say in (
                ("made", lambda m=messages: m.create({**made, **tracked})),
                (
                    "by default",
                    lambda m=messages: m.with_context(
                        default_model="glase.case", default_author_id=bot
                    ).create({**forged, "res_id": self.case.id, "body": "Settled"}),
                ),
                ("posted", lambda c=case: c.message_post(body=SAID, **forged)),
                ("composed", lambda c=composer, v=mail: c.create(v)._action_send_mail()),
            ):
                with self.subTest(user=user.login, what=what):
                    before = self.case.message_ids
                    say()
                    said = (self.case.message_ids - before).ensure_one()
                    self.assertEqual(said.author_id, user.partner_id)
                    self.assertFalse("bot@" in (said.email_from or ""))
                    self.assertGreater(said.date.year, 2020)
                    self.assertFalse(said.sudo().tracking_value_ids)
            self.assert_kept(
                user,
                "a change that was none",
                lambda u=user: (
                    self.env["mail.tracking.value"]
                    .with_user(u)
                    .create({"mail_message_id": self.case.message_ids[0].id, "field_id": changed})
                ),
            )

    def test_nothing_of_ours_comes_through_the_mail_gateway(self):
        """Any employee may call it, and it acts as the superuser, with what he says."""
        mail = (
            "From: boss@example.com\nTo: shop@example.com\nSubject: Yes\nMessage-Id: <{}>\n\nPaid\n"
        )
        threads = {name: one for name, one in self.kept.items() if hasattr(one, "message_post")}
        self.assertEqual(len(threads), 4)
        values = {"name": "Mine", "account_id": self.account.id, "state": "ready"}
        asked = [(name, values, number) for name in threads for number in (None, threads[name].id)]
        asked.append(("pos.session", {"glase_override_reason": "I may", "user_id": 1}, None))
        for user in (*self.roles(), self.portal):
            gateway = self.env["mail.thread"].with_user(user)
            for number, (name, given, thread) in enumerate(asked):
                raw = mail.format(f"{user.id}.{number}@example.com")
                with self.subTest(user=user.login, model=name, thread=thread):
                    self.assert_kept(
                        user,
                        name,
                        lambda g=gateway, n=name, r=raw, v=given, t=thread: g.message_process(
                            n, r, custom_values=v, thread_id=t
                        ),
                    )
                    with self.assertRaises(UserError):
                        gateway.message_process(name, raw, custom_values=given, thread_id=thread)

    def test_tracked_changes_stay(self):
        for record, _message, _file in list(self.histories()):
            tracked = record.message_ids.sudo().tracking_value_ids
            for user in self.roles():
                his = tracked.with_user(user).sudo(False)
                self.assert_kept(user, "unlink", his.unlink)
                self.assert_kept(user, "write", lambda his=his: his.write({"new_value_char": "x"}))
        self.assertTrue(self.case.message_ids.sudo().tracking_value_ids)

    def test_the_browsers_edit_and_delete_change_nothing(self):
        message, file = self.with_history(self.case)
        self.authenticate("pos_admin", "pos_admin")
        before = self.history()
        for path, params in (
            (
                "/mail/message/update_content",
                {"message_id": message.id, "update_data": {"body": ""}},
            ),
            (
                "/mail/message/update_content",
                {"message_id": message.id, "update_data": {"body": "x", "attachment_ids": []}},
            ),
            (
                "/mail/attachment/delete",
                {"attachment_id": file.id, "access_token": file._get_ownership_token()},
            ),
        ):
            with self.subTest(path), mute_logger("odoo.http"):
                answer = self.url_open(path, json={"params": params})
                self.assertIn("error", answer.json())
        self.env.invalidate_all()
        self.assertEqual(self.history(), before)

    def test_a_message_can_still_be_said_and_a_file_added(self):
        self.authenticate("pos_admin", "pos_admin")
        before = len(self.case.message_ids)
        answer = self.url_open(
            "/mail/message/post",
            json={
                "params": {
                    "thread_model": "glase.case",
                    "thread_id": self.case.id,
                    "post_data": {"body": "Called Glase", "message_type": "comment"},
                }
            },
        ).json()
        self.assertNotIn("error", answer, json.dumps(answer)[:500])
        self.case.invalidate_recordset()
        self.assertEqual(len(self.case.message_ids), before + 1)

    # === The books ===

    def entry(self, **values):
        accounts = self.env["account.account"].search(
            [("company_ids", "in", self.company.ids), ("account_type", "=", "income")], limit=1
        )
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", self.company.id)], limit=1
        )
        line = {"account_id": accounts.id, "name": "For this test"}
        move = (
            self.env["account.move"]
            .sudo()
            .create(
                {
                    "journal_id": journal.id,
                    "line_ids": [
                        Command.create({**line, "debit": 5}),
                        Command.create({**line, "credit": 5}),
                    ],
                    **values,
                }
            )
        )
        move.action_post()
        return move

    def test_references_on_entries_are_the_systems(self):
        row = self.kept["glase.transaction"]
        move = self.entry(
            glase_transaction_id=row.id, glase_amount=5, glase_reference="R1", glase_period="P1"
        )
        names = [name for name in move._fields if name.startswith("glase_")]
        self.assertEqual(len(names), 5)
        for user in self.roles():
            his = move.with_user(user).sudo(False)
            for name in names:
                for value in (False, 7):
                    self.assert_kept(user, name, lambda h=his, n=name, v=value: h.write({n: v}))
            for what, call in (
                ("draft", his.button_draft),
                ("cancel", his.button_cancel),
                ("written draft", lambda his=his: his.write({"state": "draft"})),
                ("written cancel", lambda his=his: his.write({"state": "cancel"})),
                ("unlink", his.unlink),
                ("reverse", lambda his=his: his._reverse_moves(cancel=True)),
                ("lines", lambda his=his: his.line_ids.write({"debit": 0, "credit": 0})),
                ("line", lambda his=his: his.line_ids[:1].unlink()),
                (
                    "line's reference",
                    lambda his=his: his.line_ids[:1].write({"glase_reference": "R2"}),
                ),
            ):
                self.assert_kept(user, what, call)
        self.assertEqual((move.state, move.glase_reference), ("posted", "R1"))

    def test_no_entry_with_a_reference_is_deleted(self):
        """By Odoo's session or by us; who wants it out of the books cancels it."""
        values = {"glase_reference": "R1", "glase_period": "P1"}
        for name, value in values.items():
            move = self.entry(**{name: value})
            for user in (self.accountant, self.admin):
                his = move.with_user(user).sudo(False)

                def delete(his=his):
                    his.button_draft()
                    his.unlink()

                self.assert_kept(user, name, delete)
            self.assertTrue(move.exists())

    def test_no_entry_is_made_with_a_reference_by_hand(self):
        moves = self.env["account.move"].with_user(self.accountant)
        with self.assertRaises(UserError):
            moves.create({"glase_reference": "R1"})
        with self.assertRaises(UserError):
            moves.with_context(default_glase_reference="R1").create({})
        payments = self.env["account.payment"].with_user(self.accountant)
        with self.assertRaises(UserError):
            payments.create({"glase_pos_payment_id": 1})
        copied = self.entry(glase_reference="R1").with_user(self.accountant).sudo(False).copy()
        self.assertFalse(copied.glase_reference)

    def test_a_sessions_periods_and_approval_are_the_systems(self):
        session = self.pos_session
        period = self.kept["glase.period"]
        self.assertEqual(session.glase_period_ids, period)
        for user in (self.pos_user, self.pos_admin, self.admin):
            his = session.with_user(user).sudo(False)
            for vals in (
                {"glase_period_ids": [Command.clear()]},
                {"glase_period_ids": [Command.unlink(period.id)]},
                {"glase_override_by": user.id},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    his.write(vals)
        self.assertEqual(session.glase_period_ids, period)

    def test_every_field_of_ours_on_a_record_of_odoo_is_a_setting_or_the_systems(self):
        """By reflection: a field that is added is decided about."""
        settings = {
            "pos.payment.method": {
                "glase_last_tender",
                "glase_send_at_once",
                "glase_sound",
                "glase_suspense_account_id",
                "glase_write_off_account_id",
            },
            # What the till says of its own line; the proof does not believe it.
            "pos.payment": {"glase_attempt"},
        }
        guarded = ("account.move", "account.payment", "pos.session", "pos.payment", "pos.config")
        for model in self.env.registry:
            if model.startswith(("glase.", "pos_glase.")) or self.env[model]._abstract:
                continue
            for field in self.env[model]._fields.values():
                own = field.name.startswith("glase_") and not field.related
                if own and (field.store or field.type == "one2many"):
                    with self.subTest(model=model, field=field.name):
                        known = field.name in settings.get(model, ())
                        nobodys = field.groups == fields.NO_ACCESS
                        self.assertTrue(known or nobodys or model in guarded)
