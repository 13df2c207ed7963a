"""What a page that nobody has logged in to may say of an order (``doc/kiosk.md``).

Odoo's own route writes as the superuser whatever comes, in every record that it names. At a kiosk with
Glase only what is named here is let through, and only about the order itself.
"""

from werkzeug.exceptions import Unauthorized

from odoo.addons.pos_glase.rules import state_machine
from odoo.exceptions import UserError
from odoo.fields import Command

from .kiosk_order import KioskOrder

# Of an order and of its lines: what a guest chooses, and what Odoo's page works out from it. The rest
# is the server's: payments and their sums, state, session, invoice, refund, user.
ORDER = frozenset(
    {
        *("uuid", "access_token", "amount_total", "amount_tax", "ticket_code", "email", "mobile"),
        *("preset_id", "preset_time", "partner_id", "floating_order_name", "table_stand_number"),
        *("general_customer_note", "internal_note", "customer_count"),
        "last_order_preparation_change",
    }
)
LINE = frozenset(
    {
        *("uuid", "name", "product_id", "qty", "discount", "price_unit", "price_extra"),
        *("price_type", "price_subtotal", "price_subtotal_incl", "full_product_name"),
        *("customer_note", "note", "combo_id", "combo_item_id", "combo_parent_id"),
        *("tax_ids", "attribute_value_ids", "custom_attribute_value_ids"),
    }
)
CUSTOM_VALUE = frozenset({"custom_value", "custom_product_template_attribute_value_id"})
# While there is such a row, the order stays as the bill says.
OUT = (*state_machine.HOLDS_TILL, state_machine.PAID)


def trusted_values(config, values):
    """The values of an order that a page may store at a kiosk with Glase.

    :param config: the kiosk, found by its token
    :param dict values: as they came
    :rtype: dict
    :raises Unauthorized: about an order of another till, one that is finished, or a record that is not
        the order's own
    :raises UserError: if the order is being paid
    """
    orders = config.env["pos.order"].sudo()
    stored = orders.search([("uuid", "=", values.get("uuid") or "")], limit=1)
    if stored:
        _refuse_to_change(stored, config)
    lines = [_Line(stored.lines).command(one) for one in values.get("lines") or ()]
    made = {one[2].get("uuid") for one in lines if one[0] == Command.CREATE}
    return {
        **_only(ORDER, values),
        "lines": lines,
        "relations_uuid_mapping": _parents(values, made | set(stored.lines.mapped("uuid"))),
        "payment_ids": [],
        "amount_paid": stored.amount_paid,
        "amount_return": 0,
        "state": "draft",
        "session_id": config.current_session_id.id,
        "config_id": config.id,
        "company_id": config.company_id.id,
    }


def _refuse_to_change(order, config):
    if order.config_id != config or order.state != "draft":
        raise Unauthorized()
    refuse_while_paid(order)


def refuse_while_paid(orders):
    """What is on a bill stays as the customer sees it, whoever takes the payment: a kiosk or a till.

    :raises UserError: if a bill of one of these orders is out, or was paid
    """
    for order in orders:
        if any(row.state in OUT for row in KioskOrder(order).rows()):
            raise UserError(orders.env._("This order is being paid. Wait, or cancel the payment."))


def refuse_to_take_back(config, order_token):
    """A guest takes no order back while a till has its bill out; one of a kiosk gives its bill up.

    :param config: where guests order, found by its token
    :raises UserError: if the order with this token is being paid
    """
    orders = config.env["pos.order"].sudo().search([("access_token", "=", order_token)])
    refuse_while_paid(orders.filtered(lambda order: not KioskOrder(order).is_of_kiosk()))


def refuse_orders_of_kiosks(config, values):
    """An order of a kiosk with Glase, and its lines, are changed with that kiosk's token only.

    So is one whose payment with Glase was begun, whatever the kiosk has become since. One that is
    being paid at a till is changed by no page.

    :param config: another one that guests order at, found by its token
    :param dict values: as they came
    :raises Unauthorized: if they name such an order, or one of its lines
    :raises UserError: if they name an order that is being paid
    """
    uuids = {values.get("uuid"), *_named_uuids(values)} - {None}
    lines = config.env["pos.order.line"].sudo()
    named_lines = lines.browse(_named_lines(values)).exists() | lines.search(
        [("uuid", "in", list(uuids))]
    )
    orders = config.env["pos.order"].sudo().search([("uuid", "in", list(uuids))])
    for order in orders | named_lines.order_id:
        if order.config_id._glase_is_kiosk() or KioskOrder(order).is_of_kiosk():
            raise Unauthorized()
        refuse_while_paid(order)


def _named_lines(values):
    """Ids of all lines that an order's values name, in whichever way."""
    line_ids = set()
    for command in values.get("lines") or ():
        line_ids.update((command[1], *(command[2] if command[0] == Command.SET else ())))
        if command[0] in (Command.CREATE, Command.UPDATE):
            more = command[2]
            line_ids.update(more.get(name) for name in ("refunded_orderline_id", "combo_parent_id"))
    return line_ids - {0, None}


def _named_uuids(values):
    """What an order's values connect by uuid: each end of each connection."""
    for named in (values.get("relations_uuid_mapping") or {}).values():
        yield from named
        for fields in named.values():
            for value in fields.values():
                yield from value if isinstance(value, list) else (value,)


def _only(names, values):
    return {name: values[name] for name in names & set(values)}


def _parents(values, known):
    """Which line of a combo hangs on which: of what a page connects by uuid it is all there is to say."""
    related = values.get("relations_uuid_mapping") or {}
    parents = {}
    for uuid, fields in (related.get("pos.order.line") or {}).items():
        parent = fields.get("combo_parent_id")
        if not {uuid, parent} <= known:
            raise Unauthorized()
        parents[uuid] = {"combo_parent_id": parent}
    return {"pos.order.line": parents} if parents else {}


class _Line:
    """The commands on an order's lines, and on what belongs to them.

    :param own: the lines that the order has
    """

    def __init__(self, own):
        self.own = own

    def command(self, command):
        """One command of the ORM on the lines, as it may be carried out.

        :raises Unauthorized: if it names a line of another order, or changes what is no line's own
        """
        code, line_id = command[0], command[1]
        if code == Command.CREATE:
            return (code, 0, self._values(command[2]))
        if line_id not in self.own.ids:
            raise Unauthorized()
        if code == Command.UPDATE:
            return (code, line_id, self._values(command[2]))
        if code in (Command.DELETE, Command.UNLINK):
            return (Command.DELETE, line_id, 0)
        if code == Command.LINK:
            return (code, line_id, 0)
        raise Unauthorized()

    def _values(self, values):
        kept = _only(LINE, values)
        if kept.get("combo_parent_id") and kept["combo_parent_id"] not in self.own.ids:
            raise Unauthorized()
        for name in {"tax_ids", "attribute_value_ids"} & set(kept):
            kept[name] = [Command.set(_ids(kept[name]))]
        if "custom_attribute_value_ids" in kept:
            kept["custom_attribute_value_ids"] = [
                self._custom(one) for one in kept["custom_attribute_value_ids"] or ()
            ]
        return kept

    def _custom(self, command):
        """A text that a guest has typed for a line of his own."""
        if command[0] == Command.CREATE:
            return Command.create(_only(CUSTOM_VALUE, command[2]))
        if command[1] not in self.own.custom_attribute_value_ids.ids:
            raise Unauthorized()
        if command[0] == Command.UPDATE:
            return Command.update(command[1], _only(CUSTOM_VALUE, command[2]))
        if command[0] in (Command.DELETE, Command.UNLINK):
            return Command.delete(command[1])
        raise Unauthorized()


def _ids(value):
    """The records that a page names: as ids, or as commands that change nothing in them.

    :raises Unauthorized: if a command would make, change or remove one
    """
    found = []
    for one in value or ():
        if isinstance(one, int):
            found.append(one)
        elif one[0] == Command.LINK:
            found.append(one[1])
        elif one[0] == Command.SET:
            found += one[2]
        elif one[0] not in (Command.UNLINK, Command.CLEAR):
            raise Unauthorized()
    if not all(isinstance(one, int) for one in found):
        raise Unauthorized()
    return found
