"""Errors: their classes and attributes, and the retries of the library."""

import openai
from checks import check, check_equal, check_refused, flow
from program import (
    GAUGE,
    IS_V1,
    MODEL,
    URL,
    VERSION,
    beta,
    clear_requests,
    client,
    control,
    count_requests,
    fault,
    make_assistant,
    messages,
    runs,
    start_run,
    threads,
    wait,
)


@flow("errors")
def errors():
    unknown = "asst_" + "A" * 24
    error = check_refused(
        "an unknown assistant",
        openai.NotFoundError,
        lambda: beta.assistants.retrieve(unknown),
        status_code=404,
        type="invalid_request_error",
        param=None,
        code=None,
    )
    check("its message names the id", f"No assistant found with id '{unknown}'." in str(error), error)
    error = check_refused(
        "an unknown thread", openai.NotFoundError, lambda: threads.retrieve("thread_" + "B" * 24), status_code=404
    )
    check(
        "the error has the request id",
        error.response.headers["x-request-id"].startswith("req_"),
        error.response.headers,
    )
    if hasattr(openai.APIStatusError, "request_id") or VERSION >= (1, 20):
        check_equal("the exception has the request id too", error.request_id, error.response.headers["x-request-id"])
    wrong = check_refused(
        "a tool without a type",
        openai.BadRequestError,
        lambda: make_assistant({"function": {"name": "f"}}),
        status_code=400,
        param="tools[0].type",
        code="missing_required_parameter",
    )
    check("its message names the parameter", "Missing required parameter: 'tools[0].type'." in str(wrong), wrong)
    check_refused(
        "a run without an assistant",
        openai.NotFoundError,
        lambda: runs.create(threads.create().id, assistant_id=unknown),
        status_code=404,
    )
    check_refused(
        "an unknown parameter",
        openai.BadRequestError,
        lambda: beta.assistants.create(model=MODEL, extra_body={"colour": "blue"}),
        status_code=400,
        code=None if IS_V1 else "unknown_parameter",
    )
    check_refused(
        "metadata that is too long",
        openai.BadRequestError,
        lambda: threads.create(metadata={"k": "v" * 513}),
        status_code=400,
    )
    check_refused(
        "no header for the beta",
        openai.BadRequestError,
        lambda: client.get("/assistants", cast_to=object),
        status_code=400,
        code="invalid_beta",
    )
    check_refused(
        "no such path", openai.NotFoundError, lambda: client.get("/harbours", cast_to=object), status_code=404
    )
    run = wait(start_run("Read the gauge.", GAUGE))
    error = check_refused(
        "a busy thread",
        openai.BadRequestError,
        lambda: messages.create(run.thread_id, role="user", content="?"),
        status_code=400,
    )
    check("its message names the run", run.id in str(error), error)
    check_refused(
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
    check_refused("no key", openai.AuthenticationError, keyless.models.list, status_code=401)


@flow("error classes")
def classes():
    without_retries = client.with_options(max_retries=0)
    classes_by_status = {
        400: openai.BadRequestError, 401: openai.AuthenticationError, 403: openai.PermissionDeniedError,
        404: openai.NotFoundError, 408: openai.APIStatusError, 409: openai.ConflictError,
        422: openai.UnprocessableEntityError, 429: openai.RateLimitError, 500: openai.InternalServerError,
        503: openai.InternalServerError,
    }  # fmt: skip
    for status, kind in classes_by_status.items():
        error = {"message": f"Number {status}.", "type": "scripted", "param": "p", "code": "c"}
        fault({"status": status, "error": error}, method="GET", path="/models")
        check_refused(
            f"{status} has its exception class",
            kind,
            without_retries.models.list,
            status_code=status,
            type="scripted",
            param="p",
            code="c",
        )


@flow("retries")
def retries():
    soon = {"retry-after-ms": "2"}
    # 1.3.3 does not know the header and waits half a second instead.
    for status in (429,) if VERSION < (1, 9) else (408, 409, 429, 500, 503):
        clear_requests()
        fault({"status": status, "headers": soon}, method="GET", path="/models")
        check(f"{status} is retried", list(client.models.list()))
        check_equal(f"{status} once", count_requests("GET", "/models"), 2)
    for status in (400, 404):
        clear_requests()
        fault({"status": status}, method="GET", path="/models")
        check_refused(
            f"{status} is refused",
            openai.BadRequestError if status == 400 else openai.NotFoundError,
            client.models.list,
        )
        check_equal(f"{status} is not retried", count_requests("GET", "/models"), 1)
    clear_requests()
    fault({"status": 500, "headers": {"x-should-retry": "false"}}, method="GET", path="/models")
    check_refused("a retry that the server forbids is not made", openai.InternalServerError, client.models.list)
    check_equal("only one request is made", count_requests("GET", "/models"), 1)
    if VERSION >= (1, 9):
        clear_requests()
        fault({"status": 500, "headers": soon}, method="GET", path="/models", times=3)
        check_refused("retries end after the third failure", openai.InternalServerError, client.models.list)
        check_equal("after three requests", count_requests("GET", "/models"), 3)
    control("DELETE", "/faults")


@flow("raw answers")
def raw():
    assistant = make_assistant()
    response = beta.assistants.with_raw_response.retrieve(assistant.id)
    check("headers can be read", response.headers["x-request-id"].startswith("req_"), response.headers)
    check("the version header is sent", response.headers.get("openai-version"), dict(response.headers))
    check_equal("the body can be parsed", response.parse(), assistant)
    check_equal("models are listed", [type(model).__name__ for model in client.models.list()][:1], ["Model"])
    check_equal("only one beta is used", IS_V1, "file_ids" in dict(assistant))
