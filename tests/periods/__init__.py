from . import (
    test_names,
    test_period,
    test_period_difference,
    test_period_export,
    test_period_job,
    test_period_late,
    test_period_print,
    test_period_shop,
    test_run_report,
)
