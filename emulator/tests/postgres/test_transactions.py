"""What holds for transactions on SQLite holds on PostgreSQL."""

from emulator.tests.test_transactions import (  # noqa: F401 - they are collected here, with the documents of this folder
    test_a_row_that_was_sent_already_can_still_be_changed,
    test_every_way_to_read_sees_it,
    test_rows_of_different_columns_keep_their_order,
    test_writes_of_one_row_take_effect_in_the_order_of_the_calls,
)
