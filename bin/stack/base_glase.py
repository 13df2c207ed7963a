"""Run in ``odoo shell`` on a database with the module: sets up Glase in the shop, builds what browsers load.

The till, the customer display, the log-in page and the back office are there at a first click.
"""

from odoo.addons.pos_glase.models.registration import set_up

shop = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
set_up.demo(env(context=dict(env.context, allowed_company_ids=shop.ids)))

qweb = env["ir.qweb"]
for bundle in (
    "web.assets_frontend_minimal",
    "web.assets_frontend_lazy",
    "point_of_sale.assets_prod",
    "point_of_sale.customer_display_assets",
    "web.assets_web",
):
    qweb._get_asset_bundle(bundle, css=False, js=True).js()
for bundle in (
    "web.assets_frontend",
    "point_of_sale.assets_prod",
    "point_of_sale.customer_display_assets",
    "web.assets_web",
):
    qweb._get_asset_bundle(bundle, css=True, js=False).css()
env.cr.commit()
