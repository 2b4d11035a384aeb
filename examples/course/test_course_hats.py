"""Notebooks with a discussion between several assistants."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation


def test_seven_turns_of_six_hats_on_seven_threads_pass_on_the_transcript(run_notebook, text_of):
    notebook = run_notebook("hats_separate_threads")
    assert len({run.assistant_id for run in notebook.turns}) == len({run.thread_id for run in notebook.turns}) == 7
    assert {run.status for run in notebook.turns} == {"completed"}
    assert [line.partition("：")[0] for line in notebook.transcript[1:]] == list(notebook.ORDER)
    assert "四千二百欧元" in notebook.transcript[2]
    assert notebook.transcript[-1].startswith("蓝帽：结论")
    white = notebook.turns[1]
    step = notebook.api.beta.threads.runs.steps.list(white.id, thread_id=white.thread_id, order="asc").data[0]
    assert [call.function.name for call in step.step_details.tool_calls] == ["search", "search"]
    first_message = notebook.api.beta.threads.messages.list(notebook.thread.id, order="asc").data[0]
    assert text_of(first_message) == "\n".join(notebook.transcript[:-1])


def test_seven_runs_of_six_assistants_on_one_thread_need_no_user_messages(run_notebook, text_of):
    notebook = run_notebook("hats_one_thread")
    assert len({run.assistant_id for run in notebook.runs}) == 6
    assert {(run.status, run.thread_id) for run in notebook.runs} == {("completed", notebook.thread.id)}
    assert [message.role for message in notebook.messages] == ["user"] + ["assistant"] * 7
    assert [notebook.names[message.assistant_id] for message in notebook.messages[1:]] == list(notebook.ORDER)
    assert text_of(notebook.messages[-1]).startswith("结论")
    assert {answer.deleted for answer in notebook.deleted} == {True}
