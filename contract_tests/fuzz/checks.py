"""What is expected of every answer beside what schemathesis expects; loaded by its command line."""

import schemathesis
from schemathesis import GenerationMode

# Codes that call a body malformed.
FORM = ("unknown_parameter", "missing_required_parameter", "invalid_type", "empty_string", "empty_array")
LIMITS = ("_max_length", "_min_length", "_max_value", "_min_value", "_max_properties")
# What a JSON Schema cannot say: one of two fields, each of which may be null; and that 16.0 is no integer.
UNSAID = (("vector_stores.create_batch", "file_ids"),)
WHOLE = "expected an integer, but got a decimal instead."


@schemathesis.check
def refusals_have_the_envelope(ctx, response, case):
    """Whatever is refused is refused in the API's own form, with the id of the request."""
    if response.status_code < 400:
        return
    if case.method == "HEAD":
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind == "application/json", f"a refusal of type {kind!r}"
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}, f"an envelope of {sorted(error)}"
    assert isinstance(error["message"], str), "a message that is no text"
    assert response.headers.get("x-request-id"), "a refusal without the id of its request"


@schemathesis.check
def valid_data_is_not_called_malformed(ctx, response, case):
    """Valid data may name what is not there, or come at the wrong time; its form is never refused."""
    generated = case.meta.generation if case.meta else None
    if (
        generated is None
        or generated.mode is not GenerationMode.POSITIVE
        or response.status_code not in (400, 413, 422)
    ):
        return
    if response.status_code == 400:
        error = response.json()["error"]
        code = error["code"] or ""
        operation = case.operation.definition.raw.get("operationId")
        if (operation, error["param"]) in UNSAID or error["message"].endswith(WHOLE):
            return
        if not (code in FORM or code.endswith(LIMITS)):
            return
    raise AssertionError(f"valid data, and yet: {response.text}")
