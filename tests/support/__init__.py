from . import test_cashier_messages
