"""What the marker of a test asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from emulator.domain.replay import replay_choices
from emulator.settings import is_text

# What a test may allow its namespace to be: the kinds of failures in the report.
KINDS: Final = ("unmatched", "script", "check", "drift", "unused", "fault")
_CONFIG: Final = (
    "seed",
    "clock",
    "wire",
    "pace",
    "models",
    "v1",
    "sunset",
    "strict",
    "fail_on_drift",
    "chunks",
    "quotas",
)
_REPLAY: Final = ("drift", "ids")
_OWN: Final = ("set", "check", "allow", "resilient", "real_service", *_REPLAY)
Strictness = bool | Literal["strict"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a test asks for.

    scripts: scenarios and recordings, those of files with absolute paths; params: their parameters; replay: how
    recordings are replayed. config: of the namespace. check: whether failures in the report fail the test, but for
    those of the kinds in allow. resilient: whether what fails the verdict does, too, or also what only warns; None: as
    the session says. real_service: whether requests may leave for the real service.
    """

    scripts: tuple[Any, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    replay: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    check: bool = True
    allow: tuple[str, ...] = ()
    resilient: Strictness | None = None
    real_service: bool = False


def options_of(item: pytest.Item) -> Options:
    """Return what the markers of a test, its class and its module ask for; the closest one has the last word."""
    scripts: tuple[Any, ...] = ()
    chosen: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("emulator"))):
        if unknown := sorted(set(mark.kwargs) - {*_CONFIG, *_OWN}):
            raise pytest.UsageError(
                f"{item.nodeid}: the marker emulator has no {unknown[0]!r}: choose among {', '.join((*_OWN, *_CONFIG))}"
            )
        if mark.args:
            scripts = tuple(_found(item, script) for script in mark.args)
        chosen.update(mark.kwargs)
    allow = chosen.get("allow", ())
    allow = (allow,) if isinstance(allow, str) else tuple(allow)
    if unknown := sorted(set(allow) - set(KINDS)):
        raise pytest.UsageError(f"{item.nodeid}: nothing to allow is called {unknown[0]!r}: it is {', '.join(KINDS)}")
    resilient = chosen.get("resilient")
    if resilient not in (None, True, False, "strict"):
        raise pytest.UsageError(f"{item.nodeid}: resilient is True, False or 'strict', not {resilient!r}")
    try:
        replay = replay_choices(**{name: chosen.get(name) for name in _REPLAY})
    except ValueError as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from None
    return Options(
        scripts=scripts,
        params=chosen.get("set", {}),
        replay=replay,
        config={name: chosen[name] for name in _CONFIG if name in chosen},
        check=chosen.get("check", True),
        allow=allow,
        resilient=resilient,
        real_service=chosen.get("real_service", False),
    )


def _found(item: pytest.Item, script: Any) -> Any:
    """Return a script; the path of a file is relative to the test's own, or else to the root of the suite."""
    if not isinstance(script, (str, Path)) or (isinstance(script, str) and is_text(script)):
        return script
    places = [item.path.parent / script, item.config.rootpath / script]
    for place in places:
        if place.is_file():
            return place
        if place.is_dir():
            raise pytest.UsageError(f"{item.nodeid}: {place} is a folder: name the scenarios or recordings in it")
    tried = ", ".join(str(place) for place in dict.fromkeys(places))
    raise pytest.UsageError(f"{item.nodeid}: there is no scenario {str(script)!r}; looked for {tried}")
