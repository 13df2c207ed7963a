{
    "name": "Glase: What a Request Costs",
    "summary": "For the benches only: counts and times what one request does",
    "author": "pos_glase maintainers",
    "license": "LGPL-3",
    "version": "19.0.1.0.0",
    "depends": ["pos_glase", "pos_razorpay", "pos_viva_com"],
}
