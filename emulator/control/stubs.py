"""/ns/{ns}/stubs: answers for paths that the Assistants API does not have, such as chat completions."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from pydantic import Field, model_validator

from emulator.control.body import ControlBody
from emulator.domain.errors import ApiError
from emulator.domain.stubs import Content, Json, Stub, Template, Text
from emulator.service.namespaces import Namespaces
from emulator.service.stubs import StubAnswers, listed, remove, remove_all

_MOST: Final = 2**63 - 1
_Stub = Annotated[str, Path(description="The id of a stub.", examples=["stub_1"])]
_CONTENTS: Final = ("json", "text", "template")


class StubSetting(ControlBody):
    """An answer, and which requests get it. Exactly one of json, text and template is its body."""

    path: Annotated[
        str,
        Field(
            description="A path below the mount, by segments: `*` is one, `**` any number.",
            examples=["/chat/completions"],
        ),
    ]
    method: Annotated[str | None, Field(description="Which method; without it any.", examples=["POST"])] = None
    status: Annotated[int, Field(ge=200, le=599, description="The status of the answer.")] = 200
    headers: Annotated[
        dict[str, str], Field(default_factory=dict, description="Headers of the answer, beside those of the API.")
    ]
    json_: Annotated[Any, Field(alias="json", description="The body: any JSON value.", examples=[{"id": "x"}])] = None
    text: Annotated[
        str | None,
        Field(description="The body: a text, sent as it is; with the header content-type also server-sent events."),
    ] = None
    template: Annotated[
        str | None,
        Field(
            description=(
                "The body: a template of the scenario format that gives JSON; it sees `request` (`method`, `path`,"
                " `query`, `headers`, `body`) and `hits`."
            )
        ),
    ] = None
    times: Annotated[int | None, Field(ge=1, le=_MOST, description="How many requests it answers; without it all.")] = (
        None
    )

    @model_validator(mode="after")
    def _has_one_body(self) -> "StubSetting":
        given = [name for name in _CONTENTS if (f"{name}_" if name == "json" else name) in self.model_fields_set]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_CONTENTS)}, and not {' and '.join(given) or 'none'}")
        if given != ["json"] and getattr(self, given[0]) is None:
            raise ValueError(f"{given[0]} is a text")
        return self

    def stub(self) -> Stub:
        """Return the stub; raise `ApiError` for one that makes no sense."""
        try:
            return Stub(self._content(), self.path, self.method, self.status, self.headers, self.times)
        except ValueError as error:
            named = str(error).partition(":")[0]
            param = named if named in ("method", "headers", "status") else "path"
            message = str(error) if param == named else f"path: {error}"
            raise ApiError(400, message, param=param) from error

    def _content(self) -> Content:
        if self.text is not None:
            return Text(self.text)
        return Json(self.json_) if self.template is None else Template(self.template)


def router(namespaces: Namespaces, answers: StubAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/stubs", tags=["stubs"])

    @router.post("", status_code=201, response_description="The stub, with its `id` and its `hits`.")
    async def add_stub(ns: str, body: StubSetting) -> dict[str, Any]:
        """Answer requests for a path that the Assistants API does not have.

        The newest stub that fits a request answers it. A namespace that does not exist is made.
        """
        return (await answers.add(namespaces, ns, body.stub())).to_json()

    @router.get("", response_description='`{"stubs": [...]}`.')
    async def list_stubs(ns: str) -> dict[str, Any]:
        """List the stubs with their hits, the newest first."""
        return {"stubs": [stub.to_json() for stub in await listed(namespaces, ns)]}

    @router.delete("", response_description='`{"stubs": []}`.')
    async def delete_stubs(ns: str) -> dict[str, Any]:
        """Remove all stubs."""
        await remove_all(namespaces, ns)
        return {"stubs": []}

    @router.delete("/{stub}", response_description='`{"id": ..., "deleted": true}`.')
    async def delete_stub(ns: str, stub: _Stub) -> dict[str, Any]:
        """Remove one stub."""
        await remove(namespaces, ns, stub)
        return {"id": stub, "deleted": True}

    return router
