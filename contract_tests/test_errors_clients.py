"""How the client handles errors: exception classes and retries."""

import openai
import pytest

from contract_tests.harness import resolve

NOW = {"retry-after-ms": "1"}
CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


def requests_to_threads(ns):
    return len([one for one in ns.requests() if one["path"] == "/threads"])


@pytest.mark.parametrize("status", sorted(CLASSES))
async def test_each_status_has_its_class(either, ns, status):
    error = {"message": "As requested.", "type": "some_type", "param": "a[0].b", "code": "some_code"}
    ns.fault({"status": status, "error": error, "headers": NOW}, method="POST", path="/threads")
    with pytest.raises(CLASSES[status]) as excinfo:
        await resolve(either.beta.threads.create())
    raised = excinfo.value
    assert (raised.status_code, raised.type, raised.param, raised.code) == (status, "some_type", "a[0].b", "some_code")
    assert raised.body == error
    assert raised.request_id.startswith("req_")
    assert requests_to_threads(ns) == (3 if status in (409, 429, 500, 503) else 1)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_temporary_fault_is_hidden_by_retries(either, ns, status):
    ns.fault({"status": status, "headers": NOW}, method="POST", path="/threads", times=2)
    assert (await resolve(either.beta.threads.create())).object == "thread"
    assert requests_to_threads(ns) == 3


async def test_the_server_can_forbid_or_request_a_retry(either, ns):
    ns.fault({"status": 500, "headers": {"x-should-retry": "false"}}, method="POST", path="/threads", times=1)
    with pytest.raises(openai.InternalServerError):
        await resolve(either.beta.threads.create())
    assert requests_to_threads(ns) == 1
    ns.fault({"status": 400, "headers": {**NOW, "x-should-retry": "true"}}, method="POST", path="/threads", times=1)
    await resolve(either.beta.threads.create())
    assert requests_to_threads(ns) == 3


async def test_an_app_can_disable_retries(either, ns):
    ns.fault({"status": 429, "headers": NOW}, method="POST", path="/threads", times=1)
    with pytest.raises(openai.RateLimitError):
        await resolve(either.with_options(max_retries=0).beta.threads.create())
    assert requests_to_threads(ns) == 1


async def test_the_message_of_a_rate_limit_reaches_the_app(either, ns):
    error = {
        "message": "You've exceeded the rate limit, please slow down and try again later.",
        "type": "invalid_request_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    ns.fault({"status": 429, "headers": {"x-should-retry": "false"}, "error": error}, path="/threads/*/runs")
    thread = await resolve(either.beta.threads.create())
    with pytest.raises(openai.RateLimitError, match="slow down") as excinfo:
        await resolve(either.beta.threads.runs.create(thread.id, assistant_id="asst_any"))
    assert excinfo.value.code == "rate_limit_exceeded"


async def test_a_fault_without_an_error_has_the_services_message(either, ns):
    ns.fault({"status": 500, "headers": {"x-should-retry": "false"}}, path="/threads")
    with pytest.raises(openai.InternalServerError, match="The server had an error processing your request") as excinfo:
        await resolve(either.beta.threads.create())
    assert excinfo.value.type == "server_error"
    assert excinfo.value.request_id in excinfo.value.body["message"]


async def test_polling_survives_a_temporary_fault(either, ns, assistant):
    ns.fault({"status": 500, "headers": NOW}, method="GET", path="/threads/*/runs/*", times=2)
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    assert run.status == "completed"


async def test_a_fault_can_start_later_and_can_be_removed(either, ns):
    ns.fault({"status": 400}, method="POST", path="/threads", after=2)
    await resolve(either.beta.threads.create())
    await resolve(either.beta.threads.create())
    with pytest.raises(openai.BadRequestError):
        await resolve(either.beta.threads.create())
    (fault,) = ns.control("GET", "/faults")["faults"]
    assert fault["hits"] == 1
    assert ns.control("DELETE", "/faults") == {"faults": []}
    await resolve(either.beta.threads.create())


async def test_a_busy_thread_is_never_retried(either, ns, assistant):
    ns.play({"hold": "here"})
    run = await resolve(either.beta.threads.create_and_run(assistant_id=assistant.id))
    with pytest.raises(openai.BadRequestError):
        await resolve(either.beta.threads.messages.create(run.thread_id, role="user", content="x"))
    posts = [one for one in ns.requests() if one["path"].endswith("/messages")]
    assert len(posts) == 1


async def test_a_fault_affects_only_matching_requests(either, ns):
    ns.fault({"status": 400}, method="POST", path="/v1/threads/*/messages")
    thread = await resolve(either.beta.threads.create())
    assert (await resolve(either.beta.threads.messages.list(thread.id))).data == []
    with pytest.raises(openai.BadRequestError):
        await resolve(either.beta.threads.messages.create(thread.id, role="user", content="x"))
