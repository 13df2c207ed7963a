"""What is kept for good beside the ledger's own records: their history, their files, their references.

``pos_glase.kept`` guards the records themselves. Their messages, tracked changes and attachments are
records of Odoo, and some references stand on journal entries and sessions: nobody changes or deletes
those over RPC either, whatever role he has. The system itself does, as the superuser.
"""

from markupsafe import escape

from odoo import api, fields, models
from odoo.addons.mail.tools.discuss import Store
from odoo.exceptions import AccessError, UserError

from . import managers, parameters
from .caller_context import with_own_context
from .sentences import Sentence, said_again, source_of

OURS = "glase."
# What is put before a manager; see ``managers.tell``.
TOLD = ("glase.case", "glase.period")


def refuse_system_fields(records, vals_list, names):
    """Refuse a request that fills in itself what only the system writes to a record of Odoo.

    :param records: of the model
    :param vals_list: as for ``create``
    :param names: of the system's fields
    :raises AccessError: naming the first of them
    """
    if records.env.su:
        return
    given = {name for vals in vals_list for name, value in vals.items() if value}
    given |= {key.removeprefix("default_") for key in records.env.context if key[:8] == "default_"}
    for name in sorted(given.intersection(names)):
        label = records._fields[name]._description_string(records.env)
        raise AccessError(records.env._("“%s” is written by the system only.", label))


def _labels(field, env):
    return field._description_selection(env)


def kept_words(env):
    """What somebody hears who changes or deletes what is kept."""
    return env._("What is kept about Glase money is neither changed nor deleted.")


class MailThread(models.AbstractModel):
    """Odoo's mail gateway acts as the superuser, with what its caller says, and any employee may call it."""

    _inherit = "mail.thread"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Override of `mail`: neither a record nor a reference of ours is made from a mail."""
        named = custom_values if isinstance(custom_values, dict) else ()
        if self._name.startswith(OURS) or any(name.startswith("glase_") for name in named):
            raise AccessError(self.env._("“%s”: made by the system only.", self._description))
        return super().message_new(msg_dict, custom_values)

    def message_update(self, msg_dict, update_vals=None):
        """Override of `mail`: a mail says of itself who wrote it, so nothing of it is said of ours."""
        if self._name.startswith(OURS):
            raise AccessError(self.env._("“%s”: changed by the system only.", self._description))
        return super().message_update(msg_dict, update_vals)


class GlaseThread(models.AbstractModel):
    """A record of ours with a history: what is said in it stays as it was said."""

    _name = "pos_glase.thread"
    _description = "Glase History"
    _inherit = ["mail.thread"]

    def _creation_message(self):
        """Override of `mail`: in the language of who reads it, not of who has made the record."""
        return super(GlaseThread, managers.for_reader(self))._creation_message()

    def _check_can_update_message_content(self, messages):
        """Override of `mail`: the browser's *Edit* and *Delete* act as the superuser."""
        raise UserError(kept_words(self.env))


class KeptRecords:
    """Records of Odoo of which those about ours are neither changed nor deleted.

    A plain class, before the model's own in the order of its bases: core's check is asked first.
    """

    __slots__ = ()
    # Of no model and no module: Odoo's own checks ask each class among the bases.
    _name = _module = None
    _glase_refused = frozenset({"write", "unlink"})

    def _glase_kept(self):
        """Those of these records that are kept for good."""
        raise NotImplementedError

    def _check_access(self, operation):
        result = super()._check_access(operation)
        kept = operation in self._glase_refused and self._glase_kept()
        if not kept:
            return result
        forbidden, error = result or (self.browse(), None)

        def refuse():
            return error() if error else AccessError(kept_words(self.env))

        return forbidden | kept, refuse


class MailMessage(KeptRecords, models.Model):
    _inherit = "mail.message"

    # What a note of ours was made of, so that each reader reads it in the own language.
    glase_words = Sentence(readonly=True, copy=False, groups=fields.NO_ACCESS)

    def _field_store_repr(self, field_name):
        """Override of `mail`: what we have noted is shown in the reader's language."""
        if field_name == "body":
            return [Store.Attr("body", value=lambda message: message._glase_body())]
        return super()._field_store_repr(field_name)

    def _glase_body(self):
        words = self.sudo().glase_words
        return escape(words) if words else self.body

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `mail`: what is said about a record of ours is said by who says it, now."""
        if self.env.su:
            return super().create(vals_list)
        return super().create([self._glase_own_words(vals) for vals in vals_list])

    def _glase_own_words(self, vals):
        """The values of a message, without what only the system knows of one about a record of ours."""
        model = vals.get("model", self.env.context.get("default_model"))
        if not (isinstance(model, str) and model.startswith(OURS)):
            return vals
        author = self.env.user.partner_id
        said = {name: value for name, value in vals.items() if name != "create_date"}
        # Named, so that no default of a caller's context takes their place.
        return {
            **said,
            "author_id": author.id,
            "author_guest_id": False,
            "email_from": author.email_formatted,
            "date": fields.Datetime.now(),
            "tracking_value_ids": False,
        }

    def _glase_kept(self):
        kept = self.sudo().filtered(lambda one: (one.model or "").startswith(OURS))
        return kept.sudo(False)


class MailTrackingValue(KeptRecords, models.Model):
    """Of a choice and a sentence Odoo keeps the words of whoever changed it: of ours it keeps the source."""

    _inherit = "mail.tracking.value"
    _glase_refused = KeptRecords._glase_refused | {"create"}

    @api.model
    def _create_tracking_values(self, initial_value, new_value, col_name, col_info, record):
        """Override of `mail`: see the class."""
        if record._name.startswith(OURS) and col_info["type"] == "selection":
            labels = _labels(record._fields[col_name], self.with_context(lang=None).env)
            col_info = {**col_info, "selection": labels}
        initial_value, new_value = source_of(initial_value), source_of(new_value)
        return super()._create_tracking_values(initial_value, new_value, col_name, col_info, record)

    def _format_display_value(self, field_type, new=True):
        """Override of `mail`: a choice and a sentence are shown as the reader reads them."""
        shown = super()._format_display_value(field_type, new)
        if field_type not in ("selection", "char"):
            return shown
        return [one._glase_shown(label) for one, label in zip(self, shown, strict=True)]

    def _glase_shown(self, label):
        about = self.field_id.sudo()
        field = (about.model or "").startswith(OURS) and self.env[about.model]._fields[about.name]
        if isinstance(field, Sentence):
            return said_again(self.env, label)
        if not field or field.type != "selection":
            return label
        sources = dict(_labels(field, self.with_context(lang=None).env))
        own = dict(_labels(field, self.env))
        return next((own[key] for key, source in sources.items() if source == label), label)

    def _glase_kept(self):
        kept = self.sudo().filtered(lambda one: (one.mail_message_id.model or "").startswith(OURS))
        return kept.sudo(False)


class IrAttachment(KeptRecords, models.Model):
    _inherit = "ir.attachment"

    def _glase_kept(self):
        """Files of our records; not those that somebody is still putting into a message."""
        attachments = self.sudo()
        kept = attachments.filtered(lambda one: (one.res_model or "").startswith(OURS))
        return kept.filtered("res_id").sudo(False)

    def _delete_and_notify(self, message=None):
        """Override of `mail`: the browser's *Delete* acts as the superuser.

        :raises AccessError: for a file of our records
        """
        if self._glase_kept():
            raise AccessError(kept_words(self.env))
        return super()._delete_and_notify(message)


class MailActivity(KeptRecords, models.Model):
    """What puts a case before a manager was made when somebody did what caused it: it is not his."""

    _inherit = "mail.activity"

    def write(self, vals):
        """Override of `mail`: who is given it reads it in the own language, also in the mail that tells of it."""
        if not vals.get("user_id") or "summary" in vals:
            return super().write(vals)
        user = self.env["res.users"].browse(vals["user_id"])
        rest = self
        for activity in self.sudo().filtered(lambda one: one.res_model in TOLD):
            record = self.env[activity.res_model].browse(activity.res_id)
            # What somebody has typed stays.
            if activity.summary == managers.to_settle(record, activity.user_id):
                own = activity.with_env(self.env)
                rest -= own
                super(MailActivity, own).write(
                    {**vals, "summary": managers.to_settle(record, user)}
                )
        return super(MailActivity, rest).write(vals)

    def _glase_kept(self):
        """Those about our records that the user may not settle."""
        about = self.sudo().filtered(lambda one: (one.res_model or "").startswith(OURS))
        kept = about.browse()
        for model, activities in about.grouped("res_model").items():
            records = self.env[model].browse(activities.mapped("res_id")).exists()
            his = set(records._filtered_access("write").ids)
            kept |= activities.filtered(lambda one, his=his: one.res_id not in his)
        return kept.sudo(False)


class GlaseKept(models.AbstractModel):
    """Records that only the system writes, and that nobody deletes: money is proven by them.

    ``_typed`` names the fields that a person may write, where access rights let them: until it is decided
    what they are typed for, and ``_decided_field`` says when that was.
    """

    _name = "pos_glase.kept"
    _description = "Kept by Glase"

    _typed = frozenset()
    _decided_field = None

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("“%s”: made by the system only.", self._description))
        return super(GlaseKept, with_own_context(self)).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            parameters.check_values(self, vals)
            chatter = {name for name in vals if name.startswith(("message_", "activity_"))}
            chatter.discard("message_ids")
            if set(vals) - self._typed - chatter:
                raise AccessError(
                    self.env._("“%s”: changed by the system only.", self._description)
                )
            if self._typed & set(vals) and any(self.sudo().mapped(self._decided_field)):
                raise AccessError(kept_words(self.env))
        return super(GlaseKept, with_own_context(self)).write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("“%s”: never deleted.", self._description))
