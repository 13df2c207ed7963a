"""Run in ``odoo shell`` after Odoo's self-order was installed: the tills of its demo data are put away."""

shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
tills = env["pos.config"].search([("company_id", "=", shop.id)])
tills.filtered(lambda till: not till.name.startswith(shop.name.split()[0])).active = False
env.cr.commit()
