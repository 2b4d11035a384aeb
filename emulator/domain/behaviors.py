"""What the service did on a day, apart from the shapes of its documents, as far as the rest has to know it.

The days and their evidence are in `emulator.wire.history.behaviors`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviors:
    """The behaviours of a day.

    refuses_wrong_prefixes: ids with a wrong prefix have an error of their own. expires_batches: so do files with the
    purpose `batch`, after 30 days. counts_batches_by_bytes: files of a batch have no overhead. lists_batches_by_id:
    whatever `order` says. reads_batches_as_stores: a batch that is read shows its store. takes_deleted_files_out: of
    vector stores, too. refuses_unknown_extensions: of files for assistants. *_ids: the form of new ids, a name in
    `emulator.ids`. citation: how one is marked, a format string with message, result and name.
    """

    refuses_wrong_prefixes: bool
    expires_batches: bool
    counts_batches_by_bytes: bool
    lists_batches_by_id: bool
    reads_batches_as_stores: bool
    takes_deleted_files_out: bool
    refuses_unknown_extensions: bool
    file_ids: str
    store_ids: str
    batch_ids: str
    request_ids: str
    citation: str
