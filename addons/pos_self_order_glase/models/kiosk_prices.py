"""What an order of a kiosk costs by the shop's own prices.

The page of a kiosk sends the prices with the order, and Odoo's route checks those of combos only. So
nothing is taken with Glase for an order that costs less than the shop says.
"""

from odoo.exceptions import UserError
from odoo.fields import Domain


def refuse_gift(order):
    """Odoo finishes an order that costs nothing by itself.

    :raises UserError: if it costs something by the shop's prices
    """
    if order.state != "draft" and not is_full_price(order):
        raise UserError(order.env._("The prices of this order have changed. Start again, please."))


def is_full_price(order):
    """Whether an order costs at least what its products cost at its kiosk, with their taxes.

    Sums of rounded lines may be off by the currency's smallest coin for each line.
    """
    if not order.lines or not _is_offered(order):
        return False
    least = tax = 0.0
    for line in order.lines:
        if line.qty <= 0 or line.qty % 1 or not _is_complete(line):
            return False
        price = _price(line)
        least += price["total_included"]
        tax += price["total_included"] - price["total_excluded"]
    currency = order.currency_id
    off = currency.rounding * len(order.lines)
    more = order.amount_total - least
    if currency.compare_amounts(more, -off) < 0:
        return False
    return currency.compare_amounts(abs(order.amount_tax - tax), off + abs(more)) <= 0


def _is_offered(order):
    """Whether the order's preset, which brings its price list, and its products are this kiosk's."""
    presets = order.env["pos.preset"]
    domain = presets._load_pos_self_data_domain({}, order.config_id)
    if order.preset_id and order.preset_id not in presets.search(domain):
        return False
    single = order.lines.filtered(lambda line: not line.combo_item_id)
    templates = single.product_id.product_tmpl_id
    domain = Domain(templates._load_pos_self_data_domain({}, order.config_id))
    return not templates - templates.search(domain & Domain("id", "in", templates.ids))


def _is_complete(line):
    """Whether a combo has its items, an item belongs to its combo, and one choice is made of each kind."""
    if not line.product_id.active or not _is_possible(line.attribute_value_ids, line.product_id):
        return False
    if line.product_id.type == "combo":
        return bool(line.combo_line_ids)
    item, parent = line.combo_item_id, line.combo_parent_id
    if not item and not parent:
        return True
    return (
        parent.order_id == line.order_id
        and item.product_id == line.product_id
        and item.combo_id in parent.product_id.combo_ids
    )


def _is_possible(choices, product):
    """Whether these attribute values are the product's own, and no two exclude each other."""
    if choices.product_tmpl_id - product.product_tmpl_id or not all(choices.mapped("ptav_active")):
        return False
    single = choices.filtered(lambda choice: choice.attribute_id.display_type != "multi")
    return len(single) == len(single.attribute_line_id)


def _price(line):
    """What one line costs, without and with its taxes, as floats in the order's currency."""
    order, product = line.order_id, line.product_id
    if product.type == "combo":
        # Its items carry its price.
        return {"total_included": 0.0, "total_excluded": 0.0}
    company = order.company_id
    taxes = product.taxes_id.filtered_domain(
        order.env["account.tax"]._check_company_domain(company)
    )
    mapped = order.fiscal_position_id.map_tax(taxes)
    unit = line.price_unit if line.combo_parent_id else _unit_price(line)
    unit = order.env["account.tax"]._fix_tax_included_price_company(unit, taxes, mapped, company)
    return mapped.compute_all(unit, order.currency_id, line.qty, product=product)


def _unit_price(line):
    order = line.order_id
    chosen = line.attribute_value_ids.filtered(
        lambda value: value.attribute_id.create_variant == "no_variant"
    )
    product = line.product_id.with_context(**line.product_id._get_product_price_context(chosen))
    pricelist = order.preset_id.pricelist_id or order.config_id.pricelist_id
    return pricelist._get_product_price(product, line.qty, currency=order.currency_id)
