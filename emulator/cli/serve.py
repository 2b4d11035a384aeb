"""``serve``: the server, until it is stopped."""

import dataclasses
import gc
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from emulator import __version__
from emulator.cli.browser import OpenPage, open_in_browser
from emulator.cli.options import (
    Certificate,
    CertificateKey,
    Clock,
    Host,
    Port,
    Requests,
    Server,
    scripts_of,
    with_settings,
)
from emulator.cli.ready_file import ReadyFile
from emulator.cli.refusals import refusing
from emulator.settings import Settings

if TYPE_CHECKING:
    from emulator.replays import Replay


_UNGUARDED: Final = "other machines can use the control API, because there is no control token"


@with_settings
def serve(
    settings: Settings,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", exists=True, readable=True, help="Scenarios, folders of them, and recordings to play."
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    allow_open: Annotated[bool, Server("--allow-open", help="Allow other machines without a control token.")] = False,
    certfile: Certificate = None,
    keyfile: CertificateKey = None,
    ready_file: Annotated[
        Path | None,
        Server(
            metavar="FILE",
            dir_okay=False,
            show_default="none",
            help="Write url, control_url, inspector_url and pid there as JSON once requests are answered.",
        ),
    ] = None,
    requests: Requests = False,
    grace: Annotated[
        float, Server(min=0, max=3600, metavar="SECONDS", help="Time that open requests get to end at the end.")
    ] = 2.0,
    drain_delay: Annotated[
        float,
        Server(
            min=0,
            max=3600,
            metavar="SECONDS",
            help="Time before that in which /_emulator/ready says no, and requests are still answered.",
        ),
    ] = 0.0,
    log_format: Annotated[
        Literal["text", "json"], Server(help="What the log is: lines of text, or a JSON object on each line.")
    ] = "text",
    open_page: OpenPage = False,
    clock: Clock = "real",
) -> None:
    """Serve the API until Ctrl-C.

    The inspector, a page for a browser, stands at the same address: namespaces, threads, runs, scripts and requests.
    """
    scripts = (*settings.scripts, *scripts_of(files or ()))
    is_json = log_format == "json"
    on_request = (log_request if is_json else print_request) if requests else None
    chosen = dataclasses.replace(settings, scripts=scripts, clock=clock, on_request=on_request)
    from emulator.log_lines import logging_as

    with ReadyFile(ready_file) as announcement:
        shown = open_in_browser if open_page else None
        tls = {"certfile": certfile, "keyfile": keyfile}
        ending = {"grace": grace, "drain_delay": drain_delay}
        greeting = Greeting(_log_start, _log_warning) if is_json else Greeting(_print_start, _print_warning)
        with logging_as(log_format, _secrets(settings)):
            _serve(chosen, announcement, host, port, shown, greeting, allow_open=allow_open, **tls, **ending)


def _serve(
    settings: Settings,
    announcement: ReadyFile,
    host: str,
    port: int,
    show: Callable[[str], object] | None,
    greeting: "Greeting",
    **more: Any,
) -> None:
    from emulator.listening import is_loopback, to_connect_to
    from emulator.server import serve

    # What is made until the server is ready stays until the end: collecting garbage meanwhile would search it in vain.
    gc.disable()

    def ready(url: str) -> None:
        gc.freeze()
        gc.enable()
        announcement.write(to_connect_to(url), has_inspector=True)
        greeting.greet(settings, url)
        if not settings.control_token and not is_loopback(host):
            greeting.warn(_UNGUARDED)
        if show is not None:
            show(f"{to_connect_to(url)}/")

    try:
        with refusing():
            serve(settings, host, port, ready=ready, **more)
    finally:
        gc.enable()


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Return what is to stand in no line of the log."""
    from emulator.domain.keys import is_of_emulator

    url = settings.database_url
    keys = (key for key in settings.api_keys if not is_of_emulator(key))
    return (*keys, *((settings.control_token,) if settings.control_token else ()), *(url.secrets if url else ()))


@dataclasses.dataclass(frozen=True, slots=True)
class Greeting:
    """How a server says that it has started, and what is dangerous: to people, or to programs that read its log."""

    greet: Callable[[Settings, str], None]
    warn: Callable[[str], None]


def _print_warning(message: str) -> None:
    typer.echo(f"warning: {message}", err=True)


def _log_warning(message: str) -> None:
    logging.getLogger("emulator").warning(message)


def _print_start(settings: Settings, url: str) -> None:
    typer.echo(_greeting(settings, url))
    print_notes(settings)


def _log_start(settings: Settings, url: str) -> None:
    """Say the same where the log is read by programs."""
    log = logging.getLogger("emulator")
    log.info("assistants-emulator %s at %s, data: %s", __version__, url, settings.db or "in memory")
    for recording in recordings_of(settings):
        for note in recording.notes:
            log.warning("%s: %s", recording.files, note)


def _greeting(settings: Settings, url: str) -> str:
    from emulator.listening import to_connect_to

    base = to_connect_to(url)
    printable = sorted(key for key in settings.api_keys if key.startswith("sk-emu"))
    key = printable[0] if printable else "YOUR_API_KEY" if settings.api_keys else "sk-emu-default"
    recordings = recordings_of(settings)
    replayed = {path for one in recordings for path in one.paths}
    named = [*settings.scripts, *(one for one in settings.replays if one not in replayed)]
    scripts = ", ".join(str(one) for one in named if one not in replayed)
    none = "none beside recordings" if recordings else "none, so the model repeats each message"
    access = "with your token" if settings.control_token else "no token needed"
    return "\n".join(
        (
            f"assistants-emulator {__version__} at {url}",
            "",
            f"export OPENAI_BASE_URL={base}/v1",
            f"export OPENAI_API_KEY={key}",
            "",
            f"scripts      {scripts or none}",
            *(f"{'recording':<13}{one}" for one in recordings),
            f"data         {settings.db or 'in memory'}",
            f"control API  {base}/_emulator ({access})",
            f"inspector    {base}/{' (asks for your token)' if settings.control_token else ''}",
            *(f"{name:<13}{value}" for name, value in _changed(settings)),
            "Press Ctrl-C to stop.",
        )
    )


def _changed(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the settings that differ from the defaults, because they explain unexpected responses."""
    from emulator.domain.printable import printable

    defaults = Settings()
    shown = {
        "wire": f"{settings.wire}: the service as it was on that day",
        "clock": settings.clock,
        "seed": str(settings.seed),
        "params": ", ".join(f"{name}={printable(value)}" for name, value in settings.params.items()),
        "drift": f"{settings.drift}, whatever recordings say",
        "ids": f"{settings.ids}, whatever recordings say",
        "strict": "more of what the report says is a failure",
        "v1": settings.v1,
        "sunset": "assistants and threads are gone, as since August 2026",
        "models": ", ".join(settings.models),
        "forward": ", ".join(f"{path} to {url}" for path, url in settings.forward.items()),
        "import_from": f"{settings.import_from}, whose snapshots it began with",
        "export_to": f"{settings.export_to}, at the end",
        "execute_code": "executed, isolated",
        "role": settings.role,
        "files": str(settings.files),
        "metrics": "/_emulator/metrics",
    }
    titles = {"import_from": "imported", "export_to": "exported to", "execute_code": "code"}
    for name, text in shown.items():
        if getattr(settings, name) != getattr(defaults, name):
            yield titles.get(name, name), text


def recordings_of(settings: Settings) -> "list[Replay]":
    """Return the recordings that a server plays, which it has read by now."""
    if not (settings.scripts or settings.replays):
        return []
    from emulator.domain.ports import ScriptError
    from emulator.script_files import replays_of

    try:
        return replays_of(settings)
    except (OSError, ScriptError):
        return []  # changed meanwhile


def print_notes(settings: Settings) -> None:
    """Say what recordings have lost."""
    for recording in recordings_of(settings):
        for note in recording.notes:
            typer.echo(f"{recording.files}: {note}", err=True)


def log_request(request: Mapping[str, Any]) -> None:
    """Write a line about a request into a log that programs read."""
    log = logging.getLogger("emulator.requests")
    about = {"request_id": request["id"], "namespace": request["namespace"], "run": request["run"]}
    what = (request["method"], request["sent_path"], request["status"], request["ms"])
    log.info("%s %s %d %.1f ms", *what, extra=about)


def print_request(request: Mapping[str, Any], *, err: bool = False) -> None:
    """Print a line about a request."""
    from emulator.domain.printable import printable

    hint = f" ({printable(request['hint'])})" if request["hint"] else ""
    line = "{namespace} {method:6} {shown} {status} {ms:.1f} ms{hint}"
    typer.echo(line.format(**{**request, "hint": hint, "shown": printable(request["sent_path"])}), err=err)
