"""What goes wrong: the classes of errors, what they carry, and what the library tries again."""

import openai
from program import (
    GAUGE,
    IS_V1,
    MODEL,
    URL,
    VERSION,
    asked,
    begin,
    beta,
    client,
    control,
    fault,
    forget_requests,
    make_assistant,
    messages,
    runs,
    threads,
    wait,
)
from telling import flow, holds, refused, same


@flow("errors")
def errors():
    unknown = "asst_" + "A" * 24
    error = refused(
        "an unknown assistant",
        openai.NotFoundError,
        lambda: beta.assistants.retrieve(unknown),
        status_code=404,
        type="invalid_request_error",
        param=None,
        code=None,
    )
    holds("is named", f"No assistant found with id '{unknown}'." in str(error), error)
    error = refused(
        "an unknown thread", openai.NotFoundError, lambda: threads.retrieve("thread_" + "B" * 24), status_code=404
    )
    holds("the request is named", error.response.headers["x-request-id"].startswith("req_"), error.response.headers)
    if hasattr(openai.APIStatusError, "request_id") or VERSION >= (1, 20):
        same("the error knows it too", error.request_id, error.response.headers["x-request-id"])
    wrong = refused(
        "a tool without a type",
        openai.BadRequestError,
        lambda: make_assistant({"function": {"name": "f"}}),
        status_code=400,
        param="tools[0].type",
        code="missing_required_parameter",
    )
    holds("is told in words", "Missing required parameter: 'tools[0].type'." in str(wrong), wrong)
    refused(
        "a run without an assistant",
        openai.NotFoundError,
        lambda: runs.create(threads.create().id, assistant_id=unknown),
        status_code=404,
    )
    refused(
        "an unknown parameter",
        openai.BadRequestError,
        lambda: beta.assistants.create(model=MODEL, extra_body={"colour": "blue"}),
        status_code=400,
        code=None if IS_V1 else "unknown_parameter",
    )
    refused(
        "metadata that is too long",
        openai.BadRequestError,
        lambda: threads.create(metadata={"k": "v" * 513}),
        status_code=400,
    )
    refused(
        "no header for the beta",
        openai.BadRequestError,
        lambda: client.get("/assistants", cast_to=object),
        status_code=400,
        code="invalid_beta",
    )
    refused("no such path", openai.NotFoundError, lambda: client.get("/harbours", cast_to=object), status_code=404)
    run = wait(begin("Read the gauge.", GAUGE))
    error = refused(
        "a busy thread",
        openai.BadRequestError,
        lambda: messages.create(run.thread_id, role="user", content="?"),
        status_code=400,
    )
    holds("names the run", run.id in str(error), error)
    refused(
        "outputs for another call",
        openai.BadRequestError,
        lambda: runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": "call_none", "output": "x"}]
        ),
        status_code=400,
    )
    keyless = openai.OpenAI(
        base_url=f"{URL}/v1", api_key="sk-emu-matrix", default_headers={"Authorization": ""}, max_retries=0
    )
    refused("no key", openai.AuthenticationError, keyless.models.list, status_code=401)


@flow("error classes")
def classes():
    once = client.with_options(max_retries=0)
    wanted = {
        400: openai.BadRequestError, 401: openai.AuthenticationError, 403: openai.PermissionDeniedError,
        404: openai.NotFoundError, 408: openai.APIStatusError, 409: openai.ConflictError,
        422: openai.UnprocessableEntityError, 429: openai.RateLimitError, 500: openai.InternalServerError,
        503: openai.InternalServerError,
    }  # fmt: skip
    for status, kind in wanted.items():
        error = {"message": f"Number {status}.", "type": "scripted", "param": "p", "code": "c"}
        fault({"status": status, "error": error}, method="GET", path="/models")
        refused(
            f"{status} has its class", kind, once.models.list, status_code=status, type="scripted", param="p", code="c"
        )


@flow("retries")
def retries():
    soon = {"retry-after-ms": "2"}
    # 1.3.3 does not know the header and waits half a second instead.
    for status in (429,) if VERSION < (1, 9) else (408, 409, 429, 500, 503):
        forget_requests()
        fault({"status": status, "headers": soon}, method="GET", path="/models")
        holds(f"{status} is tried again", list(client.models.list()))
        same(f"{status} once", asked("GET", "/models"), 2)
    for status in (400, 404):
        forget_requests()
        fault({"status": status}, method="GET", path="/models")
        refused(
            f"{status} is refused",
            openai.BadRequestError if status == 400 else openai.NotFoundError,
            client.models.list,
        )
        same(f"{status} is not tried again", asked("GET", "/models"), 1)
    forget_requests()
    fault({"status": 500, "headers": {"x-should-retry": "false"}}, method="GET", path="/models")
    refused("a server that forbids it is obeyed", openai.InternalServerError, client.models.list)
    same("at once", asked("GET", "/models"), 1)
    if VERSION >= (1, 9):
        forget_requests()
        fault({"status": 500, "headers": soon}, method="GET", path="/models", times=3)
        refused("the third failure is the last", openai.InternalServerError, client.models.list)
        same("after three requests", asked("GET", "/models"), 3)
    control("DELETE", "/faults")


@flow("raw answers")
def raw():
    made = make_assistant()
    answer = beta.assistants.with_raw_response.retrieve(made.id)
    holds("headers can be read", answer.headers["x-request-id"].startswith("req_"), answer.headers)
    holds("the version is told", answer.headers.get("openai-version"), dict(answer.headers))
    same("the body can be parsed", answer.parse(), made)
    same("models are listed", [type(model).__name__ for model in client.models.list()][:1], ["Model"])
    same("strictly one beta is spoken", IS_V1, "file_ids" in dict(made))
