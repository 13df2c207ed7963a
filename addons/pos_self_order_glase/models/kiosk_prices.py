"""What an order of a kiosk costs by the shop's own prices.

The page of a kiosk sends the prices with the order, and Odoo's route checks those of combos only. So
nothing is taken with Glase for an order that costs less than the shop says.
"""


def is_full_price(order):
    """Whether an order costs at least what its products cost at its kiosk.

    Sums of rounded lines may be off by the currency's smallest coin for each line.
    """
    if not order.lines or not _is_offered(order):
        return False
    least = 0.0
    for line in order.lines:
        if line.qty <= 0 or not _is_complete(line):
            return False
        least += _price(line)
    off = order.currency_id.rounding * len(order.lines)
    return order.currency_id.compare_amounts(order.amount_total, least - off) >= 0


def _is_offered(order):
    """Whether the order's preset, which brings its price list, is one of this kiosk's."""
    presets = order.env["pos.preset"]
    domain = presets._load_pos_self_data_domain({}, order.config_id)
    return not order.preset_id or order.preset_id in presets.search(domain)


def _is_complete(line):
    """Whether a combo has its items, and an item belongs to its combo."""
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


def _price(line):
    """What one line costs with its taxes, as a float in the order's currency."""
    order, product = line.order_id, line.product_id
    if product.type == "combo":
        # Its items carry its price.
        return 0.0
    company = order.company_id
    taxes = product.taxes_id.filtered_domain(
        order.env["account.tax"]._check_company_domain(company)
    )
    mapped = order.fiscal_position_id.map_tax(taxes)
    unit = line.price_unit if line.combo_parent_id else _unit_price(line)
    unit = order.env["account.tax"]._fix_tax_included_price_company(unit, taxes, mapped, company)
    return mapped.compute_all(unit, order.currency_id, line.qty, product=product)["total_included"]


def _unit_price(line):
    order = line.order_id
    chosen = line.attribute_value_ids.filtered(
        lambda value: value.attribute_id.create_variant == "no_variant"
    )
    product = line.product_id.with_context(**line.product_id._get_product_price_context(chosen))
    pricelist = order.preset_id.pricelist_id or order.config_id.pricelist_id
    return pricelist._get_product_price(product, line.qty, currency=order.currency_id)
