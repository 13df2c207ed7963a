from . import support
from . import (
    accounts,
    books,
    cases,
    periods,
    pos,
    refunds,
    registration,
)
