"""Run in ``odoo shell`` once Glase is set up in the shop, where self-order is installed: a kiosk beside its tills.

It has a registration and a sticker of its own, and is open.
"""

from odoo.addons.pos_glase.models.registration import set_up

shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
own = env(context=dict(env.context, allowed_company_ids=shop.ids))
first = own["pos.config"].search([("company_id", "=", shop.id)], order="id", limit=1)
cashier = own["res.users"].search([("login", "=", "cashier")])
kiosk = own["pos.config"].create(
    {
        "name": f"{first.name.split()[0]} kiosk",
        "company_id": shop.id,
        "payment_method_ids": [(6, 0, first._glase_payment_method().ids)],
        "self_ordering_mode": "kiosk",
        "self_ordering_pay_after": "each",
        "self_ordering_service_mode": "counter",
        "self_ordering_default_user_id": cashier.id,
        "use_presets": False,
        "limit_categories": first.limit_categories,
        "iface_available_categ_ids": [(6, 0, first.iface_available_categ_ids.ids)],
    }
)
set_up.demo_till(kiosk, first.glase_terminal_id.account_id)
kiosk.with_user(cashier).open_ui()
kiosk.current_session_id.set_opening_control(0, "")
env.cr.commit()
