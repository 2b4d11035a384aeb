"""``lint``: checks scenario files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.options import Parameters, read_set
from emulator.cli.refusals import FAILED, RefusedError

if TYPE_CHECKING:
    from emulator.domain.ports import ScriptSource
    from scripted_models import Problem


def lint(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="YAML, JSON or Python.")
    ],
    set: Parameters = None,  # noqa: A002 - the name of the option
) -> None:
    """Check scenario files: one line per finding, exit code 1 if there is an error."""
    from emulator.domain.ports import ScriptError
    from emulator.tools.kinds import types_on
    from scripted_models import lint as findings

    params = read_set(set)
    sources: list[ScriptSource] = []
    errors = 0
    for file in files:
        try:
            sources += _read(file, params)
        except ScriptError as error:
            errors += len(error.problems)
            typer.echo("\n".join(error.problems))
        except OSError as error:
            raise RefusedError(f"{file}: {error.strerror}") from None
        except Exception as error:  # noqa: BLE001
            # A Python script may raise anything; the finding names the last of its own lines in the traceback.
            errors += 1
            typer.echo(f"{file}:{_line(error, file)}: python: {type(error).__name__}: {error}")
    found = findings(sources, tools=types_on(None))
    if not any(problem.severity == "error" for problem in found):
        found += _found_by_loading(sources)
    for problem in found:
        errors += problem.severity == "error"
        typer.echo(f"{problem}" if problem.severity == "error" else f"{problem} (warning)")
    if errors:
        raise typer.Exit(FAILED)
    typer.echo(f"{len(files)} file{'s' * (len(files) != 1)}: no errors", err=True)


def _found_by_loading(sources: "Sequence[ScriptSource]") -> "list[Problem]":
    """Return what only shows when scripts without errors are loaded: parameters without use, and refused fixtures."""
    from emulator.recording.exported_fixtures import UnreadableExportsError
    from emulator.script_files import load
    from scripted_models.parameters import unused_parameters

    try:
        loaded = load(sources, allow_python=True)
    except UnreadableExportsError as error:
        return list(error.found)
    found = unused_parameters(sources, loaded)
    if not any(loaded.fixtures.values()):
        return found
    import asyncio

    from emulator.app import refused_fixtures

    return [*found, *asyncio.run(refused_fixtures(loaded))]


def _read(file: Path, params: Mapping[str, str]) -> "list[ScriptSource]":
    """Return the sources to check; a Python script has none and only needs to load."""
    from emulator.domain.ports import ScriptError
    from scripted_models import load_file, load_python

    if file.suffix != ".py":
        return [load_file(file, params)]
    if not load_python(file):
        raise ScriptError([f"{file}:1: python: defines no script"])
    return []


def _line(error: Exception, file: Path) -> int:
    import traceback

    if isinstance(error, SyntaxError):
        return error.lineno or 1
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file.resolve()
    ]
    return (lines and lines[-1]) or 1
