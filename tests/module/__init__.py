from . import (
    test_alerts,
    test_back_office,
    test_core_tables,
    test_migrations,
    test_operations,
    test_porting,
    test_said_everywhere,
    test_translations,
    test_uninstall,
)
