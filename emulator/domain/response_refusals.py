"""Every refusal of responses, conversations and containers: one function for each text.

Evidence marks are those of `emulator.domain.refusals`; *measured* = asked of the service in public, each answer
published (kangminlee-maker/local-OAuth-CLI-API-adapter.mjs, Aug 2026, of gpt-5.6-terra).
"""

from collections.abc import Sequence
from typing import Final

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys

_MOST_QUOTED: Final = 100
_REFERENCE: Final = "https://platform.openai.com/docs/api-reference/responses/create"
# Names of parameters that are longer are cut where a text lists several: measured are 12 letters, whole, and 20, cut.
_LONGEST: Final = 16


def cut(name: str) -> str:
    """Return a name as a list of names has it: of a long one, its ends. Measured."""
    return name if len(name) <= _LONGEST else f"{name[:3]}...{name[-3:]}"


# --- bodies ---------------------------------------------------------------------------------------------------------


def bad_json() -> ApiError:
    """The body is not JSON. Recorded (microsoft/agent-framework, Oct 2025)."""
    return ApiError(
        400,
        "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid JSON. (Common errors"
        " include trailing commas, missing closing brackets, missing quotation marks, etc.)",
        code="invalid_json",
    )


def missing_input() -> ApiError:
    """The body has no input at all. Measured, also beside a conversation or a previous response."""
    return refusals.missing_parameter("input")


def empty_input() -> ApiError:
    """The input is empty, and nothing else is there to answer to. Measured."""
    return ApiError(
        400,
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
        code="missing_required_parameter",
    )


def unknown_parameter(path: str, meant: Sequence[str] = ()) -> ApiError:
    """A field that the API does not know, with those that are spelt almost like it. Measured."""
    hint = f" Did you mean {' or '.join(map(repr, meant))}?" if meant else ""
    return ApiError(400, f"Unknown parameter: '{path}'.{hint}", param=path, code="unknown_parameter")


def moved_parameter(name: str, place: str) -> ApiError:
    """A field that other endpoints have. Measured for messages, reported for the others (several programs, 2025)."""
    return ApiError(
        400,
        f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{place}'. Try again with"
        f" the new parameter. See the API documentation for more information: {_REFERENCE}.",
        code="unsupported_parameter",
    )


def not_emulated(what: str, param: str | None = None) -> ApiError:
    """What the service had and no port of an Assistants program needs. The emulator's own."""
    return ApiError(400, f"[emulator] {what} not emulated.", param=param, code="not_emulated")


def tool_choice_without_tools(choice: str) -> ApiError:
    """A tool must be called, and there is none. Reported (several programs, 2025 and 2026)."""
    return ApiError(400, f"Tool choice '{choice}' must be specified with 'tools' parameter.", param="tool_choice")


def chosen_tool_not_found(choice: str) -> ApiError:
    """The chosen tool is not among the tools. Reported (several programs, 2025 and 2026); functions by their type."""
    return ApiError(400, f"Tool choice '{choice}' not found in 'tools' parameter.", param="tool_choice")


def schema_is_not_strict(name: str, path: str, problem: str) -> ApiError:
    """Parameters that strict was asked for and that are not. Reported many times; the code is that of functions."""
    return ApiError(
        400,
        f"Invalid schema for function '{name}': {problem}",
        param=path,
        code="invalid_function_parameters",
    )


def format_is_not_strict(name: str, path: str, problem: str) -> ApiError:
    """A format that strict was asked for and that is not. Reported many times, with this code."""
    return ApiError(
        400, f"Invalid schema for response_format '{name}': {problem}", param=path, code="invalid_json_schema"
    )


def no_word_json() -> ApiError:
    """Any JSON object is asked for, and no message says so. Reported many times, 2025 and 2026."""
    return ApiError(
        400,
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
        param="input",
    )


# --- what a response belongs to -------------------------------------------------------------------------------------


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


def context_too_long() -> ApiError:
    """More than the model can read. Recorded (crmne/ruby_llm)."""
    return ApiError(
        400,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        param="input",
        code="context_length_exceeded",
    )


# --- what a model can do --------------------------------------------------------------------------------------------


def unsupported_by_model(name: str, code: str | None = None) -> ApiError:
    """A parameter that a model has no use for. Measured for sampling, which has no code.

    Reported for reasoning.effort, with the code unsupported_parameter (several programs, 2025 and 2026).
    """
    return ApiError(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name, code=code)


def no_logprobs(param: str) -> ApiError:
    """Log probabilities of a reasoning model. Measured."""
    message = "logprobs are not supported with reasoning models."
    return ApiError(400, message, param=param, code="unsupported_parameter")


def unsupported_effort(effort: str, model: str, supported: Sequence[str]) -> ApiError:
    """An effort that other models have. Measured."""
    return ApiError(
        400,
        f"Unsupported value: '{effort}' is not supported with the '{model}' model. Supported values are:"
        f" {refusals.enumerate_words(supported)}.",
        param="reasoning.effort",
        code="unsupported_value",
    )


def only_extended_caching() -> ApiError:
    """A cache in memory, which newer models do not have. Measured."""
    return ApiError(
        400,
        "This model is compatible only with 24h extended prompt caching",
        param="prompt_cache_retention",
        code="invalid_parameter",
    )


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
