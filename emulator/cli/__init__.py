"""The command line: one file for each command, which imports what it needs when it runs, so that `--help` is fast."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from emulator import __version__
from emulator.cli import demo, distil, execute, export, import_objects, lint, record, report, schema, serve

app = typer.Typer(
    name="assistants-emulator",
    help="An offline emulator of OpenAI's Assistants API, and a harness to test programs written for it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    0, or 1 if lint finds errors, a report has failures or a server fails, or 2 on bad input; a failure and bad input
    cost one line. `exec` returns what its command does, and 1 if that is 0 and a check fails.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # rather a question mark than an error on terminals without arrows
    try:
        code = app(args=argv, prog_name="assistants-emulator", standalone_mode=False)
    except TyperException as error:
        # Typer would draw a box; in the log of a test a line is better.
        if message := error.format_message():
            typer.echo(f"error: {message}", err=True)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe; Python would report that again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"assistants-emulator {__version__}")
        raise typer.Exit


@app.callback()
def _main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


app.command()(serve.serve)
# What stands behind the command's name is its own, whether it looks like an option of this one or not.
app.command(name="exec", context_settings={"allow_interspersed_args": False})(execute.execute)
app.command()(demo.demo)
app.command()(distil.distil)
app.command(name="distill", hidden=True)(distil.distil)
app.command(name="import")(import_objects.import_objects)
app.command()(export.export)
app.command()(lint.lint)
app.command()(record.record)
app.command()(report.report)
app.command()(schema.schema)
