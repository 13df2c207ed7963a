from . import (
    test_after_payment,
    test_cash_rounding,
    test_closing,
    test_dry_run,
    test_figures,
    test_hoot,
    test_payment_method,
    test_till_routes,
    test_tour_closing,
    test_tour_customer_display,
    test_tour_other_days,
    test_tour_payments,
)
