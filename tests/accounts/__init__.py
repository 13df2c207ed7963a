from . import (
    test_account,
    test_copied_database,
    test_environments_apart,
    test_login_proven,
    test_overview,
    test_set_up,
    test_simulator_account,
)
