"""The settings of a server: every option that can be chosen at its start, with its default."""

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from emulator.domain.database_url import DatabaseUrl, is_database_url
from emulator.domain.instants import known_wire
from emulator.domain.parameters import checked_parameters
from emulator.domain.replay import replay_choices

if TYPE_CHECKING:
    # Only for types: the command line and tests import settings, and must not wait for the classes of the domain.
    from emulator.domain.ports import Backend, ClockMode, ScriptSource

# The path of a scenario or of a file in Python, the text of a scenario (of several lines), or what would stand in one.
Script = Path | str | Mapping[str, Any]
# The service ended on the day after; all recorded traffic is older.
LAST_DAY: Final = datetime.date(2026, 8, 25)
Role = Literal["both", "web", "worker"]
# What may be chosen by name.
_CHOICES: Final = {
    "clock": ("real", "frozen", "auto"),
    "v1": ("served", "refused"),
    "role": ("both", "web", "worker"),
}
_NUMBERS: Final = ("seed", "poll_after_ms", "max_body")
_QUOTAS: Final = ("rpm", "tpm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one server.

    db: SQLite file, or the URL of a PostgreSQL database (``postgresql://…``), which several servers may share; None
    keeps everything in memory. role: whether a server on PostgreSQL answers requests, plays runs, or both. files:
    folder that those servers share for the bytes of files (None: in the database). metrics: whether requests are
    counted, and `/_emulator/metrics` answers. scripts: scenario files (YAML, JSON) or Python files with scripts,
    loaded into every new namespace, or scenarios as `ScriptSource`. params: values of the scripts' parameters.
    Recordings among the scripts are distilled; replays: more of them. drift, ids: how recordings are replayed (None: as
    their headers say). watch: load the files again when they change. backend: a scripted model, used if no script is
    loaded (None: echo). seed, clock, wire, strict, fail_on_drift: of new namespaces; wire: the day on which the
    service's responses are emulated; strict: more of what the report says is a failure; fail_on_drift: all drift is.
    rpm, tpm: quotas of each API key, per minute (None: none). v1: whether clients with assistants=v1 are served.
    sunset: behave as the service does since its end. api_keys: accepted keys (empty: any). control_token: bearer token
    of the control API (None: loopback hosts only). models: ids listed and accepted (empty: a default list, any
    accepted). hosts: names that the server answers to, beside those of loopback (`*`: any). cors: origins of web pages
    that may use the API, beside those of loopback (`*`: any). poll_after_ms: value of the `openai-poll-after-ms` header
    of runs (None: no header). max_body: bytes of a JSON body. execute_code: scripts may run code, isolated. forward:
    paths that are passed on to other servers, each with the server's URL, ``{"/v1/embeddings":
    "http://127.0.0.1:9999"}``. forward_anywhere: also to other machines. import_from: folder of snapshots, NAME.zip,
    that namespaces begin with. inspected: snapshots to look at, by the names of their namespaces; nothing moves in one
    until something is changed there. export_to: folder into which all namespaces are saved so when the server stops.
    on_request: called with what the request log says of each request, before the last of its answer is sent, on the
    thread of the server. Raises ValueError for a choice that there is not, TypeError for a value of another type.
    """

    db: Path | DatabaseUrl | str | None = None
    role: Role = "both"
    files: Path | None = None
    metrics: bool = False
    scripts: "tuple[Path | ScriptSource, ...]" = ()
    params: Mapping[str, str] = field(default_factory=dict, hash=False)
    replays: tuple[Path, ...] = ()
    drift: Literal["lenient", "strict", "template"] | None = None
    ids: Literal["remap", "pin"] | None = None
    watch: bool = False
    backend: "Backend | None" = None
    seed: int = 0
    clock: "ClockMode" = "real"
    wire: datetime.date = LAST_DAY
    v1: Literal["served", "refused"] = "served"
    sunset: bool = False
    strict: bool = False
    fail_on_drift: bool = False
    rpm: int | None = None
    tpm: int | None = None
    api_keys: frozenset[str] = frozenset()
    control_token: str | None = None
    models: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    poll_after_ms: int | None = 1
    max_body: int = 32 * 1024 * 1024
    execute_code: bool = False
    import_from: Path | None = None
    inspected: Mapping[str, Path] = field(default_factory=dict, hash=False)
    export_to: Path | None = None
    forward: Mapping[str, str] = field(default_factory=dict, hash=False)
    forward_anywhere: bool = False
    on_request: Callable[[Mapping[str, object]], None] | None = field(default=None, compare=False)

    @property
    def database_url(self) -> DatabaseUrl | None:
        """The database that several servers may share; None where this one has a file or its memory."""
        return self.db if isinstance(self.db, DatabaseUrl) else None

    @property
    def database_file(self) -> Path | None:
        """The file of SQLite; None where there is none."""
        return self.db if isinstance(self.db, Path) else None

    def __post_init__(self) -> None:
        """Refuse at once what would only be noticed later, or never."""
        if isinstance(self.db, str) and is_database_url(self.db):
            object.__setattr__(self, "db", DatabaseUrl(self.db))  # which shows no password
        elif isinstance(self.db, str) and "://" in self.db:  # not shown: it may have a password, too
            raise ValueError("db: the URL of a database begins with postgresql://")
        for name, choices in _CHOICES.items():
            if (chosen := getattr(self, name)) not in choices:
                raise ValueError(f"{name}={chosen!r}: choose one of {', '.join(choices)}")
        for name in (*_NUMBERS, *_QUOTAS):
            _check_number(name, getattr(self, name))
        replay_choices(drift=self.drift, ids=self.ids)
        self._check_values()
        if self.database_url is None:
            self._check_alone()

    def _check_values(self) -> None:
        for name in ("scripts", "replays", "api_keys", "models", "hosts", "cors"):
            if isinstance(values := getattr(self, name), str):
                raise TypeError(f"{name}={values!r}: give several, such as ({values!r},)")
        given = (*self.scripts, *self.replays, self.db, self.files)
        paths = [one for one in given if not (one is None or hasattr(one, "text"))]
        for path in paths:
            if not isinstance(path, Path):
                raise TypeError(f"{path!r:.80}: give the path of a file as a pathlib.Path")
        if not isinstance(self.wire, datetime.date):
            raise TypeError(f"wire={self.wire!r}: give a datetime.date")
        known_wire(self.wire)
        checked_parameters(self.params)

    def _check_alone(self) -> None:
        """Refuse what only servers on PostgreSQL can do together."""
        if self.role != "both":
            raise ValueError(f"role={self.role!r}: a part of the work needs the URL of a PostgreSQL database")
        if self.files is not None:
            raise ValueError(f"files={str(self.files)!r}: beside a file of SQLite the bytes have their folder already")

    def with_scripts(self, given: Any, params: Mapping[str, str]) -> Self:
        """Return the same settings with more scripts: one or several as of `given_script`, or a backend alone.

        Raises TypeError for what is no script.
        """
        settings = replace(self, params={**self.params, **params})
        if callable(getattr(given, "turn", None)):
            return replace(settings, backend=given)
        scripts = () if given is None else given if isinstance(given, list | tuple) else (given,)
        added = (given_script(one, number) for number, one in enumerate(scripts, 1))
        return replace(settings, scripts=(*settings.scripts, *added))


def _check_number(name: str, number: object) -> None:
    if number is None and name in ("poll_after_ms", *_QUOTAS):
        return
    if not isinstance(number, int):
        raise TypeError(f"{name}={number!r}: give a whole number")
    if name in _QUOTAS and number < 1:
        raise ValueError(f"{name}={number!r}: give at least 1, or None")


def given_script(script: Any, number: int = 1) -> "Path | ScriptSource":
    """Return a script as it was given: the path of a file, or a text or a mapping as a source.

    number: by which a script without a name is called. Raises TypeError for what is none.
    """
    from emulator.domain.ports import ScriptSource  # noqa: PLC0415 - with a script the server needs it anyway

    match script:
        case ScriptSource() | Path():
            return script
        case Mapping():
            return ScriptSource(f"script-{number}.json", _text(script))
        case str() if is_text(script):
            return ScriptSource(f"script-{number}.yaml", script)
        case str():
            return Path(script)
    raise TypeError(
        f"{script!r:.80} is no script: give the path of a file, a text of several lines, a mapping, a list of these,"
        " or a backend alone"
    )


def is_text(script: str) -> bool:
    """Return whether a script is a text, and not the path of a file."""
    return "\n" in script or script.lstrip().startswith("{")


def _text(scenario: Mapping[str, Any]) -> str:
    try:
        return json.dumps(scenario)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the scenario is not JSON: {error}") from None
