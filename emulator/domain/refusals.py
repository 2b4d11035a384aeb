"""Every refusal of the API: one function for each text, in the order in which a request meets them.

Evidence marks: *recorded* = in a public recording, *reported* = quoted by users of the service in public issues or
logs, *generic* = measured on the same validator behind other endpoints, *unverified* = none of these.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Final, Literal

from emulator.domain.errors import ApiError
from emulator.domain.quotas import MINUTE, Shortage

Beta = Literal["v1", "v2"]

_KEYS_PAGE: Final = "https://platform.openai.com/account/api-keys."
_MOST_QUOTED: Final = 100
_LIMITS: Final = "Visit https://platform.openai.com/account/rate-limits to learn more."
_MIGRATION: Final = "https://platform.openai.com/docs/assistants/migration."

# --- who is asking --------------------------------------------------------------------------------------------------

_BEARER: Final = {"www-authenticate": 'Bearer realm="OpenAI API"'}


def missing_key() -> ApiError:
    """No API key was sent. Reported; generic to all endpoints."""
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth"
        " (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing"
        " the API from your browser and are prompted for a username and password. You can obtain an API key from"
        f" {_KEYS_PAGE}",
        headers=_BEARER,
    )


def incorrect_key(key: str) -> ApiError:
    """The API key is not one of the server's. Recorded (ruby-openai, Nov 2023), with the key masked."""
    masked = f"{key[:3]}{'*' * max(len(key) - 7, 3)}{key[-4:]}" if len(key) > 8 else "*" * len(key)
    return ApiError(
        401,
        f"Incorrect API key provided: {masked}. You can find your API key at {_KEYS_PAGE}",
        code="invalid_api_key",
        headers=_BEARER,
    )


def header_names_no_namespace() -> ApiError:
    """What `x-emulator-namespace` says is no name, and may be a key: it is not repeated. The emulator's own."""
    return ApiError(
        400,
        "[emulator] The header x-emulator-namespace cannot name a namespace: use 1 to 64 of a-z, 0-9, dot, dash,"
        " underscore.",
    )


def key_names_no_namespace() -> ApiError:
    """What stands behind `sk-emu-` cannot be a namespace; it is not repeated. The emulator's own."""
    return ApiError(
        400,
        "[emulator] The API key names no namespace: behind sk-emu- it has 1 to 64 of a-z, 0-9, dot, dash, underscore.",
        code="invalid_api_key",
    )


def missing_beta(version: Beta = "v2") -> ApiError:
    """The `OpenAI-Beta` header is missing. Reported; v1 era: with `assistants=v1`."""
    return ApiError(
        400,
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header"
        f" 'OpenAI-Beta: assistants={version}'.",
        code="invalid_beta",
    )


def v1_deprecated(*, v1_only_path: bool = False) -> ApiError:
    """v1 after its end in December 2024. Reported by several projects; the short form on paths that only v1 had."""
    retry = "" if v1_only_path else " Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    return ApiError(
        400,
        f"The v1 Assistants API has been deprecated.{retry} See the migration guide for more information: {_MIGRATION}",
        code="invalid_beta",
    )


# --- where from: the emulator's own, because the service answers everybody -------------------------------------------


def one_host_needed() -> ApiError:
    """The Host header is missing, or Host or Origin came twice. The emulator's own."""
    return ApiError(400, "A request needs exactly one Host header, and at most one Origin header.")


def foreign_page(origin: str | None) -> ApiError:
    """A web page of another machine. origin: None where the browser does not name it. The emulator's own."""
    page = "of another site" if origin is None else f"from {origin[:_MOST_QUOTED]!r}"
    return ApiError(
        403,
        f"[emulator] Web pages {page} may not use this server. Start it with --cors ORIGIN to allow one, or --cors '*'"
        " to allow all.",
        code="origin_not_allowed",
    )


def foreign_host(host: str) -> ApiError:
    """The server is called by a name that is not its own. The emulator's own."""
    return ApiError(
        403,
        f"[emulator] This server does not answer to the host name {host[:_MOST_QUOTED]!r}. Use a loopback address, or"
        " start it with --allow-host NAME.",
        code="host_not_allowed",
    )


# --- where to -------------------------------------------------------------------------------------------------------


def unknown_url(method: str, path: str, remark: str = "") -> ApiError:
    """No such route. The text is that of the service's other endpoints; unverified on this one. remark: ours."""
    return ApiError(404, f"Invalid URL ({method} {path}){_remark(remark)}")


def _remark(text: str) -> str:
    """Return what the emulator has to say, which the service did not."""
    return f" [emulator] {text}" if text else ""


def method_not_allowed(method: str, path: str) -> ApiError:
    """The route does not take this method. Unverified."""
    return ApiError(405, f"Not allowed to {method} on {path}.", code="method_not_supported")


def azure_not_found(remark: str = "") -> ApiError:
    """No such route, as Azure said it: an envelope of two keys (reported). remark: ours."""
    error = ApiError(404, f"Resource not found{_remark(remark)}", code="404")
    error.body = lambda: {"error": {"code": "404", "message": error.message}}  # type: ignore[method-assign]
    return error


# --- objects --------------------------------------------------------------------------------------------------------

# How the service named each kind in "No … found with id".
_NOUN: Final[Mapping[str, str]] = {
    "assistant": "assistant",
    "thread": "thread",
    "message": "message",
    "run": "run",
    "step": "run step",
    "vector_store": "vector store",
    "file_batch": "vector store file batch",
    "message_file": "message file",
    "assistant_file": "assistant file",
    "upload": "upload",
    "part": "upload part",
}


def not_found(kind: str, id: str) -> ApiError:  # noqa: A002
    """No such object. Recorded for threads, assistants, run steps, message files; reported for the others."""
    return ApiError(404, f"No {_NOUN[kind]} found with id '{id}'.")


def no_such_file(id: str) -> ApiError:  # noqa: A002
    """No such file, as the Files endpoints say it. Recorded (openai-dotnet)."""
    return ApiError(404, f"No such File object: {id}", param="id")


def file_not_in_store(file_id: str, store_id: str) -> ApiError:
    """The store does not hold the file. Reported."""
    return ApiError(404, f"No file found with id '{file_id}' in vector store '{store_id}'.")


def unknown_cursor(param: str, id: str) -> ApiError:  # noqa: A002
    """A cursor that names nothing. Unverified: no recording of a bad cursor is known."""
    return ApiError(400, f"Invalid '{param}': no object found with id '{id}'.", param=param, code="invalid_value")


def wrong_prefix(param: str, id: str, prefix: str, on_v1: ApiError | None = None) -> ApiError:  # noqa: A002
    """An id of another kind. Reported 2024 to 2025; before that, and so on v1, the plain 404 was recorded."""
    return ApiError(
        400,
        f"Invalid '{param}': '{id}'. Expected an ID that begins with '{prefix}'.",
        param=param,
        code="invalid_value",
        on_v1=on_v1,
    )


def foreign_characters(param: str, id: str, on_v1: ApiError | None = None) -> ApiError:  # noqa: A002
    """An id with characters that no id has. Reported for vector stores (litellm, 2026); generic elsewhere."""
    return ApiError(
        400,
        f"Invalid '{param}': '{id}'. Expected an ID that contains letters, numbers, underscores, or dashes, but this"
        " value contained additional characters.",
        param=param,
        code="invalid_value",
        on_v1=on_v1,
    )


def model_not_found(model: str) -> ApiError:
    """The model is not one the server has. Reported."""
    return ApiError(400, f"The requested model '{model}' does not exist.", param="model", code="model_not_found")


def no_such_model(model: str) -> ApiError:
    """GET of an unknown model. The text is that of the models endpoint; unverified here."""
    return ApiError(
        404,
        f"The model '{model}' does not exist or you do not have access to it.",
        param="model",
        code="model_not_found",
    )


def unsupported_model(model: str, *, v1: bool = False) -> ApiError:
    """A model that the API (or its v1) refused. Reported for gpt-4o on v1, gpt-5.1, gpt-5-mini and others."""
    tail = f" in v1. Follow the migration guide to upgrade to v2: {_MIGRATION}" if v1 else "."
    on_azure = None if v1 else unsupported_deployment(model)
    return ApiError(
        400,
        f"The requested model '{model}' cannot be used with the Assistants API{tail}",
        param="model",
        code="unsupported_model",
        on_azure=on_azure,
    )


# The versions that Azure's names for these models meant (documented); other deployments are taken for their engines.
_ENGINES: Final[Mapping[str, str]] = {
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "o1": "o1-2024-12-17",
    "o3-mini": "o3-mini-2025-01-31",
}


def unsupported_deployment(name: str) -> ApiError:
    """A refused model, as Azure and Foundry said it. Reported (azure-sdk-for-net issue 48409 and another, Feb 2025)."""
    return ApiError(
        400,
        f"The requested model '{name}' with engine '{_ENGINES.get(name, name)}' cannot be used with the Assistants"
        " API.",
        param="model",
        code="unsupported_model",
    )


def unsupported_sampling(name: str, *, by_update: bool = False) -> ApiError:
    """A reasoning model does not sample. Reported for temperature, generic for top_p.

    by_update: of an assistant, which blames the model (OpenAI-DotNet issue 431, openai-python issue 2072; Mar 2025).
    When an assistant or a run is created, param and code are those of other endpoints (generic).
    """
    return ApiError(
        400,
        f"Unsupported parameter: '{name}' is not supported with this model.",
        param="model" if by_update else name,
        code="unsupported_model" if by_update else "unsupported_parameter",
    )


def model_cannot_be_deleted(model: str) -> ApiError:
    """Only fine-tuned models can be deleted (documented). The text is unverified."""
    return ApiError(400, f"The model '{model}' cannot be deleted: it is not fine-tuned.", param="model")


# --- states ---------------------------------------------------------------------------------------------------------


def thread_is_busy_for_messages(thread_id: str, run_id: str) -> ApiError:
    """The thread is locked by a run. Reported many times."""
    return ApiError(400, f"Can't add messages to {thread_id} while a run {run_id} is active.")


def thread_is_busy_for_runs(thread_id: str, run_id: str) -> ApiError:
    """The thread already has a run that is not over. Reported many times."""
    return ApiError(400, f"Thread {thread_id} already has an active run {run_id}.")


def cannot_cancel_run(status: str) -> ApiError:
    """The run is over (or being cancelled). Recorded for completed."""
    on_v1 = cannot_cancel_run("completed") if status == "incomplete" else None  # v1 knew no such status
    return ApiError(400, f"Cannot cancel run with status '{status}'.", on_v1=on_v1)


def cannot_update_run(status: str) -> ApiError:
    """The run is under way. Recorded for in_progress (v1, Nov 2023)."""
    return ApiError(400, f"Cannot update run with status '{status}'.")


def run_takes_no_outputs(status: str) -> ApiError:
    """The run does not wait for outputs. Recorded for completed and in_progress, with double quotes."""
    on_v1 = run_takes_no_outputs("completed") if status == "incomplete" else None  # v1 knew no such status
    return ApiError(400, f'Runs in status "{status}" do not accept tool outputs.', on_v1=on_v1)


def wrong_tool_outputs(expected: Sequence[str], got: Sequence[str]) -> ApiError:
    """Not exactly the outstanding calls. Reported for missing ones; for unknown and repeated ids unverified."""
    return ApiError(400, f"Expected tool outputs for call_ids {list(expected)!r}, got {list(got)!r}")


def wrong_tool_approvals(expected: Sequence[str], got: Sequence[str]) -> ApiError:
    """Not exactly the calls that wait for an approval. Unverified: as for outputs."""
    return ApiError(400, f"Expected tool approvals for call_ids {list(expected)!r}, got {list(got)!r}")


def nothing_to_run() -> ApiError:
    """An empty thread and an assistant without instructions. Recorded 40 times on v2; v1 ran it."""
    return ApiError(
        400,
        "Run creation requires a Thread with a user message or an assistant with instructions.",
        code="invalid_thread",
    )


# --- bodies ---------------------------------------------------------------------------------------------------------


def bad_json() -> ApiError:
    """The body is not JSON. The text is generic to the service; unverified on these endpoints."""
    return ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library"
        " correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble"
        " figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    )


def bad_form(why: str) -> ApiError:
    """A multipart body that cannot be read. Unverified."""
    return ApiError(400, f"Could not parse multipart form: {why}")


def body_too_large(limit: int, got: int | None) -> ApiError:
    """The body is over the limit. Generic; unverified on these endpoints."""
    read = "more" if got is None else f"{got} bytes read"
    return ApiError(413, f"Maximum content size limit ({limit}) exceeded ({read})")


def missing_parameter(path: str, provided: str | None = None) -> ApiError:
    """A required field is not there. Reported (openai-python issue 1335).

    provided: a key that was meant for it. Reported (betalgo/openai issue 569, and on other endpoints).
    """
    name = path.rpartition(".")[2]
    hint = f" You provided '{provided}', did you mean to provide '{name}'?" if provided else ""
    return ApiError(400, f"Missing required parameter: '{path}'.{hint}", param=path, code="missing_required_parameter")


def unknown_parameter(path: str, suggestion: str | None = None) -> ApiError:
    """A field that the API does not know. Reported, the suggestion as an optional suffix."""
    hint = f" Did you mean '{suggestion}'?" if suggestion else ""
    return ApiError(400, f"Unknown parameter: '{path}'.{hint}", param=path, code="unknown_parameter")


def invalid_type(path: str, expected: str, got: str) -> ApiError:
    """A field of another type. Recorded for metadata values (ruby-openai, Apr 2024); reported for arrays."""
    return ApiError(
        400,
        f"Invalid type for '{path}': expected {expected}, but got {got} instead.",
        param=path,
        code="invalid_type",
    )


def invalid_value(path: str, got: object, supported: Sequence[str]) -> ApiError:
    """A word that is not one of those supported. Generic."""
    return ApiError(
        400,
        f"Invalid value: '{got}'. Supported values are: {enumerate_words(supported)}.",
        param=path,
        code="invalid_value",
    )


def enumerate_words(words: Sequence[str]) -> str:
    """Return ``'a', 'b', and 'c'`` (two: ``'a' and 'b'``). Generic."""
    quoted = [f"'{word}'" for word in words]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def string_too_long(path: str, limit: int, got: int) -> ApiError:
    """Reported for content and function descriptions."""
    return ApiError(
        400,
        f"Invalid '{path}': string too long. Expected a string with maximum length {limit}, but got a string with"
        f" length {got} instead.",
        param=path,
        code="string_above_max_length",
    )


def string_too_short(path: str, limit: int, got: int) -> ApiError:
    """Generic."""
    what = "an empty string" if got == 0 else f"a string with length {got}"
    return ApiError(
        400,
        f"Invalid '{path}': {'empty string' if got == 0 else 'string too short'}. Expected a string with minimum length"
        f" {limit}, but got {what} instead.",
        param=path,
        code="empty_string" if got == 0 else "string_below_min_length",
    )


def bad_pattern(path: str, pattern: str) -> ApiError:
    """Generic."""
    return ApiError(
        400,
        f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.",
        param=path,
        code="invalid_value",
    )


def array_too_long(path: str, limit: int, got: int) -> ApiError:
    """Reported for file_ids, tools and attachments."""
    return ApiError(
        400,
        f"Invalid '{path}': array too long. Expected an array with maximum length {limit}, but got an array with length"
        f" {got} instead.",
        param=path,
        code="array_above_max_length",
    )


def array_too_short(path: str, limit: int, got: int) -> ApiError:
    """Generic."""
    what = "an empty array" if got == 0 else f"an array with length {got}"
    return ApiError(
        400,
        f"Invalid '{path}': {'empty array' if got == 0 else 'array too short'}. Expected an array with minimum length"
        f" {limit}, but got {what} instead.",
        param=path,
        code="empty_array" if got == 0 else "array_below_min_length",
    )


def outputs_too_large(path: str) -> ApiError:
    """Outputs that are too much together. Reported by six programs, 2024 and 2025, Azure's and others."""
    return ApiError(
        400,
        f"'{path}' too large: the combined tool outputs must be less than 512kb.",
        param=path,
        code="invalid_value",
    )


def too_many_properties(path: str, limit: int, got: int) -> ApiError:
    """Reported for metadata of threads and stores (litellm issues 4257 and 13284, Jun 2024 and 2025)."""
    return ApiError(
        400,
        f"Invalid '{path}': too many properties. Expected an object with at most {limit} properties, but got an object"
        f" with {got} properties instead.",
        param=path,
        code="object_above_max_properties",
    )


def property_name_too_long(path: str, name: str, limit: int) -> ApiError:
    """Generic: only the ends of the name are quoted, and the whole of it in param (codex issue 26402, Jun 2026)."""
    quoted = f"{name[:3]}...{name[-3:]}" if len(name) > limit else name
    return ApiError(
        400,
        f"Invalid property name in '{path}': '{quoted}' is too long. Expected a string with maximum length {limit}, but"
        f" got a string with length {len(name)} instead.",
        param=f"{path}.{name}",
        code="property_name_above_max_length",
    )


def number_out_of_range(path: str, *, limit: float, got: float, above: bool) -> ApiError:
    """Generic; unverified on the lists of this API."""
    kind = "integer" if isinstance(got, int) and isinstance(limit, int) else "decimal"
    side, sign, code = ("above maximum", "<=", "above_max") if above else ("below minimum", ">=", "below_min")
    limit = int(limit) if limit == int(limit) else limit  # 2, whatever the validator made of it
    return ApiError(
        400,
        f"Invalid '{path}': {kind} {side} value. Expected a value {sign} {limit}, but got {got} instead.",
        param=path,
        code=f"{kind}_{code}_value",
    )


def validation_v1(problems: Iterable[tuple[Sequence[str | int], str, str]]) -> ApiError:
    """What v1 said of a body: problems as (location, text, type). Recorded and reported."""
    rows = [f"{' -> '.join(map(str, ('body', *place)))}\n  {text} (type={kind})" for place, text, kind in problems]
    noun = "error" if len(rows) == 1 else "errors"
    return ApiError(400, "\n".join([f"{len(rows)} validation {noun} for Request", *rows]))


def invalid_url(path: str) -> ApiError:
    """An image's address that is none. Reported (openai-python and betalgo, May and June 2024)."""
    message = f"Invalid '{path}'. Expected a valid URL, but got a value with an invalid format."
    return ApiError(400, message, param=path, code="invalid_value")


def empty_content(path: str) -> ApiError:
    """A message without a text. Reported: a public test suite quotes it. v1's specification wanted one character."""
    return ApiError(400, "Message content must be non-empty.", param=path)


# --- tools, files and stores ----------------------------------------------------------------------------------------


def schema_is_no_object(name: str, path: str, got: object) -> ApiError:
    """A function whose parameters are not an object. Reported (Nov 2023); param and code as of 2025."""
    return ApiError(
        400,
        f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type:"
        f' "{got}"\'.',
        param=path,
        code="invalid_function_parameters",
    )


def no_retrieval(*, names_v2: bool) -> ApiError:
    """The retrieval of v1 on Azure, which never had it. Reported in both texts, 2024; param and code unverified."""
    if not names_v2:
        return ApiError(400, "Retrieval tools are not supported.")
    return ApiError(
        400,
        "Azure OpenAI Retrieval v1 tool is not supported in favor of the more advanced v2 file_search tool. Please use"
        " `file_search` in the v2 api.",
    )


def unsupported_format(model: str) -> ApiError:
    """Structured output of a model without it. Reported twice (Oct and Nov 2024); param and code: other endpoints."""
    message = (
        f"Invalid parameter: 'response_format' of type 'json_schema' is not supported with model version `{model}`."
    )
    return ApiError(400, message, param="response_format")


def json_schema_needs_functions() -> ApiError:
    """Structured output together with a built-in tool. Reported three times; param and code unverified."""
    return ApiError(
        400,
        "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_schema`.",
    )


def store_is_expired(store_id: str) -> ApiError:
    """A run or a write on a store that has expired. Reported."""
    return ApiError(400, f"Vector store {store_id} is expired")


def purpose_not_allowed(purpose: str, allowed: Sequence[str]) -> ApiError:
    """Recorded (openai-dotnet)."""
    return ApiError(400, f"'{purpose}' is not one of {list(allowed)!r} - 'purpose'", param="purpose")


def empty_file() -> ApiError:
    """A file of no bytes. The text is reported (openai-go issue 434, Jun 2025), the rest is unverified."""
    return ApiError(400, "File is empty.")


def unknown_extension(extension: str, supported: Sequence[str]) -> ApiError:
    """A file for assistants whose extension is not known. Reported (openai-dotnet issue 270, Oct 2024)."""
    formats = ", ".join(f'"{name}"' for name in supported)
    return ApiError(400, f"Invalid extension {extension}. Supported formats: {formats}")


def missing_form_field(name: str) -> ApiError:
    """A field of an upload that has to be there. Reported (openai-node, Apr 2024; openai-python, 2022)."""
    return ApiError(400, f"'{name}' is a required property")


def unknown_form_fields(names: Sequence[str]) -> ApiError:
    """Unknown fields of an upload. Reported (openai-ruby, Oct 2025; vercel/ai, Jul 2026)."""
    listed = ", ".join(map(repr, names))
    were = "was" if len(names) == 1 else "were"
    return ApiError(400, f"Additional properties are not allowed ({listed} {were} unexpected)")


def no_multipart(content_type: str) -> ApiError:
    """An upload that is no multipart form. Reported (openai-api-rs, ruby-openai)."""
    return ApiError(
        415,
        f"Invalid Content-Type header ({content_type}), expected multipart/form-data. (HINT: If you're using curl, you"
        " can pass -H 'Content-Type: multipart/form-data')",
    )


def file_without_name() -> ApiError:
    """The part of an upload that should be a file is a field. Reported once (openai-java, Mar 2025)."""
    return ApiError(
        400, "The browser (or proxy) sent a request that this server could not understand.", type="server_error"
    )


def download_not_allowed(purpose: str) -> ApiError:
    """The content of what users gave to assistants cannot be read back. Reported."""
    return ApiError(400, f"Not allowed to download files of purpose: {purpose}")


def extension_not_supported(extension: str, field: str) -> ApiError:
    """A file that file_search cannot read. Reported for `file_ids`, other fields are unverified."""
    return ApiError(
        400,
        f"Files with extensions [{extension}] are not supported for retrieval. See"
        " https://platform.openai.com/docs/assistants/tools/file-search/supported-files",
        param=field,
        code="unsupported_file",
    )


def not_an_image(extension: str) -> ApiError:
    """An image part that names something else. Reported; param and code unverified."""
    return ApiError(
        400,
        "Invalid message content: Expected file type to be a supported format: .jpeg, .jpg, .png, .gif, .webp but got"
        f" {extension}.",
    )


def upload_is_over(upload_id: str, status: str) -> ApiError:
    """An upload that takes no more parts. Unverified."""
    return ApiError(400, f"Upload {upload_id} is {status} and cannot be changed.")


def upload_has_other_size(announced: int, got: int) -> ApiError:
    """The parts do not add up to what was announced (documented as an error). The text is unverified."""
    return ApiError(
        400,
        f"The total number of bytes uploaded ({got}) does not match the expected total ({announced}).",
        param="bytes",
    )


def upload_has_other_md5(announced: str, got: str) -> ApiError:
    """The parts are not what was announced (documented as an error). The text is unverified."""
    return ApiError(
        400, f"The MD5 checksum of the file ({got}) does not match the expected one ({announced}).", param="md5"
    )


def no_files(file_ids: Sequence[str]) -> ApiError:
    """Files that an object names and that do not exist. Reported (azure-sdk-for-net, Nov 2024, and others).

    v1 on Azure had an error of its own, with a type of its own. Reported (azureai-samples issue 58, Feb 2024).
    """
    listed = f"Files [{', '.join(file_ids)}]"
    of_v1 = ApiError(400, f"{listed} are invalid", type="invalid_request")
    on_azure = ApiError(404, f"{listed} were not found", on_v1=of_v1)
    return ApiError(404, f"{listed} were not found", on_azure=on_azure)


def either_store_field(path: str) -> ApiError:
    """Stores named and stores to be made, at once (documented as exclusive). The text is unverified."""
    return ApiError(
        400,
        "Only one of 'vector_store_ids' and 'vector_stores' may be given.",
        param=path,
        code="invalid_value",
    )


def either_batch_field() -> ApiError:
    """A batch that names its files in both ways (documented as exclusive). The text is unverified."""
    return ApiError(400, "Only one of 'file_ids' and 'files' may be given.", param="file_ids", code="invalid_value")


def either_field(path: str, other: str) -> ApiError:
    """A field beside the one that it stands for (documented as exclusive). The text is unverified."""
    name = path.rpartition(".")[2]
    return ApiError(400, f"Only one of '{other}' and '{name}' may be given.", param=path, code="invalid_value")


def empty_store_to_make() -> ApiError:
    """A store to be made of no files. Reported (openai-node issue 795)."""
    return ApiError(400, "file_search tool configuration is invalid. file_ids must be non-empty")


def too_many_assistant_files() -> ApiError:
    """v1: an assistant's files are full. Reported."""
    return ApiError(400, "Assistant support at most 20 files, remove some files before adding new ones.")


def overlap_too_large(path: str) -> ApiError:
    """Chunks may share at most half of their tokens (documented). The text is unverified."""
    return ApiError(
        400,
        f"Invalid '{path}': chunk_overlap_tokens must be at most half of max_chunk_size_tokens.",
        param=path,
        code="invalid_value",
    )


def bad_filter(why: str) -> ApiError:
    """A search filter that cannot be understood. Unverified."""
    return ApiError(400, f"Invalid 'filters': {why}", param="filters", code="invalid_value")


# --- the server itself ----------------------------------------------------------------------------------------------


def rate_limited(wait: float | None = None) -> ApiError:
    """Too many requests. Reported (the service's forum), with a type that is not the status's own.

    wait: seconds, which the answer names in headers that clients heed. That these endpoints sent such headers is
    unverified; they never sent any that begin with x-ratelimit (recorded).
    """
    headers = {}
    if wait is not None:
        headers = {"retry-after": str(max(1, ceil(wait))), "retry-after-ms": str(max(1, ceil(wait * 1000)))}
    return ApiError(
        429,
        "You've exceeded the rate limit, please slow down and try again later.",
        code="rate_limit_exceeded",
        headers=headers,
    )


def tokens_short(model: str, short: Shortage) -> str:
    """Return why a run fails whose key has too few tokens: no refusal of a request, but the run's `last_error`.

    Reported of 429 answers of other endpoints (FoundationAgents/MetaGPT#523, Dec 2023, to continuedev/continue#11472,
    Mar 2026), with the wait that follows from its own numbers. That a run's error has the same words is unverified.
    """
    where = f"{model} in organization org-emulator on tokens per min (TPM): Limit {short.limit}"
    if short.used is None:
        return (
            f"Request too large for {where}, Requested {short.requested}. The input or output tokens must be reduced in"
            f" order to run successfully. {_LIMITS}"
        )
    wait = (short.used + short.requested - short.limit) * MINUTE / short.limit
    return (
        f"Rate limit reached for {where}, Used {short.used}, Requested {short.requested}. Please try again in"
        f" {_in_short(wait)}. {_LIMITS}"
    )


def _in_short(seconds: float) -> str:
    """Return a wait as the service writes it, never too short: 84ms, 9.816s."""
    milliseconds = max(1, ceil(seconds * 1000 - 1e-6))
    return f"{milliseconds}ms" if milliseconds < 1000 else f"{milliseconds / 1000:g}s"


def server_error(request_id: str) -> ApiError:
    """Something broke. Recorded (ruby-openai, Oct 2024)."""
    return ApiError(
        500,
        "The server had an error processing your request. Sorry about that! You can retry your request, or contact us"
        " through our help center at help.openai.com if you keep seeing this error. (Please include the request ID"
        f" {request_id} in your email.)",
        type="server_error",
    )


def unavailable_database() -> ApiError:
    """The database cannot be reached for now. The emulator's own: the service never says why."""
    return ApiError(
        503,
        "[emulator] the database cannot be reached; ask again",
        type="server_error",
        code="database_unavailable",
        headers={"retry-after": "1"},
    )


def broken_stub(message: str) -> ApiError:
    """The template of a stub cannot be filled. The emulator's own; never retried."""
    return ApiError(500, f"[emulator] {message}", type="server_error", headers={"x-should-retry": "false"})


def broken_forward(message: str) -> ApiError:
    """What a request is forwarded to does not answer. The emulator's own."""
    return ApiError(502, f"[emulator] {message}", type="server_error", code="upstream_failed")


def scripted_refusal(message: str) -> ApiError:
    """No scripted turn matches, and the script wants the request itself to fail. The emulator's own; never retried."""
    return ApiError(500, message, type="server_error", headers={"x-should-retry": "false"})


def stream_is_cut(why: str) -> ApiError:
    """A stream ends before its run does. The emulator's own: what the service did then is not known."""
    return ApiError(500, f"[emulator] {why}", type="server_error")
