"""What is odd about the functions that a scenario calls, compared with those that its fixture assistants offer."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.nearest import is_misspelt
from scripted_models.grammar import steps as g
from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec
from scripted_models.problems import MOST_PROBLEMS, Finding, Path, brief, misnamed
from scripted_models.rules import Rule
from scripted_models.schema_fit import Unknown, mismatch
from scripted_models.templating import is_template, static
from scripted_models.traversal import walk

_MOST_NAMED: Final = 8
_Schemas = Mapping[str, Sequence[Any]]


def oddities(spec: ScenarioSpec) -> Iterator[Finding]:
    """Yield what is probably not meant, each with its path within the scenario."""
    schemas = _schemas(spec)
    nearly: dict[str, bool] = {}  # as often as a function is called, it is judged once
    for number, turn in enumerate(spec.turns):
        is_known = _is_about_fixtures(spec, turn)
        for path, step in walk(turn.steps, ("turns", number, "steps")):
            for where, name, args in _calls(step):
                if name not in nearly:
                    nearly[name] = len(nearly) < MOST_PROBLEMS and is_misspelt(name, schemas)
                here = (*path, *where)
                if nearly[name] or (is_known and not _may_be_offered(name, turn, schemas)):
                    yield _not_offered((*here, "name" if where else "call"), name, schemas)
                for key in _lone_keys(args):
                    message = "has no value: between brackets a text that holds a comma needs quotes"
                    yield Finding((*here, "args", *key), Rule.UNQUOTED_COMMA, message)
                mismatches = [mismatch(args, schema) for schema in schemas.get(name, ())] if args is not None else []
                if mismatches and all(mismatches):
                    message = f"does not fit the parameters of {name}: {mismatches[0]}"
                    yield Finding((*here, "args"), Rule.ARGUMENTS, message)


def named(spec: ScenarioSpec) -> Collection[str]:
    """Return the names that are those of functions, because turns call them or fixture assistants offer them."""
    called = {name for turn in spec.turns for _, step in walk(turn.steps, ()) for _, name, _ in _calls(step)}
    return called | _schemas(spec).keys()


def _not_offered(path: Path, name: str, offered: Collection[str]) -> Finding:
    some = ", ".join(sorted(offered)[:_MOST_NAMED]) + (", …" if len(offered) > _MOST_NAMED else "")
    message = f"no fixture assistant offers {brief(name)}"
    return misnamed(path, Rule.UNKNOWN_FUNCTION, message, name, offered, otherwise=f"; offered: {some}")


def _is_about_fixtures(spec: ScenarioSpec, turn: TurnSpec) -> bool:
    """Return whether the runs of a turn are probably those of the fixture assistants, whose functions are all known."""
    asks = turn.when is not None and turn.when.assistant is not None
    return not (asks or turn.recorded is not None or spec.recording is not None or spec.fixtures.exports)


def _may_be_offered(name: str, turn: TurnSpec, offered: Collection[str]) -> bool:
    """Return whether a function is known, or the turn asks for runs that offer it; without any, all may be."""
    asked = turn.when.tools if turn.when is not None else None
    is_asked = any(one.equals in (None, name) for one in asked or ())
    return not offered or name in offered or is_template(name) or is_asked


def _schemas(spec: ScenarioSpec) -> dict[str, list[Any]]:
    """Return the parameters of the functions that fixture assistants offer, by their names."""
    schemas: dict[str, list[Any]] = {}
    for assistant in spec.fixtures.assistants.values():
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
