"""The order in which requests of several programs are let in: in one process, or over several of them."""

from dataclasses import dataclass
from typing import Protocol

from emulator.domain.errors import ApiError
from emulator.domain.request_order import RequestOrder
from emulator.engine.namespace import Namespace
from emulator.interleaving import Interleaving


@dataclass(frozen=True, slots=True)
class OrderState:
    """How far an order has come. waiting: programs whose requests wait. stalled: what is said where it was given up."""

    order: RequestOrder
    waiting: list[str]
    stalled: str | None


class Orders(Protocol):
    """The orders of all namespaces; all but `set` raise the 404 of a namespace that has none."""

    async def set(self, namespace: Namespace, order: RequestOrder, patience: float) -> OrderState:
        """Let requests in as an order says; those that wait for the last one are let in."""

    async def state(self, namespace: Namespace) -> OrderState:
        """Return how far the order has come."""

    async def end(self, namespace: Namespace, program: str) -> OrderState:
        """Pass over a program from now on; raise the 404 of one that is not in the order."""

    async def remove(self, namespace: Namespace) -> OrderState:
        """Let requests in as they come; return how far the order came."""


class LocalOrders:
    """The orders of one process."""

    async def set(self, namespace: Namespace, order: RequestOrder, patience: float) -> OrderState:
        """Let requests in as an order says."""
        namespace.order_requests(Interleaving(order, patience))
        return await self.state(namespace)

    async def state(self, namespace: Namespace) -> OrderState:
        """Return how far the order has come."""
        return _state(_interleaving(namespace))

    async def end(self, namespace: Namespace, program: str) -> OrderState:
        """Pass over a program from now on."""
        interleaving = _interleaving(namespace)
        if program not in interleaving.programs:
            raise no_program(namespace, program)
        interleaving.end(program)
        return _state(interleaving)

    async def remove(self, namespace: Namespace) -> OrderState:
        """Let requests in as they come."""
        interleaving = _interleaving(namespace)
        namespace.order_requests()
        return _state(interleaving)


def _interleaving(namespace: Namespace) -> Interleaving:
    if not isinstance(namespace.interleaving, Interleaving):
        raise no_order(namespace)
    return namespace.interleaving


def _state(interleaving: Interleaving) -> OrderState:
    return OrderState(interleaving.order, interleaving.waiting, interleaving.stalled)


def no_order(namespace: Namespace) -> ApiError:
    """Return the refusal where no order is set."""
    return ApiError(404, f"No order of requests is set in namespace '{namespace.name}'.")


def no_program(namespace: Namespace, program: str) -> ApiError:
    """Return the refusal of a program that is not in the order."""
    return ApiError(404, f"There is no program '{program}' in the order of namespace '{namespace.name}'.")
