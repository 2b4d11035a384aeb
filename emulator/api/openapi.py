"""The emulator's own OpenAPI document: drawn from the endpoints, the models of bodies and the shapes of answers."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

import orjson
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator import __version__
from emulator.api.answers import Answer
from emulator.api.endpoint import Endpoint
from emulator.tools.body import Body
from emulator.tools.json_schema import TEXT, Schema, array, either, just, one_of
from emulator.wire import shapes
from emulator.wire.shapes import SHAPES
from emulator.wire.steps import INCLUDE_CONTENT
from emulator.wire.vector_stores import STATUSES

PATH: Final = "/openapi.json"
_SCHEMAS: Final = "#/components/schemas/"
# What is known of responses is imported when somebody reads the document, not when a server starts.
_OF_RESPONSES: Final = "emulator.wire.responses"

_ABOUT: Final = (
    "What a namespace without settings of its own takes and answers: the shapes of the newest wire over REST. Older"
    " wires have fewer fields, streams have a few more, and a fault that a test asked for may answer anything. The same"
    " paths are also served below /ns/{namespace}/v1."
)
_REFERENCE: Final = re.compile(rf'"{_SCHEMAS}([^"]+)"')
_PARAM: Final = re.compile(r"\{(\w+)(?::path)?\}")
_ID: Final = {"type": "string", "minLength": 1}
_NOTHING: Final = just("")
# An empty value is none; a purpose that does not exist has no files.
_QUERY: Final[Mapping[str, Schema]] = {
    "limit": either({"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, _NOTHING),
    "limit of files": either({"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10_000}, _NOTHING),
    "order": either({**one_of("asc", "desc"), "default": "desc"}, _NOTHING),
    "after": TEXT,
    "before": TEXT,
    "run_id": TEXT,
    "purpose": TEXT,
    "filter": either(one_of(*STATUSES), _NOTHING),
    "include[]": array(either(just(INCLUDE_CONTENT), _NOTHING)),
    "name": TEXT,
    "stream": one_of("true", "false"),
    "starting_after": {"type": "integer", "minimum": 0},
    "include_obfuscation": one_of("true", "false"),
}
_REFUSALS: Final[Mapping[int, str]] = {
    400: "Something in the request is wrong, or the state of an object does not allow it",
    401: "No key, or none that is known here",
    404: "Something that the request names does not exist",
    413: "The body is larger than this server takes",
    415: "The body is no multipart form",
    500: "A script wants this request to fail",
}
# The parameter that names an object of a kind, where it is not called like the kind.
_NAMED: Final[Mapping[str, str]] = {
    "assistant": "assistant_id",
    "file": "file_id",
    "thread": "thread_id",
    "thread.message": "message_id",
    "thread.run": "run_id",
    "thread.run.step": "step_id",
    "upload": "upload_id",
    "vector_store": "vector_store_id",
    "vector_store.file": "file_id",
    "vector_store.file_batch": "batch_id",
    "response": "response_id",
    "conversation": "conversation_id",
    "container": "container_id",
}


def beside(api: ASGIApp, endpoints: Sequence[Endpoint]) -> ASGIApp:
    """Return the API with the document beside it, which any client may read; it is made at the first request."""
    made: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH or scope["method"] not in ("GET", "HEAD"):
            await api(scope, receive, send)
            return
        if not made:
            made.append(orjson.dumps(document(endpoints)))
        await Answer(made[0], [])(scope, receive, send)

    return app


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the document, as JSON."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(_path(endpoint), {})[endpoint.method.lower()] = _operation(endpoint, endpoints)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Assistants emulator", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {
                **_bodies(endpoints, ""),
                **_bodies(endpoints, "responses."),
                **every_shape(),
                "error": shapes.ERROR,
            },
            "responses": {str(status): _refusal(status) for status in _REFUSALS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def every_shape() -> Mapping[str, Schema]:
    """Return the shapes of all answers, by their names."""
    return {**SHAPES, **import_module(f"{_OF_RESPONSES}.shapes").SHAPES}


def _taken(endpoint: Endpoint) -> type[Body] | Mapping[str, Any] | None:
    if not isinstance(endpoint.takes, str):
        return endpoint.takes
    module, _, name = endpoint.takes.partition(".")
    model: type[Body] = getattr(import_module(f"{_OF_RESPONSES}.{module}"), name)
    return model


def _fields(endpoint: Endpoint) -> Iterable[str]:
    takes = _taken(endpoint)
    return takes.model_fields if isinstance(takes, type) else ()


def _bodies(endpoints: Iterable[Endpoint], prefix: str) -> dict[str, Schema]:
    """Return the schemas of all JSON bodies whose names begin so, and of what they are made of."""
    models = {
        model.__name__: model
        for endpoint in endpoints
        if _prefix(endpoint) == prefix and isinstance(model := _taken(endpoint), type)
    }
    requested: list[Any] = [(models[name], "validation") for name in sorted(models)]
    _, schemas = models_json_schema(requested, ref_template=f"{_SCHEMAS}{prefix}{{model}}")
    made = {f"{prefix}{name}": schema for name, schema in schemas["$defs"].items()}
    # What is left out of unions is defined all the same, with what it is made of.
    return {name: made[name] for name in sorted(_reached([f"{prefix}{name}" for name in models], made))}


def _prefix(endpoint: Endpoint) -> str:
    """Return what the name of an endpoint's body begins with: both APIs have a FunctionTool."""
    return "responses." if isinstance(endpoint.takes, str) else ""


def _reached(names: Iterable[str], schemas: Mapping[str, Schema]) -> set[str]:
    """Return the names of some schemas and of all that they refer to."""
    reached: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _REFERENCE.findall(orjson.dumps(schemas[name]).decode())
    return reached


def name(endpoint: Endpoint) -> str:
    """Return the id of an operation: ``runs.retrieve``."""
    return endpoint.operation or f"{endpoint.handler.__module__.rpartition('.')[2]}.{endpoint.handler.__name__}"


def _path(endpoint: Endpoint) -> str:
    return _PARAM.sub(r"{\1}", endpoint.path)


def _operation(endpoint: Endpoint, endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.path.split("/")[1]],
        "parameters": list(_parameters(endpoint)),
    }
    if endpoint.only_v1:
        operation["deprecated"] = True
    if (takes := _taken(endpoint)) is not None:
        content = _request_content(endpoint, takes)
        operation["requestBody"] = {"required": not endpoint.may_be_empty, "content": content}
    good: dict[str, Any] = {"description": endpoint.summary, "content": _answered(endpoint)}
    if links := dict(_links(endpoint, endpoints)):
        good["links"] = links
    operation["responses"] = {"200": good, **{str(status): _refused(status) for status in _statuses(endpoint)}}
    return operation


def _parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    for param in _PARAM.findall(endpoint.path):
        yield {"name": param, "in": "path", "required": True, "schema": _ID}
    for query in endpoint.query:
        yield {"name": query.partition(" ")[0], "in": "query", "schema": _query(query)}
    spoken = one_of("assistants=v1" if endpoint.only_v1 else "assistants=v2")
    beta = spoken if endpoint.needs_beta else TEXT
    yield {"name": "OpenAI-Beta", "in": "header", "required": endpoint.needs_beta, "schema": beta}


def _query(name: str) -> Schema:
    if name != "include[] of responses":
        return _QUERY[name]
    names: Sequence[str] = import_module(f"{_OF_RESPONSES}.items").INCLUDABLE
    return array(either(one_of(*names), _NOTHING))


def _request_content(endpoint: Endpoint, takes: type[Body] | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(takes, type):
        return {"application/json": {"schema": _ref(f"{_prefix(endpoint)}{takes.__name__}")}}
    return {"multipart/form-data": {"schema": dict(takes)}}


def _answered(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answers == "bytes":
        return {"application/octet-stream": {}}
    return {
        "application/json": {"schema": _shape(endpoint)},
        **({"text/event-stream": {"schema": _event(endpoint)}} if endpoint.streams else {}),
    }


def _event(endpoint: Endpoint) -> Schema:
    if endpoint.answers != "response":
        return shapes.EVENT
    event: Schema = import_module(f"{_OF_RESPONSES}.shapes").EVENT
    return event


def _shape(endpoint: Endpoint) -> Schema:
    # Deleting an item answers with its conversation.
    if endpoint.method == "DELETE" and endpoint.answers != "conversation":
        return shapes.deletion(endpoint.answers)
    kind = _item(endpoint)
    return shapes.listed(_ref(kind)) if kind != endpoint.answers else _ref(kind)


def _item(endpoint: Endpoint) -> str:
    return endpoint.answers.removeprefix("list of ")


def _ref(schema: str) -> Schema:
    return {"$ref": f"{_SCHEMAS}{schema}"}


def _statuses(endpoint: Endpoint) -> Iterator[int]:
    """Return the refusals that an endpoint may answer with."""
    fields = _fields(endpoint)
    yield from (400, 401)
    if endpoint.sunset or "{" in endpoint.path or any(field.endswith(("_id", "_ids")) for field in fields):
        yield 404
    if endpoint.takes is not None:
        yield 413
    if isinstance(endpoint.takes, Mapping):
        yield 415
    if "stream" in fields:
        yield 500


def _refused(status: int) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{status}"}


def _refusal(status: int) -> dict[str, Any]:
    return {"description": _REFUSALS[status], "content": {"application/json": {"schema": _ref("error")}}}


def _links(endpoint: Endpoint, endpoints: Iterable[Endpoint]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return what can be asked next with the ids in an answer: those endpoints whose path it fills completely."""
    kind = _item(endpoint)
    if endpoint.method == "DELETE" or kind not in _NAMED or kind not in (endpoint.answers, "thread.run.step"):
        return
    at = "$response.body#" if kind == endpoint.answers else "$response.body#/data/0"
    known = {field: f"{at}/{field}" for field in every_shape()[kind]["properties"] if field.endswith("_id")}
    known[_NAMED[kind]] = f"{at}/id"
    for other in endpoints:
        params = _PARAM.findall(other.path)
        fields = _fields(other)
        fillable = {field: known[field] for field in fields if field in known}
        if (params or fillable) and all(param in known for param in params):
            link: dict[str, Any] = {"operationId": name(other)}
            if params:
                link["parameters"] = {param: known[param] for param in params}
            if fillable:
                link["requestBody"] = fillable
            yield name(other), link
