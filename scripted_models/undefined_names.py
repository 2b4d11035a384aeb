"""Names in templates that nothing has given a value when the template is filled."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emulator.domain.actions import numbered
from emulator.domain.nearest import is_misspelt, nearest
from scripted_models import regular_expressions
from scripted_models.grammar import steps as g
from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec
from scripted_models.problems import Finding, Path, misnamed
from scripted_models.rules import Rule
from scripted_models.step_checks import RESERVED
from scripted_models.template_compiler import FILTERS
from scripted_models.template_names import Names
from scripted_models.templating import names
from scripted_models.traversal import templates, walk

if TYPE_CHECKING:
    from scripted_models.grammar.matchers import Matcher, When

_OF_RUN: Final[Mapping[str, Sequence[str]]] = {
    "assistant": ("id", "instructions", "metadata", "name"),
    "run": ("id", "metadata"),
    "thread": ("id", "metadata"),
}
_FUNCTIONS: Final = ("cite", "dict", "file_id", "namespace", "range")
_OF_SEARCH: Final = ("first", "results")
_OF_CODE: Final = ("files", "images", "logs")
_MOST_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables that the turns of a scenario set. open: there may be others, which Python sets."""

    names: frozenset[str]
    open: bool


def variables_of(spec: ScenarioSpec) -> Variables:
    """Return what all turns of a scenario set: a turn uses what an earlier one has set."""
    steps = [step for turn in spec.turns for _, step in walk(turn.steps, ())]
    given = {name for step in steps if isinstance(step, g.SetStep) for name in step.set}
    return Variables(frozenset(given), any(isinstance(step, g.PythonStep) for step in steps))


def undefined_names(turn: TurnSpec, path: Path, variables: Variables) -> Iterator[Finding]:
    """Yield where a template uses what nothing provides, each with a message. path: of the turn's steps."""
    return _Scope(turn, variables).check(turn.steps, path)


class _Scope:
    """The names that exist so far: outputs of calls and tools, and results of searches and code."""

    def __init__(self, turn: TurnSpec, variables: Variables) -> None:
        self._captures = _captures(turn.when)
        self._variables = variables
        self._outputs: set[str] = set()
        self._later = {name for _, step in walk(turn.steps, ()) for name in _outputs_of(step)}
        self._results: dict[str, Sequence[str]] = {}
        self._open = False  # after a Python step anything may exist

    def check(self, steps: Sequence[g.Step], path: Path) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            here = (*path, number)
            for template in templates(step):
                used = names(template.text, expression=template.expression)
                if used is not None and not self._open:
                    for found in self._missing(used):
                        yield found.below(*here, *template.path)
            if isinstance(step, g.ChooseStep):
                for place, branch in enumerate(step.choose):
                    yield from self.check(branch.steps, (*here, "choose", place, "steps"))
            self._add(step)

    def _add(self, step: g.Step) -> None:
        self._outputs.update(_outputs_of(step))
        match step:
            case g.CodeStep():
                self._results[step.as_] = _OF_CODE
            case g.SearchStep():
                self._results[step.as_] = _OF_SEARCH
            case g.PythonStep():
                self._open = True

    def _missing(self, used: Names) -> Iterator[Finding]:
        for name in sorted(used.fields.get("outputs", frozenset()) - self._outputs):
            yield self._missing_output(name)
        for name in sorted(used.variables - RESERVED - self._results.keys() - used.optional):
            yield self._missing_name(name, is_called=name in used.called)
        if not self._variables.open:
            for name in sorted(used.fields.get("vars", frozenset()) - self._variables.names):
                step = f"set: {{{name}: …}}"
                message = f"no turn sets vars.{name}"
                yield _absent(Rule.UNSET_VARIABLE, message, name, self._variables.names, "set are", remedy=step)
        for name in sorted(used.fields.get("match", frozenset()) - self._captures):
            group = f'when: {{message: {{regex: "(?P<{name}>.+)"}}}}'
            message = f"nothing in when captures match.{name}"
            yield _absent(Rule.NO_CAPTURE, message, name, self._captures, "captured are", remedy=group)
        for owner, fields in {**_OF_RUN, **self._results}.items():
            for name in sorted(used.fields.get(owner, frozenset()) - set(fields)):
                yield _absent(Rule.UNKNOWN_ATTRIBUTE, f"{owner} has no {name}", name, fields, "it has")

    def _missing_output(self, name: str) -> Finding:
        if name in self._later:
            return Finding((), Rule.UNKNOWN_OUTPUT, f"outputs.{name} is used before the step that gives it")
        message, call = f"no step gives outputs.{name}", f"call: {name}"
        return _absent(Rule.UNKNOWN_OUTPUT, message, name, self._outputs, "there are", remedy=call)

    def _missing_name(self, name: str, *, is_called: bool) -> Finding:
        message = f"{name} is used before a step gives it a value"
        filter_ = name if name in FILTERS else nearest(name, FILTERS) if is_misspelt(name, FILTERS) else None
        if filter_ is not None:
            written = f"message | {filter_}"
            return Finding((), Rule.UNKNOWN_NAME, f"{message}; as a filter it is written {written}", written)
        if is_called:
            there_are = f"; there are {', '.join(_FUNCTIONS)}"
            return misnamed(
                (), Rule.UNKNOWN_NAME, f"there is no function {name}", name, _FUNCTIONS, otherwise=there_are
            )
        return misnamed((), Rule.UNKNOWN_NAME, message, name, RESERVED | self._results.keys())


def _absent(rule: Rule, message: str, name: str, known: Iterable[str], words: str, *, remedy: str = "") -> Finding:
    """Return the finding about a name that nothing gives a value: with the nearest one, else the first few there are.

    words: what introduces them. remedy: what would give it a value, where there are none.
    """
    some = sorted(known)[:_MOST_NAMED]
    if not some and remedy:
        return Finding((), rule, f"{message}; write {remedy}", remedy)
    return misnamed((), rule, message, name, known, otherwise=f"; {words} {', '.join(some)}" if some else "")


def _outputs_of(step: g.Step) -> Iterable[str]:
    match step:
        case g.CallStep():
            return (step.as_ or step.call,)
        case g.CallsStep():
            return numbered(call.as_ or call.name for call in step.call)
        case g.ToolStep():
            return (step.as_ or step.name or step.tool,)
        case g.ToolsStep():
            return numbered(use.as_ or use.name or step.tool for use in step.calls)
    return ()


def _captures(when: "When | None") -> frozenset[str]:
    """Return the names that conditions capture."""
    if when is None:
        return frozenset()
    found = {"tool"} if any(matcher.excluded is None for matcher in when.tools or ()) else set()
    for matcher in _matchers(when):
        if matcher.regex is not None:
            found |= regular_expressions.groups(unicodedata.normalize("NFC", matcher.regex))
    return frozenset(found)


def _matchers(when: "When") -> "Iterator[Matcher]":
    assistant = when.assistant
    single = [when.message, when.model, when.files]
    single += [assistant.id, assistant.name, assistant.instructions] if assistant else []
    yield from (matcher for matcher in single if matcher is not None)
    yield from when.tools or ()
    for keyed in (when.thread_metadata, when.run_metadata, assistant.metadata if assistant else None):
        yield from (keyed or {}).values()
