"""The command line. Each command imports what it needs when it runs, so that `--help` is fast."""

import datetime
import gc
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

from emulator import __version__
from emulator.domain.instants import wire_day
from emulator.settings import LAST_DAY, Settings

if TYPE_CHECKING:
    from emulator.domain.ports import ScriptSource
    from scripted_models import Problem

FAILED = 1
BAD_INPUT = 2

app = typer.Typer(
    name="assistants-emulator",
    help="An offline emulator of OpenAI's Assistants API, and a harness to test programs written for it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


class _RefusedError(TyperException):
    exit_code = BAD_INPUT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    0, or 1 if lint finds errors or a server fails, or 2 on bad input; a failure and bad input cost one line.
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


def _day(text: str) -> datetime.date:
    try:
        return wire_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


_Existing = partial(typer.Option, exists=True, dir_okay=False, readable=True, metavar="FILE")
_Server = partial(typer.Option, rich_help_panel="Server")
_File = partial(_Existing, rich_help_panel="Server")
_Namespace = partial(typer.Option, rich_help_panel="New namespaces")
_Api = partial(typer.Option, rich_help_panel="API")
_SCRIPTS = "Scripted model"


@app.command()
def serve(
    host: Annotated[str, _Server(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, _Server(min=0, max=65535, help="Port to listen on; 0 chooses a free one.")] = 8000,
    db: Annotated[
        Path | None, _Server(metavar="FILE", dir_okay=False, show_default="in memory", help="SQLite file for all data.")
    ] = None,
    control_token: Annotated[
        str | None, _Server(envvar="EMULATOR_CONTROL_TOKEN", metavar="TOKEN", help="Bearer token of the control API.")
    ] = None,
    allow_open: Annotated[bool, _Server("--allow-open", help="Allow other machines without a control token.")] = False,
    allow_host: Annotated[
        list[str] | None,
        _Server(metavar="NAME", show_default="loopback", help="Answer to this host name too, '*' to any; repeatable."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        _Server(
            metavar="ORIGIN",
            show_default="loopback",
            help="Let web pages of this origin use the API, '*' of any; repeatable.",
        ),
    ] = None,
    certfile: Annotated[Path | None, _File(help="Certificate (PEM) for TLS.", show_default="plain HTTP")] = None,
    keyfile: Annotated[
        Path | None, _File(help="Key of the certificate (PEM).", show_default="in the certificate's file")
    ] = None,
    requests: Annotated[bool, _Server("--requests", help="Print each request; of a 404, also why.")] = False,
    script: Annotated[
        list[Path] | None,
        _Existing(rich_help_panel=_SCRIPTS, show_default="echo", help="Scenario (YAML, JSON, Python); repeatable."),
    ] = None,
    execute_code: Annotated[
        bool, typer.Option("--execute-code", rich_help_panel=_SCRIPTS, help="Let scripts execute code, isolated.")
    ] = False,
    seed: Annotated[int, _Namespace(min=-(2**63), max=2**63 - 1, help="Seed of ids and random choices.")] = 0,
    clock: Annotated[
        Literal["real", "frozen", "auto"],
        _Namespace(
            help="real: delays take their time; frozen: until the clock is advanced; auto: delays and `expire: true`"
            " take no time, and nothing else expires by itself."
        ),
    ] = "real",
    wire: Annotated[
        datetime.date | None,
        _Namespace(
            parser=_day,
            metavar="DATE",
            show_default=f"the last day, {LAST_DAY}",
            help="Emulate the service as it was on this day.",
        ),
    ] = None,
    api_key: Annotated[
        list[str] | None, _Api(metavar="KEY", show_default="any", help="Accept only this key; repeatable.")
    ] = None,
    model: Annotated[
        list[str] | None, _Api(metavar="ID", show_default="any", help="List and accept only this model; repeatable.")
    ] = None,
    poll_after_ms: Annotated[
        int, _Api(min=0, max=86_400_000, metavar="N", help="Pause between polls that responses suggest.")
    ] = 1,
    no_poll_after: Annotated[bool, _Api("--no-poll-after", help="Suggest no pause, like the service.")] = False,
    sunset: Annotated[bool, _Api("--sunset", help="Behave as the service does since its end.")] = False,
    v1: Annotated[Literal["served", "refused"], _Api(help="Whether clients with assistants=v1 are served.")] = "served",
) -> None:
    """Serve the API until Ctrl-C."""
    _check_callers(allow_host or (), cors or ())
    _check_models(model or ())
    settings = Settings(
        db=_writable(db),
        scripts=tuple(script or ()),
        seed=seed,
        clock=clock,
        wire=wire or LAST_DAY,
        v1=v1,
        sunset=sunset,
        api_keys=frozenset(api_key or ()),
        control_token=control_token or None,
        models=tuple(model or ()),
        hosts=tuple(allow_host or ()),
        cors=tuple(cors or ()),
        poll_after_ms=None if no_poll_after else poll_after_ms,
        execute_code=execute_code,
        on_request=_print_request if requests else None,
    )
    _serve(settings, host, port, allow_open=allow_open, certfile=certfile, keyfile=keyfile)


def _check_callers(hosts: Sequence[str], origins: Sequence[str]) -> None:
    if not hosts and not origins:
        return
    from emulator.callers import Callers

    for option, chosen_hosts, chosen_origins in (("--allow-host", hosts, ()), ("--cors", (), origins)):
        try:
            Callers(chosen_hosts, chosen_origins)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=option) from None


def _check_models(models: Sequence[str]) -> None:
    from emulator.domain.json_values import problem_of

    for model in models:
        if problem := problem_of(model):
            raise typer.BadParameter(f"{model!r}: {problem}", param_hint="--model")


def _serve(
    settings: Settings, host: str, port: int, *, allow_open: bool, certfile: Path | None, keyfile: Path | None
) -> None:
    from emulator.domain.errors import EmulatorError
    from emulator.domain.ports import ScriptError
    from emulator.listening import is_loopback
    from emulator.server import serve

    # What is made until the server is ready stays until the end: collecting garbage meanwhile would search it in vain.
    gc.disable()

    def ready(url: str) -> None:
        gc.freeze()
        gc.enable()
        typer.echo(_greeting(settings, url))
        if not settings.control_token and not is_loopback(host):
            typer.echo("warning: other machines can use the control API, because there is no control token", err=True)

    try:
        serve(settings, host, port, ready=ready, allow_open=allow_open, certfile=certfile, keyfile=keyfile)
    except ScriptError as error:
        raise _RefusedError("\n".join(error.problems)) from None
    except EmulatorError as error:
        raise _RefusedError(str(error)) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, a traceback helps nobody who only starts a server
        failure = _RefusedError(f"the server failed: {type(error).__name__}: {' '.join(str(error).split())}")
        failure.exit_code = FAILED
        raise failure from None
    finally:
        gc.enable()


def _writable(db: Path | None) -> Path | None:
    if db and not db.absolute().parent.is_dir():
        raise typer.BadParameter(f"{db.parent} is not a directory", param_hint="--db")
    return db


def _greeting(settings: Settings, url: str) -> str:
    # The address for all interfaces is not one to connect to.
    base = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    printable = sorted(key for key in settings.api_keys if key.startswith("sk-emu"))
    key = printable[0] if printable else "YOUR_API_KEY" if settings.api_keys else "sk-emu-default"
    scripts = ", ".join(str(path) for path in settings.scripts) or "none, so the model repeats each message"
    access = "with your token" if settings.control_token else "no token needed"
    return "\n".join(
        (
            f"assistants-emulator {__version__} at {url}",
            "",
            f"export OPENAI_BASE_URL={base}/v1",
            f"export OPENAI_API_KEY={key}",
            "",
            f"scripts      {scripts}",
            f"data         {settings.db or 'in memory'}",
            f"control API  {base}/_emulator ({access})",
            *(f"{name:<13}{value}" for name, value in _changed(settings)),
            "Press Ctrl-C to stop.",
        )
    )


def _changed(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the settings that differ from the defaults, because they explain unexpected responses."""
    defaults = Settings()
    if settings.wire != defaults.wire:
        yield "wire", f"{settings.wire}: the service as it was on that day"
    if settings.clock != defaults.clock:
        yield "clock", settings.clock
    if settings.seed != defaults.seed:
        yield "seed", str(settings.seed)
    if settings.v1 != defaults.v1:
        yield "v1", settings.v1
    if settings.sunset:
        yield "sunset", "assistants and threads are gone, as since August 2026"
    if settings.models:
        yield "models", ", ".join(settings.models)
    if settings.execute_code:
        yield "code", "executed, isolated"


def _print_request(request: Mapping[str, Any]) -> None:
    from emulator.domain.printable import printable

    hint = f" ({printable(request['hint'])})" if request["hint"] else ""
    line = "{namespace} {method:6} {shown} {status} {ms:.1f} ms{hint}"
    typer.echo(line.format(**{**request, "hint": hint, "shown": printable(request["sent_path"])}))


@app.command()
def demo() -> None:
    """Show a conversation between the official client and a scripted model."""
    from emulator.demo import MissingClientError, run

    try:
        run()
    except MissingClientError as error:
        raise _RefusedError(str(error)) from None


@app.command()
def lint(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, metavar="FILE...", help="YAML, JSON or Python.")
    ],
) -> None:
    """Check scenario files: one line per finding, exit code 1 if there is an error."""
    from emulator.domain.ports import ScriptError
    from emulator.tools.kinds import types_on
    from scripted_models import lint as findings

    sources: list[ScriptSource] = []
    errors = 0
    for file in files:
        try:
            sources += _read(file)
        except ScriptError as error:
            errors += len(error.problems)
            typer.echo("\n".join(error.problems))
        except OSError as error:
            raise _RefusedError(f"{file}: {error.strerror}") from None
        except Exception as error:  # noqa: BLE001
            # A Python script may raise anything; the finding names the last of its own lines in the traceback.
            errors += 1
            typer.echo(f"{file}:{_line(error, file)}: python: {type(error).__name__}: {error}")
    found = findings(sources, tools=types_on(None))
    if not any(problem.severity == "error" for problem in found):
        found += _refused_fixtures(sources)
    for problem in found:
        errors += problem.severity == "error"
        typer.echo(f"{problem}" if problem.severity == "error" else f"{problem} (warning)")
    if errors:
        raise typer.Exit(1)
    typer.echo(f"{len(files)} file{'s' * (len(files) != 1)}: no errors", err=True)


def _refused_fixtures(sources: "Sequence[ScriptSource]") -> "list[Problem]":
    from scripted_models import load

    loaded = load(sources, allow_python=True)
    if not any(loaded.fixtures.values()):
        return []
    import asyncio

    from emulator.app import refused_fixtures

    return asyncio.run(refused_fixtures(loaded))


def _read(file: Path) -> "list[ScriptSource]":
    """Return the sources to check; a Python script has none and only needs to load."""
    from emulator.domain.ports import ScriptError
    from scripted_models import load_file, load_python

    if file.suffix != ".py":
        return [load_file(file)]
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


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    import scripted_models

    typer.echo(json.dumps(scripted_models.schema(), indent=2, ensure_ascii=False))
