"""Notebooks about code and functions."""

import json
import math
import re
from pathlib import Path

import pytest

from emulator.sandbox import available

HERE = Path(__file__).parent


def test_a_root_is_computed_and_later_turns_use_it(run_notebook):
    notebook = run_notebook("square_root")
    (call,) = notebook.first_steps[0]["step_details"]["tool_calls"]
    assert (notebook.first_steps[0]["type"], call["type"]) == ("tool_calls", "code_interpreter")
    assert call["id"].startswith("call_")
    (output,) = call["code_interpreter"]["outputs"]
    assert "math.sqrt(7654321)" in call["code_interpreter"]["input"]
    assert output == {"type": "logs", "logs": str(math.sqrt(7654321))}
    assert notebook.first_answer == "The square root of 7654321 is about 2766.644."
    assert notebook.second_answer == "Squared again it is 7654321.0."
    assert [step["type"] for step in notebook.third_steps] == ["message_creation"]
    assert {run["status"] for run in (notebook.first_run, notebook.second_run, notebook.third_run)} == {"completed"}


def test_the_root_depends_on_the_number(run_notebook):
    answer = run_notebook("square_root").ask("What is the square root of 144?")[2]
    assert answer == "The square root of 144 is about 12.0."


def test_a_table_is_uploaded_and_its_chart_is_a_file(run_notebook):
    notebook = run_notebook("chart_from_csv")
    assert re.fullmatch(r"file-[A-Za-z0-9]+", notebook.file.id)
    assert (notebook.file.bytes, notebook.file.filename) == (len(notebook.SALES), "sales.csv")
    assert (notebook.file.object, notebook.file.purpose) == ("file", "assistants")
    assert (notebook.file.status, notebook.file.status_details) == ("processed", None)
    assert [output.type for output in notebook.outputs] == ["logs", "image"]
    assert notebook.outputs[0].logs == "{'Monday': 43, 'Tuesday': 47, 'Wednesday': 62}"
    assert notebook.chart == (HERE / "loaves.png").read_bytes()


def test_the_same_table_is_summed_by_executed_code(run_notebook):
    if not (sandbox := available()).ok:
        pytest.skip(sandbox.why)
    pytest.importorskip("matplotlib")
    notebook = run_notebook("chart_by_running_code")
    assert notebook.run.status == "completed", notebook.run.last_error
    assert f"/mnt/data/{notebook.file.id}" in notebook.code.input
    assert notebook.logs == ["{'Monday': 43, 'Tuesday': 47, 'Wednesday': 62}"]
    assert [picture[:4] for picture in notebook.pictures] == [b"\x89PNG"]


def test_a_handler_that_does_not_check_types_receives_all_code_and_outputs(run_notebook):
    notebook = run_notebook("streaming_code")
    assert notebook.screen.created == ["code_interpreter"]
    assert notebook.screen.code == "rolls = 12 * 17\nprint(rolls)\nrolls / 8\n"
    assert notebook.screen.logs == ["204\n25.5"]
    assert notebook.screen.text == "That is 204 rolls, or 25 and a half trays."
    assert notebook.stream.current_run.status == "completed"


def test_a_function_queries_a_real_table(run_notebook):
    notebook = run_notebook("sql_function")
    function = notebook.waiting.required_action.submit_tool_outputs.tool_calls[0].function
    assert function.name == "ask_database"
    assert json.loads(function.arguments) == {"query": "SELECT SUM(price * loaves) FROM sales WHERE day = 'Friday'"}
    assert notebook.submitted.status in ("queued", "in_progress")
    assert notebook.submitted.required_action is None
    assert notebook.finished.status == "completed"
    call = notebook.step.step_details.tool_calls[0].function
    assert (call.arguments, call.output) == (function.arguments, "[[142.0]]")
    assert notebook.answer == "On Friday the till took 142.00."
    notebook.database.close()


def test_the_answer_depends_on_the_table(run_notebook):
    notebook = run_notebook("sql_function")
    notebook.database.execute("UPDATE sales SET loaves = 30 WHERE day = 'Friday' AND bread = 'rye'")
    assert notebook.ask("What did we take on Friday?")[3] == "On Friday the till took 184.50."
    notebook.database.execute("DELETE FROM sales WHERE bread = 'spelt'")
    assert notebook.ask("How many loaves on average?")[3] == "A line of the book has 32.0 loaves on average."
    notebook.database.close()


def test_two_functions_are_called_together_in_one_step(run_notebook):
    notebook = run_notebook("parallel_functions")
    assert notebook.run.status == "requires_action"
    names = ["count_loaves", "count_guests"]
    assert [call.function.name for call in notebook.calls] == names
    tools, message = notebook.steps
    calls = [(call.function.name, call.function.output) for call in tools.step_details.tool_calls]
    assert calls == list(zip(names, ["[[9]]", "[[31]]"], strict=True))
    assert [call.id for call in tools.step_details.tool_calls] == [call.id for call in notebook.calls]
    assert message.type == "message_creation"
    assert notebook.answer == "9 loaves for 31 guests: that is enough."


def test_two_outputs_in_reverse_order_match_their_calls(run_notebook, text_of):
    notebook = run_notebook("parallel_functions")
    notebook.stock["rye"] = 5
    question = {"messages": [{"role": "user", "content": "Is that enough?"}]}
    run = notebook.api.beta.threads.create_and_run_poll(assistant_id=notebook.assistant.id, thread=question)
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs = [
        {
            "tool_call_id": call.id,
            "output": notebook.handlers[call.function.name](**json.loads(call.function.arguments)),
        }
        for call in reversed(calls)
    ]
    notebook.api.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
    )
    newest = notebook.api.beta.threads.messages.list(run.thread_id).data[0]
    assert text_of(newest) == "5 loaves for 31 guests: bake some more."


def test_outputs_are_submitted_while_the_first_stream_is_open(run_notebook):
    notebook = run_notebook("streaming_outputs")
    assert notebook.created == ["weather_on", "rolls_left"]
    assert "".join(notebook.texts) == "Sunday will be dry and mild, and we have 24 rolls: go!"
    assert notebook.events.count("thread.run.requires_action") == 1
    after = notebook.events[notebook.events.index("thread.run.requires_action") + 1 :]
    assert after[:3] == ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert notebook.run.status == "completed"
