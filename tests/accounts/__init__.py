from . import (
    test_account,
    test_account_mail,
    test_copied_database,
    test_environments_apart,
    test_health,
    test_login_proven,
    test_overview,
    test_scenarios,
    test_set_up,
    test_simulator_account,
)
