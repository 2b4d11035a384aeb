"""Responses in the background: polled, followed from any event, cancelled, and gone after their time; official client."""

import openai
import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, parse_events, resolve
from contract_tests.raw_api import assert_refused

SLOW = {"say": "one two three", "stream": {"tps": 1}}
MINUTES, DAYS = 60, 24 * 3600


@pytest.fixture
def begin(client):
    """Return a function that begins a response in the background."""
    return lambda **more: client.responses.create(model=MODEL, input="Hello?", background=True, **more)


@pytest.fixture
def stream(client):
    """Return a function that begins a response in the background, reads the first events of its stream, and leaves."""

    def begun(most=1, **more):
        with client.responses.create(model=MODEL, input="Hello?", background=True, stream=True, **more) as events:
            read = [event for _, event in zip(range(most), events, strict=False)]
        return read[0].response.id, read

    return begun


def numbers(events):
    return [event.sequence_number for event in events]


def text_of(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


# --- polling ----------------------------------------------------------------------------------------------------------


async def test_a_response_is_polled_until_it_is_done(either, ns):
    ns.put(pace={"progression": "polls", "times": 1})
    response = await resolve(either.responses.create(model=MODEL, input="Hello?", background=True))
    statuses = [response.status]
    while response.status in ("queued", "in_progress"):
        response = await resolve(either.responses.retrieve(response.id))
        statuses.append(response.status)
    assert statuses == ["queued", "queued", "in_progress", "completed"]
    assert response.output_text == "Hello?"


def test_a_paced_response_that_is_waited_for_shows_no_status_and_is_not_held_up(ns, client):
    ns.put(pace={"progression": "polls", "times": 5})
    assert client.responses.create(model=MODEL, input="Hello?").status == "completed"
    assert [event.type for event in client.responses.create(model=MODEL, input="Hello?", stream=True)][-1] == (
        "response.completed"
    )


def test_the_statuses_of_a_response_take_their_time_on_the_clock(frozen, client, begin):
    frozen.put(pace={"progression": "time", "seconds": 5})
    response = begin()
    seen = []
    for _ in range(3):
        seen.append(client.responses.retrieve(response.id).status)
        frozen.advance("5s")
    assert seen == ["queued", "in_progress", "completed"]


def test_each_status_is_shown_until_a_step_is_asked_for(ns, client, begin):
    ns.put(pace={"progression": "manual"})
    response = begin()
    steps = [ns.control("POST", f"/runs/{response.id}/step")["run"]["status"] for _ in range(2)]
    assert steps == ["in_progress", "completed"]
    assert client.responses.retrieve(response.id).status == "completed"


def test_a_response_is_held_at_a_status_and_released(ns, client, begin):
    ns.control("POST", "/runs/next/hold", {"at": "queued"})
    response = begin()
    assert client.responses.retrieve(response.id).status == "queued"
    ns.control("POST", f"/runs/{response.id}/hold", {"at": "in_progress"})
    assert ns.control("POST", f"/runs/{response.id}/release", {"at": "queued"})["run"]["status"] == "in_progress"
    assert ns.control("POST", f"/runs/{response.id}/release", {"at": "in_progress"})["run"]["status"] == "completed"


def test_a_script_waits_and_holds_in_the_background(frozen, client, begin):
    frozen.play({"wait": "10s"}, {"hold": "gate"}, {"say": "Here."})
    response = begin()
    assert client.responses.retrieve(response.id).status == "in_progress"
    frozen.advance("10s")
    assert frozen.release(response.id, "gate")["status"] == "completed"
    assert client.responses.retrieve(response.id).output_text == "Here."


# --- ends -------------------------------------------------------------------------------------------------------------


async def test_a_response_is_cancelled_and_may_be_cancelled_again(either, frozen):
    frozen.play(SLOW)
    response = await resolve(either.responses.create(model=MODEL, input="Hello?", background=True))
    for _ in range(2):
        cancelled = await resolve(either.responses.cancel(response.id))
        assert (cancelled.status, cancelled.output, cancelled.usage) == ("cancelled", [], None)
    frozen.advance("1m")
    assert (await resolve(either.responses.retrieve(response.id))).status == "cancelled"


@pytest.mark.parametrize(
    "steps, status",
    [
        ([{"say": "x"}], "completed"),
        ([{"fail": "server_error"}], "failed"),
        ([{"say": "x"}, {"stop": "content_filter"}], "incomplete"),
    ],
)
def test_a_response_that_is_over_is_not_cancelled(ns, raw, begin, steps, status):
    ns.play(*steps)
    response = begin()
    assert raw.get(f"/responses/{response.id}").json()["status"] == status
    assert_refused(raw.post(f"/responses/{response.id}/cancel"), 400, f"Cannot cancel a {status} response.")
    refused = ns.http.post(f"{ns.control_url}/runs/{response.id}/cancel")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, f"Cannot cancel a {status} response.")


def test_a_response_that_was_waited_for_is_not_cancelled(raw, client):
    response = client.responses.create(model=MODEL, input="Hello?")
    assert_refused(raw.post(f"/responses/{response.id}/cancel"), 400, "Cannot cancel a synchronous response.")


@pytest.mark.parametrize("at", ["queued", "in_progress"])
@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_a_test_ends_a_response_at_a_status(ns, client, begin, at, how):
    ns.control("POST", f"/runs/next/{how}", {"at": at})
    response = client.responses.retrieve(begin().id)
    ends = {"cancel": ("cancelled", None), "expire": ("failed", "server_error")}
    assert (response.status, response.error and response.error.code) == ends[how]


def test_a_test_cancels_a_response_as_often_as_it_likes(frozen, begin):
    frozen.play(SLOW)
    response = begin()
    for _ in range(2):
        assert frozen.control("POST", f"/runs/{response.id}/cancel")["run"]["status"] == "cancelled"


def test_a_response_is_deleted_when_it_is_over_and_not_before(frozen, client, raw, begin):
    frozen.play(SLOW)
    response = begin()
    assert_refused(raw.delete(f"/responses/{response.id}"), 400, "Cannot delete an in-flight response.")
    frozen.advance("1m")
    client.responses.delete(response.id)
    assert_refused(
        raw.get(f"/responses/{response.id}?stream=true"), 404, f"Response with id '{response.id}' not found."
    )


# --- streams ----------------------------------------------------------------------------------------------------------


async def test_a_stream_is_taken_up_behind_any_event_while_the_response_goes_on_and_afterwards(async_client, frozen):
    frozen.play(SLOW)
    whole = []
    begun = await async_client.responses.create(model=MODEL, input="Hello?", background=True, stream=True)
    async for event in begun:
        whole.append(event)
        if len(whole) == 4:
            break
    await begun.close()
    response = whole[0].response
    assert [event.type for event in whole[:3]] == ["response.created", "response.queued", "response.in_progress"]
    again = await async_client.responses.retrieve(response.id, stream=True, starting_after=1)
    frozen.advance("1m")
    events = [event async for event in again]
    assert numbers(events) == list(range(2, 2 + len(events)))
    assert (text_of(events), events[-1].type) == ("one two three", "response.completed")
    for after in (None, 0, 5, events[-1].sequence_number):
        how = {} if after is None else {"starting_after": after}
        read = [event async for event in await async_client.responses.retrieve(response.id, stream=True, **how)]
        first = 0 if after is None else after + 1
        assert numbers(read) == list(range(first, events[-1].sequence_number + 1))


def test_a_stream_that_is_read_later_is_the_one_that_was_read_at_once(ns, client, stream):
    ns.play({"say": "Look: "}, {"code": "1 + 1", "logs": "2"}, {"call": "ask", "args": {"what": "weather"}})
    tool = {"type": "function", "name": "ask", "parameters": {"type": "object", "properties": {}}, "strict": False}
    id_, read = stream(1000, tools=[tool, {"type": "code_interpreter", "container": {"type": "auto"}}])
    later = list(client.responses.retrieve(id_, stream=True))
    assert [event.to_dict() for event in later] == [event.to_dict() for event in read]
    assert later[-1].type == "response.completed"


def test_a_response_that_waits_for_polls_goes_on_when_a_client_follows_it(ns, client, stream):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.control("POST", "/runs/next/hold", {"at": "queued"})
    id_, _ = stream()
    ns.control("POST", f"/runs/{id_}/release", {"at": "queued"})
    assert list(client.responses.retrieve(id_, stream=True))[-1].type == "response.completed"


def test_cancelling_ends_the_streams_of_a_response(frozen, client, stream):
    frozen.play(SLOW)
    id_, _ = stream(4)
    client.responses.cancel(id_)
    last = list(client.responses.retrieve(id_, stream=True))[-1]
    assert (last.type, last.response.status) == ("response.failed", "cancelled")


@pytest.mark.parametrize(
    "how, missing",
    [({"background": False}, "background"), ({"background": False, "stream": True}, "background"), ({}, "stream")],
)
def test_a_response_that_was_not_made_for_it_is_not_streamed(client, raw, how, missing):
    made = client.responses.create(model=MODEL, input="Hello?", **{"background": True, **how})
    id_ = made.id if not how.get("stream") else [*made][-1].response.id
    message = f"This response cannot be streamed because it was not created with {missing}=true."
    assert_refused(raw.get(f"/responses/{id_}?stream=true"), 400, message, param="stream")
    assert raw.get(f"/responses/{id_}?stream=false").json()["id"] == id_


@pytest.mark.parametrize(
    "query, message",
    [
        ("stream=perhaps", "Invalid type for 'stream': expected a boolean, but got a string instead."),
        (
            "stream=true&starting_after=x",
            "Invalid type for 'starting_after': expected an integer, but got a string instead.",
        ),
        (
            "stream=true&starting_after=-1",
            "Invalid 'starting_after': integer below minimum value. Expected a value >= 0, but got -1 instead.",
        ),
        (
            "stream=true&include_obfuscation=2",
            "Invalid type for 'include_obfuscation': expected a boolean, but got a string instead.",
        ),
    ],
)
def test_what_cannot_be_asked_of_a_stream_is_refused(raw, stream, query, message):
    id_, _ = stream(1000)
    refused = raw.get(f"/responses/{id_}?{query}")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, message)


def test_a_stream_shows_what_is_asked_for_and_hides_no_lengths(ns, raw, stream):
    ns.play({"code": "1 + 1", "logs": "2"}, {"say": "Two."})
    id_, _ = stream(1000, tools=[{"type": "code_interpreter", "container": {"type": "auto"}}])

    def outputs(query=""):
        events = parse_events(raw.get(f"/responses/{id_}?stream=true{query}").text)
        assert not any("obfuscation" in data for _, data in events)
        items = [data["item"] for event, data in events if event == "response.output_item.done"]
        return [item["outputs"] for item in items if item["type"] == "code_interpreter_call"]

    assert outputs() == [None]
    assert outputs("&include[]=code_interpreter_call.outputs") == [[{"type": "logs", "logs": "2"}]]


# --- how long they are kept -------------------------------------------------------------------------------------------


def test_an_unstored_response_is_kept_for_ten_minutes(frozen, client, raw, begin):
    response = begin(store=False)
    frozen.advance(f"{10 * MINUTES - 1}s")
    kept = client.responses.retrieve(response.id)
    assert (kept.status, kept.to_dict()["store"]) == ("completed", False)
    refused = raw.post("/responses", json={"model": MODEL, "input": "And?", "previous_response_id": response.id})
    assert refused.json()["error"]["code"] == "previous_response_not_found"
    frozen.advance("1s")
    assert_refused(raw.get(f"/responses/{response.id}"), 404, f"Response with id '{response.id}' not found.")


def test_ids_of_an_unstored_response_in_the_background_look_as_if_it_were_stored(client, begin):
    response = client.responses.retrieve(begin(store=False).id)
    assert {one.partition("_")[2][16:18] for one in (response.id, response.output[0].id)} == {"00"}


def test_a_response_is_kept_for_thirty_days(frozen, client, raw, begin):
    response = begin()
    assert response.created_at == NOON_SECONDS
    frozen.advance(f"{30 * DAYS - 1}s")
    assert client.responses.create(model=MODEL, input="And?", previous_response_id=response.id).status == "completed"
    frozen.advance("1s")
    assert_refused(raw.get(f"/responses/{response.id}"), 404, f"Response with id '{response.id}' not found.")
    with pytest.raises(openai.BadRequestError, match=f"Previous response with id '{response.id}' not found"):
        client.responses.create(model=MODEL, input="And?", previous_response_id=response.id)
