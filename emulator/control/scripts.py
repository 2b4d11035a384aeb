"""/ns/{ns}/scripts and /lint: scripts, put, added to, read, deleted and checked."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from emulator.control.limits import MOST_ASSET_BYTES, MOST_SCRIPT_BYTES
from emulator.domain.errors import ApiError
from emulator.domain.parameters import read_parameters
from emulator.domain.ports import LoadedScripts, ScriptSource
from emulator.domain.replay import REPLAY_CHOICES, replay_choices
from emulator.forms import read_form
from emulator.service.namespaces import UNNAMED, Namespaces
from emulator.service.scripts import MOST_TURNS

_EXAMPLE: Final = "emulator: 1\nturns:\n  - steps:\n      - say: Hello.\n"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": (
            "A scenario, also as JSON. A multipart body carries several scripts (`.yaml` and `.yml` files, and fields"
            " that begin with `script`) and the files that they name, as fields `asset` whatever they are called."
        ),
        "content": {
            "application/yaml": {"schema": {"type": "string"}, "example": _EXAMPLE},
            "multipart/form-data": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}},
        },
    },
    "parameters": [
        {
            "name": "name",
            "in": "query",
            "schema": {"type": "string", "default": UNNAMED},
            "description": "What messages call the script, unless the body is multipart.",
        },
        {
            "name": "set",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
            "description": "NAME=VALUE: the value of a parameter of the scripts; there may be several.",
        },
        *(
            {
                "name": name,
                "in": "query",
                "schema": {"type": "string", "enum": list(choices)},
                "description": "How recordings are replayed, whatever their headers say.",
            }
            for name, choices in REPLAY_CHOICES.items()
        ),
    ],
}
_STATE: Final = (
    '`{"version", "sources": [{"name", "text"}], "params", "turns": [with their use counts], "turn_count", "notes"}`.'
)
_FINDINGS: Final = (
    '`{"problems": [{"file", "line", "column", "path", "severity", "message", "suggestion", "rule"}]}`.'
    " The column is left out where it is not known."
)
_After = Annotated[int, Query(ge=0, description="How many turns are left out at the beginning.")]
_Limit = Annotated[int, Query(ge=0, le=MOST_TURNS, description="How many turns are listed at most.")]
Lint = Callable[[Sequence[ScriptSource]], Sequence[Mapping[str, Any]]]


def router(namespaces: Namespaces, lint: Lint) -> APIRouter:
    """Return the routes. lint: checks scripts without keeping them; it runs on a thread.

    The answers are responses already: FastAPI would go through each of their values, and there may be many thousands.
    """
    router = APIRouter(tags=["scripts"])

    @router.put("/ns/{ns}/scripts", openapi_extra=_BODY, response_description=_STATE)
    async def put_scripts(ns: str, request: Request) -> JSONResponse:
        """Replace the scripts and fixtures of a namespace.

        Runs that are under way keep the scripts that they began with.
        """
        loaded = await namespaces.put_scripts(ns, await _sources(request))
        return await _state(namespaces, ns, loaded)

    @router.post("/ns/{ns}/scripts", openapi_extra=_BODY, response_description=_STATE)
    async def add_scripts(ns: str, request: Request) -> JSONResponse:
        """Add scripts; a scenario replaces an earlier one of the same name."""
        loaded = await namespaces.add_scripts(ns, await _sources(request))
        return await _state(namespaces, ns, loaded)

    @router.get("/ns/{ns}/scripts", response_description=_STATE)
    async def get_scripts(ns: str, after: _After = 0, limit: _Limit = MOST_TURNS) -> JSONResponse:
        """Read the scripts, and how often each turn was played."""
        return await _state(namespaces, ns, after=after, limit=limit)

    @router.delete("/ns/{ns}/scripts", response_description=_STATE)
    async def delete_scripts(ns: str) -> JSONResponse:
        """Go back to the scripts that the server was started with."""
        await namespaces.remove_scripts(ns)
        return await _state(namespaces, ns)

    @router.post(
        "/lint",
        openapi_extra=_BODY,
        response_description=_FINDINGS,
    )
    async def lint_scripts(request: Request) -> JSONResponse:
        """Check scripts without keeping them."""
        problems = await namespaces.scripts.workers.compute(partial(lint, await _sources(request)))
        return JSONResponse({"problems": problems})

    return router


async def _state(
    namespaces: Namespaces, ns: str, loaded: LoadedScripts | None = None, *, after: int = 0, limit: int = MOST_TURNS
) -> JSONResponse:
    namespace = await namespaces.find(ns)
    registry = namespaces.scripts
    async with namespace.transaction() as tx:
        playing = await registry.loaded(namespace, tx)
        state = {
            "version": namespace.script_version,
            "sources": [{"name": one.name, "text": one.text} for one in await registry.sources(namespace, tx)],
            "params": dict(playing.params) if playing else {},
            "turns": await registry.turns(namespace, tx, after, limit),
            "turn_count": len(playing.turns) if playing else 0,
            "notes": list(loaded.notes) if loaded else [],
        }
    return JSONResponse(state)


# --- bodies ---------------------------------------------------------------------------------------------------------


async def _sources(request: Request) -> list[ScriptSource]:
    """Return the scripts of a request: one YAML or JSON body, or multipart parts, whose files are scripts and assets.

    Names come from the parts' file names, or from the `name` of the query, and parameters from each `set` of the query,
    as do `drift` and `ids`, which take the place of what the headers of recordings say; nothing is ever read from the
    disk.
    """
    try:
        params = read_parameters(request.query_params.getlist("set"))
    except ValueError as error:
        raise ApiError(400, f"set: {error}", param="set") from None
    query = request.query_params
    try:
        replay = replay_choices(drift=query.get("drift"), ids=query.get("ids"))
    except ValueError as error:
        raise ApiError(400, str(error), param=str(error).partition("=")[0]) from None
    return [replace(source, params=params, replay=replay) for source in await _texts(request)]


async def _texts(request: Request) -> list[ScriptSource]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _parts(request)
    body = await request.body()
    if len(body) > MOST_SCRIPT_BYTES:
        raise _too_large()
    return [ScriptSource(request.query_params.get("name") or UNNAMED, _text(body))]


async def _parts(request: Request) -> list[ScriptSource]:
    texts: list[tuple[str, str]] = []
    assets: dict[str, str] = {}
    async with read_form(request, most_files=200, most_fields=200, most_field_bytes=MOST_SCRIPT_BYTES) as form:
        for field, part in form.multi_items():
            if isinstance(part, str):
                texts.append((f"{field}.yaml", part))
                continue
            name = part.filename or field
            is_script = field.startswith("script") or (field != "asset" and name.endswith((".yaml", ".yml")))
            most = MOST_SCRIPT_BYTES if is_script else MOST_ASSET_BYTES
            data = await part.read(most + 1)
            if len(data) > most:
                raise _too_large()
            if is_script:
                texts.append((name, _text(data)))
            else:
                media = part.content_type or "application/octet-stream"
                assets[name] = f"data:{media};base64,{b64encode(data).decode()}"
    return [ScriptSource(name, text, assets) for name, text in texts]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError(400, f"A script has to be UTF-8: {error}.") from error


def _too_large() -> ApiError:
    return ApiError(413, f"A script may have at most {MOST_SCRIPT_BYTES} bytes, and an asset {MOST_ASSET_BYTES}.")
