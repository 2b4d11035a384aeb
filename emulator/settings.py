"""The settings of a server: every option that can be chosen at its start, with its default."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from emulator.domain.instants import known_wire

if TYPE_CHECKING:
    # Only for types: the command line and tests import settings, and must not wait for the classes of the domain.
    from emulator.domain.ports import Backend, ClockMode

# The service ended on the day after; all recorded traffic is older.
LAST_DAY: Final = datetime.date(2026, 8, 25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one server.

    db: SQLite file; None keeps everything in memory. scripts: scenario files (YAML, JSON) or Python files with
    scripts, loaded into every new namespace. backend: a scripted model, used if no script is loaded (None: echo).
    seed, clock, wire: of new namespaces; wire: the day on which the service's responses are emulated. v1: whether
    clients with assistants=v1 are served. sunset: behave as the service does since its end. api_keys: accepted keys
    (empty: any). control_token: bearer token of the control API (None: loopback hosts only). models: ids listed and
    accepted (empty: a default list, any accepted). hosts: names that the server answers to, beside those of loopback
    (`*`: any). cors: origins of web pages that may use the API, beside those of loopback (`*`: any). poll_after_ms:
    value of the `openai-poll-after-ms` header of runs (None: no header). max_body: bytes of a JSON body. execute_code:
    scripts may run code, isolated. on_request: called with what the request log says of each request, before the last
    of its answer is sent, on the thread of the server. Raises ValueError for a wire of which nothing is known.
    """

    db: Path | None = None
    scripts: tuple[Path, ...] = ()
    backend: "Backend | None" = None
    seed: int = 0
    clock: "ClockMode" = "real"
    wire: datetime.date = LAST_DAY
    v1: Literal["served", "refused"] = "served"
    sunset: bool = False
    api_keys: frozenset[str] = frozenset()
    control_token: str | None = None
    models: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    poll_after_ms: int | None = 1
    max_body: int = 32 * 1024 * 1024
    execute_code: bool = False
    on_request: Callable[[Mapping[str, object]], None] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse a day of which nothing is known."""
        known_wire(self.wire)
