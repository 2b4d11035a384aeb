"""Headers of answers: the smallest set that all recordings of a day share, and what refusals leave out of it."""

from collections.abc import Mapping
from typing import Final

from emulator.domain.errors import ApiError
from emulator.engine import naming
from emulator.engine.world import World
from emulator.wire.habits import BEARER_CHALLENGE, NAMED_PROJECT

POLL_AFTER: Final = "openai-poll-after-ms"
# Files and uploads may be read by any page (recorded, 2024 to 2026), also by one that does not say where it is from.
FOR_ANY_PAGE: Final = {"access-control-allow-origin": "*"}

_UNAUTHORIZED: Final = 401
_SERVER_ERROR: Final = 500


def of_answers(world: World) -> dict[str, str]:
    """Return the headers of an answer in a world. The same calls give the same bytes, so nothing here is measured."""
    project = {"openai-project": "proj_emulator"} if NAMED_PROJECT.came_by(world.setup["wire"]) else {}
    return {
        "openai-version": "2020-10-01",
        "openai-organization": "emulator",
        "openai-processing-ms": "1",
        **project,
        "x-request-id": naming.make(world, "req"),
    }


def of_refusals(headers: Mapping[str, str], error: ApiError, day: str) -> dict[str, str]:
    """Return the headers of a refusal on a day: it names no organisation that it does not know (recorded)."""
    left_out = set()
    if error.status == _UNAUTHORIZED:
        left_out = {"openai-organization", "openai-project"}
    elif error.status >= _SERVER_ERROR:
        left_out = {"openai-organization", "openai-project", "openai-version"}
    shown = {name: value for name, value in {**headers, **error.headers}.items() if name not in left_out}
    if "www-authenticate" in shown and not BEARER_CHALLENGE.came_by(day):
        shown["www-authenticate"] = shown["www-authenticate"].replace("Bearer", "Basic")
    return shown
