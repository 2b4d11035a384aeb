"""What holds for the rows of the journal on SQLite holds on PostgreSQL."""

from emulator.tests.test_journal_rows import (  # noqa: F401 - they are collected here, with the documents of this folder
    test_a_transaction_reads_the_journal_of_its_namespace_as_it_was_kept,
    test_entries_get_their_numbers_at_the_commit,
)
