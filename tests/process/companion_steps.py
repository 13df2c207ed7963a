"""What Odoo's other modules bring to a till: how they are set up, and a cashier's steps at them."""

PATIENCE = 600
_BEGIN = """
config = env["pos.config"].browse({config_id})
company = config.company_id
env = env(context=dict(env.context, allowed_company_ids=company.ids))
"""
_END = """
# A page may take its time on a busy machine.
env["ir.config_parameter"].sudo().set_param("pos_glase.silent_after", "{patience}")
env.cr.commit()
# The running server remembers what it has read.
env.registry.signal_changes()
"""
# For a script of :func:`set_up`: discounts on a whole order.
GLOBAL_DISCOUNT = """
discount = env.ref("pos_discount.product_product_consumable")
discount.taxes_id = [(5, 0, 0)]
env.cr.execute(
    "UPDATE pos_config SET module_pos_discount = true, discount_product_id = %s WHERE id = %s",
    (discount.id, config.id),
)
"""
# For a script of :func:`set_up`: a payment method of `pos_online_payment`.
ONLINE = """
online = env["pos.payment.method"].create({{
    "name": "Online", "company_id": company.id, "is_online_payment": True
}})
env.cr.execute(
    "INSERT INTO pos_config_pos_payment_method_rel VALUES (%s, %s)", (config.id, online.id)
)
"""
# What `pos_online_payment` does once a provider says that a customer has paid.
_PAID_ONLINE = """
order = env["pos.order"].search([("uuid", "=", {uuid!r})])
order = order.with_company(order.company_id)
paid = env["account.payment"].with_company(order.company_id).create({{
    "amount": {amount}, "currency_id": order.currency_id.id, "payment_type": "inbound",
    "partner_type": "customer", "company_id": order.company_id.id,
}})
paid.action_post()
order.add_payment({{
    "amount": {amount}, "pos_order_id": order.id, "online_account_payment_id": paid.id,
    "payment_method_id": order.online_payment_method_id.id,
}})
if order.state == "draft" and order._is_pos_order_paid():
    order._process_saved_order(False)
order.config_id._notify("ONLINE_PAYMENTS_NOTIFICATION", {{"id": order.id}})
env.cr.commit()
"""


def set_up(shop, script, **values):
    """Prepare the till for a file's modules.

    :param str script: for ``odoo shell``, where ``config`` is the till and ``company`` its company
    :param values: what the script's places are filled with
    """
    code = (_BEGIN + script + _END).format(**values, patience=PATIENCE, **shop.told)
    shop.odoo.shell(code, "the modules are not set up")


def pay_online(shop, uuid, amount):
    """The customer of an order pays this much of it with a payment provider."""
    shop.odoo.shell(_PAID_ONLINE.format(uuid=uuid, amount=amount), "nothing was paid online")


def employee_of(shop, uuid):
    """The name of the employee that stands on an order."""
    [(name,)] = shop.query(
        "SELECT e.name FROM pos_order o JOIN hr_employee e ON e.id = o.employee_id"
        " WHERE o.uuid = %s",
        uuid,
    )
    return name


def at_table(till, number=7):
    """An order at a table."""
    till.script(
        """async (number) => {
            const table = posmodel.models["restaurant.table"].find(
                (one) => one.table_number === number
            );
            await posmodel.setTableFromUi(table);
        }""",
        number,
    )
    till.page.wait_for_selector(".product-screen")
    return till


def with_guest(till, guest):
    """A customer stands on the order, and what the programs know of them is loaded."""
    till.script(
        """async (name) => {
            const partner = posmodel.models["res.partner"].find((one) => one.name === name);
            posmodel.getOrder().setPartner(partner);
            await posmodel.orderUpdateLoyaltyPrograms();
        }""",
        guest,
    )
    return till


def points_on_cards(shop, program):
    """What the cards of a program hold, all together."""
    [(found,)] = shop.query(
        "SELECT coalesce(sum(c.points), 0) FROM loyalty_card c"
        " JOIN loyalty_program p ON p.id = c.program_id WHERE p.name->>'en_US' = %s",
        program,
    )
    return found


def claim(till, program):
    """Take the reward of a program, as its button does."""
    told = till.script(
        """async (name) => {
            const order = posmodel.getOrder();
            const [found] = order.getClaimableRewards().filter(
                ({ reward }) => reward.program_id.name === name
            );
            const told = order._applyReward(found.reward, found.coupon_id, {});
            await posmodel.updateRewards();
            return told;
        }""",
        program,
    )
    assert told is True
    return till
