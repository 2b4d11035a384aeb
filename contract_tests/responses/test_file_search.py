"""File search of responses: its items, results by request, and citations without markers, with the official client."""

import openai
import pytest

from contract_tests.harness import event_names, parse_events

HIGH = "High tide is at noon on Sunday."


@pytest.fixture
def store(client):
    file = client.files.create(file=("tides.txt", HIGH.encode()), purpose="assistants")
    store = client.vector_stores.create(name="harbour")
    client.vector_stores.files.create_and_poll(vector_store_id=store.id, file_id=file.id)
    return store


@pytest.fixture
def body(store):
    return {
        "model": "gpt-4.1",
        "input": "When is high tide?",
        "tools": [{"type": "file_search", "vector_store_ids": [store.id]}],
    }


CITING = ({"search": "high tide"}, {"say": "At noon{{ cite(hits.results[0]) }}, they say."})


def test_a_search_finds_what_its_store_holds_and_is_cited_without_a_marker(ns, client, store, body):
    ns.play(*CITING)
    search, message = client.responses.create(**body).output
    assert (search.type, search.status, search.queries, search.results) == (
        "file_search_call",
        "completed",
        ["high tide"],
        None,
    )
    (part,) = message.content
    assert part.text == "At noon, they say."
    (citation,) = part.annotations
    assert (citation.type, citation.filename, citation.index) == ("file_citation", "tides.txt", 7)
    (found,) = client.vector_stores.files.list(store.id)
    assert citation.file_id == found.id


def test_results_are_shown_to_whoever_asks_for_them(ns, client, raw, store, body):
    ns.play(*CITING)
    made = raw.post("/responses", json={**body, "include": ["file_search_call.results"]}).json()
    (result,) = made["output"][0]["results"]
    assert list(result) == ["attributes", "file_id", "filename", "score", "text", "vector_store_id"]
    assert (result["filename"], result["text"], result["vector_store_id"]) == ("tides.txt", HIGH, store.id)
    assert client.responses.retrieve(made["id"]).output[0].results is None
    shown = client.responses.retrieve(made["id"], include=["file_search_call.results"])
    assert shown.output[0].results[0].text == HIGH


def test_results_did_not_name_their_store_before_december_2025(ns, raw, store, body):
    ns.put(wire="2025-11-10")
    ns.play(*CITING)
    about = "file_search_call.results"
    made = raw.post("/responses", json={**body, "include": [about]}).json()
    again = raw.get(f"/responses/{made['id']}?include[]={about}").json()
    later = raw.post("/responses", json={**body, "previous_response_id": made["id"]}).json()
    listed = raw.get(f"/responses/{later['id']}/input_items?include[]={about}&order=asc").json()["data"]
    streamed = parse_events(raw.post("/responses", json={**body, "stream": True, "include": [about]}).text)
    done = [data["item"] for name, data in streamed if name == "response.output_item.done"]
    for search in (made["output"][0], again["output"][0], listed[1], done[0], streamed[-1][1]["response"]["output"][0]):
        assert [list(one) for one in search["results"]] == [["attributes", "file_id", "filename", "score", "text"]]


def test_each_result_names_the_store_that_it_is_from(ns, client, store, body):
    ns.play({"search": "low tide"}, {"say": "Yes."})
    other = client.vector_stores.create(name="other")
    file = client.files.create(file=("low.txt", b"Low tide is at six."), purpose="assistants")
    client.vector_stores.files.create_and_poll(vector_store_id=other.id, file_id=file.id)
    tools = [{"type": "file_search", "vector_store_ids": [store.id, other.id]}]
    response = client.responses.create(**{**body, "tools": tools}, include=["file_search_call.results"])
    stores = {one.filename: one.model_extra["vector_store_id"] for one in response.output[0].results}
    assert stores == {"tides.txt": store.id, "low.txt": other.id}


def test_a_stream_of_a_search_has_the_recorded_events(ns, raw, body):
    ns.play(
        {"search": "tide"},
        {"say": "At noon{{ cite(hits.first) }}, yes.", "stream": {"chunk": ["At", " noon", ", yes."]}},
    )
    events = parse_events(raw.post("/responses", json={**body, "stream": True}).text)
    assert event_names(events) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    begun, done = (
        data["item"] for name, data in events if name.startswith("response.output_item") and data["output_index"] == 0
    )
    assert (begun["queries"], begun["results"], done["queries"]) == ([], None, ["tide"])
    (added,) = [data for name, data in events if name.endswith("annotation.added")]
    assert (added["annotation_index"], added["annotation"]["index"]) == (0, 7)


def test_the_client_puts_a_streamed_citation_where_it_belongs(ns, client, body):
    ns.play(*CITING)
    with client.responses.stream(**body) as stream:
        final = stream.get_final_response()
    assert final.output_text == "At noon, they say."
    assert final.output[1].content[0].annotations[0].index == 7


def test_results_that_a_script_has_are_from_the_first_store(ns, client, store, body):
    found = {"file_id": "file-a", "file_name": "a.txt", "score": 0.5, "content": [{"type": "text", "text": "A"}]}
    ns.play({"search": "a", "results": [found]}, {"say": "A{{ cite(hits.first) }}."})
    response = client.responses.create(**body, include=["file_search_call.results"])
    (result,) = response.output[0].results
    assert (result.file_id, result.filename, result.text) == ("file-a", "a.txt", "A")
    assert result.model_extra["vector_store_id"] == store.id
    assert response.output[1].content[0].annotations[0].filename == "a.txt"


def test_a_turn_that_cites_goes_on_after_a_call_without_a_line_in_the_report(ns, client, body):
    ns.play(
        {"search": "tide"},
        {"say": "At noon{{ cite(hits.first) }}."},
        {"call": "ring", "args": {}},
        {"say": "Rung{{ cite(hits.first) }}."},
    )
    function = {"type": "function", "name": "ring", "parameters": {"type": "object", "properties": {}}}
    tools = [*body["tools"], function]
    first = client.responses.create(**{**body, "tools": tools})
    call = first.output[-1]
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": "ok"}
    second = client.responses.create(model=body["model"], previous_response_id=first.id, input=[answer], tools=tools)
    (citation,) = second.output[0].content[0].annotations
    assert (second.output_text, citation.filename, citation.index) == ("Rung.", "tides.txt", 4)
    assert ns.report()["drift"] == []


@pytest.mark.parametrize("stores", [["vs_none"]])
def test_a_store_has_to_be_there(ns, client, body, stores):
    ns.play(*CITING)
    with pytest.raises(openai.NotFoundError, match="vs_none"):
        client.responses.create(**{**body, "tools": [{"type": "file_search", "vector_store_ids": stores}]})
