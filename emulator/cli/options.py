"""The options that choose a server's settings, once for all commands that start one."""

import datetime
import inspect
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from emulator.cli.refusals import RefusedError
from emulator.domain.database_url import DatabaseUrl, is_database_url
from emulator.domain.instants import wire_day
from emulator.domain.parameters import read_parameters
from emulator.settings import LAST_DAY, Settings


def _day(text: str) -> datetime.date:
    try:
        return wire_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Existing = partial(typer.Option, exists=True, dir_okay=False, readable=True, metavar="FILE")
_ExistingOrFolder = partial(typer.Option, exists=True, readable=True, metavar="FILE")
Server = partial(typer.Option, rich_help_panel="Server")
_Replicas = partial(typer.Option, rich_help_panel="Replicas")
_Namespace = partial(typer.Option, rich_help_panel="New namespaces")
_Api = partial(typer.Option, rich_help_panel="API")
_Scripts = partial(typer.Option, rich_help_panel="Scripted model")

Host = Annotated[str, Server(help="Address to listen on.")]
Certificate = Annotated[
    Path | None, Existing(rich_help_panel="Server", help="Certificate (PEM) for TLS.", show_default="plain HTTP")
]
CertificateKey = Annotated[
    Path | None,
    Existing(rich_help_panel="Server", help="Key of the certificate (PEM).", show_default="in the certificate's file"),
]
Port = Annotated[int, Server(min=0, max=65535, help="Port to listen on; 0 chooses a free one.")]
Requests = Annotated[bool, Server("--requests", help="Print each request; of a 404, also why.")]
Clock = Annotated[
    Literal["real", "frozen", "auto"],
    _Namespace(
        help="real: delays take their time; frozen: until the clock is advanced; auto: delays and `expire: true`"
        " take no time, and nothing else expires by itself."
    ),
]
FailOnDrift = Annotated[
    bool, typer.Option("--fail-on-drift", help="Let each difference from what was recorded be a failure.")
]
Resilient = Annotated[
    bool,
    typer.Option(
        "--resilient", help="Let findings of the verdict be failures; with --strict, also those that only warn."
    ),
]
Parameters = Annotated[
    list[str] | None,
    _Scripts(metavar="NAME=VALUE", show_default="none", help="Value of the scripts' params.NAME; repeatable."),
]


def read_set(texts: Sequence[str] | None) -> Mapping[str, str]:
    """Return the parameters that are given as ``NAME=VALUE``."""
    try:
        return read_parameters(texts or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from None


def scripts_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the scripts that are named, with the scenarios of folders in place of these."""
    if not any(path.is_dir() for path in paths):
        return tuple(paths)
    from emulator.script_files import NoScenariosError, expanded

    try:
        return tuple(dict.fromkeys(expanded(paths)))
    except NoScenariosError as error:
        raise RefusedError(str(error)) from None


def with_settings(command: Callable[..., None], *, without: Collection[str] = ()) -> Callable[..., None]:
    """Return a command that takes the options of `_settings` beside its own, and is given ``settings``.

    without: the names of options that it does not take.
    """
    offered = inspect.signature(_settings).parameters
    shared = {name: one for name, one in offered.items() if name not in without}
    own = [one for name, one in inspect.signature(command).parameters.items() if name != "settings"]

    @wraps(command)
    def run(**options: Any) -> None:
        chosen = {name: options.pop(name) for name in shared}
        command(settings=_settings(**chosen), **options)

    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared.values())]
    vars(run)["__signature__"] = inspect.Signature(parameters)  # what the command line reads
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _settings(
    db: Annotated[
        str | None,
        Server(
            metavar="FILE|URL",
            envvar="EMULATOR_DB",
            show_default="in memory",
            show_envvar=False,
            help="SQLite file for all data, or postgresql://… for a database that several servers share; also from"
            " EMULATOR_DB.",
        ),
    ] = None,
    role: Annotated[
        Literal["both", "web", "worker"],
        _Replicas(help="web: answer requests; worker: play runs; on PostgreSQL."),
    ] = "both",
    shared_files: Annotated[
        Path | None,
        _Replicas(
            "--files",
            metavar="DIR",
            exists=True,
            file_okay=False,
            writable=True,
            show_default="in the database",
            help="Folder, shared by the servers of a PostgreSQL database, for the bytes of files.",
        ),
    ] = None,
    metrics: Annotated[
        bool, _Replicas("--metrics", help="Count requests and runs, for Prometheus: /_emulator/metrics.")
    ] = False,
    import_from: Annotated[
        Path | None,
        Server("--import", metavar="DIR", show_default="none", help="Begin with the snapshots in DIR, NAME.zip each."),
    ] = None,
    export_to: Annotated[
        Path | None,
        Server(
            "--export-on-exit",
            metavar="DIR",
            show_default="none",
            help="Save each namespace to DIR/NAME.zip at the end; may be that of --import.",
        ),
    ] = None,
    control_token: Annotated[
        str | None, Server(envvar="EMULATOR_CONTROL_TOKEN", metavar="TOKEN", help="Bearer token of the control API.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        Server(metavar="NAME", show_default="loopback", help="Answer to this host name too, '*' to any; repeatable."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        Server(
            metavar="ORIGIN",
            show_default="loopback",
            help="Let web pages of this origin use the API, '*' of any; repeatable.",
        ),
    ] = None,
    forward: Annotated[
        list[str] | None,
        Server(
            metavar="PATH=URL",
            show_default="none",
            help="Pass requests for a path that the API does not have, such as /v1/embeddings, on to another server of"
            " this machine; repeatable.",
        ),
    ] = None,
    forward_anywhere: Annotated[
        bool, Server("--forward-anywhere", help="Pass them on to other machines too, with the keys in them.")
    ] = False,
    script: Annotated[
        list[Path] | None,
        _ExistingOrFolder(
            rich_help_panel="Scripted model",
            show_default="echo",
            help="Scenario (YAML, JSON, Python), a recording, or a folder of scenarios; repeatable.",
        ),
    ] = None,
    replay: Annotated[
        list[Path] | None,
        Existing(
            rich_help_panel="Scripted model",
            show_default="none",
            help="Recording (cassette, HAR, exported thread, and so on) to play; repeatable. --script takes them too.",
        ),
    ] = None,
    drift: Annotated[
        Literal["lenient", "strict", "template"] | None,
        _Scripts(show_default="lenient", help="What comes of a program that does not do as in a recording."),
    ] = None,
    ids: Annotated[
        Literal["remap", "pin"] | None,
        _Scripts(show_default="remap", help="Whether a recording is played with new ids, or with its own."),
    ] = None,
    set: Parameters = None,  # noqa: A002 - the name of the option
    watch: Annotated[bool, _Scripts("--watch", help="Load the scripts again when their files change.")] = False,
    execute_code: Annotated[bool, _Scripts("--execute-code", help="Let scripts execute code, isolated.")] = False,
    seed: Annotated[int, _Namespace(min=-(2**63), max=2**63 - 1, help="Seed of ids and random choices.")] = 0,
    wire: Annotated[
        datetime.date | None,
        _Namespace(
            parser=_day,
            metavar="DATE",
            show_default=f"the last day, {LAST_DAY}",
            help="Emulate the service as it was on this day.",
        ),
    ] = None,
    rpm: Annotated[
        int | None, _Namespace(min=1, metavar="N", show_default="any", help="Requests per minute of each API key.")
    ] = None,
    tpm: Annotated[
        int | None,
        _Namespace(min=1, metavar="N", show_default="any", help="Tokens of runs per minute of each API key."),
    ] = None,
    strict: Annotated[
        bool, _Namespace("--strict", help="Fail for more: calls not offered, drift, required turns left unused.")
    ] = False,
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
) -> Settings:
    _check_callers(allow_host or (), cors or ())
    _check_models(model or ())
    database = _database(db)
    if not isinstance(database, DatabaseUrl):
        _check_alone(role, shared_files)
    return Settings(
        db=database,
        role=role,
        files=shared_files,
        metrics=metrics,
        scripts=scripts_of(script or ()),
        replays=tuple(replay or ()),
        drift=drift,
        ids=ids,
        params=read_set(set),
        watch=watch,
        seed=seed,
        wire=wire or LAST_DAY,
        rpm=rpm,
        tpm=tpm,
        strict=strict,
        v1=v1,
        sunset=sunset,
        api_keys=frozenset(api_key or ()),
        control_token=control_token or None,
        models=tuple(model or ()),
        hosts=tuple(allow_host or ()),
        cors=tuple(cors or ()),
        poll_after_ms=None if no_poll_after else poll_after_ms,
        execute_code=execute_code,
        forward=_forwards(forward or ()),
        forward_anywhere=forward_anywhere,
        import_from=import_from,
        export_to=export_to,
    )


def _forwards(chosen: Sequence[str]) -> dict[str, str]:
    """Return the URLs by their paths; whether they may be used is decided where they are."""
    forwards: dict[str, str] = {}
    for one in chosen:
        path, equals, url = one.partition("=")
        if not equals or path in forwards:
            why = "has a URL already" if equals else "is not PATH=URL, such as /v1/embeddings=http://127.0.0.1:9999"
            raise typer.BadParameter(f"{path!r} {why}", param_hint="--forward")
        forwards[path] = url
    return forwards


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


def _database(chosen: str | None) -> Path | DatabaseUrl | None:
    """Return where data are: a file that can be there, or a database on a server."""
    if chosen is None or not chosen:
        return None
    if is_database_url(chosen):
        try:
            return DatabaseUrl(chosen)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--db") from None
    if "://" in chosen:
        raise typer.BadParameter("a database on a server begins with postgresql://", param_hint="--db")
    path = Path(chosen)
    if os.path.isdir(path):  # noqa: PTH112 - False for a name that is too long, which is refused where it is opened
        raise typer.BadParameter(f"{path} is a directory", param_hint="--db")
    if not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"{path.parent} is not a directory", param_hint="--db")
    return path


def _check_alone(role: str, files: Path | None) -> None:
    """Refuse what only servers on PostgreSQL can do together."""
    if role != "both":
        raise typer.BadParameter(f"{role} needs --db postgresql://…", param_hint="--role")
    if files is not None:
        raise typer.BadParameter("needs --db postgresql://…; FILE.files lies beside a file", param_hint="--files")
