"""What the back door takes: bodies of its own, read and checked."""

import datetime
import re
from base64 import b64encode
from typing import Annotated, Any, Final, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, field_validator

from emulator.clock import instant
from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.service.worlds import UNNAMED

MOST_SCRIPT_BYTES: Final = 16 * 1024 * 1024
_MODES: Final = ("real", "frozen", "auto")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


class ControlBody(BaseModel):
    """A body of the control API: unknown fields are typing errors, and said so."""

    model_config = ConfigDict(extra="forbid")


def seconds(duration: str | float) -> float:
    """Return "10m1s", "300ms" or a number as seconds. Raises ValueError."""
    if isinstance(duration, int | float):
        return float(duration)
    parts = _PART.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration.replace(" ", ""):
        raise ValueError(f"{duration!r} is no duration: write 300ms, 2s, 10m, 1h, 3d, or 10m1s")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class ClockSetting(ControlBody):
    """mode; at: an ISO instant; speed: seconds of the clock to one of the machine's."""

    mode: Literal["real", "frozen", "auto"] | None = None
    at: str | None = None
    speed: Annotated[float, Field(gt=0)] | None = None

    @field_validator("at")
    @classmethod
    def _an_instant(cls, value: str | None) -> str | None:
        if value is not None:
            instant(value)
        return value

    def state(self) -> dict[str, Any]:
        """Return the setting as a clock's state."""
        at = None if self.at is None else instant(self.at)
        return {"mode": self.mode or "frozen", "at": at, "speed": self.speed or 1.0}


class Pace(ControlBody):
    """How a polled run shows itself: see `emulator.engine.gates`. times: polls; seconds: a duration."""

    progression: Literal["immediate", "polls", "time", "manual"] = "immediate"
    times: Annotated[int, Field(ge=1)] = 1
    seconds: str | float = 1.0

    @field_validator("seconds")
    @classmethod
    def _as_number(cls, value: str | float) -> float:
        return seconds(value)


class Step(ControlBody):
    """How far a run is to go."""

    until: str | None = None


class NamespaceSetting(ControlBody):
    """How a namespace is set up. clock: an instant (frozen there), a mode, or both. wire: the day that is spoken."""

    seed: int | None = None
    clock: ClockSetting | str | None = None
    wire: datetime.date | None = None
    pace: Pace | None = None
    models: list[str] | None = None
    v1: Literal["served", "refused"] | None = None
    sunset: bool | None = None
    strict: bool | None = None

    @field_validator("clock")
    @classmethod
    def _a_mode_or_an_instant(cls, value: ClockSetting | str | None) -> ClockSetting | str | None:
        if isinstance(value, str) and value not in _MODES:
            instant(value)
        return value

    def change(self) -> dict[str, Any]:
        """Return what is to be set up anew."""
        given = self.model_dump(exclude_none=True, include={"seed", "models", "v1", "sunset", "strict"})
        if self.wire is not None:
            given["wire"] = self.wire.isoformat()
        if self.pace is not None:
            given["pace"] = self.pace.model_dump()
        if isinstance(self.clock, str):
            setting = ClockSetting(mode=self.clock) if self.clock in _MODES else ClockSetting(at=self.clock)  # type: ignore[arg-type]
            given["clock"] = setting.state()
        elif self.clock is not None:
            given["clock"] = self.clock.state()
        return given


class Advance(ControlBody):
    """How far the clock is to go: a duration."""

    by: str | float

    @field_validator("by")
    @classmethod
    def _forward(cls, value: str | float) -> str | float:
        if seconds(value) < 0:
            raise ValueError("a clock goes forward only")
        return value


class FaultMatch(ControlBody):
    """Which requests. path: a glob below /v1."""

    method: str | None = None
    path: str | None = None


class FaultEffect(ControlBody):
    """What happens. Either status (with error and headers), or cut_stream_after and/or error_event (with error)."""

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    error: dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    cut_stream_after: Annotated[int, Field(ge=0)] | None = None
    error_event: bool | None = None


class FaultSetting(ControlBody):
    """A fault. times: how many requests it hits (default: all); after: how many it lets pass first."""

    do: FaultEffect
    match: FaultMatch = FaultMatch()
    times: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=0)] = 0


async def script_sources(request: Request) -> list[ScriptSource]:
    """Return the scripts of a request: one YAML or JSON body, or multipart parts, whose files are scripts and assets.

    Names come from the parts' file names, or from the `name` of the query; nothing is ever read from the disk.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _parts(request)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_SCRIPT_BYTES:
            raise _too_large()
        pieces.append(piece)
    return [ScriptSource(request.query_params.get("name") or UNNAMED, _text(b"".join(pieces)))]


async def _parts(request: Request) -> list[ScriptSource]:
    texts: list[tuple[str, str]] = []
    assets: dict[str, str] = {}
    async with request.form(max_files=200, max_fields=200, max_part_size=MOST_SCRIPT_BYTES) as form:
        for field, part in form.multi_items():
            if isinstance(part, str):
                texts.append((f"{field}.yaml", part))
                continue
            data = await part.read(MOST_SCRIPT_BYTES + 1)
            if len(data) > MOST_SCRIPT_BYTES:
                raise _too_large()
            name = part.filename or field
            if field.startswith("script") or name.endswith((".yaml", ".yml")):
                texts.append((name, _text(data)))
            else:
                media = part.content_type or "application/octet-stream"
                assets[name] = f"data:{media};base64,{b64encode(data).decode()}"
    return [ScriptSource(name, text, assets) for name, text in texts]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError(400, f"A script has to be UTF-8: {error}.") from error


def _too_large() -> ApiError:
    return ApiError(413, f"A script or an asset may have at most {MOST_SCRIPT_BYTES} bytes.")
