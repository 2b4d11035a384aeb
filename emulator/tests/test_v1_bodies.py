"""Whatever a body of v1 holds, it is read or refused in the API's words."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.domain.errors import ApiError
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.messages import CreateMessage
from emulator.wire.runs import CreateRun, CreateThreadAndRun, SubmitToolOutputs
from emulator.wire.threads import CreateThread
from emulator.wire.v1.bodies import upgrade

MODELS = [
    CreateAssistant,
    ModifyAssistant,
    CreateMessage,
    CreateRun,
    CreateThreadAndRun,
    CreateThread,
    SubmitToolOutputs,
]
NAMES = st.sampled_from(
    ["model", "tools", "type", "function", "name", "parameters", "file_ids", "metadata", "messages", "role", "content",
     "thread", "tool_choice", "tool_outputs", "additional_messages", "tool_resources", "attachments", "assistant_id",
     "response_format", "truncation_strategy", "instructions", "mood"]
)  # fmt: skip
WORDS = st.sampled_from(["retrieval", "file_search", "code_interpreter", "function", "user", "assistant", "auto", "x"])
PLAIN = st.none() | st.booleans() | st.integers(-1, 300) | st.floats(allow_nan=False) | WORDS | st.text(max_size=3)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
TOOLS = st.lists(
    st.fixed_dictionaries({"type": WORDS | VALUES}, optional={"function": VALUES, "mood": VALUES}), max_size=3
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": WORDS, "content": VALUES}, optional={"file_ids": VALUES, "mood": VALUES}), max_size=3
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "model": WORDS, "assistant_id": WORDS, "role": WORDS, "content": VALUES, "tools": TOOLS | VALUES,
        "messages": MESSAGES | VALUES, "additional_messages": MESSAGES | VALUES, "file_ids": VALUES, "metadata": VALUES,
        "tool_choice": VALUES, "thread": st.fixed_dictionaries({}, optional={"messages": MESSAGES, "mood": VALUES}) | VALUES,
        "tool_outputs": VALUES, "tool_resources": VALUES, "response_format": VALUES, "mood": VALUES,
    },
)  # fmt: skip


DAYS = st.sampled_from(["2023-11-06", "2024-02-15", "2024-02-16", "2024-04-27"])


def read(model, body, day):
    """Return the refusal of a body, None if it is read."""
    try:
        upgrade(model, body, day)
    except ApiError as refused:
        return refused
    return None


@settings(max_examples=600)
@given(model=st.sampled_from(MODELS), day=DAYS, body=BODIES | VALUES)
def test_a_body_is_read_or_refused_and_stays_what_it_was(model, day, body):
    before = json.dumps(body)
    refused = read(model, body, day)
    assert refused is None or refused.status == 400
    assert json.dumps(body) == before
