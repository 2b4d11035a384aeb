"""Parameters of scripts: ``params.NAME`` in templates and conditions, whose values are given where a script loads."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from emulator.domain.parameters import unused_message
from emulator.domain.ports import ScriptSource
from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec
from scripted_models.grammar.steps import PythonStep, Step
from scripted_models.problems import MOST_PROBLEMS, Finding, Path, Problem, format_path
from scripted_models.reader import Document
from scripted_models.rules import Rule
from scripted_models.template_names import Params
from scripted_models.templating import names
from scripted_models.traversal import templates, walk

PlacedParams = tuple[Document, Path, Params]


def find_params(document: Document, spec: ScenarioSpec) -> list[PlacedParams]:
    """Return the parameters that the templates of a scenario use, each with its place."""
    return [placed for number, turn in enumerate(spec.turns) for placed in params_of(document, turn, ("turns", number))]


def params_of(document: Document, turn: TurnSpec, path: Path) -> Iterator[PlacedParams]:
    """Yield the parameters that the templates of a turn use. path: the turn's own."""
    for here, step in walk(turn.steps, (*path, "steps")):
        for inner, params in _of_step(here, step):
            yield document, inner, params


def _of_step(path: Path, step: Step) -> Iterator[tuple[Path, Params]]:
    if isinstance(step, PythonStep):
        yield path, Params(all=True)  # its function may use any
    for template in templates(step):
        used = names(template.text, expression=template.expression) if "params" in template.text else None
        if used is not None:
            yield (*path, *template.path), used.params


def joined(params: Iterable[Params]) -> Params:
    """Return what several templates use together."""
    every = tuple(params)
    return Params(
        needed=frozenset().union(*(one.needed for one in every)),
        defaulted=frozenset().union(*(one.defaulted for one in every)),
        tested=frozenset().union(*(one.tested for one in every)),
        all=any(one.all for one in every),
    )


def missing(placed: Sequence[PlacedParams], given: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each use of a parameter without a value.

    One that has a default there needs none; nor does one of which the scenario asks whether it is defined.
    """
    optional = joined(params for *_, params in placed).tested
    return list(islice(_missing(placed, optional | given.keys()), MOST_PROBLEMS))


def _missing(placed: Sequence[PlacedParams], known: frozenset[str]) -> Iterator[Problem]:
    for document, path, params in placed:
        for name in sorted(params.needed - known):
            message = f"params.{name} has no value: give it with --set {name}=…"
            yield document.problem(Finding(path, Rule.MISSING_PARAMETER, message, f"--set {name}=…"))


def unused_parameters(sources: Sequence[ScriptSource], used: Container[str]) -> list[Problem]:
    """Return a warning for each parameter that is given and not used; it stands with the first of the scripts."""
    given = {name: None for source in sources for name in source.params}
    return [
        Problem("warning", sources[0].name, 1, format_path(()), unused_message(name), Rule.UNUSED_PARAMETER)
        for name in given
        if name not in used
    ]
