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

    role: Literal["user", "assistant"] = "user"
    content: str


class Asked(ControlBody):
    """An assistant that need not exist."""

    id: str | None = None
    name: str | None = None
    instructions: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    model: str | None = None
    tools: list[str | dict[str, Any]] | None = None


class Match(ControlBody):
    """The run that is asked about; what is left out is as the thread and the assistant have it."""

    message: str | None = None
    messages: list[str | Said] | None = None
    assistant: str | Asked | None = None
    thread: str | None = None
    tools: list[str | dict[str, Any]] | None = None
    model: str | None = None
    instructions: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    thread_metadata: dict[str, str] | None = None
    files: list[str] = Field(default_factory=list)
    turn: Annotated[int, Field(ge=1, lt=2**63)] | None = None

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
