"""Every refusal of what a response goes on with: items of its input, conversations, earlier responses.

Evidence marks are those of `emulator.domain.response_refusals`.
"""

from typing import Final

from emulator.domain.errors import ApiError
from emulator.domain.response_refusals import cut

# The code of a refusal, and of a response that fails of it.
CONTEXT_LENGTH_EXCEEDED: Final = "context_length_exceeded"


def duplicate_item(item_id: str) -> ApiError:
    """An item that the input has twice, or that its conversation or its chain has already.

    Reported many times (microsoft/agent-framework, May 2026), beside a conversation (openai-agents-python issue 1789,
    Sep 2025) and beside a previous response (vercel/ai pull 15492, May 2026).
    """
    return ApiError(
        400,
        f"Duplicate item found with id {item_id}. Remove duplicate items from your input and try again.",
        param="input",
    )


def reasoning_alone(item_id: str) -> ApiError:
    """Reasoning without what it led to. Recorded (pydantic/pydantic-ai)."""
    return ApiError(
        400,
        f"Item '{item_id}' of type 'reasoning' was provided without its required following item.",
        param="input",
    )


def call_without_output(call_id: str) -> ApiError:
    """A call that nobody answered. Recorded (vllm-project/agentic-api, Sep 2026)."""
    return ApiError(400, f"No tool output found for function call {call_id}.", param="input")


def output_without_call(call_id: str) -> ApiError:
    """An output of a call that nobody made. Recorded (vllm-project/agentic-api, Sep 2026)."""
    return ApiError(400, f"No tool call found for function call output with call_id {call_id}.", param="input")


def item_not_found(item_id: str) -> ApiError:
    """An item that the input names and that is not there. Measured, without its param; the 404 is its own."""
    return ApiError(404, f"Item with id '{item_id}' not found.", param="input")


def item_was_not_stored(item_id: str) -> ApiError:
    """An item of a response that was not stored. Reported (several programs, 2025)."""
    return ApiError(
        404,
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. Try again with"
        " `store` set to true, or remove this item from your input.",
        param="input",
    )


# --- what a response belongs to ---------------------------------------------------------------------------------------


def previous_response_not_found(response_id: str) -> ApiError:
    """The response that a request goes on with is not there. Measured, and reported very often."""
    return ApiError(
        400,
        f"Previous response with id '{response_id}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def previous_is_unfinished(response_id: str, status: str) -> ApiError:
    """A response to go on with that is still under way. The emulator's own: what the service says is not known."""
    return ApiError(
        400,
        f"[emulator] Previous response with id '{response_id}' is {status}. It can be continued when it is done.",
        param="previous_response_id",
    )


def conversation_not_found(conversation_id: str) -> ApiError:
    """No such conversation, or one that was deleted. Recorded (microsoft/agent-framework, Oct 2025), and measured."""
    return ApiError(404, f"Conversation with id '{conversation_id}' not found.")


def prompt_not_found(prompt_id: str) -> ApiError:
    """A stored prompt: the emulator has none. Measured, of one that the service did not have."""
    return ApiError(404, f"Prompt with id '{prompt_id}' not found.")


def mutually_exclusive(*names: str) -> ApiError:
    """Fields of which a body may have one. Recorded (microsoft/agent-framework, Aug 2026), empty quotes included."""
    listed = " or ".join(f"'{cut(name)}'" for name in names)
    return ApiError(
        400,
        f"Mutually exclusive parameters: ''. Ensure you are only providing one of: {listed}.",
        code="mutually_exclusive_parameters",
    )


def conversation_is_locked() -> ApiError:
    """Two requests on one conversation at once. Reported (the service's forum, thread 1367791; paulgmiller/careme)."""
    return ApiError(
        400,
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
        param="conversation",
        code="conversation_locked",
    )


def context_too_long() -> ApiError:
    """More than the model can read. Recorded (crmne/ruby_llm)."""
    return ApiError(
        400,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        param="input",
        code=CONTEXT_LENGTH_EXCEEDED,
    )


# --- conversations ----------------------------------------------------------------------------------------------------


def item_not_in_conversation(item_id: str) -> ApiError:
    """No such item in a conversation. Recorded once (agent-framework, Oct 2025), with the prefix of a message twice."""
    doubled = f"msg_{item_id}" if item_id.startswith("msg_") else item_id
    return ApiError(404, f"Item with id '{doubled}' not found in conversation.")


def item_already_in_conversation() -> ApiError:
    """An item that is added to a conversation again. Recorded (vllm-project/agentic-api, Sep 2026)."""
    return ApiError(400, "Item already in conversation", param="items", code="item_already_in_conversation")


def no_item_to_begin_after(item_id: str) -> ApiError:
    """A page that begins behind an item that is not in the list. Recorded (vllm-project/agentic-api, Sep 2026)."""
    return ApiError(404, f"No item found with id '{item_id}'", param="after")
