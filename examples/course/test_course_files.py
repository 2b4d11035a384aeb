"""Notebooks about files: analysis, retrieval and search."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

import io
import re

import openai
import pytest


def test_a_v1_upload_and_a_v1_assistant_have_the_sent_fields(run_notebook):
    notebook = run_notebook("three_tools")
    file, assistant = notebook.file, notebook.assistant
    assert file["id"].startswith("file-")
    assert (file["bytes"], file["filename"], file["object"]) == (len(notebook.SALES), "sales.csv", "file")
    assert (file["purpose"], file["status"], file["status_details"]) == ("assistants", "processed", None)
    assert [tool["type"] for tool in assistant["tools"]] == ["code_interpreter", "retrieval", "function"]
    assert assistant["tools"][2]["function"]["name"] == "pin_note"
    assert (assistant["description"], assistant["metadata"], assistant["file_ids"]) == (None, {}, [file["id"]])


def test_a_v1_run_has_the_same_fields_at_any_time(run_notebook):
    notebook = run_notebook("three_tools")
    assert list(notebook.thread) == ["id", "object", "created_at", "metadata"]
    assert list(notebook.queued) == list(notebook.finished) == list(notebook.noted_run)
    assert notebook.queued["started_at"] is None
    assert notebook.finished["started_at"] <= notebook.finished["completed_at"]
    assert notebook.finished["expires_at"] is None


def test_one_run_writes_a_plan_and_then_an_answer(run_notebook):
    notebook = run_notebook("three_tools")
    answer, plan, question = notebook.messages
    assert answer["content"][0]["text"]["value"] == "The best day was Wednesday, with 62 loaves."
    assert plan["content"][0]["text"]["value"].startswith("I shall add up the loaves")
    for message in (answer, plan):
        assert (message["run_id"], message["assistant_id"]) == (notebook.finished["id"], notebook.assistant["id"])
        assert message["file_ids"] == []
    assert question["run_id"] is None
    kinds = [step["type"] for step in notebook.api.steps(notebook.finished)]
    assert kinds == ["message_creation", "tool_calls", "message_creation"]


def test_an_output_can_be_plain_text_and_the_thread_takes_a_second_run(run_notebook):
    notebook = run_notebook("three_tools")
    assert notebook.waiting["status"] == "requires_action"
    assert notebook.noted_run["status"] == "completed"
    assert notebook.answer == "The note is on the board: pinned beside the oven."


def test_a_v1_assistant_without_a_name_retrieves_from_a_pdf(run_notebook):
    notebook = run_notebook("handbook_retrieval")
    assert notebook.assistant["name"] is None
    assert notebook.assistant["tools"] == [{"type": "retrieval"}]
    assert notebook.run["status"] == "completed", notebook.run["last_error"]
    (call,) = notebook.steps[0]["step_details"]["tool_calls"]
    assert call == {"id": call["id"], "type": "retrieval", "retrieval": {}}
    (annotation,) = notebook.answer["annotations"]
    assert notebook.answer["value"][annotation["start_index"] : annotation["end_index"]] == annotation["text"]
    assert annotation["file_citation"]["file_id"] == notebook.handbook["id"]


def test_a_detached_file_is_not_searched_until_it_is_attached_again(run_notebook):
    notebook = run_notebook("handbook_retrieval")
    question = [{"role": "user", "content": "酸种闻起来像醋！"}]
    files = f"/assistants/{notebook.assistant['id']}/files"

    def ask():
        thread = notebook.api.post("/threads", messages=question)
        return notebook.api.wait_for(
            notebook.api.post(f"/threads/{thread['id']}/runs", assistant_id=notebook.assistant["id"])
        )

    notebook.api.delete(f"{files}/{notebook.handbook['id']}")
    assert "the text of the handbook was not found" in ask()["last_error"]["message"]
    notebook.api.post(files, file_id=notebook.handbook["id"])
    assert ask()["status"] == "completed"


def test_a_follow_up_with_three_tools_and_two_files_can_use_none(run_notebook):
    notebook = run_notebook("handbook_retrieval")
    assert [tool["type"] for tool in notebook.equipped["tools"]] == ["code_interpreter", "retrieval", "function"]
    assert (
        notebook.equipped["file_ids"]
        == notebook.second_run["file_ids"]
        == [notebook.handbook["id"], notebook.prices["id"]]
    )
    assert [step["type"] for step in notebook.second_steps] == ["message_creation"]
    assert notebook.second_answer.startswith("这个问题我不用查")


def test_a_pdf_in_a_store_is_searched_and_cited(run_notebook):
    notebook = run_notebook("handbook_search")
    assert (notebook.batch.status, notebook.batch.file_counts.completed) == ("completed", 2)
    assert notebook.assistant.tool_resources.file_search.vector_store_ids == [notebook.store.id]
    (result,) = notebook.steps[0].step_details.tool_calls[0].file_search.results
    assert result.file_name == "handbook.pdf"
    assert "heated to 260 degrees" in result.content[0].text
    (annotation,) = notebook.text.annotations
    assert re.fullmatch(r"【\d+:0†handbook\.pdf】", annotation.text)
    assert notebook.text.value[annotation.start_index : annotation.end_index] == annotation.text
    assert annotation.file_citation.file_id == result.file_id
    assert notebook.readable == "🔥 It has to be at 260 degrees [1] before you begin.\n[1] handbook.pdf"
    assert notebook.deleted.deleted
    with pytest.raises(openai.NotFoundError):
        notebook.api.beta.assistants.retrieve(notebook.assistant.id)


def test_a_store_without_the_answer_gives_another_result(run_notebook):
    notebook = run_notebook("handbook_search")
    store = notebook.api.vector_stores.create()
    file = notebook.api.files.create(file=("kiln.txt", io.BytesIO(b"Our oven is electric.")), purpose="assistants")
    notebook.api.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    assistant = notebook.api.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    run = notebook.api.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How hot must the oven be?"}]}
    )
    (annotation,) = notebook.api.beta.threads.messages.list(run.thread_id).data[0].content[0].text.annotations
    assert annotation.file_citation.file_id == file.id
