"""``exec``: a command beside a server of its own, and what that has to say of it."""

import dataclasses
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.coverage_files import PANEL, FailUnder, failure_of, html_of, json_of, target, text_of, write
from emulator.cli.options import Clock, FailOnDrift, Port, Requests, Resilient, with_settings
from emulator.cli.programs import NOT_EXECUTABLE, UNASKED, program_of, variables_of
from emulator.cli.refusals import FAILED, RefusedError, refusing
from emulator.settings import Settings

if TYPE_CHECKING:
    from emulator.harness.emulator import Emulator


@partial(with_settings, without=("role", "metrics"))
def execute(
    settings: Settings,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="What to run, with its arguments.")],
    port: Port = 0,
    requests: Requests = False,
    clock: Clock = "auto",
    fail_on_drift: FailOnDrift = False,
    resilient: Resilient = False,
    inspect: Annotated[
        bool,
        typer.Option("--inspect", help="Let the server go on after the command until Ctrl-C, to look at in a browser."),
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", rich_help_panel=PANEL, help="Print which statuses and events the command met."),
    ] = False,
    coverage_json: Annotated[
        Path | None,
        target("--coverage-json", show_default="none", rich_help_panel=PANEL, help="Write that as JSON."),
    ] = None,
    coverage_html: Annotated[
        Path | None,
        target("--coverage-html", show_default="none", rich_help_panel=PANEL, help="Write that as a page."),
    ] = None,
    coverage_fail_under: FailUnder = None,
) -> None:
    """Run a command with a server of its own, and fail if a check of the server does.

    The command finds the server by OPENAI_BASE_URL and OPENAI_API_KEY, by Azure's variables, and by EMULATOR_URL and
    EMULATOR_CONTROL_URL. Put `--` before it. When it is over, the report of each namespace goes to stderr, and where a
    fault hit the verdict on it. The exit code is the command's, or 1 if that is 0 and there are failures, or less was
    met than asked for.
    """
    from emulator.cli.children import BY_SIGNAL, run
    from emulator.cli.lost_requests import LostRequests
    from emulator.cli.serve import print_notes, print_request
    from emulator.cli.summary import pages_of, reports_of, summary_of, verdicts_of
    from emulator.live_server import LiveServer

    program = program_of(command[0])
    lost = LostRequests(partial(print_request, err=True) if requests else None)
    chosen = dataclasses.replace(settings, clock=clock, fail_on_drift=fail_on_drift, on_request=lost)
    with refusing(), LiveServer(chosen, port=port) as server:
        print_notes(chosen)
        try:
            code = run(program, command, {**os.environ, **variables_of(chosen, server.url)})
        except OSError as error:
            raise RefusedError(f"{command[0]} cannot be run: {error.strerror}", NOT_EXECUTABLE) from None
        reports = reports_of(server.emulator)
        verdicts = verdicts_of(server.emulator, reports, wanted=resilient)
        met = server.emulator.coverage().coverage
        findings = sum(len(one.failing(strict=settings.strict)) for one in verdicts.values()) if resilient else 0
        is_held = inspect and code < BY_SIGNAL  # whoever has stopped the command wants to wait for nothing
        pages = pages_of(server.emulator, reports) if is_held else {}
        summary = summary_of(reports, UNASKED, verdicts, findings, lost.hints(), pages)
        typer.echo("\n".join(summary.lines), err=True)
        if is_held:
            _wait_for_looks(server.emulator)
    if coverage:
        typer.echo(text_of(met), err=True)
    for path, form in ((coverage_json, json_of), (coverage_html, html_of)):
        if path is not None:
            write(path, form(met))
    if (failure := failure_of(met, coverage_fail_under)) is not None:
        typer.echo(f"emulator: {failure}", err=True)
    raise typer.Exit(code or (FAILED if summary.failures or failure else 0))


def _wait_for_looks(emulator: "Emulator") -> None:
    """Let a server go on until Ctrl-C."""
    from emulator.harness.interrupts import stopped_by_signal

    with stopped_by_signal() as wait:
        typer.echo(f"emulator: what there is to look at: {emulator.inspector_url}\nPress Ctrl-C to stop.", err=True)
        wait()
