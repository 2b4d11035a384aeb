"""One endpoint of the API: its address, its handler, and what is said of it in the OpenAPI document."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.tools.body import Body
from emulator.wire.history.behaviors import Behavior
from emulator.wire.history.wires import Wire

Handler = Callable[[Exchange], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    summary, answers, takes, query, may_be_empty: what the OpenAPI document says of it. answers: a name in
    `wire.shapes` or `wire.responses.shapes`, `list of` one, the object of a deletion, or `bytes`. takes: the model of
    its JSON body, the JSON Schema of its form, or the name of a model, ``module.Model`` of `wire.responses`, which is
    imported when it is wanted. may_be_empty: the body may be left out. query: names of parameters, known to `openapi`.
    operation: its name there, where the handler does not say it.

    needs_beta: refused without the `OpenAI-Beta` header. only_v1: gone with v1. on_v2: when v2 had it all the same.
    polled: its answers may carry `openai-poll-after-ms`, which the SDKs' own pollers obey. sunset: gone since
    2026-08-26. counts: its requests count for quotas. may_stream: a request may ask for a stream, whatever `takes`
    says. yields: to a stub or a forward that answers the same.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answers: str
    takes: type[Body] | Mapping[str, Any] | str | None = None
    query: tuple[str, ...] = ()
    may_be_empty: bool = False
    needs_beta: bool = True
    only_v1: bool = False
    on_v2: Behavior | None = None
    polled: bool = False
    sunset: bool = True
    counts: bool = True
    may_stream: bool = False
    yields: bool = False
    operation: str = ""

    @property
    def is_of_files(self) -> bool:
        """Whether it is one of files or uploads: bodies end in a newline, and any page may read them (recorded)."""
        return self.path.startswith(("/files", "/uploads"))

    def is_on(self, wire: Wire) -> bool:
        """Return whether a wire has it."""
        return not self.only_v1 or wire.is_v1 or (self.on_v2 is not None and self.on_v2.active_on(wire.day))

    @property
    def streams(self) -> bool:
        """Whether a request may ask for a stream."""
        return self.may_stream or (isinstance(self.takes, type) and "stream" in self.takes.model_fields)
