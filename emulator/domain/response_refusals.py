"""Every refusal of responses, conversations and containers: one function for each text.

Evidence marks are those of `emulator.domain.refusals`.
"""

from typing import Final

from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys

_MOST_QUOTED: Final = 100

# --- conversations and contexts -------------------------------------------------------------------------------------


def conversation_not_found(id: str) -> ApiError:  # noqa: A002
    """No such conversation, or one that was deleted. Recorded (agent-framework, Oct 2025)."""
    return ApiError(404, f"Conversation with id '{id}' not found.")


def item_not_in_conversation(id: str) -> ApiError:  # noqa: A002
    """No such item in a conversation. Recorded once (agent-framework, Oct 2025), with the prefix of a message twice."""
    doubled = f"msg_{id}" if id.startswith("msg_") else id
    return ApiError(404, f"Item with id '{doubled}' not found in conversation.")


def item_already_in_conversation() -> ApiError:
    """An item that is added to a conversation for the second time. Recorded (vLLM, Sep 2026)."""
    return ApiError(400, "Item already in conversation", param="items", code="item_already_in_conversation")


def conversation_locked() -> ApiError:
    """A conversation that a response is being made in. Reported (careme issue 379, forum 1367791)."""
    return ApiError(
        400,
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
        param="conversation",
        code="conversation_locked",
    )


def conversation_and_previous() -> ApiError:
    """A conversation and a previous response at once. Recorded (agent-framework, Oct 2025), the gaps in it too."""
    return ApiError(
        400,
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        code="mutually_exclusive_parameters",
    )


def previous_not_found(id: str) -> ApiError:  # noqa: A002
    """No such response to go on from: unknown, deleted, not stored, too old. Reported many times."""
    return ApiError(
        400,
        f"Previous response with id '{id}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def previous_is_unfinished(id: str, status: str) -> ApiError:  # noqa: A002
    """A response to go on from that is still under way. The emulator's own: what the service says is not known."""
    return ApiError(
        400,
        f"[emulator] Previous response with id '{id}' is {status}: it can be gone on from when it is done.",
        param="previous_response_id",
    )


def item_not_found(id: str, *, is_unstored: bool) -> ApiError:  # noqa: A002
    """An item of the input that is not known. Reported many times where its response was not stored; else unverified.

    is_unstored: whether the id says so.
    """
    why = (
        " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item"
        " from your input."
    )
    return ApiError(404, f"Item with id '{id}' not found.{why if is_unstored else ''}", param="input")


def duplicate_item(id: str) -> ApiError:  # noqa: A002
    """An item that is twice in a context.

    Reported in one input (earendil-works/pi issue 5151, May 2026), beside the conversation that has it already
    (openai-agents-python issue 1789, Sep 2025), and beside the previous response (vercel/ai pull 15492, May 2026).
    """
    return ApiError(
        400,
        f"Duplicate item found with id {id}. Remove duplicate items from your input and try again.",
        param="input",
    )


def output_missing(call_id: str) -> ApiError:
    """A call that nobody has answered. Recorded (vLLM, 2026)."""
    return ApiError(400, f"No tool output found for function call {call_id}.", param="input")


def call_missing(call_id: str) -> ApiError:
    """An output of no call. Recorded (vLLM, 2026)."""
    return ApiError(400, f"No tool call found for function call output with call_id {call_id}.", param="input")


def reasoning_alone(id: str) -> ApiError:  # noqa: A002
    """Reasoning without what was reasoned about. Recorded (pydantic-ai)."""
    return ApiError(
        400,
        f"Item '{id}' of type 'reasoning' was provided without its required following item.",
        param="input",
    )


# --- the emulator's own ---------------------------------------------------------------------------------------------


def unknown_assistant(assistant_id: str) -> ApiError:
    """The header that names a response's assistant names none. The emulator's own."""
    return ApiError(
        400,
        "[emulator] The header x-emulator-assistant names no assistant of this namespace:"
        f" '{without_keys(assistant_id)[:_MOST_QUOTED]}'.",
        param="x-emulator-assistant",
        code="assistant_not_found",
    )


# --- reading, cancelling, deleting ----------------------------------------------------------------------------------


def response_not_found(id: str) -> ApiError:  # noqa: A002
    """No such response, one that was deleted, or one that was not stored. Recorded."""
    return ApiError(404, f"Response with id '{id}' not found.")


def cancel_synchronous() -> ApiError:
    """A response that was not made in the background. Reported; Azure's own server has the same rule."""
    return ApiError(400, "Cannot cancel a synchronous response.")


def cancel_over(status: str) -> ApiError:
    """A response that is over. Azure's own server says so of a completed one; of others it is unverified."""
    return ApiError(400, f"Cannot cancel a {status} response.")


def delete_in_flight() -> ApiError:
    """A response that is not over yet. Azure's own server says so; unverified at the service."""
    return ApiError(400, "Cannot delete an in-flight response.")


def not_streamable() -> ApiError:
    """A stream of a response that was not made in the background. Azure's own server says so; unverified."""
    return ApiError(
        400, "This response cannot be streamed because it was not created with background=true.", param="stream"
    )


def response_ended_early() -> ApiError:
    """A response whose end nobody will see: the server stops, or its namespace is gone. The emulator's own."""
    return ApiError(500, "[emulator] The response ended before it was done.", type="server_error")
