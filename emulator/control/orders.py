"""/ns/{ns}/order: whose request is the next, where several programs talk to a namespace at once."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from emulator.control.body import ControlBody, Duration
from emulator.domain.errors import ApiError
from emulator.domain.request_order import PATIENCE, RequestOrder
from emulator.engine.orders import OrderState
from emulator.service.namespaces import Namespaces


def _letter(value: str) -> str:
    if not re.fullmatch("[a-z]", value):
        raise ValueError("a program is named by one letter from a to z, which its key ends with: sk-emu-NAMESPACE+a")
    return value


_Letter = Annotated[str, AfterValidator(_letter), Field(json_schema_extra={"pattern": "^[a-z]$"})]
_LONGEST: Final = 3600.0


class OrderSetting(ControlBody):
    """An order of requests."""

    programs: Annotated[
        list[_Letter],
        Field(
            description="The programs, a letter each; the key of `a` is `sk-emu-NAMESPACE+a`.",
            min_length=2,
            max_length=26,
            examples=[["a", "b"]],
        ),
    ]
    order: Annotated[
        str,
        Field(
            description="Whose requests are let in one after the other; behind the last, each program in turn.",
            max_length=100_000,
            examples=["abba"],
        ),
    ] = ""
    timeout: Annotated[
        Duration,
        Field(
            description="How long a program may send nothing while others wait for it; then all are let in.",
            gt=0,
            le=_LONGEST,
        ),
    ] = PATIENCE

    def value(self) -> RequestOrder:
        """Return the order; raise `ApiError` for one that makes no sense."""
        try:
            return RequestOrder(tuple(self.programs), self.order)
        except ValueError as error:
            raise ApiError(400, str(error), param=str(error).partition(":")[0]) from error


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/order", tags=["order"])

    @router.put("", response_description="The order, and how far it has come.")
    async def put_order(ns: str, body: OrderSetting) -> dict[str, Any]:
        """Let the requests of programs in one by one, in this order.

        Who is not due waits; requests with other keys pass. The next one is let in when the last was answered, or, of a
        stream, when its first event was sent. A namespace that does not exist is made.
        """
        order = body.value()
        namespace = await namespaces.open(ns)
        async with namespace.transaction() as tx:
            namespace.store(tx)
        return _shown(await namespaces.orders.set(namespace, order, body.timeout))

    @router.get("", response_description="The order, and how far it has come.")
    async def get_order(ns: str) -> dict[str, Any]:
        """Read how far the order has come: who was let in, who waits, who is due, and whether it was given up."""
        return _shown(await namespaces.orders.state(await namespaces.find(ns)))

    @router.post("/{program}/end", response_description="The order, and how far it has come.")
    async def end_program(ns: str, program: str) -> dict[str, Any]:
        """Pass over a program from now on: it has ended and sends nothing more."""
        return _shown(await namespaces.orders.end(await namespaces.find(ns), program))

    @router.delete("", response_description="The order, and how far it came.")
    async def delete_order(ns: str) -> dict[str, Any]:
        """Let requests in as they come, those that wait included."""
        return _shown(await namespaces.orders.remove(await namespaces.find(ns)))

    return router


def _shown(state: OrderState) -> dict[str, Any]:
    order = state.order
    return {
        "programs": list(order.programs),
        "order": order.letters,
        "admitted": order.admitted,
        "due": order.due,
        "waiting": state.waiting,
        "ended": sorted(order.ended),
        "stalled": state.stalled,
    }
