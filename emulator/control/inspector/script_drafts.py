"""Scripts that are being written: what was typed, what it would be put as, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from starlette.datastructures import FormData

from emulator.control.inspector.site import Site
from emulator.control.limits import MOST_SCRIPT_BYTES
from emulator.domain.errors import ApiError
from emulator.domain.json_values import problem_of
from emulator.domain.parameters import read_parameters
from emulator.domain.ports import ScriptSource
from emulator.service.script_records import ScriptRecord

# Characters of a script that is edited in a page.
MOST_EDITED: Final = 256 * 1024
# And of one that is checked while it is typed; likewise of all others beside it. Of more, that takes seconds.
MOST_LIVE: Final = 64 * 1024
_MOST_SHOWN: Final = 200
_MOST_QUOTED: Final = 200
_MOST_NAME: Final = 200
_MOST_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class ScriptDraft:
    """A script as it stands in the editor.

    params: NAME=VALUE, a line each. version: of the scripts that it was opened with. at: its place among the sources;
    None for a new one.
    """

    name: str
    text: str
    params: str
    version: int
    at: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is checked while it is typed."""
        return len(self.text) <= MOST_LIVE

    @classmethod
    def of_form(cls, form: FormData) -> "ScriptDraft":
        """Return what was typed; raise `ApiError` for what no page of the inspector sends."""
        version = number_of(_field(form, "version"))
        if version is None:
            raise ApiError(400, "version: not a number.", param="version")
        # Browsers send every line end as two characters.
        texts = {name: _field(form, name).replace("\r\n", "\n") for name in ("text", "params")}
        return cls(_field(form, "name"), **texts, version=version, at=number_of(_field(form, "at")))

    def parameters(self) -> dict[str, str]:
        """Return the parameters; raise `ApiError` for what cannot be any."""
        try:
            return read_parameters(line for line in self.params.splitlines() if line.strip())
        except ValueError as error:
            raise ApiError(400, f"Parameters: {error}.", param="params") from None

    def put_into(self, sources: Sequence[ScriptSource]) -> list[ScriptSource]:
        """Return sources with this one in its place, or behind them; raise `ApiError` where it has none."""
        self._check()
        if self.at is None:
            if any(one.name == self.name for one in sources):
                raise ApiError(409, f"There is a script {self.name!r} already: choose another name, or edit that one.")
            mine = [*sources, ScriptSource(self.name, self.text)]
        else:
            mine = [*sources]
            mine[self._place(sources)] = self._edited(sources)
        params = self.parameters()  # those of all scripts
        return [replace(one, params=params) for one in mine]

    def put_alone(self, sources: Sequence[ScriptSource]) -> list[ScriptSource]:
        """Return this source alone, with the files that it has among the others."""
        self._check()
        mine = ScriptSource(self.name, self.text) if self.at is None else self._edited(sources)
        return [replace(mine, params=self.parameters())]

    def _edited(self, sources: Sequence[ScriptSource]) -> ScriptSource:
        return replace(sources[self._place(sources)], text=self.text)

    def _place(self, sources: Sequence[ScriptSource]) -> int:
        if self.at is None or self.at >= len(sources) or sources[self.at].name != self.name:
            raise ApiError(409, f"The script {self.name!r} is not there any more.")
        return self.at

    def _check(self) -> None:
        is_name = bool(self.name.strip()) and len(self.name) <= _MOST_NAME and self.name.isprintable()
        if self.at is None and not is_name:  # of those that are there, whoever put them has chosen
            raise ApiError(400, f"A script has a name, of {_MOST_NAME} printable characters at most.", param="name")
        if problem := problem_of(self.text):
            raise ApiError(400, f"The text: {problem}.", param="text")
        if len(self.text.encode()) > MOST_SCRIPT_BYTES:
            raise ApiError(413, f"A script may have at most {MOST_SCRIPT_BYTES} bytes.", param="text")


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def number_of(text: str | None) -> int | None:
    """Return a place or a version of a query or a form; None where it is none."""
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS
    return int(text) if text is not None and is_number else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong or odd with a draft.

    problems: as the linter has them, each with the line as it is `written`, and the rule's `explanation`. more: how
    many there are beside these. elsewhere: how many are in other scripts. is_alone: whether it was checked without the
    others, because these are too long.
    """

    problems: Sequence[Mapping[str, Any]] = ()
    more: int = 0
    elsewhere: int = 0
    is_alone: bool = False

    def count(self, severity: str) -> int:
        """Return how many there are of a severity."""
        return sum(one["severity"] == severity for one in self.problems)


async def check(site: Site, record: ScriptRecord, draft: ScriptDraft) -> Findings:
    """Return what is wrong or odd with a draft, beside the other scripts of its namespace. Nothing is kept.

    Raises `ApiError` for what could not even be put.
    """
    together = draft.put_into(record.sources)
    others = {one.name for one in together if one.name != draft.name}
    is_alone = sum(len(one.text) for one in together) - len(draft.text) > MOST_LIVE
    sources = draft.put_alone(record.sources) if is_alone else together
    found = await site.namespaces.scripts.workers.compute(partial(site.lint, sources))
    own = [one for one in found if one["file"] not in others]
    lines = draft.text.split("\n")
    shown = [_shown(site, draft, lines, one) for one in own[:_MOST_SHOWN]]
    return Findings(shown, len(own) - len(shown), len(found) - len(own), is_alone)


def _shown(site: Site, draft: ScriptDraft, lines: Sequence[str], problem: Mapping[str, Any]) -> Mapping[str, Any]:
    number = problem["line"] if problem["file"] == draft.name else 0  # it may be of a file of turns
    written = lines[number - 1][:_MOST_QUOTED] if 0 < number <= len(lines) else ""
    return {
        **problem,
        "written": written,
        "is_here": bool(number),
        "explanation": site.scenarios.explanation(problem["rule"]),
    }
