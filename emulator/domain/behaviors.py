"""What the service did on a day, apart from the shapes of its documents, as far as the rest has to know it.

The days and their evidence are in `emulator.wire.history.behaviors`.
"""

from dataclasses import dataclass
from typing import Final

from emulator.domain.lifecycle import RUN_LIFETIME

_OF_ASSISTANTS: Final = ("assistants", "assistants_output")


@dataclass(frozen=True, slots=True)
class Behaviors:
    """The behaviours of a day.

    refuses_wrong_prefixes: ids with a wrong prefix have an error of their own. refuses_foreign_characters: so do
    ids with characters that no id has. expires_batches: files with the purpose `batch` expire after 30 days.
    counts_batches_by_bytes: files of a batch have no overhead. lists_batches_by_id: whatever `order` says.
    reads_batches_as_stores: a batch that is read shows its store. takes_deleted_files_out: of vector stores, too.
    refuses_unknown_extensions: of files for assistants. indexes_any_text: text in a file of an undocumented type can be
    searched. refused_models: by name, in any version. unstructured_models: by name, exactly; they have no structured
    output, as older ones never have. *_ids: the form of new ids, a name in `emulator.ids`. citation:
    how one is marked, a format string with message, result and name. tells_errors_apart: streams of responses that fail
    have an event of the error before the last one. foundry_run_lifetime: in seconds. *_until: the last day (ISO date)
    on which a batch that was read was shown itself, its files came in the order that was asked for, and deleted files
    stayed in their stores.
    """

    refuses_wrong_prefixes: bool
    refuses_foreign_characters: bool
    expires_batches: bool
    counts_batches_by_bytes: bool
    lists_batches_by_id: bool
    reads_batches_as_stores: bool
    takes_deleted_files_out: bool
    refuses_unknown_extensions: bool
    indexes_any_text: bool
    refused_models: tuple[str, ...]
    unstructured_models: tuple[str, ...]
    file_ids: str
    azure_file_ids: str
    store_ids: str
    batch_ids: str
    request_ids: str
    citation: str
    tells_errors_apart: bool
    foundry_run_lifetime: int
    batches_read_until: str
    batches_ordered_until: str
    deleted_files_kept_until: str

    def ids_of_files(self, purpose: str, *, azure: bool) -> str:
        """Return the form of the ids of new files; Azure's have one of their own for assistants (reported)."""
        return self.azure_file_ids if azure and purpose in _OF_ASSISTANTS else self.file_ids

    def lifetime_of_runs(self, *, foundry: bool) -> int:
        """Return after how many seconds a new run expires."""
        return self.foundry_run_lifetime if foundry else RUN_LIFETIME
