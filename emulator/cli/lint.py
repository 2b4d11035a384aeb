"""``lint``: checks scenario files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.findings import Format, format_findings
from emulator.cli.options import Parameters, read_set, scripts_of
from emulator.cli.refusals import FAILED, RefusedError

if TYPE_CHECKING:
    from emulator.domain.ports import ScriptSource
    from scripted_models import Problem


def lint(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, metavar="FILE", help="YAML, JSON or Python, or folders of scenarios."),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Let each warning be an error.")] = False,
    together: Annotated[
        bool, typer.Option("--together", help="Check them as one server plays them, and not each alone.")
    ] = False,
    output: Annotated[
        Format, typer.Option("--format", help="json: a list; github: annotations of a workflow.")
    ] = "text",
    set: Parameters = None,  # noqa: A002 - the name of the option
) -> None:
    """Check scenario files: one line per finding, exit code 1 if there is an error."""
    params = read_set(set)
    checked = scripts_of(files)
    found = _found(checked, params, together=together)
    failed = any(problem.severity == "error" or strict for problem in found)
    for line in format_findings(found, output, strict=strict):
        typer.echo(line)
    if failed:
        raise typer.Exit(FAILED)
    typer.echo(f"{len(checked)} file{'s' * (len(checked) != 1)}: no errors", err=True)


def _found(files: Sequence[Path], params: Mapping[str, str], *, together: bool) -> "list[Problem]":
    from emulator.tools.kinds import types_on
    from scripted_models import lint as findings
    from scripted_models.parameters import unused_parameters

    found: list[Problem] = []
    sources = [source for file in files for source in _read(file, params, found)]
    used: set[str] = set()
    for played in [sources] if together else [[source] for source in sources]:
        odd = findings(played, tools=types_on(None))
        if any(problem.severity == "error" for problem in odd):
            used.update(params)  # what a script uses that is wrong is not known
        else:
            odd += _found_by_loading(played, used)
        found += odd
    return [*found, *unused_parameters(sources, used)]


def _found_by_loading(sources: "Sequence[ScriptSource]", used: set[str]) -> "list[Problem]":
    """Return which fixtures of scripts are refused, as only loading shows. used: gets the parameters that they use."""
    from emulator.script_files import load
    from scripted_models import ProblemsError

    try:
        loaded = load(sources, allow_python=True, warn=False)
    except ProblemsError as error:  # of exports, which are read only here
        return list(error.found)
    used.update(loaded.params)
    if not any(loaded.fixtures.values()):
        return []
    import asyncio

    from emulator.app import refused_fixtures

    return asyncio.run(refused_fixtures(loaded))


def _read(file: Path, params: Mapping[str, str], found: "list[Problem]") -> "Sequence[ScriptSource]":
    """Return the sources to check, or add why there are none; a Python script has none and only needs to load."""
    from scripted_models import Problem, ProblemsError, Rule, load_file, load_python
    from scripted_models.python_mistakes import broken_file

    try:
        if file.suffix != ".py":
            return [load_file(file, params)]
        if not load_python(file):
            found.append(Problem("error", str(file), 1, "python", "defines no script", Rule.PYTHON))
    except ProblemsError as error:
        found += error.found
    except OSError as error:
        raise RefusedError(f"{file}: {error.strerror}") from None
    except Exception as error:  # noqa: BLE001
        found.append(broken_file(error, file))  # a Python script may raise anything
    return []
