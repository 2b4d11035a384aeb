"""/aliases: names by which requests of the API reach another namespace."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from emulator.control.body import ControlBody
from emulator.service.namespaces import Namespaces

_Name = Annotated[str, Path(description="The name that the requests use.", examples=["orders"])]


class Alias(ControlBody):
    """The namespace that is meant."""

    namespace: Annotated[str, Field(description="Where the requests go.", examples=["orders-7"])]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/aliases", tags=["aliases"])

    @router.get("", response_description='`{"aliases": {name: namespace}}`.')
    async def list_aliases() -> dict[str, Any]:
        """List the aliases."""
        return {"aliases": namespaces.aliases}

    @router.put("/{name}", response_description='`{"alias": ..., "namespace": ...}`.')
    async def put_alias(name: _Name, body: Alias) -> dict[str, Any]:
        """Let requests that name one namespace go to another.

        Requests that name no namespace name `default`: an alias of that sends them where a test wants them.
        """
        await namespaces.alias(name, body.namespace)
        return {"alias": name, "namespace": body.namespace}

    @router.delete("/{name}", response_description='`{"alias": ..., "deleted": true}`.')
    async def delete_alias(name: _Name) -> dict[str, Any]:
        """Let requests go again where they say."""
        await namespaces.remove_alias(name)
        return {"alias": name, "deleted": True}

    return router
