"""The command line: one file for each command, loaded when it is named, so that every command starts fast."""

import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.exceptions import TyperException

from emulator import __version__
from emulator.domain.database_url import masked_urls

# In the order of `--help`, each with its function, which is alone in a file of its name.
COMMANDS: Final[Mapping[str, str]] = {
    "serve": "serve",
    "exec": "execute",
    "demo": "demo",
    "inspect": "inspect",
    "distil": "distil",
    "distill": "distil",
    "import": "import_objects",
    "export": "export",
    "lint": "lint",
    "record": "record",
    "report": "report",
    "coverage": "coverage",
    "parity": "parity",
    "schema": "schema",
}
_DETAILS: Final[Mapping[str, Mapping[str, Any]]] = {
    # What stands behind the command's name is its own, whether it looks like an option of this one or not.
    "exec": {"context_settings": {"allow_interspersed_args": False}},
    "distill": {"hidden": True},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    0, or 1 if lint finds errors, a report has failures, coverage is too low or a server fails, or 2 on bad input; a
    failure and bad input cost one line. `exec` returns what its command does, and 1 if that is 0 and a check fails.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # rather a question mark than an error on terminals without arrows
    first = (sys.argv[1:] if argv is None else argv)[:1]
    # Where no command is named, help and errors speak of all of them.
    app = app_of(first if first and first[0] in COMMANDS else COMMANDS)
    try:
        code = app(args=argv, prog_name="assistants-emulator", standalone_mode=False)
    except TyperException as error:
        # Typer would draw a box; in the log of a test a line is better.
        if message := error.format_message():
            typer.echo(f"error: {masked_urls(message)}", err=True)  # also of a URL where none belongs
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe; Python would report that again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def app_of(commands: Iterable[str]) -> typer.Typer:
    """Return the command line with these commands alone, by their names."""
    app = typer.Typer(
        name="assistants-emulator",
        help="An offline emulator of OpenAI's Assistants API, and a harness to test programs written for it.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_main_options)
    for name in commands:
        function = COMMANDS[name]
        run = getattr(import_module(f"emulator.cli.{function}"), function)
        app.command(name=name, **_DETAILS.get(name, {}))(run)
    return app


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"assistants-emulator {__version__}")
        raise typer.Exit


def _main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
