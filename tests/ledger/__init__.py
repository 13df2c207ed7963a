from . import (
    test_change_amount,
    test_force_done,
    test_known_rows,
    test_ledger_settle,
    test_load,
    test_locks,
    test_lost_send,
    test_one_reference,
    test_poll,
    test_proof,
    test_push,
    test_ways_past,
)
