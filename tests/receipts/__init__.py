from . import test_receipt_submission
