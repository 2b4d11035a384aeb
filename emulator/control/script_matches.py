"""/ns/{ns}/scripts/match: which turn would be played, without playing anything."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from emulator.control.body import ControlBody
from emulator.domain.errors import ApiError
from emulator.service.namespaces import Namespaces
from emulator.service.script_matches import Question, match


class Said(ControlBody):
    """A message of the conversation."""

    role: Annotated[Literal["user", "assistant"], Field(description="Who says it.")] = "user"
    content: Annotated[str, Field(description="What is said.", examples=["October income?"])]


class Asked(ControlBody):
    """An assistant that need not exist."""

    id: Annotated[str | None, Field(description="Its id.")] = None
    name: Annotated[str | None, Field(description="Its name.")] = None
    instructions: Annotated[str | None, Field(description="Its instructions.")] = None
    metadata: Annotated[dict[str, str], Field(default_factory=dict, description="Its metadata.")]
    model: Annotated[str | None, Field(description="Its model.")] = None
    tools: Annotated[
        list[str | dict[str, Any]] | None, Field(description="Its tools: names of functions, types, or tool objects.")
    ] = None


class Match(ControlBody):
    """The run that is asked about; what is left out is as the thread and the assistant have it."""

    message: Annotated[str | None, Field(description="What the user says last.", examples=["October income?"])] = None
    messages: Annotated[
        list[str | Said] | None, Field(description="What is said, the oldest first; a text alone is the user's.")
    ] = None
    assistant: Annotated[
        str | Asked | None, Field(description="The id of an assistant, or one that need not exist.")
    ] = None
    thread: Annotated[str | None, Field(description="The id of a thread, whose messages come before.")] = None
    tools: Annotated[
        list[str | dict[str, Any]] | None,
        Field(description="The run's tools: names of functions, types, or tool objects."),
    ] = None
    model: Annotated[str | None, Field(description="The run's model.")] = None
    instructions: Annotated[str | None, Field(description="The run's instructions.")] = None
    metadata: Annotated[dict[str, str], Field(default_factory=dict, description="The run's metadata.")]
    thread_metadata: Annotated[dict[str, str] | None, Field(description="The thread's metadata.")] = None
    files: Annotated[list[str], Field(default_factory=list, description="Names of files within its reach.")]
    turn: Annotated[int | None, Field(ge=1, lt=2**63, description="Which run of the thread it is, counted from 1.")] = (
        None
    )

    def question(self) -> Question:
        """Return what is asked."""
        if self.message is not None and self.messages is not None:
            raise ApiError(400, "body: say either message or messages.", param="messages")
        said = [self.message] if self.message is not None else self.messages or []
        fields = self.model_dump(exclude={"message", "messages", "assistant"})
        assistant = self.assistant.model_dump() if isinstance(self.assistant, Asked) else self.assistant
        return Question(messages=[_pair(one) for one in said], assistant=assistant, **fields)


def _pair(one: str | Said) -> tuple[str, str]:
    return ("user", one) if isinstance(one, str) else (one.role, one.content)


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/scripts", tags=["scripts"])

    @router.post("/match")
    async def match_scripts(ns: str, body: Match) -> Mapping[str, Any]:
        """Say which turn would be played for a run, and why the others would not; nothing is played or counted."""
        return await match(await namespaces.peek(ns), body.question())

    return router
