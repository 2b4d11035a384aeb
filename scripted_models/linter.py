"""Lints scenarios: all errors of the loader, and warnings about what is probably not intended."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from emulator.domain.ports import ScriptSource
from scripted_models import (
    annotation_checks,
    counterparts,
    fixture_checks,
    function_checks,
    recording_checks,
    result_checks,
    tool_checks,
)
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.problems import MOST_PROBLEMS, Finding, Path, Problem, brief
from scripted_models.reader import OF_LINE
from scripted_models.rules import Rule
from scripted_models.shadowing import Earlier, PlacedTurn
from scripted_models.sources import ParsedScenario, parse_sources
from scripted_models.stream_texts import stream_texts
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.templating import static
from scripted_models.traversal import walk
from scripted_models.undefined_names import Variables, undefined_names, variables_of


def lint(sources: Sequence[ScriptSource], *, allow_python: bool = True, tools: Collection[str] = ()) -> list[Problem]:
    """Return everything that is wrong (error) or odd (warning) in scenarios that are parsed together.

    Of each kind of finding and each scenario, it is no more than `MOST_PROBLEMS`.
    tools: types of tools that are known beside those that the emulator always has.
    """
    parsed, problems = parse_sources(sources, allow_python=allow_python)
    return [*problems, *oddities(parsed, tools)]


def oddities(parsed: Sequence[ParsedScenario], tools: Collection[str]) -> list[Problem]:
    """Return a warning for each thing that is odd in scenarios that are played together. tools: as in `lint`."""
    problems: list[Problem] = []
    with together(Account(MAX_STEPS_TOGETHER)):
        for one in parsed:
            odd = chain(
                _states(one),
                _names(one),
                _functions(one),
                _steps(one, tools),
                _offered(one, tools),
                _frozen(one),
                _fixtures(one),
                _recording(one),
                _lines(one, tools),
            )
            found = islice(odd, MOST_PROBLEMS)
            problems += sorted(found, key=lambda problem: (problem.file != one.document.name, problem.line))
    return [*problems, *islice(_shadowed(parsed), MOST_PROBLEMS)]


def _lines(one: ParsedScenario, tools: Collection[str]) -> Iterator[Problem]:
    """Find what is odd in turns that have a file of their own, in each alone."""
    anything = Variables(frozenset(), open=True)
    for number in range(len(one.scanned.file) if one.scanned else 0):
        assert one.scanned is not None  # noqa: S101 - there is a turn
        document, turn = one.scanned.file.turn(number)
        line = replace(one, document=document, spec=one.spec.model_copy(update={"turns": [turn]}), scanned=None)
        for found in undefined_names(turn, (*OF_LINE, "steps"), anything):
            yield document.problem(found, warning=True)
        for found in recording_checks.of_turn(one.spec, turn):
            yield document.problem(found.below(*OF_LINE), warning=True)
        yield from chain(_functions(line), _steps(line, tools))


def _states(one: ParsedScenario) -> Iterator[Problem]:
    if one.scanned is not None:
        return  # any of its turns may go anywhere
    reached = {turn.goto for turn in one.spec.turns}
    for number, state in enumerate(one.spec.states or ()):
        if number and state not in reached:
            message = f"no turn goes to state {brief(state)}"
            found = Finding(("states", number), Rule.UNREACHED_STATE, message, f"goto: {state}")
            yield one.document.problem(found, warning=True)


def _names(one: ParsedScenario) -> Iterator[Problem]:
    seen: set[str] = set()
    variables = variables_of(one.spec)
    for number, turn in enumerate(one.spec.turns):
        if turn.name is not None and turn.name in seen:
            message = f"another turn is named {brief(turn.name)}; this one is counted as {brief(turn.name + '~')}"
            yield one.document.problem(Finding(("turns", number, "name"), Rule.DUPLICATE_NAME, message), warning=True)
        seen.add(turn.name or "")
        for found in undefined_names(turn, ("turns", number, "steps"), variables):
            yield one.document.problem(found, warning=True)


def _functions(one: ParsedScenario) -> Iterator[Problem]:
    for found in function_checks.oddities(one.spec):
        yield one.document.problem(found, warning=True)


def _steps(one: ParsedScenario, known: Collection[str]) -> Iterator[Problem]:
    for number, turn in enumerate(one.spec.turns):
        for found in counterparts.oddities(turn):
            yield one.document.problem(found.below("turns", number), warning=True)
        for path, step in walk(turn.steps, ("turns", number, "steps")):
            for found in _oddities(step, known):
                yield one.document.problem(found.below(*path), warning=True)


def _oddities(step: g.Step, known: Collection[str]) -> Iterator[Finding]:
    if isinstance(step, g.ToolStep | g.ToolsStep):
        yield from tool_checks.oddities(step, known)
    if isinstance(step, g.SayStep):
        yield from annotation_checks.oddities(step.annotations, static(step.say))
    if isinstance(step, g.SearchStep):
        yield from result_checks.oddities(step)


def _fixtures(one: ParsedScenario) -> Iterator[Problem]:
    for found in fixture_checks.oddities(one.spec.fixtures):
        yield one.document.problem(found.below("fixtures"), warning=True)


def _recording(one: ParsedScenario) -> Iterator[Problem]:
    for found in recording_checks.oddities(one.spec) if one.scanned is None else ():
        yield one.document.problem(found, warning=True)


def _frozen(one: ParsedScenario) -> Iterator[Problem]:
    """Find the first text that is paced although the clock stands still."""
    if one.spec.clock is None:
        return
    places: Iterator[tuple[Path, StreamSpec | None]] = chain(
        [(("defaults",), one.spec.defaults.stream)],
        (
            ((*path, *streamed.path), streamed.stream)
            for number, turn in enumerate(one.spec.turns)
            for path, step in walk(turn.steps, ("turns", number, "steps"))
            for streamed in stream_texts(step)
        ),
    )
    paced = (path for path, stream in places if stream is not None and (stream.ttft or stream.tps))
    for path in islice(paced, 1):
        message = "clock freezes the time, so a paced text stands still until a test advances it"
        yield one.document.problem(Finding((*path, "stream"), Rule.STREAM, message), warning=True)


def _offered(one: ParsedScenario, known: Collection[str]) -> Iterator[Problem]:
    """Compare what runs have to offer with the tools that are known; a name that is used for a function is one."""
    functions = function_checks.named(one.spec)
    for number, turn in enumerate(one.spec.turns):
        for place, matcher in enumerate((turn.when and turn.when.tools) or ()):
            name = matcher.equals
            if name is not None and name not in functions and tool_checks.is_misspelt_tool(name, known):
                found = tool_checks.unknown_tool(("turns", number, "when", "tools", place), name, known)
                yield one.document.problem(found, warning=True)


def _shadowed(parsed: Sequence[ParsedScenario]) -> Iterator[Problem]:
    every = [(one, number, turn) for one in parsed for number, turn in enumerate(one.spec.turns) if turn.chain is None]
    earlier = Earlier()
    for order, (one, number, spec) in enumerate(sorted(every, key=lambda each: -each[2].priority)):
        turn = PlacedTurn(one.name, order, number, spec)
        covering = earlier.covering(turn)
        if covering is not None:
            title = brief(covering.spec.name) if covering.spec.name else f"#{covering.number + 1}"
            where = "" if covering.scope == one.name else f" of {covering.scope}"
            message = f"never played: turn {title}{where} comes first, fits all the same runs and is never used up"
            before = f"priority: {covering.spec.priority + 1}"
            remedy = f"; {before} lets this one come before it"
            found = Finding(("turns", number), Rule.NEVER_PLAYED, message + remedy, before)
            yield one.document.problem(found, warning=True)
        earlier.add(turn)
