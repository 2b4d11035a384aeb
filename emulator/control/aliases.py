"""/aliases: namespaces that requests of the API reach by another name."""

from typing import Any

from fastapi import APIRouter

from emulator.control.body import ControlBody
from emulator.domain.errors import ApiError
from emulator.service.namespaces import Namespaces


class Alias(ControlBody):
    """The namespace that is meant."""

    namespace: str


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/aliases", tags=["aliases"])

    @router.get("", summary="List the aliases")
    async def list_aliases() -> dict[str, Any]:
        return {"aliases": namespaces.aliases}

    @router.put("/{name}", summary="Let requests that name one namespace go to another")
    async def put_alias(name: str, body: Alias) -> dict[str, Any]:
        """Requests that name no namespace name `default`: an alias of that sends them where a test wants them."""
        namespaces.alias(name, body.namespace)
        return {"alias": name, "namespace": body.namespace}

    @router.delete("/{name}", summary="Let requests go where they say again")
    async def delete_alias(name: str) -> dict[str, Any]:
        if namespaces.aliases.pop(name, None) is None:
            raise ApiError(404, f"There is no alias '{name}'.")
        return {"alias": name, "deleted": True}

    return router
