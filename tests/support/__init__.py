from . import test_cashier_messages, test_prepared
