"""How a server is set up: every choice that can be made at its start, and its default."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from emulator.domain.ports import Backend, ClockMode

# The newest day on which traffic of the service was recorded lies before this; the service ended on the day after.
LAST_DAY: Final = datetime.date(2026, 8, 25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Choices of one server.

    db: SQLite file; None keeps everything in memory. scripts: scenario files (YAML, JSON) or Python files with
    scripts, loaded into every namespace at its start. backend: a scripted model made in process, used where no
    script is loaded (None: echo). seed, clock, wire: what a new namespace starts with. wire: the day whose answers
    are spoken. api_keys: keys accepted (empty: any). control_token: bearer token of the control API (None: loopback
    hosts only). models: ids listed and accepted (empty: a default list, any accepted). poll_after_ms: value of the
    `openai-poll-after-ms` header on runs, None sends none. max_body: bytes of a JSON body.
    """

    db: Path | None = None
    scripts: tuple[Path, ...] = ()
    backend: Backend | None = None
    seed: int = 0
    clock: ClockMode = "real"
    wire: datetime.date = LAST_DAY
    v1: Literal["served", "refused"] = "served"
    sunset: bool = False
    api_keys: frozenset[str] = frozenset()
    control_token: str | None = None
    models: tuple[str, ...] = ()
    poll_after_ms: int | None = 1
    max_body: int = 32 * 1024 * 1024
    execute_code: bool = False
    on_request: Callable[[Mapping[str, object]], None] | None = field(default=None, compare=False)
