"""Whatever is on a thread: exported and imported elsewhere, it is the same again."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.harness import MODEL, NOON_SECONDS, Namespace
from emulator.recording.exports.reading import read_objects

texts = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["```\n", "<b>", "\u2028", "{{ x }}", "=1+1", "﻿", "\r\n", "\\n", '"', "null", "\U0001d518", "0", " "]
)
times = st.integers(NOON_SECONDS, NOON_SECONDS + 3)
metadata = st.dictionaries(texts.filter(lambda text: 0 < len(text) <= 64), texts, max_size=2)
marks = st.fixed_dictionaries({
    "type": st.just("file_path"), "text": texts, "start_index": st.integers(0, 9), "end_index": st.integers(0, 9),
    "file_path": st.fixed_dictionaries({"file_id": st.sampled_from(["file-a", "file-b"])}),
})  # fmt: skip
parts = st.fixed_dictionaries({
    "type": st.just("text"), "text": st.fixed_dictionaries({"value": texts, "annotations": st.lists(marks, max_size=2)}),
})  # fmt: skip
messages = st.lists(
    st.fixed_dictionaries({
        "created_at": times, "role": st.sampled_from(["user", "assistant"]), "content": st.lists(parts, max_size=2),
        "metadata": metadata, "run_id": st.sampled_from([None, "run_0", "run_1"]),
        "assistant_id": st.sampled_from([None, "asst_0"]),
    }),
    max_size=6,
)  # fmt: skip
runs = st.lists(
    st.fixed_dictionaries({
        "created_at": times, "status": st.sampled_from(["completed", "cancelled", "failed", "expired", "incomplete"]),
        "instructions": st.none() | texts, "metadata": metadata,
        "calls": st.lists(st.tuples(texts, texts, st.none() | texts), max_size=2),
    }),
    max_size=2,
)  # fmt: skip
numbers = itertools.count()


def thread_of(number, said, ran):
    on = {"thread_id": f"thread_{number}"}
    thread = {"id": f"thread_{number}", "object": "thread", "created_at": NOON_SECONDS, "metadata": {"n": str(number)}}
    made = [
        {"id": f"msg_{number}_{place}", "object": "thread.message", **on, "attachments": [], **one, **_of(one, number)}
        for place, one in enumerate(sorted(said, key=lambda one: one["created_at"]))
    ]
    done = []
    for place, one in enumerate(sorted(ran, key=lambda one: one["created_at"])):
        about = {"run_id": f"run_{place}_{number}", **on, "assistant_id": "asst_0", "created_at": one["created_at"]}
        steps = [
            {
                "id": f"step_{number}_{place}_{n}", "object": "thread.run.step", **about, "status": "completed", "type": "tool_calls",
                "step_details": {"type": "tool_calls", "tool_calls": [
                    {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": args, "output": output}}
                ]},
            }
            for n, (name, args, output) in enumerate(one["calls"])
        ]  # fmt: skip
        given_ = {name: value for name, value in one.items() if name != "calls"}
        done.append(
            {
                "id": f"run_{place}_{number}",
                "object": "thread.run",
                **on,
                "assistant_id": "asst_0",
                "model": MODEL,
                **given_,
                "steps": steps,
            }
        )
    return {
        "thread": thread,
        "messages": made,
        "runs": done,
        "assistants": [{"id": "asst_0", "object": "assistant", "created_at": NOON_SECONDS, "model": MODEL}],
    }


def _of(one, number):
    return {"run_id": f"{one['run_id']}_{number}"} if one["run_id"] else {}


@pytest.fixture(scope="module")
def namespaces(server, http):
    made = [Namespace(f"exported-threads-{name}", server.url, http) for name in ("first", "second")]
    for one in made:
        one.freeze()
    yield made
    for one in made:
        one.control("DELETE")


@settings(max_examples=60, deadline=None)
@given(messages, runs)
def test_an_export_that_is_imported_is_exported_as_the_same(namespaces, said, ran):
    first, second = namespaces
    thread = thread_of(next(numbers), said, ran)
    exports = []
    for ns in (first, second):
        answer = ns.control("POST", "/import", exports[-1] if exports else thread)
        assert answer["skipped"] == []
        exports.append(ns.control("GET", f"/threads/{thread['thread']['id']}/export"))
    assert exports[0] == exports[1]
    assert [one["id"] for one in exports[0]["messages"]] == [one["id"] for one in thread["messages"]]
    assert [one["content"] for one in exports[0]["messages"]] == [one["content"] for one in thread["messages"]]
    assert ns.http.get(f"{ns.control_url}/threads/{thread['thread']['id']}/export?format=markdown").status_code == 200


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["object", "data", "messages", "thread", "thread_id", "role", "content", "text", "runs", "steps", "id", "created_at",
                 "run_id", "status", "attachments", "annotations", "type", "image_file", "step_details", "tool_calls", "first_id", "threads", "author"]
            )
            | texts,
            inner | st.sampled_from(["thread.message", "thread.run", "thread.run.step", "thread", "user", "list", "text"]),
            max_size=6,
        ),
        max_leaves=25,
    )
)  # fmt: skip
def test_whatever_a_file_holds_is_read_or_refused(value):
    import orjson

    try:
        data = orjson.dumps(value)
    except TypeError:
        return
    try:
        read = read_objects(data)
    except ValueError:
        return
    assert all(isinstance(one["id"], str) and one["object"] for one in read.objects)
