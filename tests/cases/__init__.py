from . import test_case_attach, test_case_kinds, test_tour_cases
