"""The exports that scenarios name among their fixtures, read once when the scenarios are loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from emulator.domain.data_uris import from_data_uri
from emulator.domain.errors import ApiError
from emulator.domain.ports import LoadedScripts
from emulator.recording.importables import given_objects
from emulator.service.exported_objects import usable_items
from scripted_models import Problem, ProblemsError, Rule

_MOST_NOTES: Final = 20


def with_exports(loaded: LoadedScripts) -> LoadedScripts:
    """Return scripts whose exports are objects to be made; raise `ProblemsError` for the others.

    What had to be left out of them is said in the notes.
    """
    exports = loaded.fixtures.get("exports", ())
    if not exports:
        return loaded
    problems: list[Problem] = []
    notes: list[str] = []
    made: list[Mapping[str, Any]] = []
    for export in exports:
        place = loaded.places[export["id"]]
        try:
            given = given_objects([from_data_uri(export["content"])[1]], is_bounded=False)
        except (ApiError, ValueError) as error:
            problems.append(Problem("error", place.file, place.line, place.path, str(error), Rule.FIXTURE))
            continue
        skipped = list(given.skipped)
        items = usable_items(given, 0, lambda what, why, of=skipped: of.append((what, why)))  # type: ignore[misc]
        made.append({**export, "items": items})
        notes += [f"{place}: {line}" for line in _lines(skipped, given.noted)]
    if problems:
        raise ProblemsError(problems)
    return replace(loaded, fixtures={**loaded.fixtures, "exports": made}, notes=[*loaded.notes, *notes])


def _lines(skipped: list[tuple[str, str]], noted: Any) -> Iterator[str]:
    lines = [*(f"{what} is left out: {why}" for what, why in skipped), *(f"{what}: {why}" for what, why in noted)]
    yield from lines[:_MOST_NOTES]
    if len(lines) > _MOST_NOTES:
        yield f"{len(lines) - _MOST_NOTES:,} more"
