"""The API as an ASGI app: finds endpoint and namespace of a request, checks access, and logs the answer."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from emulator.api import access, faults, headers, request_quota
from emulator.api.address import Address, RequestHeaders, locate
from emulator.api.answers import Answer, Response, not_found, refusal
from emulator.api.dispatch import EndpointTable
from emulator.api.endpoint import Endpoint
from emulator.api.exchange import CLIENT_CLOSED_REQUEST, Exchange
from emulator.api.log_entries import NOTHING, WITH_BODY, Sent, SentAnswer, logged, misaddressed, read_for_log
from emulator.api.neighbors import Neighbors
from emulator.api.truncation import Truncated
from emulator.api.url_hints import ONLY_V1, SUNSET, LoggedHints, hint_at
from emulator.callers import Callers
from emulator.domain import observations, refusals
from emulator.domain.errors import ApiError, UnavailableDatabaseError
from emulator.domain.neighbors import is_neighbor
from emulator.domain.request_log import MOST_BODY_BYTES
from emulator.engine.namespace import Namespace
from emulator.service.namespaces import Namespaces
from emulator.service.request_log import summary
from emulator.store.database import DatabaseError
from emulator.wire.history.wires import wire
from emulator.wire.projection import FILES_REFUSAL, project_part

Stopwatch = Callable[[], Callable[[], float]]
_log: Final = logging.getLogger(__name__)
_BAD_REQUEST: Final = 400
# What is gone since the end, whatever the method.
_ENDED: Final = ("/assistants", "/threads")


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """What the API needs to know of the server it belongs to.

    checks_host: whether the `Host` of a request has to be a name of the server. poll_after_ms: None sends no such
    header.
    """

    keys: access.Keys
    callers: Callers
    checks_host: bool
    poll_after_ms: int | None
    max_body: int
    stopwatch: Stopwatch
    on_request: Callable[[Mapping[str, object]], None] | None = None


class Api:
    """All endpoints, in every namespace and below every mount. mounts: those that have endpoints of their own.

    neighbors: what answers where there is no endpoint.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        mounts: Mapping[str, Sequence[Endpoint]],
        neighbors: Neighbors,
        namespaces: Namespaces,
        options: ApiOptions,
    ) -> None:
        self._neighbors = neighbors
        self._table = EndpointTable(endpoints)
        self._tables = {mount: EndpointTable(own) for mount, own in mounts.items()}
        self._namespaces = namespaces
        self._options = options
        self._hints = LoggedHints()
        self._since_start = options.stopwatch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = self._since_start()
        request_headers = RequestHeaders(scope["headers"])
        try:
            address = self._locate(scope, request_headers)
            table = self._tables.get(address.mount, self._table)
            found = await self._find(scope["method"], address, table)
            key_error = self._key_error(request_headers) if found else None
            # A request that is refused at once makes no namespace.
            refused = found is None or key_error is not None
            if refused:
                namespace = await self._namespaces.peek(address.namespace)
            else:
                namespace = self._namespaces.opened(address.namespace) or await self._namespaces.open(address.namespace)
        except ApiError as error:
            if self._options.on_request is not None:
                self._options.on_request(summary("-", misaddressed(scope, error, self._since_start() - began)))
            await refusal(error, {})(scope, receive, send)
            return
        exchange = self._exchange(scope, receive, request_headers, address, namespace)
        log = partial(self._log, exchange, began)
        answer: SentAnswer | None = None
        status = 0

        try:
            response = await self._respond(exchange, found, key_error, table)
            if exchange.sent is None and scope["method"] in WITH_BODY:
                await read_for_log(exchange)
            if type(response) is Answer:  # by far the most common: all of it is known before it is sent
                status = response.status_code
                log(Sent(status, response.raw_headers, len(response.body), response.body[:MOST_BODY_BYTES]))
                await response(scope, receive, send)
            else:
                answer = SentAnswer(send if exchange.admission is None else exchange.admission.sending(send), log)
                await response(scope, receive, answer)
        finally:
            if exchange.admission is not None:
                await exchange.admission.end()
            if answer is not None:
                status = answer.status
                answer.end()
            elif not status:
                log(NOTHING)
            if 0 < status < _BAD_REQUEST and not namespace.is_stored:
                await _store(namespace)

    def _log(self, exchange: Exchange, began: float, answer: Sent) -> None:
        request = logged(exchange, answer, began, self._since_start())
        namespace = exchange.namespace
        namespace.requests.append(request)
        namespace.coverage.note(request.status, request.observed, request.fault)
        if request.hint is not None:
            self._hints.say(namespace.name, request)
        if self._options.on_request is not None:
            self._options.on_request(summary(namespace.name, request))

    def _locate(self, scope: Scope, request_headers: RequestHeaders) -> Address:
        address = locate(scope["path"], request_headers)
        meant = self._namespaces.aliases.get(address.namespace)
        return address if meant is None else address._replace(namespace=meant)

    async def _find(
        self, method: str, address: Address, table: EndpointTable
    ) -> tuple[Endpoint, Mapping[str, str]] | None:
        """Return what answers a request, with the parameters of its path; None where nothing does."""
        found = table.find(method, address.path) if address.mount else None
        if found is not None and not found[0].yields:
            return found
        namespace = self._namespaces.opened(address.namespace) or await self._namespaces.shared(address.namespace)
        neighbor = self._neighbors.find(method, address, namespace)
        return found if neighbor is None else (neighbor, {})

    def _key_error(self, request_headers: RequestHeaders) -> ApiError | None:
        try:
            self._options.keys.check(request_headers)
        except ApiError as error:
            return error
        return None

    def _exchange(
        self, scope: Scope, receive: Receive, request_headers: RequestHeaders, address: Address, namespace: Namespace
    ) -> Exchange:
        return Exchange(
            scope,
            receive,
            request_headers,
            address,
            namespace,
            request_id=namespace.make_request_id(),
            wire=wire("v2", namespace.config.wire),
            max_body=self._options.max_body,
            began_at=namespace.clock.now(),
        )

    async def _respond(
        self,
        exchange: Exchange,
        found: tuple[Endpoint, Mapping[str, str]] | None,
        key_error: ApiError | None,
        table: EndpointTable,
    ) -> Response | Truncated:
        if found is None:
            return _refuse_path(exchange, table)
        endpoint, exchange.params = found
        if endpoint.is_of_files:
            exchange.newline = True
            exchange.own_headers.update(headers.FOR_ANY_PAGE)
        if key_error is not None:
            return _refuse(exchange, endpoint, key_error)

        try:
            if exchange.namespace.interleaving is not None:
                from emulator.api.ordering import admit  # noqa: PLC0415 - loaded once an order is set

                exchange.admission = await admit(exchange, exchange.namespace.interleaving)
            if not exchange.namespace.faults:
                return await self._serve(exchange, endpoint)
            return await faults.respond(exchange, partial(self._serve, endpoint=endpoint))
        except ClientDisconnect:
            return Answer(b"", [], CLIENT_CLOSED_REQUEST)
        except UnavailableDatabaseError as error:  # of what several processes share
            _log.warning("%s %s: %s", endpoint.method, endpoint.path, error, extra=_about(exchange))
            return _refuse(exchange, endpoint, refusals.unavailable_database())

    async def _serve(self, exchange: Exchange, endpoint: Endpoint) -> Response:
        """Return an endpoint's answer, or the refusal of whatever went wrong."""
        try:
            if endpoint.counts and exchange.namespace.config.quotas is not None:
                await request_quota.check(exchange)
            self._check_access(exchange, endpoint)
            return await endpoint.handler(exchange)
        except ApiError as error:
            return _refuse(exchange, endpoint, error)
        except ClientDisconnect:
            return Answer(b"", [], CLIENT_CLOSED_REQUEST)
        except UnavailableDatabaseError as error:  # for now; the next request may be luckier
            _log.warning("%s %s: %s", endpoint.method, endpoint.path, error, extra=_about(exchange))
            return _refuse(exchange, endpoint, refusals.unavailable_database())
        except OSError as error:  # the bytes of a file are gone, say, or the disk is full
            _log.error("%s %s: %s", endpoint.method, endpoint.path, error, extra=_about(exchange))
            return _refuse(exchange, endpoint, refusals.server_error(exchange.request_id))
        except Exception:  # noqa: BLE001 - whatever broke, no client may see a traceback
            # Not as it was sent: a URL may hold a key.
            _log.exception("%s %s", endpoint.method, endpoint.path, extra=_about(exchange))
            return _refuse(exchange, endpoint, refusals.server_error(exchange.request_id))

    def _check_access(self, exchange: Exchange, endpoint: Endpoint) -> None:
        """Determine the wire; raise the refusal of a request that is not allowed.

        The order of the checks is the natural one, and unverified.
        """
        config = exchange.namespace.config
        if endpoint.sunset and access.is_over(config, exchange.address.mount):
            exchange.hint = SUNSET
            raise not_found(endpoint.method, exchange.address)
        wire_spoken = access.spoken_wire(
            exchange.headers,
            exchange.scope["query_string"],
            config.wire,
            mount=exchange.address.mount,
            needs_beta=endpoint.needs_beta,
        )
        # Files and stores never asked for the header: an old one there makes no difference (unverified).
        if endpoint.needs_beta:
            access.check_v1(wire_spoken, config, only_v1=endpoint.only_v1)
        if not endpoint.is_on(wire_spoken):
            exchange.hint = ONLY_V1
            raise not_found(endpoint.method, exchange.address)
        exchange.wire = wire_spoken
        if endpoint.polled and self._options.poll_after_ms is not None:
            exchange.own_headers[headers.POLL_AFTER] = str(self._options.poll_after_ms)


async def _store(namespace: Namespace) -> None:
    try:
        async with namespace.transaction() as tx:
            namespace.store(tx)
    except UnavailableDatabaseError as error:  # as below
        _log.warning("namespace %s could not be stored: %s", namespace.name, error, extra={"namespace": namespace.name})
    except DatabaseError:  # the request has been answered; the next one stores it
        _log.exception("namespace %s could not be stored", namespace.name, extra={"namespace": namespace.name})


def _about(exchange: Exchange) -> dict[str, str]:
    """Return what a log says of a request beside the message."""
    return {"request_id": exchange.request_id, "namespace": exchange.namespace.name}


# --- refusals -------------------------------------------------------------------------------------------------------


def _refuse_path(exchange: Exchange, table: EndpointTable) -> Response:
    """Answer a path that is no endpoint, or a method that it does not take."""
    address, method = exchange.address, exchange.method
    allowed = table.methods(address.path) if address.mount else []
    answer_headers = exchange.named_headers()
    if allowed:
        answer_headers["allow"] = ", ".join(allowed)
    ended = access.is_over(exchange.namespace.config, address.mount) and address.path.startswith(_ENDED)
    if address.mount == "azure" or not allowed or ended or is_neighbor(address.path):
        exchange.hint = SUNSET if ended else hint_at(exchange, table)
        error = not_found(method, address)
    else:
        error = refusals.method_not_allowed(method, address.public_path)
    exchange.observed = observations.of_refusal(error)
    return refusal(error, answer_headers)


def _refuse(exchange: Exchange, endpoint: Endpoint, error: ApiError) -> Response:
    if error.on_azure is not None and exchange.caller.is_azure:
        error = error.on_azure
    if error.on_v1 is not None and exchange.wire.is_v1:
        error = error.on_v1
    exchange.observed = observations.of_refusal(error)
    day = exchange.namespace.config.wire
    own = {headers.REQUEST_ID: exchange.request_id, **exchange.own_headers}
    more: Mapping[str, Any] = {}
    if endpoint.path.startswith("/files"):
        twice = {"detail": {"message": error.message, "code": None}}
        more = project_part(twice, wire("v2", day), FILES_REFUSAL)
    return refusal(error, headers.of_refusal(error, day, own), more, newline=exchange.newline)
