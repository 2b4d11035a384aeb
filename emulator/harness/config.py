"""What a namespace can be configured with."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict, get_args

from emulator.domain.config import Chunks, Progression
from emulator.harness.clocks import Duration, Instant, as_duration, as_instant

PROGRESSIONS: Final = get_args(Progression)


class Config(TypedDict, total=False):
    """Fields of a namespace's configuration.

    clock: an instant, at which it is frozen; a mode (``real``, ``frozen``, ``auto``); or the object that the control
    API takes. wire: the day whose answers are given. pace: a progression, or the object that the control API takes.
    models: ids that are accepted; none accepts any. strict: more of what the report notices is a failure.
    fail_on_drift: all drift is. chunks: how streams are cut where the script does not say: ``word``, ``char``,
    ``whole``, or a number of characters. quotas: of each API key, ``{"rpm": 60, "tpm": 90000}`` or one of both; None
    removes them.
    """

    seed: int | None
    clock: Instant | Mapping[str, Any] | None
    wire: str | datetime.date | None
    pace: Progression | Mapping[str, Any] | None
    models: Sequence[str] | None
    v1: Literal["served", "refused"] | None
    sunset: bool | None
    strict: bool | None
    fail_on_drift: bool | None
    chunks: Chunks | None
    quotas: Mapping[str, int] | None


def config_as_json(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as the control API takes it. Raises TypeError for a field that there is not."""
    fields = Config.__annotations__
    if unknown := sorted(set(config) - set(fields)):
        raise TypeError(f"a namespace has no {unknown[0]!r}: choose among {', '.join(fields)}")
    given = {name: value for name, value in config.items() if value is not None or name == "quotas"}
    if not isinstance(given.get("clock", {}), Mapping):
        given["clock"] = as_instant(given["clock"])
    if isinstance(given.get("wire"), datetime.date):
        given["wire"] = given["wire"].isoformat()
    if isinstance(given.get("pace"), str):
        given["pace"] = pace_as_json(given["pace"])
    if "models" in given:
        given["models"] = list(given["models"])
    return given


def pace_as_json(progression: str, times: int | None = None, seconds: Duration | None = None) -> dict[str, Any]:
    """Return a pace as the control API takes it. Raises ValueError for one that there is not."""
    if progression not in PROGRESSIONS:
        raise ValueError(f"{progression!r} is no pace: choose one of {', '.join(PROGRESSIONS)}")
    pace: dict[str, Any] = {"progression": progression}
    if times is not None:
        pace["times"] = times
    if seconds is not None:
        pace["seconds"] = as_duration(seconds)
    return pace
