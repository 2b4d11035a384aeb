"""Notebooks about assistants, threads and messages."""

import re


def test_a_tool_without_a_type_is_refused(run_notebook):
    notebook = run_notebook("missing_type")
    assert notebook.refusal.status_code == 400
    assert notebook.refusal.body == {
        "message": "Missing required parameter: 'tools[0].type'.",
        "type": "invalid_request_error",
        "param": "tools[0].type",
        "code": "missing_required_parameter",
    }
    assert notebook.assistant.tools[0].function.name == "count_loaves"


def test_assistants_have_null_for_absent_fields(run_notebook):
    notebook = run_notebook("variants")
    fields = [
        (one.name, one.description, one.instructions)
        for one in (notebook.bare, notebook.described, notebook.without_tools)
    ]
    assert fields == [
        (None, None, None), ("Miller", "Knows every kind of flour.", None), (None, None, "Only talk."),
    ]  # fmt: skip
    assert [tool.type for tool in notebook.with_tool.tools] == ["code_interpreter"]
    assert notebook.without_tools.tools == notebook.bare.tools == []
    assert notebook.accepted == notebook.models
    for assistant, model in zip(notebook.v1_assistants, notebook.models, strict=False):
        assert assistant["model"] == model
        assert (assistant["name"], assistant["instructions"], assistant["tools"], assistant["file_ids"]) == (
            None,
            None,
            [],
            [],
        )
        assert not {"tool_resources", "temperature", "response_format"} & assistant.keys()


def test_a_v1_thread_has_four_fields(run_notebook):
    notebook = run_notebook("thread_metadata")
    assert list(notebook.empty) == ["id", "object", "created_at", "metadata"]
    assert re.fullmatch(r"thread_[A-Za-z0-9]{24}", notebook.empty["id"])
    assert (notebook.empty["object"], notebook.empty["metadata"]) == ("thread", {})


def test_chinese_metadata_of_a_thread_is_stored_replaced_and_deleted(run_notebook):
    notebook = run_notebook("thread_metadata")
    assert notebook.created["metadata"] == {"顾客": "周小满", "最爱": "黑麦面包"}
    assert notebook.retrieved == notebook.created
    assert notebook.updated["metadata"] == {"顾客": "周小满", "会员": "是"}
    assert notebook.deleted == {"id": notebook.created["id"], "object": "thread.deleted", "deleted": True}
    assert (notebook.refusal.status, notebook.refusal.error["type"]) == (404, "invalid_request_error")


def test_a_retrieved_v2_thread_has_its_resources(run_notebook):
    notebook = run_notebook("thread_with_messages")
    assert notebook.empty.to_dict().keys() == {"id", "object", "created_at", "metadata", "tool_resources"}
    assert (notebook.empty.to_dict()["tool_resources"], notebook.empty.metadata) == ({}, {})
    assert notebook.retrieved.to_dict()["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_messages_created_with_their_thread_are_listed_newest_first(run_notebook, text_of):
    notebook = run_notebook("thread_with_messages")
    assert [message.role for message in notebook.page.data] == ["user", "assistant", "user"]
    assert text_of(notebook.page.data[0]) == "Lye? Is that safe?"
    assert text_of(notebook.page.data[2]) == "What is in a pretzel?"
    for message in notebook.page.data:
        assert (message.assistant_id, message.run_id, message.attachments, message.metadata) == (None, None, [], {})
    page = notebook.page.to_dict()
    assert (page["first_id"], page["last_id"], page["has_more"]) == (
        notebook.page.data[0].id, notebook.page.data[2].id, False,
    )  # fmt: skip


def test_threads_messages_and_runs_are_listed_retrieved_updated_and_cancelled(run_notebook, text_of):
    notebook = run_notebook("updates_and_lists")
    assert notebook.thread.metadata == {"counter": "left"}
    assert notebook.thread.tool_resources.code_interpreter.file_ids == [notebook.order_list.id]
    assert notebook.same == notebook.greeting
    assert notebook.updated.metadata == {"paid": "yes"}
    assert text_of(notebook.listed[1]) == "Two loaves for Ms Xu, please."
    assert [(run.status, run.metadata) for run in notebook.runs] == [
        ("cancelled", {}), ("completed", {"rating": "good"}),
    ]  # fmt: skip
    assert (notebook.cancelling.status, notebook.second.status) == ("cancelling", "cancelled")


def test_a_thread_outlives_the_program_that_created_it(run_notebook):
    notebook = run_notebook("stored_thread")
    assert notebook.answer == "Of course, you are Leyla."
    assert [message.role for message in notebook.messages] == ["user", "assistant"] * 2
