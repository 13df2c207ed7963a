from . import (
    test_case_attach,
    test_case_kinds,
    test_case_told,
    test_said_by_jobs,
    test_said_to_each,
    test_tour_cases,
)
