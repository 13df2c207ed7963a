from . import glase_kiosk_limit, ir_http, pos_config, pos_order, pos_payment_method
