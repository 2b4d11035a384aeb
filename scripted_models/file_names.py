"""Ids of files by their names: what a script cites has another id in each namespace, and keeps its name."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.domain.actions import ReportDrift
from emulator.domain.drift import path_of
from emulator.domain.view import AttachedFile
from scripted_models.fixtures import fixture_id


def stand_in(name: str) -> str:
    """Return the id of a file that is not there: always the same for the same name."""
    return fixture_id("", "files", _composed(name))


def _composed(name: str) -> str:
    """Return the name of a file as names are compared: clients of some systems send them decomposed."""
    return unicodedata.normalize("NFC", name)


class FileNames:
    """The files that a run can name: those within its reach, then those of its script.

    fixtures: ids of the files of the scenario whose turn is played, by their composed names.
    """

    def __init__(self, files: Sequence[AttachedFile]) -> None:
        # Stable, so of those of one second the last one attached counts.
        oldest_first = sorted(files, key=lambda file: file.created_at)
        self._ids = {_composed(file.name): file.id for file in oldest_first}
        self.fixtures: Mapping[str, str] = {}
        self._missing: dict[str, str] = {}
        self._reported: set[str] = set()

    def add(self, name: str, file_id: str) -> None:
        """Let the run reach another file, which its code has written."""
        self._ids[_composed(name)] = file_id

    @property
    def file_id(self) -> Callable[[str], str]:
        """The function that templates call."""

        def file_id(name: Any) -> str:
            """Return the id of the file of that name; a stand-in where there is none."""
            if not isinstance(name, str):
                raise TypeError(f"file_id takes the name of a file, not a {type(name).__name__}")
            found = self._ids.get(_composed(name)) or self.fixtures.get(_composed(name))
            if found is None:
                self._missing.setdefault(name, stand_in(name))
            return found or stand_in(name)

        return file_id

    def drift(self) -> list[ReportDrift]:
        """Return what has to be reported of names that were asked for since the last time, each once."""
        new = {name: id_ for name, id_ in self._missing.items() if name not in self._reported}
        self._reported.update(new)
        return [ReportDrift("files", recorded=name, path=path_of("files", name)) for name in new]
