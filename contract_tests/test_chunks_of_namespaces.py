"""How streams are cut where the script does not say: the namespace's own choice."""

import pytest

TEXT = "Fog over Oslo."


def deltas(events):
    """Return the texts of the deltas of a message."""
    data = [doc for name, doc in events if name == "thread.message.delta"]
    return [part["text"]["value"] for doc in data for part in doc["delta"]["content"]]


@pytest.mark.parametrize(
    "chunks,pieces",
    [
        ("word", ["Fog", " over", " Oslo."]),
        ("char", list(TEXT)),
        ("whole", [TEXT]),
        (5, ["Fog o", "ver O", "slo."]),
    ],
)
def test_a_namespace_says_how_its_streams_are_cut(ns, stream_events, chunks, pieces):
    assert ns.put(chunks=chunks)["chunks"] == chunks
    ns.play({"say": TEXT})
    assert deltas(stream_events()) == pieces


def test_streams_are_cut_into_words_where_nobody_says_anything(ns, stream_events):
    ns.play({"say": TEXT})
    assert deltas(stream_events()) == ["Fog", " over", " Oslo."]


def test_what_a_script_says_of_chunks_goes_before_what_its_namespace_says(ns, stream_events):
    ns.put(chunks="char")
    ns.play({"say": TEXT, "stream": {"chunk": "word"}})
    assert deltas(stream_events()) == ["Fog", " over", " Oslo."]
    ns.play({"say": TEXT, "stream": {"ttft": 1, "tps": 100}})  # which says nothing of chunks
    assert deltas(stream_events()) == list(TEXT)


def test_arguments_of_calls_are_cut_alike(ns, client, assistant, stream_events):
    ns.put(chunks=4)
    ns.play({"call": "look_outside", "args": '{"a": 1}'})
    events = [doc["delta"]["step_details"] for name, doc in stream_events() if name == "thread.run.step.delta"]
    pieces = [details["tool_calls"][0]["function"]["arguments"] for details in events]
    assert [piece for piece in pieces if piece] == ['{"a"', ": 1}"]


@pytest.mark.parametrize("chunks", [0, -1, "words", True, 1.5, ["a"], "3"])
def test_chunks_that_cannot_be_are_refused(ns, chunks):
    refused = ns.control("PUT", "", {"chunks": chunks}, status=400)
    assert refused["error"]["param"].startswith("chunks")
    assert ns.control("GET", "")["chunks"] == "word"


def test_chunks_are_chosen_by_the_python_face(server, ns, stream_events):
    server.namespace(ns.name).configure(chunks="whole")
    ns.play({"say": TEXT})
    assert deltas(stream_events()) == [TEXT]
