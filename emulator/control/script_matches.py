"""/ns/{ns}/scripts/match: which turn would be played, without playing anything."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from emulator.control.body import ControlBody
from emulator.domain.errors import ApiError
from emulator.service.namespaces import Namespaces
from emulator.service.script_matches import Question, match


class Said(ControlBody):
    """A message of the conversation."""

    role: Literal["user", "assistant"] = "user"
    content: str


class Asked(ControlBody):
    """An assistant that need not exist; sent as a text, the id of one that does."""

    existing: SkipJsonSchema[str | None] = None
    id: str | None = None
    name: str | None = None
    instructions: str | None = None
    metadata: dict[str, str] | None = None
    model: str | None = None
    tools: list[Any] | None = None


def _spell_out(name: str) -> Callable[[Any], Any]:
    """Return what makes an object of a text, which is the one field of it."""
    return lambda value: {name: value} if isinstance(value, str) else value


_Said = Annotated[Said, BeforeValidator(_spell_out("content"), json_schema_input_type=str | Said)]
_Asked = Annotated[Asked, BeforeValidator(_spell_out("existing"), json_schema_input_type=str | Asked)]


class Match(ControlBody):
    """The run that is asked about; what is left out is as the thread and the assistant have it."""

    message: str | None = None
    messages: list[_Said] | None = None
    assistant: _Asked | None = None
    thread: str | None = None
    tools: list[Any] | None = None
    model: str | None = None
    instructions: str | None = None
    metadata: dict[str, str] | None = None
    thread_metadata: dict[str, str] | None = None
    files: list[str] | None = None
    turn: Annotated[int, Field(ge=1, lt=2**63)] | None = None

    def question(self) -> Question:
        """Return what is asked."""
        if self.message is not None and self.messages is not None:
            raise ApiError(400, "body: say either message or messages.", param="messages")
        said = self.messages or ([] if self.message is None else [Said(content=self.message)])
        asked = self.assistant or Asked()
        return Question(
            messages=[(one.role, one.content) for one in said],
            assistant=asked.existing if asked.existing is not None else asked.model_dump(exclude={"existing"}),
            thread=self.thread,
            tools=self.tools,
            model=self.model,
            instructions=self.instructions,
            metadata=self.metadata or {},
            thread_metadata=self.thread_metadata,
            files=self.files or (),
            turn=self.turn,
        )


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/scripts", tags=["scripts"])

    @router.post("/match")
    async def match_scripts(ns: str, body: Match) -> Mapping[str, Any]:
        """Say which turn would be played for a run, and why the others would not; nothing is played or counted."""
        return await match(await namespaces.peek(ns), body.question())

    return router
