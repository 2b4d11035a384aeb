"""One request and what its answer needs, as the handlers see it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from emulator.api import headers
from emulator.api.address import Address, RequestHeaders
from emulator.api.headers import RawHeaders
from emulator.domain import refusals
from emulator.domain.caller import Caller
from emulator.domain.content_length import announced_bytes
from emulator.domain.errors import ApiError
from emulator.domain.observations import Observed, ObservedStream
from emulator.domain.quotas import digest_of
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, is_file_or_store
from emulator.tools.body import Body
from emulator.wire import layout
from emulator.wire.history.behaviors import AZURE_NAMES_FILE_SEARCH
from emulator.wire.history.wires import Wire
from emulator.wire.problems import validate
from emulator.wire.steps import INCLUDE_CONTENT
from emulator.wire.v1 import bodies as v1
from emulator.wire.v1.problems import problem
from emulator.wire.v1.tools import offers_search

if TYPE_CHECKING:
    from emulator.api.ordering import AdmittedRequest

MOST_PER_PAGE: Final = 100
# For the request log alone: no client receives an answer to a request that broke off.
CLIENT_CLOSED_REQUEST: Final = 499
_NO_QUERY: Final = QueryParams()
_INTEGER: Final = re.compile(r"-?[0-9]{1,4000}")
# As clients write them in a query.
_BOOLEANS: Final = {"true": True, "false": False, "True": True, "False": False}
Model = TypeVar("Model", bound=Body)


@dataclass(slots=True)
class Exchange:
    """A request in its namespace.

    wire: how the client wants to be answered; known once it was let in. params: of the path. own_headers: of this
    answer alone, beside those that all answers share. newline: the answer ends in one, as those of files and uploads
    do (recorded). thread, run: which one is made by the request. fault: what the fault that hit it does, as a ``do``.
    hint: why its URL leads nowhere. sent: the body, once it was read; form: what is kept of one with a file, and how
    many bytes the whole of it had so far. observed: what the answer shows of statuses. began_at: when it came, on the
    namespace's clock. endpoint_status: what the endpoint answered, where the namespace has faults. admission: of a
    request whose order a test has chosen.
    """

    scope: Scope
    receive: Receive
    headers: RequestHeaders
    address: Address
    namespace: Namespace
    request_id: str
    wire: Wire
    max_body: int
    began_at: float = 0.0
    params: Mapping[str, str] = field(default_factory=dict)
    own_headers: dict[str, str] = field(default_factory=dict)
    newline: bool = False
    thread: str | None = None
    run: str | None = None
    fault: Mapping[str, Any] | None = None
    hint: str | None = None
    sent: bytes | None = None
    form: Mapping[str, Any] | None = None
    form_bytes: int = 0
    observed: Observed | ObservedStream | None = None
    endpoint_status: int | None = None
    admission: "AdmittedRequest | None" = None

    @property
    def method(self) -> str:
        """The request's method."""
        method: str = self.scope["method"]
        return method

    @property
    def caller(self) -> Caller:
        """Who asks."""
        quotas = self.namespace.config.quotas
        counts = quotas is not None and quotas.tpm is not None
        return Caller(self.wire.is_v1, self.address.mount, digest_of(self.headers.api_key or "") if counts else None)

    @property
    def query(self) -> QueryParams:
        """The parameters behind the path."""
        raw = self.scope["query_string"]
        return QueryParams(raw) if raw else _NO_QUERY

    def param(self, name: str) -> str:
        """Return a part of the path."""
        return self.params[name]

    def observe(self) -> ObservedStream:
        """Return what notes the events of the answer, which is a stream."""
        self.observed = observed = ObservedStream()
        self.namespace.streams.add(observed)
        return observed

    def end_observing(self) -> Observed | None:
        """Return what the answer has shown; it shows nothing more."""
        observed, self.observed = self.observed, None
        if isinstance(observed, ObservedStream):
            self.namespace.streams.discard(observed)
            return observed.observed()
        return observed

    # --- the answer -------------------------------------------------------------------------------------------------

    def raw_headers(self) -> RawHeaders:
        """Return the headers of a good answer, as they are sent."""
        raw = [
            *headers.shared_raw(self.namespace.config.wire),
            (b"x-request-id", self.request_id.encode("latin-1")),
        ]
        if self.own_headers:
            raw += headers.encode(self.own_headers.items())
        return raw

    def named_headers(self) -> dict[str, str]:
        """Return the same as text, for answers of the framework's."""
        shared = headers.shared(self.namespace.config.wire)
        return {**shared, headers.REQUEST_ID: self.request_id, **self.own_headers}

    # --- the body ---------------------------------------------------------------------------------------------------

    async def body(self, model: type[Model], *, optional: bool = False) -> Model:
        """Return the body as a value of the newest shape, whichever wire it came on."""
        data = await self.json(optional=optional)
        if self.wire.is_v1:
            return self._upgraded(model, data)
        known: set[str] = set()
        while True:
            unknown: list[str] = []
            try:
                is_known = partial(self._is_known, known, unknown)
                return validate(model, data, day=self.wire.day, mount=self.address.mount, known=is_known)
            except ApiError:
                if not (found := await self._existing(unknown)):
                    raise
                known |= found

    def _upgraded(self, model: type[Model], data: Any) -> Model:
        """Return a body of v1 in the newest shape. Azure never had v1's retrieval (reported)."""
        body = v1.upgrade(model, data, self.wire.day)
        if self.address.mount == "azure" and offers_search(body):
            raise refusals.no_retrieval(names_v2=AZURE_NAMES_FILE_SEARCH.active_on(self.namespace.config.wire))
        return body

    async def json(self, *, optional: bool = False) -> Any:
        """Return the body's JSON. optional: no body at all is an empty object."""
        raw = await self.raw_body()
        if not raw.strip() and optional:
            return {}
        try:
            return layout.parse(raw)
        except ValueError:
            if self.wire.is_v1 and raw:
                raise refusals.validation_v1([problem((), "dict_type")]) from None
            raise refusals.bad_json() from None

    async def raw_body(self) -> bytes:
        """Return the body, if it is not over the limit."""
        announced = announced_bytes(self.headers.get("content-length"))
        if announced > self.max_body:
            raise refusals.body_too_large(self.max_body, announced)
        pieces, size, more = [], 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            piece, more = message.get("body", b""), message.get("more_body", False)
            size += len(piece)
            if size > self.max_body:
                raise refusals.body_too_large(self.max_body, None)
            pieces.append(piece)
        self.sent = b"".join(pieces)
        return self.sent

    def _is_known(self, known: set[str], unknown: list[str], id: str) -> bool:  # noqa: A002
        """Return whether an id is known; note one that is not."""
        if id in known:
            return True
        unknown.append(id)
        return False

    async def _existing(self, ids: list[str]) -> set[str]:
        """Return those of some ids that are a file's or a store's: validation cannot wait for the store itself."""
        if not ids:
            return set()
        async with self.namespace.transaction() as tx:
            return {one for one in ids if await is_file_or_store(tx, one)}

    # --- the query --------------------------------------------------------------------------------------------------

    def list_query(self, most: int = MOST_PER_PAGE, default: int = 20) -> ListQuery:
        """Return which page is asked for. Unknown keys are ignored (generic); bad values are refused (unverified)."""
        query = self.query
        if not query:
            return ListQuery(default)
        order = query.get("order") or "desc"
        if order not in ("asc", "desc"):
            raise refusals.invalid_value("order", order, ("asc", "desc"))
        limit = _integer("limit", query.get("limit") or str(default))
        if limit > most:
            raise refusals.number_out_of_range("limit", limit=most, got=limit, above=True)
        if limit < 1:
            raise refusals.number_out_of_range("limit", limit=1, got=limit, above=False)
        return ListQuery(limit, order, query.get("after") or None, query.get("before") or None)

    def integer(self, name: str) -> int | None:
        """Return a parameter that is a whole number, from 0; None where it was not sent."""
        text = self.query.get(name)
        if not text:
            return None
        if (value := _integer(name, text)) < 0:
            raise refusals.number_out_of_range(name, limit=0, got=value, above=False)
        return value

    def boolean(self, name: str) -> bool | None:
        """Return a parameter that is true or false; None where it was not sent."""
        text = self.query.get(name)
        if not text:
            return None
        if text not in _BOOLEANS:
            raise refusals.invalid_type(name, "a boolean", "a string")
        return _BOOLEANS[text]

    def includes_content(self) -> bool:
        """Return whether the texts of file searches are asked for: as `include[]`, `include`, or joined by commas."""
        query = self.query
        if not query:
            return False
        values = [value for name in ("include[]", "include") for value in query.getlist(name)]
        names = [name for value in values for name in value.split(",") if name]
        for name in names:
            if name != INCLUDE_CONTENT:
                raise refusals.invalid_value("include", name, (INCLUDE_CONTENT,))
        return bool(names)


def _integer(name: str, text: str) -> int:
    # Python would also read 1_0, blanks, and the digits of every script; and no more than 4300 of them.
    if not _INTEGER.fullmatch(text):
        raise refusals.invalid_type(name, "an integer", "a string")
    return int(text)
