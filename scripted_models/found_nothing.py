"""What a search gives where it finds nothing: no results, and why; citing that cites nothing."""

from typing import Any, Final

from emulator.domain.view import ModelView

_SEARCH: Final = "file_search"


class NoResults(list[Any]):
    """The results of a search that found nothing. why: in words."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class NoResult(dict[str, Any]):
    """The first result of such a search: it is empty, and so is its text. why: in words."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    def __str__(self) -> str:
        return ""


def reason(view: ModelView, *, is_scripted: bool) -> str:
    """Return why a search of a run found nothing. is_scripted: the script says what it found."""
    if is_scripted:
        return "the search found nothing (its script gives no results)"
    # Clients of v1 attach files to the assistant itself, and so need no store.
    if not view.vector_store_ids and not any(_SEARCH in file.tools for file in view.files):
        return "the search found nothing (the run reaches no store)"
    return "the search found nothing (no text of the files is a hit)"
