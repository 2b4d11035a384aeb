"""Files of the course: analysed, retrieved from, searched."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese marks

import io
import re

import openai
import pytest


def test_an_old_upload_and_an_old_assistant_show_what_they_were_given(play):
    story = play("three_tools")
    file, assistant = story.file, story.assistant
    assert file["id"].startswith("file-")
    assert (file["bytes"], file["filename"], file["object"]) == (len(story.SALES), "sales.csv", "file")
    assert (file["purpose"], file["status"], file["status_details"]) == ("assistants", "processed", None)
    assert [tool["type"] for tool in assistant["tools"]] == ["code_interpreter", "retrieval", "function"]
    assert assistant["tools"][2]["function"]["name"] == "pin_note"
    assert (assistant["description"], assistant["metadata"], assistant["file_ids"]) == (None, {}, [file["id"]])


def test_an_old_run_has_the_same_fields_each_time(play):
    story = play("three_tools")
    assert list(story.thread) == ["id", "object", "created_at", "metadata"]
    assert list(story.queued) == list(story.finished) == list(story.noted)
    assert story.queued["started_at"] is None
    assert story.finished["started_at"] <= story.finished["completed_at"]
    assert story.finished["expires_at"] is None


def test_one_run_writes_a_plan_and_then_an_answer(play):
    story = play("three_tools")
    answer, plan, question = story.messages
    assert answer["content"][0]["text"]["value"] == "The best day was Wednesday, with 62 loaves."
    assert plan["content"][0]["text"]["value"].startswith("I shall add up the loaves")
    for message in (answer, plan):
        assert (message["run_id"], message["assistant_id"]) == (story.finished["id"], story.assistant["id"])
        assert message["file_ids"] == []
    assert question["run_id"] is None
    kinds = [step["type"] for step in story.api.steps(story.finished)]
    assert kinds == ["message_creation", "tool_calls", "message_creation"]


def test_any_text_will_do_as_an_output_and_the_thread_takes_a_second_run(play):
    story = play("three_tools")
    assert story.waiting["status"] == "requires_action"
    assert story.noted["status"] == "completed"
    assert story.answer == "The note is on the board: pinned beside the oven."


def test_an_old_assistant_without_a_name_retrieves_from_a_pdf(play):
    story = play("handbook_retrieval")
    assert story.assistant["name"] is None
    assert story.assistant["tools"] == [{"type": "retrieval"}]
    assert story.run["status"] == "completed", story.run["last_error"]
    (call,) = story.steps[0]["step_details"]["tool_calls"]
    assert call == {"id": call["id"], "type": "retrieval", "retrieval": {}}
    (mark,) = story.answer["annotations"]
    assert story.answer["value"][mark["start_index"] : mark["end_index"]] == mark["text"]
    assert mark["file_citation"]["file_id"] == story.handbook["id"]


def test_a_file_taken_from_an_old_assistant_is_not_retrieved_from_until_it_is_given_back(play):
    story = play("handbook_retrieval")
    question = [{"role": "user", "content": "酸种闻起来像醋！"}]
    files = f"/assistants/{story.assistant['id']}/files"

    def ask():
        thread = story.api.post("/threads", messages=question)
        return story.api.finished(story.api.post(f"/threads/{thread['id']}/runs", assistant_id=story.assistant["id"]))

    story.api.delete(f"{files}/{story.handbook['id']}")
    assert "the text of the handbook was not found" in ask()["last_error"]["message"]
    story.api.post(files, file_id=story.handbook["id"])
    assert ask()["status"] == "completed"


def test_a_follow_up_with_three_tools_and_two_files_may_use_none(play):
    story = play("handbook_retrieval")
    assert [tool["type"] for tool in story.equipped["tools"]] == ["code_interpreter", "retrieval", "function"]
    assert story.equipped["file_ids"] == story.second_run["file_ids"] == [story.handbook["id"], story.prices["id"]]
    assert [step["type"] for step in story.second_steps] == ["message_creation"]
    assert story.second_answer.startswith("这个问题我不用查")


def test_a_pdf_in_a_store_is_searched_and_cited(play):
    story = play("handbook_search")
    assert (story.batch.status, story.batch.file_counts.completed) == ("completed", 2)
    assert story.assistant.tool_resources.file_search.vector_store_ids == [story.store.id]
    (result,) = story.steps[0].step_details.tool_calls[0].file_search.results
    assert result.file_name == "handbook.pdf"
    assert "heated to 260 degrees" in result.content[0].text
    (mark,) = story.text.annotations
    assert re.fullmatch(r"【\d+:0†handbook\.pdf】", mark.text)
    assert story.text.value[mark.start_index : mark.end_index] == mark.text
    assert mark.file_citation.file_id == result.file_id
    assert story.readable == "🔥 It has to be at 260 degrees [1] before you begin.\n[1] handbook.pdf"
    assert story.deleted.deleted
    with pytest.raises(openai.NotFoundError):
        story.api.beta.assistants.retrieve(story.assistant.id)


def test_a_store_without_the_answer_gives_another_result(play):
    story = play("handbook_search")
    store = story.api.vector_stores.create()
    file = story.api.files.create(file=("kiln.txt", io.BytesIO(b"Our oven is electric.")), purpose="assistants")
    story.api.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    assistant = story.api.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    run = story.api.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How hot must the oven be?"}]}
    )
    (mark,) = story.api.beta.threads.messages.list(run.thread_id).data[0].content[0].text.annotations
    assert mark.file_citation.file_id == file.id
