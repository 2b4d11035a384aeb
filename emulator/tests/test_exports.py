"""Home-made exports: whatever they call things, each object is there once, in order, and nothing is lost silently."""

import json
from pathlib import Path

import pytest

from emulator.recording.formats.exports import join, read_export
from emulator.recording.recordings import UnreadableRecordingError

NOON = 1_714_644_000  # 2024-05-02T10:00:00Z


def read(*values, name="export.json"):
    """Read one JSON document, bytes as they are, or several values as lines."""
    data = values[0] if isinstance(values[0], bytes) else "\n".join(map(json.dumps, values)).encode()
    return read_export(Path(name), "thread-export", data)


def said(number, role="user", at=NOON, thread="thread_1", **fields):
    text = {"value": f"text {number}", "annotations": []}
    about = {"id": f"msg_{number}", "object": "thread.message", "created_at": at, "thread_id": thread, "role": role}
    return {**about, "content": [{"type": "text", "text": text}], "attachments": [], "metadata": {}, **fields}


def page(*items, **fields):
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {}
    return {"object": "list", "data": list(items), **ends, "has_more": False, **fields}


def of(export, kind):
    return [one for one in export.objects if one["object"] == kind]


def texts(export, thread=None):
    messages = [one for one in of(export, "thread.message") if thread in (None, one["thread_id"])]
    return [part["text"]["value"] for one in messages for part in one["content"]]


def only(export, kind):
    (one,) = of(export, kind)
    return one


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        {"thread_id": "thread_1", "message_id": "msg_1", "role": "user", "text": "Hi", "created_at": NOON},
        {"threadId": "thread_1", "messageId": "msg_1", "role": "user", "content": "Hi", "createdAt": NOON * 1000},
        {"thread": "thread_1", "id": "msg_1", "role": "USER", "message": "Hi", "timestamp": "2024-05-02T10:00:00Z"},
        {"ThreadId": "thread_1", "Id": "msg_1", "Role": "MessageRole.USER", "Content": [{"Type": "Text", "Text": "Hi"}], "CreatedAt": "2024-05-02T10:00:00.0000000+00:00"},
        {"thread": {"id": "thread_1"}, "id": "msg_1", "sender": "human", "body": "Hi", "ts": NOON + 0.25},
        {"thread_id": "thread_1", "id": "msg_1", "role": "user", "content": {"type": "text", "text": {"value": "Hi"}}, "created_at": str(NOON)},
        {"thread_id": "thread_1", "id": "msg_1", "author": {"role": "user"}, "content": {"parts": ["Hi"]}, "created_at": {"$date": "2024-05-02T12:00:00+02:00"}},
        {"thread_id": "thread_1", "message": {"id": "msg_1", "role": "user", "content": ["Hi"], "date": "Thu, 02 May 2024 10:00:00 GMT"}},
        {"type": "message", "data": {"thread_id": "thread_1", "id": "msg_1", "role": "user", "value": "Hi", "created": "2024-05-02 10:00:00 UTC"}},
    ],
)  # fmt: skip
def test_a_message_is_read_under_whatever_names(line):
    message = only(read([line]), "thread.message")
    assert (message["id"], message["thread_id"], message["role"]) == ("msg_1", "thread_1", "user")
    assert message["content"] == [{"type": "text", "text": {"value": "Hi", "annotations": []}}]
    assert message["created_at"] == NOON


@pytest.mark.parametrize(
    "part, expected",
    [
        ("x", {"type": "text", "text": {"value": "x", "annotations": []}}),
        ({"type": "text", "text": "x"}, {"type": "text", "text": {"value": "x", "annotations": []}}),
        ({"type": "output_text", "text": "x"}, {"type": "text", "text": {"value": "x", "annotations": []}}),
        ({"text": {"value": "x"}}, {"type": "text", "text": {"value": "x", "annotations": []}}),
        ({"type": "refusal", "refusal": "no"}, {"type": "refusal", "refusal": "no"}),
        ({"type": "image_file", "image_file": {"file_id": "file-1"}}, {"type": "image_file", "image_file": {"file_id": "file-1"}}),
        ({"type": "image_file", "file_id": "file-1"}, {"type": "image_file", "image_file": {"file_id": "file-1"}}),
        ({"type": "image_url", "image_url": "https://a.b/c"}, {"type": "image_url", "image_url": {"url": "https://a.b/c"}}),
        ({"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": "low"}}, {"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": "low"}}),
    ],
)  # fmt: skip
def test_each_form_of_content_becomes_that_of_the_api(part, expected):
    assert only(read([{"role": "user", "content": [part]}]), "thread.message")["content"] == [expected]


def test_annotations_are_kept_beside_a_plain_text_too():
    mark = {
        "type": "file_citation",
        "text": "[0]",
        "start_index": 0,
        "end_index": 3,
        "file_citation": {"file_id": "file-1"},
    }
    message = only(read([{"role": "assistant", "text": "[0]", "annotations": [mark]}]), "thread.message")
    assert message["content"][0]["text"]["annotations"] == [mark]


# --- forms ------------------------------------------------------------------------------------------------------------

TWO = (said(1), said(2, "assistant", NOON + 5))


@pytest.mark.parametrize(
    "value",
    [
        page(*TWO[::-1]),
        [page(TWO[1]), page(TWO[0])],
        list(TWO),
        {"thread": {"id": "thread_1", "object": "thread", "created_at": NOON}, "messages": list(TWO), "runs": []},
        {"thread_id": "thread_1", "messages": list(TWO)},
        {"threads": [{"id": "thread_1", "messages": page(*TWO[::-1])}]},
        {"threads": [{"thread": {"id": "thread_1"}, "messages": list(TWO)}]},
        {"thread_1": list(TWO)},
        {"thread_1": {"messages": list(TWO)}},
        [{"id": "thread_1", "messages": list(TWO)}],
        {"objects": list(TWO)},
        {"exported_at": "today", "data": {"conversations": [{"messages": list(TWO)}]}},
    ],
)
def test_each_form_of_a_file_holds_the_same_messages(value):
    export = read(value)
    assert [one["id"] for one in of(export, "thread.message")] == ["msg_1", "msg_2"]
    assert only(export, "thread")["id"] == "thread_1"


def test_lines_may_hold_any_kind_and_wrappers_too():
    run = {"run_id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_1", "status": "completed"}
    step = {
        "id": "step_1",
        "run_id": "run_1",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_2"}},
    }
    export = read(
        {"thread": {"id": "thread_1", "metadata": {"a": "b"}}}, *TWO, run, step, {"messages": [said(3, at=NOON + 9)]}
    )
    assert texts(export) == ["text 1", "text 2", "text 3"]
    assert only(export, "thread")["metadata"] == {"a": "b"}
    assert only(export, "thread.run")["id"] == "run_1"
    assert only(export, "thread.run.step")["thread_id"] == "thread_1"
    assert export.stand_ins == {"asst_1"}


def test_objects_over_several_lines_may_stand_one_behind_the_other():
    data = "\n".join(json.dumps(one, indent=2) for one in TWO).encode()
    assert texts(read(data)) == ["text 1", "text 2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_encoding_is_recognized_by_its_mark(encoding):
    assert texts(read(json.dumps([said(1, content="Füße")], ensure_ascii=False).encode(encoding))) == ["Füße"]


def test_threads_without_ids_are_told_apart_and_always_get_the_same_ids():
    value = [{"messages": [{"role": "user", "content": text}]} for text in ("one", "two")]
    first, again = read(value), read(value)
    assert len({one["id"] for one in of(first, "thread")}) == 2
    assert first.objects == again.objects
    assert any("no id of the API" in note for note in first.notes)


def test_what_is_said_twice_is_said_twice():
    assert texts(read([{"role": "user", "text": "yes"}, {"role": "user", "text": "yes"}])) == ["yes", "yes"]


def test_numbers_are_no_ids_of_the_api_but_name_one_thing():
    lines = [{"id": n, "conversation_id": 5 + n // 2, "role": "user", "content": f"{n}"} for n in range(4)]
    export = read(*lines)
    assert len(of(export, "thread")) == 2
    assert texts(export) == ["0", "1", "2", "3"]
    assert all(one["id"].startswith("msg_") for one in of(export, "thread.message"))


# --- order ------------------------------------------------------------------------------------------------------------

USER, ASSISTANT = "user", "assistant"


def roles(*given, at=None):
    return [
        {"role": role, "text": str(n), **({} if at is None else {"created_at": at})} for n, role in enumerate(given)
    ]


@pytest.mark.parametrize(
    "value, expected",
    [
        ([said(2, at=NOON + 1), said(1)], "12"),
        ([said(1), said(2, at=NOON + 1)], "12"),
        ([said(1), said(3, at=NOON + 2), said(2, at=NOON + 1)], "123"),
        (page(said(3), said(2), said(1)), "123"),
        (page(said(1), said(2), said(3), first_id="msg_3", last_id="msg_1"), "123"),
        ([said(1), said(2), said(3)], "123"),
        ([said(4, at=NOON + 1), said(3), said(2), said(1)], "1234"),
        ([said(1), said(2), said(3), said(4, at=NOON + 1)], "1234"),
        ([page(said(3), said(2)), page(said(1))], "123"),
        (page(said(1), said(2, ASSISTANT)), "12"),
        ([page(said(4), said(3), said(2)), page(said(3), said(2), said(1))], "1234"),
    ],
)
def test_messages_are_in_the_order_in_which_they_were_said(value, expected):
    assert texts(read(value)) == [f"text {number}" for number in expected]


@pytest.mark.parametrize(
    "value, expected",
    [
        (roles(USER, ASSISTANT), "01"),
        (roles(ASSISTANT, USER), "10"),
        (roles(USER, ASSISTANT, USER), "210"),
        (roles(USER, USER, at=NOON), "01"),
    ],
)
def test_a_list_without_times_begins_with_the_newest_unless_its_roles_show_otherwise(value, expected):
    assert texts(read(value)) == list(expected)


def test_pages_in_which_all_is_of_one_second_go_as_the_other_pages_do():
    first, last = page(said(1)), page(said(4, at=NOON + 9))
    second, third = (said(number, "assistant", at=NOON + 5) for number in (2, 3))
    for pages in ([first, page(second, third), last], [last, page(third, second), first]):
        assert texts(read(pages)) == ["text 1", "text 2", "text 3", "text 4"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_files_with_a_page_each_may_come_in_any_order(order):
    pages = [
        page(said(2, at=NOON + 1), said(1)),
        page(said(4, "assistant", at=NOON + 5), said(3, "assistant", at=NOON + 1)),
        page(said(6, "assistant", at=NOON + 9), said(5, "assistant", at=NOON + 5)),
    ]
    joined = join([read(pages[number]) for number in order])
    assert texts(joined) == [f"text {number}" for number in range(1, 7)]


def test_lines_without_times_are_in_order():
    assert texts(read(*roles(ASSISTANT, USER, ASSISTANT, USER))) == ["0", "1", "2", "3"]


def test_a_message_without_a_time_stays_behind_the_one_before_it():
    lines = [said(1), {"thread_id": "thread_1", "role": "assistant", "text": "text 2"}, said(3, at=NOON + 9)]
    export = read(*lines)
    assert texts(export) == ["text 1", "text 2", "text 3"]
    assert of(export, "thread.message")[1]["created_at"] == NOON


def test_runs_of_one_second_stand_as_their_messages_and_those_without_some_as_they_were_listed():
    about = {"thread_id": "thread_1", "assistant_id": "asst_1", "status": "failed", "created_at": NOON}
    runs = [{"id": f"run_{number}", "object": "thread.run", **about} for number in range(4)]
    messages = [said(0), said(1, "assistant", run_id="run_1"), said(2), said(3, "assistant", run_id="run_3")]
    for listed in (runs, runs[::-1], page(*runs[::-1])):
        export = read({"thread_id": "thread_1", "messages": messages, "runs": listed})
        assert [one["id"] for one in of(export, "thread.run")] == ["run_0", "run_1", "run_2", "run_3"]


def test_steps_of_one_second_end_with_the_answer():
    about = {
        "object": "thread.run.step",
        "run_id": "run_1",
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "created_at": NOON,
        "status": "completed",
    }
    answer = {
        "id": "step_2",
        **about,
        "type": "message_creation",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_2"}},
    }
    called = {"id": "step_1", **about, "type": "tool_calls", "step_details": {"type": "tool_calls", "tool_calls": []}}
    run = {"id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_1", "status": "completed"}
    for steps in ([answer, called], page(answer, called), [called, answer]):
        export = read({"thread_id": "thread_1", "messages": list(TWO), "runs": [{**run, "steps": steps}]})
        assert [one["id"] for one in of(export, "thread.run.step")] == ["step_1", "step_2"]
    told = {
        **answer,
        "id": "step_0",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
    }
    export = read({"thread_id": "thread_1", "messages": list(TWO), "runs": [{**run, "steps": [answer, called, told]}]})
    assert [one["id"] for one in of(export, "thread.run.step")] == ["step_0", "step_1", "step_2"]


# --- several states ---------------------------------------------------------------------------------------------------


def test_overlapping_files_are_joined_by_id_and_the_later_state_counts():
    run = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "assistant_id": "asst_1", "status": "queued"}
    old = read([said(1), said(2, "assistant", run_id="run_1", content="half")])
    new = read([said(2, run_id="run_1", content="whole"), said(3)], name="two.json")
    joined = join([old, new, read([run]), read([{**run, "status": "completed"}]), read([run])])
    assert texts(joined) == ["text 1", "whole", "text 3"]
    assert only(joined, "thread.run")["status"] == "completed"
    assert joined.stand_ins == {"thread_1", "asst_1"}
    assert not any("run_1" in note for note in joined.notes)


def test_a_message_of_two_threads_becomes_two():
    export = read(said(1), said(1, thread="thread_2"))
    assert len({one["id"] for one in of(export, "thread.message")}) == 2
    assert any("on another thread too" in note for note in export.notes)


# --- stand-ins --------------------------------------------------------------------------------------------------------


def test_a_run_and_an_assistant_that_were_not_exported_get_stand_ins():
    own = {"run_id": "run_1", "assistant_id": "asst_1"}
    export = read(page(said(3, "assistant", NOON + 9, **own), said(2, "assistant", NOON + 7, **own), said(1)))
    run = only(export, "thread.run")
    assert (run["status"], run["assistant_id"], run["thread_id"]) == ("completed", "asst_1", "thread_1")
    assert (run["created_at"], run["started_at"], run["completed_at"]) == (NOON, NOON, NOON + 9)
    assert run["metadata"] == only(export, "assistant")["metadata"] == {"emulator_stand_in": "not exported"}
    assert export.stand_ins == {"thread_1", "run_1", "asst_1"}
    assert any(note.startswith("run_1: a run that was not exported") for note in export.notes)


def test_what_is_said_of_several_stand_ins_is_said_of_several():
    own = [{"run_id": f"run_{number}", "assistant_id": f"asst_{number}"} for number in range(7)]
    export = read(page(*(said(number, "assistant", NOON - number, **one) for number, one in enumerate(own))))
    run, assistant = (note for note in export.notes if "were not exported" in note)
    assert run.endswith(
        " and 2 more: runs that were not exported: completed ones stand in for them, without steps, usage and calls"
    )
    assert assistant.endswith(
        ": assistants that were not exported: others stand in for them, with what their runs say of them"
    )


def test_an_assistant_is_made_of_what_its_runs_say():
    run = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "assistant_id": "asst_1", "status": "completed", "model": "gpt-4o", "instructions": "Be brief.", "tools": [{"type": "code_interpreter"}]}  # fmt: skip
    made = only(read([run]), "assistant")
    assert (made["model"], made["instructions"], made["tools"]) == ("gpt-4o", "Be brief.", run["tools"])


def test_files_that_were_not_exported_get_stand_ins_with_the_names_that_are_known():
    written = {
        "type": "file_path",
        "text": "sandbox:/mnt/data/out.csv",
        "start_index": 0,
        "end_index": 5,
        "file_path": {"file_id": "file-out"},
    }
    image = {"type": "image_file", "image_file": {"file_id": "file-img", "detail": "auto"}}
    export = read(
        [
            {"role": "user", "content": [image], "attachments": [{"id": "file-a", "filename": "a.pdf"}, "file-b", "c.txt"], "created_at": NOON},
            {"role": "assistant", "content": [{"type": "text", "text": {"value": "x", "annotations": [written]}}], "file_ids": ["file-d"], "created_at": NOON + 1},
        ]
    )  # fmt: skip
    files = {one["id"]: (one["filename"], one["purpose"]) for one in of(export, "file")}
    (named,) = (id_ for id_, about in files.items() if about[0] == "c.txt")
    assert files == {
        "file-img": ("file-img", "vision"),
        "file-a": ("a.pdf", "assistants"),
        "file-b": ("file-b", "assistants"),
        named: ("c.txt", "assistants"),
        "file-out": ("out.csv", "assistants_output"),
        "file-d": ("file-d", "assistants"),
    }
    assert any("bytes of a file were not exported" in note for note in export.notes)


# --- what cannot be used ----------------------------------------------------------------------------------------------


def test_what_cannot_be_used_is_named_with_its_line_and_the_reason():
    export = read(
        b'{"role": "user", "content": "a"}\n{broken\n\n{"role": "system", "content": "b"}\n{"colour": "red"}\n5\n'
        b'{"object": "chat.completion", "id": "x"}\n{"role": "user", "content": 5.5, "created_at": "some day"}\n{"role": "user", "content": [{"a": 1}]}'
    )
    assert texts(export) == ["a", "5.5"]
    notes = "\n".join(export.notes)
    for part in (
        "line 2: skipped: it is no JSON",
        "line 4: skipped: a thread has no messages of the role 'system'",
        "line 5: skipped: it is no thread, message",
        "line 6: skipped: it is no object, but a number",
        "line 7: skipped: objects of the kind 'chat.completion'",
        "line 8: its time cannot be read: 'some day'",
        "line 9: skipped: its content is neither",
    ):
        assert part in notes


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"5", b"null", b'"x"', b"[]", b"{}", b'{"a": 1}', b"\xff\xfe\xff", b"name,age\nEmma,5\n", b'[["x"]]'],
)
def test_what_holds_nothing_is_refused_and_named(data):
    with pytest.raises(UnreadableRecordingError, match=r"^export\.json: "):
        read(data)


def test_a_page_behind_which_there_was_more_is_named():
    export = read(page(said(2, at=NOON + 1), said(1), has_more=True))
    assert any("there was more behind it" in note for note in export.notes)
    whole = read([page(said(2, at=NOON + 1), has_more=True), page(said(1))])
    assert not any("there was more behind it" in note for note in whole.notes)
