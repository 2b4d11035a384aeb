"""Code and functions of the course."""

import json
import math
import re
from pathlib import Path

import pytest

from emulator.sandbox import available

HERE = Path(__file__).parent


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


def test_two_outputs_handed_in_the_other_way_round_find_their_calls(play, said):
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
