"""The ids that a scenario gives to new objects, because its recording shows them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from emulator.domain.data_uris import from_data_uri
from emulator.domain.id_forms import is_file_id, is_well_formed
from scripted_models.assets import find_asset
from scripted_models.fixtures import PREFIXES
from scripted_models.grammar.scenario import PinnedIds, Recording
from scripted_models.problems import Finding, brief
from scripted_models.rules import Rule

_KINDS: Final[Mapping[str, str]] = {
    "asst": "assistants",
    "thread": "threads",
    "msg": "messages",
    "run": "runs",
    "step": "steps",
    "file": "files",
    "vs": "vector_stores",
}


def pinned_ids(recording: Recording | None, assets: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the ids by kind, none where they are not to be pinned. Raises ValueError for a file that holds none."""
    if recording is None or recording.ids != "pin":
        return {}
    pinned = recording.pinned
    if isinstance(pinned, str):
        pinned = _read(pinned, assets)
    return {kind: list(getattr(pinned, kind)) for kind in _KINDS} if pinned else {}


def mistakes(recording: Recording | None, assets: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what cannot be pinned, each with its path within the recording."""
    try:
        ids = pinned_ids(recording, assets)
    except ValueError as error:
        yield Finding(("pinned",), Rule.ID, str(error))
        return
    in_a_file = recording is not None and isinstance(recording.pinned, str)
    for kind, some in ids.items():
        for number, one in enumerate(some):
            if message := _mistake(kind, one):
                yield Finding(("pinned",) if in_a_file else ("pinned", kind, number), Rule.ID, message)


def _mistake(kind: str, id_: str) -> str | None:
    if not is_well_formed(id_):
        return f"{brief(id_)} has characters that no id has"
    prefix = PREFIXES[_KINDS[kind]]
    if is_file_id(id_) if kind == "file" else id_.startswith(prefix):
        return None
    return f"ids of {_KINDS[kind].replace('_', ' ')} begin with {prefix}, unlike {brief(id_)}"


def _read(name: str, assets: Mapping[str, str]) -> PinnedIds:
    uri = find_asset(assets, name)
    if uri is None:
        raise ValueError(f"no file {brief(name)} beside the scenario")
    try:
        data: Any = json.loads(from_data_uri(uri)[1])
        return PinnedIds.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{brief(name)}: {where}: {first['msg']}") from None
    except ValueError as error:
        raise ValueError(f"{brief(name)} holds no ids as JSON: {error}") from None
