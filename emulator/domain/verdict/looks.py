"""Looks: answers that show what became of a request whose own answer its client did not get."""

from collections.abc import Iterator

from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import is_failure

# A list, by its path, or a run, by its id.
Place = tuple[str, str]


def looked_at(request: LoggedRequest) -> Iterator[Place]:
    """Yield what the answer to a request shows."""
    if is_failure(request):
        return
    if request.method == "GET":
        yield "list", request.path
    for one in request.observed.objects if request.observed else ():
        yield "object", one.id


def to_be_found_at(request: LoggedRequest) -> Iterator[Place]:
    """Yield where it can be seen what became of a request: among all that it makes, and at the run that it is about."""
    yield "list", request.path
    if request.run is not None:
        yield "object", request.run
