"""Lints scenarios: all errors of the loader, and warnings about what is probably not intended."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from emulator.domain.nearest import did_you_mean, is_misspelt
from emulator.domain.ports import ScriptSource
from scripted_models import annotation_checks, fixture_checks, recording_checks, result_checks, tool_checks
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.problems import MOST_PROBLEMS, Path, Problem, brief
from scripted_models.reader import OF_LINE
from scripted_models.schema_fit import Unknown, mismatch
from scripted_models.shadowing import Earlier, PlacedTurn
from scripted_models.sources import ParsedScenario, parse_sources
from scripted_models.stream_texts import stream_texts
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.templating import is_template, static
from scripted_models.traversal import walk
from scripted_models.undefined_names import Variables, undefined_names, variables_of


def lint(sources: Sequence[ScriptSource], *, allow_python: bool = True, tools: Collection[str] = ()) -> list[Problem]:
    """Return everything that is wrong (error) or odd (warning) in scenarios that are parsed together.

    Of each kind of finding and each scenario, it is no more than `MOST_PROBLEMS`.
    tools: types of tools that are known beside those that the emulator always has.
    """
    parsed, problems = parse_sources(sources, allow_python=allow_python)
    with together(Account(MAX_STEPS_TOGETHER)):
        for one in parsed:
            odd = chain(
                _states(one),
                _names(one),
                _arguments(one),
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
        for path, message in undefined_names(turn, (*OF_LINE, "steps"), anything):
            yield document.problem(path, message, warning=True)
        for path, message in recording_checks.of_turn(one.spec, turn):
            yield document.problem((*OF_LINE, *path), message, warning=True)
        yield from chain(_arguments(line), _steps(line, tools))


def _states(one: ParsedScenario) -> Iterator[Problem]:
    if one.scanned is not None:
        return  # any of its turns may go anywhere
    reached = {turn.goto for turn in one.spec.turns}
    for number, state in enumerate(one.spec.states or ()):
        if number and state not in reached:
            yield one.document.problem(("states", number), f"no turn goes to state {brief(state)}", warning=True)


def _names(one: ParsedScenario) -> Iterator[Problem]:
    seen: set[str] = set()
    variables = variables_of(one.spec)
    for number, turn in enumerate(one.spec.turns):
        if turn.name is not None and turn.name in seen:
            message = f"another turn is named {brief(turn.name)}; this one is counted as {brief(turn.name + '~')}"
            yield one.document.problem(("turns", number, "name"), message, warning=True)
        seen.add(turn.name or "")
        for path, message in undefined_names(turn, ("turns", number, "steps"), variables):
            yield one.document.problem(path, message, warning=True)


def _steps(one: ParsedScenario, known: Collection[str]) -> Iterator[Problem]:
    for number, turn in enumerate(one.spec.turns):
        for path, step in walk(turn.steps, ("turns", number, "steps")):
            for inner, message in _oddities(step, known):
                yield one.document.problem((*path, *inner), message, warning=True)


def _oddities(step: g.Step, known: Collection[str]) -> Iterator[tuple[Path, str]]:
    if isinstance(step, g.ToolStep | g.ToolsStep):
        yield from tool_checks.oddities(step, known)
    if isinstance(step, g.SayStep):
        yield from annotation_checks.oddities(step.annotations, static(step.say))
    if isinstance(step, g.SearchStep):
        yield from result_checks.oddities(step)


def _fixtures(one: ParsedScenario) -> Iterator[Problem]:
    for path, message in fixture_checks.oddities(one.spec.fixtures):
        yield one.document.problem(("fixtures", *path), message, warning=True)


def _recording(one: ParsedScenario) -> Iterator[Problem]:
    for path, message in recording_checks.oddities(one.spec) if one.scanned is None else ():
        yield one.document.problem(path, message, warning=True)


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
        yield one.document.problem((*path, "stream"), message, warning=True)


def _offered(one: ParsedScenario, known: Collection[str]) -> Iterator[Problem]:
    """Compare what runs have to offer with the tools that are known; a name that is used for a function is one."""
    functions = {name for turn in one.spec.turns for _, step in walk(turn.steps, ()) for _, name, _ in _calls(step)}
    functions |= _schemas(one).keys()
    for number, turn in enumerate(one.spec.turns):
        for place, matcher in enumerate((turn.when and turn.when.tools) or ()):
            name = matcher.equals
            if name is not None and name not in functions and (message := tool_checks.misspelt(name, known)):
                yield one.document.problem(("turns", number, "when", "tools", place), message, warning=True)


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
            yield one.document.problem(("turns", number), message, warning=True)
        earlier.add(turn)


def _arguments(one: ParsedScenario) -> Iterator[Problem]:
    """Compare calls with the fixture assistants that offer their function."""
    schemas = _schemas(one)
    nearly: dict[str, bool] = {}  # as often as a function is called, it is judged once
    for number, turn in enumerate(one.spec.turns):
        for path, step in walk(turn.steps, ("turns", number, "steps")):
            for where, name, args in _calls(step):
                if name not in nearly:
                    nearly[name] = len(nearly) < MOST_PROBLEMS and is_misspelt(name, schemas)
                if nearly[name]:
                    word = "name" if where else "call"
                    message = f"no fixture assistant offers {brief(name)}{did_you_mean(name, schemas)}"
                    yield one.document.problem((*path, *where, word), message, warning=True)
                for key in _lone_keys(args):
                    message = "has no value: between brackets a text that holds a comma needs quotes"
                    yield one.document.problem((*path, *where, "args", *key), message, warning=True)
                mismatches = [mismatch(args, schema) for schema in schemas.get(name, ())] if args is not None else []
                if mismatches and all(mismatches):
                    message = f"does not fit the parameters of {name}: {mismatches[0]}"
                    yield one.document.problem((*path, *where, "args"), message, warning=True)


def _schemas(one: ParsedScenario) -> dict[str, list[Any]]:
    """Return the parameters of the functions that fixture assistants offer, by their names."""
    schemas: dict[str, list[Any]] = {}
    for assistant in one.spec.fixtures.assistants.values():
        for tool in assistant.tools:
            function = tool.get("function")
            if isinstance(function, Mapping) and isinstance(function.get("name"), str):
                schemas.setdefault(function["name"], []).append(function.get("parameters"))
    return schemas


def _calls(step: g.Step) -> Iterator[tuple[Path, str, Any]]:
    if isinstance(step, g.CallStep):
        yield (), step.call, _known_arguments(step.args)
    elif isinstance(step, g.CallsStep):
        for number, call in enumerate(step.call):
            yield ("call", number), call.name, _known_arguments(call.args)


def _lone_keys(args: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the keys without a value that are no names: what stands behind a comma in a text without quotes."""
    for key, value in args.items() if isinstance(args, dict) else ():
        if value is None and re.search(r"\s", key):
            yield (*path, key)
        yield from _lone_keys(value, (*path, key))
    for number, value in enumerate(args if isinstance(args, list) else ()):
        yield from _lone_keys(value, (*path, number))


def _known_arguments(args: Any) -> Any:
    """Return arguments as far as they are known before the turn is played; None if they are not, or not JSON."""
    if not isinstance(args, str):
        return _with_unknowns(args)
    text = static(args)
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


def _with_unknowns(value: Any) -> Any:
    if isinstance(value, str):
        return Unknown(value) if is_template(value) else value
    if isinstance(value, dict):
        return {key: _with_unknowns(item) for key, item in value.items()}
    return [_with_unknowns(item) for item in value] if isinstance(value, list) else value
