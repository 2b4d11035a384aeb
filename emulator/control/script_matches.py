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

    role: Annotated[Literal["user", "assistant"], Field(description="Who says it.")] = "user"
    content: Annotated[str, Field(description="What is said.", examples=["October income?"])]


class Asked(ControlBody):
    """An assistant that need not exist; sent as a text, the id of one that does."""

    existing: SkipJsonSchema[str | None] = None
    id: Annotated[str | None, Field(description="Its id.")] = None
    name: Annotated[str | None, Field(description="Its name.")] = None
    instructions: Annotated[str | None, Field(description="Its instructions.")] = None
    metadata: Annotated[dict[str, str] | None, Field(description="Its metadata.")] = None
    model: Annotated[str | None, Field(description="Its model.")] = None
    tools: Annotated[list[Any] | None, Field(description="Its tools: names of functions, types, or tool objects.")] = (
        None
    )


def _spell_out(name: str) -> Callable[[Any], Any]:
    """Return what makes an object of a text, which is the one field of it."""
    return lambda value: {name: value} if isinstance(value, str) else value


_Said = Annotated[Said, BeforeValidator(_spell_out("content"), json_schema_input_type=str | Said)]
_Asked = Annotated[Asked, BeforeValidator(_spell_out("existing"), json_schema_input_type=str | Asked)]


class Match(ControlBody):
    """The run that is asked about; what is left out is as the thread and the assistant have it."""

    message: Annotated[str | None, Field(description="What the user says last.", examples=["October income?"])] = None
    messages: Annotated[
        list[_Said] | None, Field(description="What is said, the oldest first; a text alone is the user's.")
    ] = None
    assistant: Annotated[_Asked | None, Field(description="The id of an assistant, or one that need not exist.")] = None
    thread: Annotated[
        str | None, Field(description="The id of a thread, a conversation or a response, behind which it stands.")
    ] = None
    tools: Annotated[
        list[Any] | None, Field(description="The run's tools: names of functions, types, or tool objects.")
    ] = None
    model: Annotated[str | None, Field(description="The run's model.")] = None
    instructions: Annotated[str | None, Field(description="The run's instructions.")] = None
    metadata: Annotated[dict[str, str] | None, Field(description="The run's metadata.")] = None
    thread_metadata: Annotated[dict[str, str] | None, Field(description="The thread's metadata.")] = None
    files: Annotated[list[str] | None, Field(description="Names of files within its reach.")] = None
    turn: Annotated[int | None, Field(ge=1, lt=2**63, description="Which run of the thread it is, counted from 1.")] = (
        None
    )
    api: Annotated[Literal["assistants", "responses"], Field(description="By which API it is asked.")] = "assistants"

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
            api=self.api,
        )


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/scripts", tags=["scripts"])

    @router.post("/match")
    async def match_scripts(ns: str, body: Match) -> Mapping[str, Any]:
        """Say which turn would be played for a run, and why the others would not; nothing is played or counted."""
        return await match(await namespaces.peek(ns), body.question())

    return router
