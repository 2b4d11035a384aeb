"""Every refusal of responses and their bodies: one function for each text. Others are in `context_refusals`.

Evidence marks are those of `emulator.domain.refusals`; *measured* = asked of the service in public, each answer
published (kangminlee-maker/local-OAuth-CLI-API-adapter.mjs, Aug 2026, of gpt-5.6-terra).
"""

from collections.abc import Sequence
from typing import Final

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys

_REFERENCE: Final = "https://platform.openai.com/docs/api-reference/responses/create"
# Names of parameters that are longer are cut where a text lists several: measured are 12 letters, whole, and 20, cut.
_LONGEST: Final = 16
_MOST_QUOTED: Final = 100
# The header that names an assistant by its id: the emulator's own.
ASSISTANT_HEADER: Final = "x-emulator-assistant"


def cut(name: str) -> str:
    """Return a name as a list of names has it: of a long one, its ends. Measured."""
    return name if len(name) <= _LONGEST else f"{name[:3]}...{name[-3:]}"


# --- bodies -----------------------------------------------------------------------------------------------------------


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


# --- what a model can do ----------------------------------------------------------------------------------------------


def unsupported_by_model(name: str, code: str | None = None) -> ApiError:
    """A parameter that a model has no use for. Measured for sampling, which has no code.

    Reported for reasoning.effort, with the code unsupported_parameter (several programs, 2025 and 2026).
    """
    return ApiError(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name, code=code)


def no_logprobs(param: str) -> ApiError:
    """Log probabilities of a reasoning model. Measured."""
    message = "logprobs are not supported with reasoning models."
    return ApiError(400, message, param=param, code="unsupported_parameter")


def no_encrypted_content() -> ApiError:
    """Encrypted reasoning of a model that does not think. Reported many times (microsoft/agent-framework issue 7483).

    The code is unverified.
    """
    return ApiError(400, "Encrypted content is not supported with this model.", param="include")


def unsupported_format(model: str) -> ApiError:
    """Structured output of a model without it. Reported (several programs, 2025, 2026); param: other endpoints."""
    message = f"Invalid parameter: 'text.format' of type 'json_schema' is not supported with model version `{model}`."
    return ApiError(400, message, param="text.format")


def unsupported_value(path: str, value: str, model: str, supported: Sequence[str]) -> ApiError:
    """A word that other models know.

    Measured for efforts; reported for verbosity (openai/codex issue 9035, Jan 2026) and for summaries (openai/codex
    issue 2376, Aug 2025), where the model is named as its snapshot.
    """
    return ApiError(
        400,
        f"Unsupported value: '{value}' is not supported with the '{model}' model. Supported values are:"
        f" {refusals.enumerate_words(supported)}.",
        param=path,
        code="unsupported_value",
    )


def no_summary(model: str) -> ApiError:
    """A summary of no thoughts. Reported (roackb2/heddle pull 227, Jul 2026); its param and code are unverified."""
    message = f"Unsupported parameter: 'reasoning.summary' is not supported with the '{model}' model."
    return ApiError(400, message, param="reasoning.summary", code="unsupported_parameter")


def only_extended_caching() -> ApiError:
    """A cache in memory, which newer models do not have. Measured."""
    return ApiError(
        400,
        "This model is compatible only with 24h extended prompt caching",
        param="prompt_cache_retention",
        code="invalid_parameter",
    )


# --- reading, cancelling, deleting ------------------------------------------------------------------------------------


def cancel_synchronous() -> ApiError:
    """A response that was not made in the background. Reported; Azure's own server has the same rule."""
    return ApiError(400, "Cannot cancel a synchronous response.")


def cancel_over(status: str) -> ApiError:
    """A response that is over. Azure's own server says so of a completed one; of others it is unverified."""
    return ApiError(400, f"Cannot cancel a {status} response.")


def delete_in_flight() -> ApiError:
    """A response that is not over yet. Azure's own server says so; unverified at the service."""
    return ApiError(400, "Cannot delete an in-flight response.")


def not_streamable(missing: str) -> ApiError:
    """A stream of a response that was not made for that (documented). Azure's own server says so; its text unverified.

    missing: what it was made without, ``background`` or ``stream``.
    """
    return ApiError(
        400, f"This response cannot be streamed because it was not created with {missing}=true.", param="stream"
    )


def response_ended_early() -> ApiError:
    """A response whose end nobody will see: the server stops, or its namespace is gone. The emulator's own."""
    return ApiError(500, "[emulator] The response ended before it was done.", type="server_error")


def response_not_found(id: str) -> ApiError:  # noqa: A002
    """No such response, one that was deleted, or one that was not stored. Recorded."""
    return ApiError(404, f"Response with id '{id}' not found.")


# --- the emulator's own -----------------------------------------------------------------------------------------------


def unknown_assistant(assistant_id: str) -> ApiError:
    """The header that names a response's assistant names none. The emulator's own."""
    return ApiError(
        400,
        f"[emulator] The header {ASSISTANT_HEADER} names no assistant of this namespace:"
        f" '{without_keys(assistant_id)[:_MOST_QUOTED]}'.",
        param=ASSISTANT_HEADER,
        code="assistant_not_found",
    )
