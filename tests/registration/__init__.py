from . import (
    test_cashier_guide,
    test_sticker,
    test_terminal,
    test_terminal_hour,
    test_tour_terminal,
)
