"""Runs of the course: polled, waited for, and streamed."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese marks

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


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


def test_words_come_one_by_one_and_add_up_to_the_message(play, said):
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
