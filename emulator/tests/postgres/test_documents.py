"""What holds for documents on SQLite holds on PostgreSQL."""

from emulator.tests.test_documents import (  # noqa: F401 - they are collected here, with the documents of this folder
    test_a_deleted_object_is_gone_but_its_place_still_pages,
    test_a_page_has_the_heavy_columns_that_are_asked_for,
    test_a_transaction_reads_the_unfinished_rows_of_its_namespace,
    test_after_and_before_together_give_what_lies_between,
    test_all_namespaces_are_listed,
    test_every_table_of_a_list_can_be_counted_and_read,
    test_existence_is_known_without_the_document,
    test_forgetting_a_namespace_keeps_its_row_and_other_namespaces,
    test_namespaces_do_not_see_each_other,
    test_rows_with_one_of_several_values_come_in_order,
    test_rows_without_an_id_are_found_by_their_columns,
    test_the_newest_come_oldest_first,
    test_unfinished_rows_are_those_of_all_namespaces_that_are_not_at_rest,
)
