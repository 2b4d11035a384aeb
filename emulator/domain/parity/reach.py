"""Which files are within a model's reach, and how: by a tool, or because they stand in a message."""

from collections.abc import Mapping
from typing import Final

from emulator.domain.parity.records import Api, Saw

MESSAGE: Final = "message"
_CODE: Final = "code_interpreter"
_SEARCH: Final = "file_search"


def reach_of(saw: Saw, api: Api) -> Mapping[str, frozenset[str]]:
    """Return the names of all files, each with the tools that read it; `MESSAGE`: the model is given it whole.

    Only tools that are offered read. An attachment of Assistants is read by its tools alone; a file in the input of a
    response by the model itself, and by code where there is some (documented).
    """
    offered = offered_types(saw)
    reached: dict[str, set[str]] = {}
    for file in saw.files:
        reached.setdefault(file.name, set()).update(file.tools or {MESSAGE})
    for store in saw.stores:
        for name in store.files:
            reached.setdefault(name, set()).add(_SEARCH)
    for message in saw.messages:
        for name in message.files:
            if api == "responses":
                reached.setdefault(name, set()).update({MESSAGE, _CODE})
            elif name not in reached and message.images:
                reached[name] = {MESSAGE}
    usable = {name: frozenset(by & {*offered, MESSAGE}) for name, by in reached.items()}
    return {name: by for name, by in usable.items() if by}


def offered_types(saw: Saw) -> frozenset[str]:
    """Return the types of the tools that the model is offered."""
    return frozenset(str(tool.get("type")) for tool in saw.tools)
