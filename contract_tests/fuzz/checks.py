"""Loaded by schemathesis' command line: real ids for valid requests, and more checks of every response."""

import json
import os
import zlib
from pathlib import Path

import schemathesis
from schemathesis import GenerationMode

FAMILIES = json.loads(Path(os.environ["FUZZ_FAMILIES"]).read_text())

# Codes of malformed bodies.
FORM = ("unknown_parameter", "missing_required_parameter", "invalid_type", "empty_string", "empty_array")
LIMITS = ("_max_length", "_min_length", "_max_value", "_min_value", "_max_properties")
# Not expressible in JSON Schema: one of two fields, each of which can be null; and that 16.0 is not an integer.
INEXPRESSIBLE = (("vector_stores.create_batch", "file_ids"),)
WHOLE = "expected an integer, but got a decimal instead."


@schemathesis.hook
def before_call(context, case, kwargs):
    """Use existing objects that belong together in two of three valid requests."""
    if not _is_valid(case) or case.meta.phase.name.value == "stateful":
        return
    if case.media_type == "multipart/form-data":
        return  # a changed case is validated again, and bytes are not a string to a schema
    chosen = zlib.crc32(repr((case.method, case.path, case.path_parameters, case.body)).encode())
    if chosen % 3 == 0:
        return
    family = FAMILIES[chosen % len(FAMILIES)]
    case.path_parameters = {name: family.get(name, value) for name, value in (case.path_parameters or {}).items()}
    if isinstance(case.body, dict):
        case.body = {name: family.get(name, value) if name != "calls" else value for name, value in case.body.items()}
        if "tool_outputs" in case.body and family["calls"]:
            case.body["tool_outputs"] = [{"tool_call_id": call, "output": "Fine."} for call in family["calls"]]


def _is_valid(case):
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


@schemathesis.check
def errors_have_the_envelope(ctx, response, case):
    """Every error has the API's envelope and the id of its request."""
    if response.status_code < 400:
        return
    if case.method == "HEAD":
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind == "application/json", f"an error of type {kind!r}"
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}, f"an envelope of {sorted(error)}"
    assert isinstance(error["message"], str), "a message that is not a string"
    assert response.headers.get("x-request-id"), "an error without the id of its request"


@schemathesis.check
def valid_data_is_not_called_malformed(ctx, response, case):
    """Valid data can name missing objects or come at the wrong time, but it is never called malformed."""
    if not _is_valid(case) or response.status_code not in (400, 422):
        return
    if response.status_code == 400:
        error = response.json()["error"]
        code = error["code"] or ""
        operation = case.operation.definition.raw.get("operationId")
        if (operation, error["param"]) in INEXPRESSIBLE or error["message"].endswith(WHOLE):
            return
        if not (code in FORM or code.endswith(LIMITS)):
            return
    raise AssertionError(f"valid data was called malformed: {response.text}")
