"""Run in ``odoo shell`` on a new database: makes a Swedish shop with two tills, a cashier and a manager.

The demo companies' currency can no longer be changed, so the shop is a company of its own.
"""

import base64
import io
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

SHOP = "Fjällboden AB"


def logo():
    """A mountain and the shop's name, as a PNG in base64."""
    image = Image.new("RGBA", (620, 160), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.polygon([(10, 140), (80, 20), (150, 140)], fill="#14505c")
    draw.polygon([(58, 58), (80, 20), (102, 58), (80, 74)], fill="#d8e8ea")
    font = Path(reportlab.__file__).with_name("fonts") / "VeraBd.ttf"
    draw.text((175, 36), SHOP.split()[0], fill="#14505c", font=ImageFont.truetype(font, 72))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


env.ref("base.SEK").active = True
# The key keeps Odoo from installing every other module that fits a Swedish company (e-invoicing among them).
company = (
    env["res.company"]
    .with_context(chart_template_load=True)
    .create(
        {
            "name": SHOP,
            "street": "Storgatan 12",
            "zip": "831 30",
            "city": "Östersund",
            "country_id": env.ref("base.se").id,
            "currency_id": env.ref("base.SEK").id,
            "phone": "+46 63 12 34 56",
            "email": "butik@fjallboden.example",
            "iap_enrich_auto_done": True,
            "logo": logo(),
        }
    )
)
admin = env.ref("base.user_admin")
(admin | env.ref("base.user_root")).write(
    {"company_ids": [(4, company.id)], "company_id": company.id}
)
env["account.chart.template"].try_loading("se", company=company, install_demo=False)
shop_env = env(context=dict(env.context, allowed_company_ids=[company.id], tracking_disable=True))
company = company.with_env(shop_env)

configs = shop_env["pos.config"]
first = configs.browse(configs.load_onboarding_bakery_scenario(with_demo_data=True)["config_id"])
first.name = "Fjällboden till 1"
journal, methods = configs._create_journal_and_payment_methods(
    cash_journal_vals={"name": "Cash till 2", "show_on_dashboard": False}
)
configs.create(
    {
        "name": "Fjällboden till 2",
        "company_id": company.id,
        "journal_id": journal.id,
        "payment_method_ids": methods,
        "limit_categories": first.limit_categories,
        "iface_available_categ_ids": [(6, 0, first.iface_available_categ_ids.ids)],
    }
)

# The scenario's prices are those of a bakery in dollars. With 25 % VAT these are whole kronor.
products = shop_env["product.template"].search(
    [("pos_categ_ids", "in", first.iface_available_categ_ids.ids)]
)
for product in products:
    product.write(
        {
            "list_price": round(product.list_price * 10) * 0.8,
            "taxes_id": [(6, 0, company.account_sale_tax_id.ids)],
        }
    )

for login, name, group in (
    ("cashier", "Karin Kassör", "point_of_sale.group_pos_user"),
    ("manager", "Mats Föreståndare", "point_of_sale.group_pos_manager"),
):
    shop_env["res.users"].create(
        {
            "login": login,
            "password": login,
            "name": name,
            "company_id": company.id,
            "company_ids": [(6, 0, company.ids)],
            "group_ids": [(6, 0, [env.ref("base.group_user").id, env.ref(group).id])],
            "tz": "Europe/Stockholm",
        }
    )
admin.tz = "Europe/Stockholm"
env.cr.commit()
