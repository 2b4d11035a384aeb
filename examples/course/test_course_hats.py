"""A discussion of several assistants."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese marks


def test_seven_turns_of_six_hats_on_seven_threads_hand_over_what_was_said(play, said):
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


def test_seven_runs_of_six_assistants_on_one_thread_need_no_user_between_them(play, said):
    story = play("hats_together")
    assert len({run.assistant_id for run in story.runs}) == 6
    assert {(run.status, run.thread_id) for run in story.runs} == {("completed", story.thread.id)}
    assert [message.role for message in story.messages] == ["user"] + ["assistant"] * 7
    assert [story.names[message.assistant_id] for message in story.messages[1:]] == list(story.ORDER)
    assert said(story.messages[-1]).startswith("结论")
    assert {answer.deleted for answer in story.deleted} == {True}
