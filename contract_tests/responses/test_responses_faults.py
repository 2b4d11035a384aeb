"""Faults and quotas on /responses and /conversations, as the official client meets them."""

import json

import httpx
import openai
import pytest

from contract_tests.harness import MODEL, parse_events

SHORT = 0.3
# Events of such a stream: created, in progress, item, part, three words, and what is done.
WHOLE = 11


@pytest.fixture
def once(client):
    """The client, which asks once and is patient."""
    return client.with_options(max_retries=0)


@pytest.fixture
def ask(once):
    return lambda **more: once.responses.create(model=MODEL, input="Hello?", **more)


@pytest.fixture
def words(ns):
    ns.play({"say": "one two three", "stream": {"chunk": "word"}})
    return ns


@pytest.fixture
def read(ask):
    """Stream a response; return the names of the events that came, and the error that ended them."""

    def names_and_error(timeout=30):
        names = []
        try:
            names.extend(event.type for event in ask(stream=True, timeout=timeout))
        except (openai.OpenAIError, ValueError) as error:
            return names, error
        return names, None

    return names_and_error


def made(ns):
    return len(ns.control("GET", "/runs")["runs"])


# --- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "do,error,count",
    [
        ({"status": 400}, openai.BadRequestError, 0),
        ({"status": 429}, openai.RateLimitError, 0),
        ({"status": 503}, openai.InternalServerError, 0),
        ({"status": 503, "before": False}, openai.InternalServerError, 1),
        ({"delay": "1h"}, openai.APITimeoutError, 0),
        ({"delay": "1h", "before": False}, openai.APITimeoutError, 1),
        ({"disconnect": True}, openai.APIConnectionError, 0),
        ({"disconnect": True, "before": False}, openai.APIConnectionError, 1),
        ({"truncate": 20}, openai.APIConnectionError, 1),
    ],
    ids=str,
)
def test_a_fault_hits_the_request_for_a_response(words, ask, do, error, count):
    words.fault(do, method="POST", path="/responses", times=1)
    timeout = SHORT if "delay" in do else 30
    with pytest.raises(error):
        ask(timeout=timeout)
    assert made(words) == count
    assert ask().output_text == "one two three"


def test_the_client_repeats_what_it_may(words, client):
    words.fault({"status": 503, "before": False}, method="POST", path="/responses", times=1)
    assert client.responses.create(model=MODEL, input="Hello?").output_text == "one two three"
    assert made(words) == 2


def test_a_fault_may_answer_with_an_error_of_the_api(words, ask, once):
    locked = {
        "message": "Another process is currently operating on this conversation. Please retry in a few seconds.",
        "type": "invalid_request_error",
        "param": "conversation",
        "code": "conversation_locked",
    }
    words.fault({"status": 400, "error": locked}, method="POST", path="/responses")
    with pytest.raises(openai.BadRequestError) as error:
        ask(conversation=once.conversations.create().id)
    assert (error.value.code, error.value.param) == ("conversation_locked", "conversation")


@pytest.mark.parametrize("path", ["/conversations", "/conversations/*", "/conversations/*/items", "/conversations/**"])
def test_a_fault_hits_conversations(ns, once, path):
    conversation = once.conversations.create()
    calls = {
        "/conversations": once.conversations.create,
        "/conversations/*/items": lambda: once.conversations.items.list(conversation.id),
    }
    ns.fault({"status": 500}, path=path, times=1)
    with pytest.raises(openai.InternalServerError):
        calls.get(path, lambda: once.conversations.retrieve(conversation.id))()


@pytest.mark.parametrize("path,method", [("/responses/*/cancel", "GET"), ("/response", None)])
def test_a_fault_that_can_hit_nothing_is_refused(ns, path, method):
    match = {"path": path, **({"method": method} if method else {})}
    ns.control("POST", "/faults", {"match": match, "do": {"status": 500}}, status=400)


# --- streams --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "do,error,count",
    [
        ({"cut_stream_after": 4}, openai.APIConnectionError, 4),
        ({"cut_stream_after": 4, "clean": True}, None, 4),
        ({"cut_stream_after": 4, "error_event": True}, openai.APIError, 4),
        ({"error_event": True}, openai.APIError, WHOLE - 1),
        ({"omit_done": True}, None, WHOLE - 1),
        ({"garble_event": 3}, json.JSONDecodeError, 2),
        ({"duplicate_event": 3}, None, WHOLE + 1),
        ({"stall_stream_after": 4, "for": "1h"}, openai.APITimeoutError, 4),
        ({"truncate": 1500}, openai.APIConnectionError, None),
    ],
    ids=str,
)
def test_a_fault_changes_the_stream_of_a_response(words, read, do, error, count):
    whole, nothing = read()
    assert (len(whole), nothing) == (WHOLE, None)
    words.fault(do, method="POST", path="/responses", times=1)
    names, raised = read(timeout=2 if "for" in do else 30)
    assert (raised is None) if error is None else isinstance(raised, error)
    assert count is None or len(names) == count
    if "duplicate_event" not in do:
        assert names == whole[: len(names)]
    assert read() == (whole, None)


def test_the_error_in_a_stream_has_the_form_of_its_events(words, raw):
    error = {"type": "server_error", "code": "server_error", "message": "Sorry.", "param": None}
    words.fault({"cut_stream_after": 3, "error_event": True, "error": error}, method="POST", path="/responses")
    events = parse_events(raw.post("/responses", json={"model": MODEL, "input": "Hello?", "stream": True}).text)
    assert events[-1] == ("error", {"type": "error", "sequence_number": 3, "error": error})
    assert [data["sequence_number"] for _, data in events] == [0, 1, 2, 3]


def test_what_was_not_sent_of_a_stream_was_not_shown(words, read):
    words.fault({"omit_done": True}, method="POST", path="/responses")
    read()
    met = words.control("GET", "/coverage")["met"]
    assert "event response.output_item.done" in met
    assert not {"response completed", "event response.completed", "event done"} & met.keys()


# --- the verdict ----------------------------------------------------------------------------------------------------


def kinds(ns):
    return [one["kind"] for one in ns.control("GET", "/verdict")["findings"]]


@pytest.mark.parametrize(
    "do,finding",
    [({"omit_done": True}, "part_taken_for_whole"), ({"cut_stream_after": 5}, "gave_up")],
    ids=str,
)
def test_a_part_of_a_stream_is_judged_by_whether_the_program_asks_again(words, read, do, finding):
    words.fault(do, method="POST", path="/responses", times=1)
    read()
    assert kinds(words) == [finding]
    read()
    assert kinds(words) == []


def test_an_item_that_was_added_twice_is_found(ns, client):
    conversation = client.conversations.create()
    ns.fault({"disconnect": True, "before": False}, method="POST", path="/conversations/*/items", times=1)
    client.conversations.items.create(conversation.id, items=[{"role": "user", "content": "Hello?", "type": "message"}])
    assert len(client.conversations.items.list(conversation.id).data) == 2
    assert "did_it_twice" in kinds(ns)


# --- quotas ---------------------------------------------------------------------------------------------------------


def test_requests_for_responses_count_for_the_quota(frozen, ask):
    frozen.put(quotas={"rpm": 2})
    ask()
    ask()
    with pytest.raises(openai.RateLimitError) as error:
        ask()
    assert error.value.response.headers["retry-after"] == "30"
    assert made(frozen) == 2
    frozen.advance("30s")
    ask()


def test_a_response_fails_for_which_its_key_has_no_tokens_left(frozen, ask):
    usage = {"prompt_tokens": 90, "completion_tokens": 10}
    frozen.load({"emulator": 1, "turns": [{"usage": usage, "steps": [{"say": "Fog."}]}]})
    frozen.put(quotas={"tpm": 101})
    first = ask()
    assert (first.status, first.usage.total_tokens) == ("completed", 100)
    second = ask()
    assert (second.status, second.error.code) == ("failed", "rate_limit_exceeded")
    frozen.advance("1m")
    assert ask().status == "completed"


def test_a_client_that_leaves_is_logged_as_gone(words, ns):
    headers = {"Authorization": f"Bearer {ns.key}"}
    ns.play({"wait": "1h"}, {"say": "Late."})
    ns.freeze()
    with httpx.Client(trust_env=False) as impatient, pytest.raises(httpx.ReadTimeout):
        impatient.post(
            f"{ns.url}/v1/responses", json={"model": MODEL, "input": "Hello?"}, headers=headers, timeout=SHORT
        )
    ns.advance("2h")
    (run,) = ns.control("GET", "/runs")["runs"]
    assert run["status"] in ("completed", "cancelled")
