"""What a public method asks before it does anything: who calls, about which records, with what.

A public method can be called by whoever has a log-in, over HTTP, XML-RPC or JSON. Each of this
module's is decorated with :func:`public`; what is Odoo's own is checked by Odoo.
"""

import functools

from odoo.exceptions import AccessError, UserError

from . import parameters
from .caller_context import with_own_context
from .till_errors import Refused


def public(group=None, access="read", many=False):
    """Let a method of a record be called from outside.

    The caller must be in the group and have access to each record, under his own rights; of his
    context only what is known is kept, and each argument is as ``parameters.TABLE`` says. Code of the
    system itself, as the superuser, is not asked.

    :param str group: external id of the group that may call it; None for all who have access
    :param str access: what the caller must be allowed to do with the records
    :param bool many: whether several records may be given at once
    """

    def decorate(method):
        @functools.wraps(method)
        def checked(self, *args, **kwargs):
            if self.env.su:
                return method(self, *args, **kwargs)
            # First of all: Odoo's own checks read the context, too.
            self = with_own_context(self)
            _refuse_odd_ids(self, many)
            if group and not self.env.user.has_group(group):
                raise AccessError(
                    self.env._(
                        "Only a member of “%s” may do this.",
                        self.env.ref(group).sudo().display_name,
                    )
                )
            self.check_access(access)
            try:
                given = parameters.read(self.env, method, (args, kwargs))
            except Refused as refusal:
                raise UserError(refusal.message) from refusal
            told = method(self, **given)
            # XML-RPC cannot say None: what was done would look like an error.
            return True if told is None else told

        checked._glase_public = True
        return checked

    return decorate


def _refuse_odd_ids(records, many):
    """:raises UserError: unless the records are some, or one, by the ids of the database"""
    ids = records._ids
    if not ids or not all(type(one) is int and 0 < one <= parameters.LARGEST_ID for one in ids):
        raise UserError(records.env._("Choose a record first."))
    if len(ids) > 1 and not many:
        raise UserError(records.env._("Choose one record only."))
