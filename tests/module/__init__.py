from . import test_alerts, test_core_tables, test_migrations, test_porting, test_uninstall
