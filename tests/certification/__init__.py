from . import (
    test_certifying_references,
    test_period_verification,
    test_retention,
    test_tour_verify,
    test_verification,
    test_verification_each_step,
    test_verification_evidence,
    test_verification_faults,
    test_verification_two_pages,
)
