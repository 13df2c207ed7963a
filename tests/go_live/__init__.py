from . import test_go_live, test_go_live_failures, test_tour_go_live, test_two_pages
