"""A scenario: its header, its fixtures and its turns."""

import functools
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from emulator.domain.config import GREATEST_SEED, LEAST_SEED
from emulator.domain.drift import Mode
from emulator.domain.instants import instant, wire_day
from scripted_models.grammar.fixtures import Fixtures
from scripted_models.grammar.identity import Id
from scripted_models.grammar.matchers import When
from scripted_models.grammar.parts import Count, StreamSpec, Strict, UsageSpec, grammar_error, unexpected
from scripted_models.grammar.steps import Step, Wire, Word


def _instant(text: str) -> str:
    try:
        instant(text)
    except ValueError:
        raise unexpected(text, 'an instant such as "2026-01-05T09:00:00Z"') from None
    return text


def _day(text: str) -> str:
    try:
        return wire_day(text).isoformat()
    except ValueError as error:
        raise grammar_error(str(error)) from None


Instant = Annotated[str, AfterValidator(_instant)]
Day = Annotated[
    str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]


def _version(value: object) -> int:
    if value is True or value != 1:
        raise unexpected(value, "1, the version of the format")
    return 1


Version = Annotated[
    int, PlainValidator(_version), WithJsonSchema({"const": 1, "description": "The version of the format."})
]


class Defaults(Strict):
    """Values for every turn of the scenario that does not set its own."""

    stream: StreamSpec | None = None
    usage: UsageSpec | None = None


class RecordedAssistant(Strict):
    """What an assistant was when its runs were recorded: what drift is compared with."""

    model: str | None = None
    instructions: str | None = None
    tools: list[Wire] | None = None


class RecordedContext(Strict):
    """What a run was given when it was recorded; what is left out was its assistant's, or is not known."""

    assistant: Word | None = Field(None, description="A name among recording.assistants.")
    model: str | None = None
    instructions: str | None = None
    tools: list[Wire] | None = None
    files: list[str] | None = Field(None, description="The names of its attached files.")
    source: str | None = Field(None, description="Where the run stands in the recording, such as refund.jsonl:4.")


class PinnedIds(Strict):
    """The ids that a recording shows, by what they are of, each list in the order in which the objects were made."""

    asst: list[Id] = Field(default_factory=list)
    thread: list[Id] = Field(default_factory=list)
    msg: list[Id] = Field(default_factory=list)
    run: list[Id] = Field(default_factory=list)
    step: list[Id] = Field(default_factory=list)
    file: list[Id] = Field(default_factory=list)
    vs: list[Id] = Field(default_factory=list)


class Recording(Strict):
    """Where a distilled scenario comes from."""

    source: str | list[str] | None = None
    kind: str | None = None
    sha256: str | None = None
    fidelity: Literal["full", "steps", "messages_only"] | None = None
    ids: Literal["remap", "pin"] | None = Field(None, description="pin: new objects get the ids under pinned.")
    pinned: PinnedIds | Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Ids, or a file beside the scenario that holds them as JSON."
    )
    drift: Literal["strict", "lenient", "template"] | None = None
    wire: Day | None = None
    recorded_at: str | None = None
    notes: list[str] = Field(default_factory=list)
    assistants: dict[str, RecordedAssistant] = Field(
        default_factory=dict, description="What the assistants were, by names that turns refer to."
    )

    @property
    def mode(self) -> Mode:
        """How it is replayed."""
        return self.drift or "lenient"


class TurnSpec(Strict):
    """What the model does in one run."""

    name: Word | None = Field(None, description="For reports; unique within the scenario.")
    chain: Word | None = Field(
        None, description="The recorded thread that it belongs to; a new thread takes a chain and stays in it."
    )
    when: When | None = Field(None, description="Which runs it answers; left out, any.")
    priority: int = Field(0, description="Turns with a higher priority are tried first.")
    uses: Count | None = Field(None, description="How often it may be played, and at least has to be.")
    steps: list[Step]
    recorded: RecordedContext | None = Field(None, description="What the run was given when it was recorded.")
    usage: UsageSpec | None = None
    goto: Word | None = Field(None, description="The state in which the turn leaves the scope.")

    @property
    def source(self) -> str | None:
        """Where its run stands in the recording, if that is known."""
        return None if self.recorded is None else self.recorded.source


class TurnsFile(Strict):
    """Turns in a file of their own."""

    file: Annotated[str, Field(min_length=1)] = Field(
        description="A file beside the scenario, in JSON, with one turn a line."
    )


Turns = Annotated[
    list[TurnSpec], BeforeValidator(lambda value: value, json_schema_input_type=list[TurnSpec] | TurnsFile)
]
"""Those of a file are read apart: here they are an empty list."""


class ChainSpec(Strict):
    """A chain that a thread goes on in which is there already."""

    thread: Word | None = Field(None, description="A name among fixtures.threads, or an id.")
    after: Annotated[int, Field(ge=0)] = Field(
        0, description="How many runs the thread had before the first turn of the chain."
    )


# As values they would be copied for every scenario; frozen as they are, they need not be.
_NO_DEFAULTS: Final = Defaults()
_NO_FIXTURES: Final = Fixtures()


class ScenarioSpec(Strict):
    """A scripted model: turns that answer runs."""

    emulator: Version
    name: Word | None = None
    seed: int | None = Field(None, ge=LEAST_SEED, le=GREATEST_SEED, description="For ids and chance.")
    clock: Instant | None = Field(None, description="A frozen start of the clock.")
    wire: Day | None = Field(None, description="The day whose API answers.")
    scope: Literal["thread", "assistant", "namespace"] = Field("thread", description="Where state and vars live.")
    states: list[Word] | None = Field(None, description="All states; a scope begins in the first.", min_length=1)
    unmatched: Literal["fail", "echo", "http_error"] = Field("fail", description="What happens to other runs.")
    defaults: Defaults = Field(default_factory=lambda: _NO_DEFAULTS)
    fixtures: Fixtures = Field(default_factory=lambda: _NO_FIXTURES)
    recording: Recording | None = None
    chains: dict[str, ChainSpec] = Field(default_factory=dict, description="More about chains, by their names.")
    turns: Turns


@functools.cache
def plain_schema() -> dict[str, Any]:
    """Return the JSON Schema of what `ScenarioSpec` accepts."""
    return ScenarioSpec.model_json_schema(mode="validation", by_alias=True)
