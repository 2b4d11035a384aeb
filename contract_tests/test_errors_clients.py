"""What the client makes of refusals: exception classes, and what it tries again."""

import openai
import pytest

from contract_tests.harness import done

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


def asked(ns):
    return len([one for one in ns.requests() if one["path"] == "/threads"])


@pytest.mark.parametrize("status", sorted(CLASSES))
async def test_each_status_has_its_class(either, ns, status):
    error = {"message": "As wished.", "type": "some_type", "param": "a[0].b", "code": "some_code"}
    ns.fault({"status": status, "error": error, "headers": NOW}, method="POST", path="/threads")
    with pytest.raises(CLASSES[status]) as refused:
        await done(either.beta.threads.create())
    told = refused.value
    assert (told.status_code, told.type, told.param, told.code) == (status, "some_type", "a[0].b", "some_code")
    assert told.body == error
    assert told.request_id.startswith("req_")
    assert asked(ns) == (3 if status in (409, 429, 500, 503) else 1)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_passing_fault_is_not_noticed(either, ns, status):
    ns.fault({"status": status, "headers": NOW}, method="POST", path="/threads", times=2)
    assert (await done(either.beta.threads.create())).object == "thread"
    assert asked(ns) == 3


async def test_the_server_may_forbid_a_retry_and_ask_for_one(either, ns):
    ns.fault({"status": 500, "headers": {"x-should-retry": "false"}}, method="POST", path="/threads", times=1)
    with pytest.raises(openai.InternalServerError):
        await done(either.beta.threads.create())
    assert asked(ns) == 1
    ns.fault({"status": 400, "headers": {**NOW, "x-should-retry": "true"}}, method="POST", path="/threads", times=1)
    await done(either.beta.threads.create())
    assert asked(ns) == 3


async def test_an_app_may_turn_retries_off(either, ns):
    ns.fault({"status": 429, "headers": NOW}, method="POST", path="/threads", times=1)
    with pytest.raises(openai.RateLimitError):
        await done(either.with_options(max_retries=0).beta.threads.create())
    assert asked(ns) == 1


async def test_the_text_of_the_rate_limit_passes_through(either, ns):
    error = {
        "message": "You've exceeded the rate limit, please slow down and try again later.",
        "type": "invalid_request_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    ns.fault({"status": 429, "headers": {"x-should-retry": "false"}, "error": error}, path="/threads/*/runs")
    thread = await done(either.beta.threads.create())
    with pytest.raises(openai.RateLimitError, match="slow down") as refused:
        await done(either.beta.threads.runs.create(thread.id, assistant_id="asst_any"))
    assert refused.value.code == "rate_limit_exceeded"


async def test_a_fault_without_an_error_of_its_own_speaks_like_the_service(either, ns):
    ns.fault({"status": 500, "headers": {"x-should-retry": "false"}}, path="/threads")
    with pytest.raises(openai.InternalServerError, match="The server had an error processing your request") as refused:
        await done(either.beta.threads.create())
    assert refused.value.type == "server_error"
    assert refused.value.request_id in refused.value.body["message"]


async def test_polling_survives_a_fault_in_between(either, ns, assistant):
    ns.fault({"status": 500, "headers": NOW}, method="GET", path="/threads/*/runs/*", times=2)
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    assert run.status == "completed"


async def test_a_fault_may_come_late_and_can_be_taken_back(either, ns):
    ns.fault({"status": 400}, method="POST", path="/threads", after=2)
    await done(either.beta.threads.create())
    await done(either.beta.threads.create())
    with pytest.raises(openai.BadRequestError):
        await done(either.beta.threads.create())
    (fault,) = ns.control("GET", "/faults")["faults"]
    assert fault["hits"] == 1
    assert ns.control("DELETE", "/faults") == {"faults": []}
    await done(either.beta.threads.create())


async def test_a_busy_thread_is_never_tried_again(either, ns, assistant):
    ns.plays({"hold": "here"})
    run = await done(either.beta.threads.create_and_run(assistant_id=assistant.id))
    with pytest.raises(openai.BadRequestError):
        await done(either.beta.threads.messages.create(run.thread_id, role="user", content="x"))
    posts = [one for one in ns.requests() if one["path"].endswith("/messages")]
    assert len(posts) == 1


async def test_a_fault_hits_only_what_it_is_meant_for(either, ns):
    ns.fault({"status": 400}, method="POST", path="/v1/threads/*/messages")
    thread = await done(either.beta.threads.create())
    assert (await done(either.beta.threads.messages.list(thread.id))).data == []
    with pytest.raises(openai.BadRequestError):
        await done(either.beta.threads.messages.create(thread.id, role="user", content="x"))
