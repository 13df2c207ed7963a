from . import test_refund_back_office, test_refund_evidence, test_refund_till, test_refund_unknown
