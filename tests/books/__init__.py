from . import (
    test_after_sale,
    test_books,
    test_books_currencies,
    test_books_example,
    test_period_journal_item,
    test_suspense,
)
