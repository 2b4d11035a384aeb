"""Which files are within a model's reach, and how: by a tool, or because they stand in a message."""

from collections.abc import Mapping

from emulator.domain.parity.records import Api, Saw

MESSAGE = "message"
_CODE = "code_interpreter"
_SEARCH = "file_search"


def reach_of(saw: Saw, api: Api) -> Mapping[str, frozenset[str]]:
    """Return the names of all files, each with the tools that read it; `MESSAGE`: the model is given it whole.

    An attachment of Assistants is read by its tools alone, a file in the input of a response by the model itself,
    and by code where there is some (documented).
    """
    reached: dict[str, set[str]] = {}
    for file in saw.files:
        reached.setdefault(file.name, set()).update(file.tools)
    for store in saw.stores:
        for name in store.files:
            reached.setdefault(name, set()).add(_SEARCH)
    has_code = any(tool.get("type") == _CODE for tool in saw.tools)
    for name in (name for message in saw.messages for name in message.files):
        by = reached.setdefault(name, set())
        if api == "responses" or not by:
            by.add(MESSAGE)
        if api == "responses" and has_code:
            by.add(_CODE)
    return {name: frozenset(by) or frozenset({MESSAGE}) for name, by in reached.items()}
