"""Assistants, threads and messages of the course."""

import re


def test_a_tool_without_a_type_is_refused_by_name(play):
    story = play("missing_type")
    assert story.refusal.status_code == 400
    assert story.refusal.body == {
        "message": "Missing required parameter: 'tools[0].type'.",
        "type": "invalid_request_error",
        "param": "tools[0].type",
        "code": "missing_required_parameter",
    }
    assert story.assistant.tools[0].function.name == "count_loaves"


def test_assistants_come_in_all_variants_and_keep_what_was_left_out_as_null(play):
    story = play("variants")
    fields = [(one.name, one.description, one.instructions) for one in (story.bare, story.described, story.talking)]
    assert fields == [
        (None, None, None), ("Miller", "Knows every kind of flour.", None), (None, None, "Only talk."),
    ]  # fmt: skip
    assert [tool.type for tool in story.counting.tools] == ["code_interpreter"]
    assert story.talking.tools == story.bare.tools == []
    assert story.accepted == story.models
    for made, model in zip(story.older, story.models, strict=False):
        assert made["model"] == model
        assert (made["name"], made["instructions"], made["tools"], made["file_ids"]) == (None, None, [], [])
        assert not {"tool_resources", "temperature", "response_format"} & made.keys()


def test_an_old_thread_has_four_fields(play):
    story = play("thread_metadata")
    assert list(story.empty) == ["id", "object", "created_at", "metadata"]
    assert re.fullmatch(r"thread_[A-Za-z0-9]{24}", story.empty["id"])
    assert (story.empty["object"], story.empty["metadata"]) == ("thread", {})


def test_chinese_notes_on_a_thread_are_kept_replaced_and_deleted(play):
    story = play("thread_metadata")
    assert story.made["metadata"] == {"顾客": "周小满", "最爱": "黑麦面包"}
    assert story.read == story.made
    assert story.changed["metadata"] == {"顾客": "周小满", "会员": "是"}
    assert story.deleted == {"id": story.made["id"], "object": "thread.deleted", "deleted": True}
    assert (story.refusal.status, story.refusal.error["type"]) == (404, "invalid_request_error")


def test_a_thread_of_today_shows_its_resources_once_it_is_read_again(play):
    story = play("ready_made_thread")
    assert story.empty.to_dict().keys() == {"id", "object", "created_at", "metadata", "tool_resources"}
    assert (story.empty.to_dict()["tool_resources"], story.empty.metadata) == ({}, {})
    assert story.again.to_dict()["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_a_conversation_that_came_with_its_thread_is_listed_backwards(play, said):
    story = play("ready_made_thread")
    assert [message.role for message in story.page.data] == ["user", "assistant", "user"]
    assert said(story.page.data[0]) == "Lye? Is that safe?"
    assert said(story.page.data[2]) == "What is in a pretzel?"
    for message in story.page.data:
        assert (message.assistant_id, message.run_id, message.attachments, message.metadata) == (None, None, [], {})
    page = story.page.to_dict()
    assert (page["first_id"], page["last_id"], page["has_more"]) == (
        story.page.data[0].id, story.page.data[2].id, False,
    )  # fmt: skip


def test_threads_messages_and_runs_are_listed_read_changed_and_called_off(play, said):
    story = play("housekeeping")
    assert story.thread.metadata == {"counter": "left"}
    assert story.thread.tool_resources.code_interpreter.file_ids == [story.order_list.id]
    assert story.same == story.greeting
    assert story.noted.metadata == {"paid": "yes"}
    assert said(story.listed[1]) == "Two loaves for Ms Xu, please."
    assert [(run.status, run.metadata) for run in story.runs] == [
        ("cancelled", {}), ("completed", {"rating": "good"}),
    ]  # fmt: skip
    assert (story.cancelling.status, story.second.status) == ("cancelling", "cancelled")


def test_a_thread_outlives_the_program_that_made_it(play):
    story = play("kept_thread")
    assert story.answer == "Of course, you are Leyla."
    assert [message.role for message in story.messages] == ["user", "assistant"] * 2
