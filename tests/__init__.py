from . import test_bill_rows
from . import test_ledger_rules
from . import test_till_routes
