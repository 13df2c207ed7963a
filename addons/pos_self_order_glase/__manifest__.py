{
    "name": "Point of Sale Self Order: Glase",
    "summary": "Pay with Glase at the self-order kiosk: the guest scans, confirms, and gets a number",
    "version": "19.0.1.2.0",
    "category": "Sales/Point of Sale",
    "author": "pos_glase maintainers",
    "maintainers": ["pos_glase-maintainers"],
    "website": "https://apps.odoo.com/apps/modules/19.0/pos_self_order_glase",
    "development_status": "Beta",
    "license": "LGPL-3",
    "depends": ["pos_glase", "pos_self_order"],
    "auto_install": True,
    "data": ["security/ir.model.access.csv"],
    "assets": {
        "pos_self_order.assets": [
            "pos_glase/static/src/amount/**/*",
            "pos_glase/static/src/app/attempt/background_timer.js",
            "pos_glase/static/src/app/dialogs/qr_picture.js",
            "pos_glase/static/src/app/overrides/order_receipt.xml",
            "pos_glase/static/src/app/service/payment_line.js",
            "pos_self_order_glase/static/src/**/*",
        ],
    },
}
