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
    output: Annotated[
        Format, typer.Option("--format", help="json: a list; github: annotations of a workflow.")
    ] = "text",
    set: Parameters = None,  # noqa: A002 - the name of the option
) -> None:
    """Check scenario files: one line per finding, exit code 1 if there is an error."""
    params = read_set(set)
    checked = scripts_of(files)
    found = _found(checked, params)
    failed = any(problem.severity == "error" or strict for problem in found)
    for line in format_findings(found, output, strict=strict):
        typer.echo(line)
    if failed:
        raise typer.Exit(FAILED)
    typer.echo(f"{len(checked)} file{'s' * (len(checked) != 1)}: no errors", err=True)


def _found(files: Sequence[Path], params: Mapping[str, str]) -> "list[Problem]":
    from emulator.tools.kinds import types_on
    from scripted_models import lint as findings

    found: list[Problem] = []
    sources: list[ScriptSource] = []
    for file in files:
        sources += _read(file, params, found)
    unread = len(found)
    found += findings(sources, tools=types_on(None))
    if not any(problem.severity == "error" for problem in found[unread:]):
        found += _found_by_loading(sources)
    return found


def _found_by_loading(sources: "Sequence[ScriptSource]") -> "list[Problem]":
    """Return what only shows when scripts without errors are loaded: parameters without use, and refused fixtures."""
    from emulator.script_files import load
    from scripted_models import ProblemsError
    from scripted_models.parameters import unused_parameters

    try:
        loaded = load(sources, allow_python=True, warn=False)
    except ProblemsError as error:  # of exports, which are read only here
        return list(error.found)
    found = unused_parameters(sources, loaded)
    if not any(loaded.fixtures.values()):
        return found
    import asyncio

    from emulator.app import refused_fixtures

    return [*found, *asyncio.run(refused_fixtures(loaded))]


def _read(file: Path, params: Mapping[str, str], found: "list[Problem]") -> "Sequence[ScriptSource]":
    """Return the sources to check, or add why there are none; a Python script has none and only needs to load."""
    from scripted_models import Problem, ProblemsError, Rule, load_file, load_python

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
        # A Python script may raise anything; the finding names the last of its own lines in the traceback.
        message = f"{type(error).__name__}: {error}"
        found.append(Problem("error", str(file), _line(error, file), "python", message, Rule.PYTHON))
    return []


def _line(error: Exception, file: Path) -> int:
    import traceback

    if isinstance(error, SyntaxError):
        return error.lineno or 1
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file.resolve()
    ]
    return (lines and lines[-1]) or 1
