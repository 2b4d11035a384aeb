"""Every notebook of the course is run, and its variables are looked at afterwards, while its server still answers."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese marks

import importlib
import io
import json
import math
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import openai
import pytest

from emulator.sandbox import available
from scripted_models import lint, load_file

HERE = Path(__file__).parent
SHARED = {"handbook", "hats", "notebook", "pdf", "sales_table", "v1"}
NOTEBOOKS = {file.stem for file in HERE.glob("*.py")} - SHARED - {"test_course"}

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")


@pytest.fixture
def play(monkeypatch):
    """Run a notebook to its end and return its variables."""
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    yield lambda name: SimpleNamespace(**runpy.run_path(str(HERE / f"{name}.py")))
    importlib.import_module("notebook").close_all()


def said(message):
    return "".join(part.text.value for part in message.content if part.type == "text")


# --- assistants -------------------------------------------------------------------------------------------------------


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


# --- threads and messages ---------------------------------------------------------------------------------------------


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


def test_a_conversation_that_came_with_its_thread_is_listed_backwards(play):
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


def test_threads_messages_and_runs_are_listed_read_changed_and_called_off(play):
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


# --- a run from its start to its end ----------------------------------------------------------------------------------


def test_an_old_message_has_files_and_no_attachments(play):
    message = play("wait_on_run").message
    assert re.fullmatch(r"msg_[A-Za-z0-9]{24}", message["id"])
    assert (message["assistant_id"], message["run_id"]) == (None, None)
    assert (message["file_ids"], message["metadata"]) == ([], {})
    text = {"value": "Why does sourdough take so long?", "annotations": []}
    assert message["content"] == [{"type": "text", "text": text}]
    assert not {"attachments", "status"} & message.keys()


def test_a_run_begins_in_the_queue_with_ten_minutes_and_all_that_the_assistant_has(play):
    story = play("wait_on_run")
    run = story.run
    assert run["status"] == "queued"
    assert run["expires_at"] == run["created_at"] + 600
    for name in ("started_at", "cancelled_at", "completed_at", "failed_at", "last_error", "required_action", "usage"):
        assert run.get(name) is None
    for name in ("model", "instructions", "tools", "file_ids"):
        assert run[name] == story.assistant[name]
    assert "description" not in run["tools"][1]["function"]
    assert run["file_ids"] == [story.price_list["id"]]


def test_a_loop_sees_the_run_work_and_then_be_done(play):
    story = play("wait_on_run")
    assert [look["status"] for look in story.looks] == ["queued", *["in_progress"] * 3, "completed"]
    assert story.looks[1]["started_at"] == story.run["created_at"]
    assert story.looks[-1]["completed_at"] == story.run["created_at"] + 1
    assert story.looks[-1]["expires_at"] is None
    assert [step["step_details"]["type"] for step in story.steps] == ["message_creation"]
    answer, question = story.messages
    assert answer["content"][0]["text"]["value"].startswith("Sourdough rises by wild yeast")
    assert (answer["run_id"], answer["assistant_id"]) == (story.run["id"], story.assistant["id"])
    assert question == story.message


def test_every_state_of_a_run_is_reached(play):
    story = play("states")
    assert (story.queued.status, story.completed.status) == ("queued", "completed")
    assert (story.waiting.status, story.patient.status, story.expired.status) == (
        "requires_action", "requires_action", "expired",
    )  # fmt: skip
    assert (story.working.status, story.cancelling.status, story.cancelled.status) == (
        "in_progress", "cancelling", "cancelled",
    )  # fmt: skip
    assert story.cancelled.cancelled_at is not None
    assert (story.failed.status, story.failed.last_error.code) == ("failed", "rate_limit_exceeded")
    assert story.failed.failed_at is not None
    assert not hasattr(story.failed, "error")
    assert (story.incomplete.status, story.incomplete.incomplete_details.reason) == (
        "incomplete", "max_completion_tokens",
    )  # fmt: skip


def test_the_clients_own_loop_comes_back_with_a_finished_run(play):
    story = play("create_and_poll")
    assert story.run.status == "completed"
    assert story.answer == "Steam in the first ten minutes makes the crust shine."
    assert int(story.look.headers["openai-poll-after-ms"]) > 0


# --- the code interpreter ---------------------------------------------------------------------------------------------


def test_a_root_is_computed_and_the_thread_goes_on_from_it(play):
    story = play("square_root")
    (call,) = story.first_steps[0]["step_details"]["tool_calls"]
    assert (story.first_steps[0]["type"], call["type"]) == ("tool_calls", "code_interpreter")
    assert call["id"].startswith("call_")
    (output,) = call["code_interpreter"]["outputs"]
    assert "math.sqrt(7654321)" in call["code_interpreter"]["input"]
    assert output == {"type": "logs", "logs": str(math.sqrt(7654321))}
    assert story.first_answer == "The square root of 7654321 is about 2766.644."
    assert story.second_answer == "Squared again it is 7654321.0."
    assert [step["type"] for step in story.third_steps] == ["message_creation"]
    assert {run["status"] for run in (story.first_run, story.second_run, story.third_run)} == {"completed"}


def test_another_number_has_another_root(play):
    answer = play("square_root").ask("What is the square root of 144?")[2]
    assert answer == "The square root of 144 is about 12.0."


def test_a_table_is_uploaded_and_its_chart_is_a_file(play):
    story = play("chart_from_csv")
    assert re.fullmatch(r"file-[A-Za-z0-9]+", story.file.id)
    assert (story.file.bytes, story.file.filename) == (len(story.SALES), "sales.csv")
    assert (story.file.object, story.file.purpose) == ("file", "assistants")
    assert (story.file.status, story.file.status_details) == ("processed", None)
    assert [output.type for output in story.outputs] == ["logs", "image"]
    assert story.outputs[0].logs == "{'Monday': 43, 'Tuesday': 47, 'Wednesday': 62}"
    assert story.chart == (HERE / "loaves.png").read_bytes()


def test_the_same_table_is_added_up_by_code_that_really_runs(play):
    if not (there := available()).ok:
        pytest.skip(f"code cannot be run here: {there.why}")
    pytest.importorskip("matplotlib")
    story = play("chart_for_real")
    assert story.run.status == "completed", story.run.last_error
    assert f"/mnt/data/{story.file.id}" in story.code.input
    assert story.logs == ["{'Monday': 43, 'Tuesday': 47, 'Wednesday': 62}"]
    assert [picture[:4] for picture in story.pictures] == [b"\x89PNG"]


def test_a_handler_that_never_asks_for_the_type_sees_all_code_and_all_outputs(play):
    story = play("code_as_it_comes")
    assert story.screen.created == ["code_interpreter"]
    assert story.screen.code == "rolls = 12 * 17\nprint(rolls)\nrolls / 8\n"
    assert story.screen.logs == ["204\n25.5"]
    assert story.screen.text == "That is 204 rolls, or 25 and a half trays."
    assert story.stream.current_run.status == "completed"


# --- functions --------------------------------------------------------------------------------------------------------


def test_a_function_reads_a_real_table(play):
    story = play("ask_the_till")
    function = story.waiting.required_action.submit_tool_outputs.tool_calls[0].function
    assert function.name == "ask_database"
    assert json.loads(function.arguments) == {"query": "SELECT SUM(price * loaves) FROM sales WHERE day = 'Friday'"}
    assert story.submitted.status in ("queued", "in_progress")
    assert story.submitted.required_action is None
    assert story.ended.status == "completed"
    shown = story.step.step_details.tool_calls[0].function
    assert (shown.arguments, shown.output) == (function.arguments, "[[142.0]]")
    assert story.answer == "On Friday the till took 142.00."
    story.till.close()


def test_the_answer_follows_the_table(play):
    story = play("ask_the_till")
    story.till.execute("UPDATE sales SET loaves = 30 WHERE day = 'Friday' AND bread = 'rye'")
    assert story.ask("What did we take on Friday?")[3] == "On Friday the till took 184.50."
    story.till.execute("DELETE FROM sales WHERE bread = 'spelt'")
    assert story.ask("How many loaves on average?")[3] == "A line of the book has 32.0 loaves on average."
    story.till.close()


def test_two_functions_are_asked_for_in_one_go_and_shown_in_one_step(play):
    story = play("two_at_once")
    assert story.run.status == "requires_action"
    names = ["count_loaves", "count_guests"]
    assert [call.function.name for call in story.calls] == names
    tools, message = story.steps
    shown = [(call.function.name, call.function.output) for call in tools.step_details.tool_calls]
    assert shown == list(zip(names, ["[[9]]", "[[31]]"], strict=True))
    assert [call.id for call in tools.step_details.tool_calls] == [call.id for call in story.calls]
    assert message.type == "message_creation"
    assert story.answer == "9 loaves for 31 guests: that is enough."


def test_two_outputs_handed_in_the_other_way_round_find_their_calls(play):
    story = play("two_at_once")
    story.shelf["rye"] = 5
    question = {"messages": [{"role": "user", "content": "Is that enough?"}]}
    run = story.api.beta.threads.create_and_run_poll(assistant_id=story.assistant.id, thread=question)
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs = [
        {"tool_call_id": call.id, "output": story.handlers[call.function.name](**json.loads(call.function.arguments))}
        for call in reversed(calls)
    ]
    story.api.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
    )
    newest = story.api.beta.threads.messages.list(run.thread_id).data[0]
    assert said(newest) == "5 loaves for 31 guests: bake some more."


def test_outputs_are_handed_in_while_the_first_stream_is_open(play):
    story = play("submit_in_the_stream")
    assert story.created == ["weather_on", "rolls_left"]
    assert "".join(story.words) == "Sunday will be dry and mild, and we have 24 rolls: go!"
    assert story.events.count("thread.run.requires_action") == 1
    after = story.events[story.events.index("thread.run.requires_action") + 1 :]
    assert after[:3] == ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert story.run.status == "completed"


# --- the old analyst, with all three tools ----------------------------------------------------------------------------


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


# --- files that are searched ------------------------------------------------------------------------------------------


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


# --- six hats ---------------------------------------------------------------------------------------------------------


def test_seven_turns_of_six_hats_on_seven_threads_hand_over_what_was_said(play):
    story = play("hats_apart")
    assert len({run.assistant_id for run in story.turns}) == len({run.thread_id for run in story.turns}) == 7
    assert {run.status for run in story.turns} == {"completed"}
    assert [line.partition("：")[0] for line in story.minutes[1:]] == list(story.ORDER)
    assert "四千二百欧元" in story.minutes[2]
    assert story.minutes[-1].startswith("蓝帽：结论")
    white = story.turns[1]
    step = story.api.beta.threads.runs.steps.list(white.id, thread_id=white.thread_id, order="asc").data[0]
    assert [call.function.name for call in step.step_details.tool_calls] == ["search", "search"]
    handed = story.api.beta.threads.messages.list(story.thread.id, order="asc").data[0]
    assert said(handed) == "\n".join(story.minutes[:-1])


def test_seven_runs_of_six_assistants_on_one_thread_need_no_user_between_them(play):
    story = play("hats_together")
    assert len({run.assistant_id for run in story.runs}) == 6
    assert {(run.status, run.thread_id) for run in story.runs} == {("completed", story.thread.id)}
    assert [message.role for message in story.messages] == ["user"] + ["assistant"] * 7
    assert [story.names[message.assistant_id] for message in story.messages[1:]] == list(story.ORDER)
    assert said(story.messages[-1]).startswith("结论")
    assert {answer.deleted for answer in story.deleted} == {True}


# --- streams ----------------------------------------------------------------------------------------------------------


def test_words_come_one_by_one_and_add_up_to_the_message(play):
    story = play("words_as_they_come")
    assert story.recipe[0] == "text created"
    assert len(story.recipe) > 5
    assert "".join(story.recipe[1:]) == said(story.recipe_message) == "五百克面粉，三百毫升水，十克盐，一晚上的耐心。"
    assert story.hours[:2] == ["file_search", "text created"]
    assert "".join(story.hours[2:]) == said(story.hours_message)


def test_a_notebook_is_a_program_too():
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    ended = subprocess.run(
        [sys.executable, HERE / "code_as_it_comes.py"],
        env=env | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("> 204\n25.5\nThat is 204 rolls, or 25 and a half trays.\n")


# --- the folder -------------------------------------------------------------------------------------------------------


def test_every_notebook_is_played_here_and_named_in_the_list():
    played = re.findall(r'play\("(\w+)"\)', Path(__file__).read_text(encoding="utf-8"))
    assert set(played) == NOTEBOOKS
    told = (HERE / "README.md").read_text(encoding="utf-8")
    assert {name for name in NOTEBOOKS if f"]({name}.py)" not in told} == set()


@pytest.mark.parametrize("name", sorted(file.stem for file in HERE.glob("*.yaml")))
def test_a_scenario_has_no_flaw_and_belongs_to_a_notebook(name):
    assert lint([load_file(HERE / f"{name}.yaml")]) == []
    assert name in NOTEBOOKS | {"hats"}
