"""/ns/{ns}/import: objects in the API's own JSON, and the bytes of files."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request

from emulator.domain.replay import REPLAY_CHOICES, TAKEN
from emulator.service.namespaces import Namespaces

_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
_PARAMETERS: Final = [
    {
        "name": "as",
        "in": "query",
        "schema": {**_TEXT, "enum": list(TAKEN)},
        "description": "What is taken of a recording; otherwise both of recorded requests, and threads of an export."
        " `conversation` makes one of each thread, of a recording or an export.",
    },
    {"name": "name", "in": "query", "schema": _TEXT, "description": "The name of the recording, for its scripts."},
    *(
        {"name": name, "in": "query", "schema": {**_TEXT, "enum": list(choices)}, "description": "Of its scripts."}
        for name, choices in REPLAY_CHOICES.items()
    ),
]
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "example": {"objects": [{"object": "thread", "id": "thread_abc123", "created_at": 1767604200}]},
                "schema": {
                    "description": "An object, a list, a page of a list, or `objects`; a recording; or a form: the"
                    " JSON, recordings under `recording`, and the bytes of files by their ids or names."
                },
            }
        },
    },
    "parameters": _PARAMETERS,
}


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/import", tags=["import"])

    @router.post(
        "",
        openapi_extra=_BODY,
        response_description='`{"imported": {noun: number}, "ids": ..., "skipped": [...], "notes": [...]}`, and of'
        ' recordings `"scripts": [{"name", "kind", "fidelity", "turns", "notes"}]`; of conversations also `"lost":'
        ' [{"what", "why", "of"}]`.',
    )
    async def post_import(ns: str, request: Request) -> dict[str, Any]:
        """Import objects in the API's own JSON, with the bytes of files as further parts of a form.

        A body may also be a recording, or a form have some, of which threads, scripts or both are taken.
        """
        from emulator.control.import_bodies import import_body  # noqa: PLC0415 - loaded with the first import

        return await import_body(namespaces, ns, request)

    return router
