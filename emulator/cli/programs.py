"""A program beside a server of its own: where it is found, and what it finds in its environment."""

import shutil
from pathlib import Path
from typing import Final

from emulator.cli.refusals import RefusedError
from emulator.settings import Settings

# As shells answer.
NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
UNASKED: Final = "nothing was asked of the server; does the command read OPENAI_BASE_URL?"


def program_of(name: str) -> str:
    """Return the path of a program; refuse one that there is not, before a server is started."""
    found = shutil.which(name)
    if found is not None:
        return found
    if Path(name).name != name and Path(name).is_file():
        raise RefusedError(f"{name} cannot be run: it is not executable", NOT_EXECUTABLE)
    raise RefusedError(f"there is no command {name!r}", NOT_FOUND)


def variables_of(settings: Settings, url: str) -> dict[str, str]:
    """Return what a program finds in its environment."""
    from emulator.domain.mounts import CONTROL_PREFIX
    from emulator.harness.environment import variables, without_proxy

    key = min(settings.api_keys, default="sk-emu-default")
    token = {"EMULATOR_CONTROL_TOKEN": settings.control_token} if settings.control_token else {}
    control = {"EMULATOR_URL": url, "EMULATOR_CONTROL_URL": f"{url}{CONTROL_PREFIX}"}
    return {**variables(url, key), **control, **token, **without_proxy()}
