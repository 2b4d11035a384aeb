"""Notebooks about runs: polling and streaming."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_a_v1_message_has_file_ids_and_no_attachments(run_notebook):
    message = run_notebook("wait_on_run").message
    assert re.fullmatch(r"msg_[A-Za-z0-9]{24}", message["id"])
    assert (message["assistant_id"], message["run_id"]) == (None, None)
    assert (message["file_ids"], message["metadata"]) == ([], {})
    text = {"value": "Why does sourdough take so long?", "annotations": []}
    assert message["content"] == [{"type": "text", "text": text}]
    assert not {"attachments", "status"} & message.keys()


def test_a_run_is_queued_with_an_expiry_and_inherits_from_the_assistant(run_notebook):
    notebook = run_notebook("wait_on_run")
    run = notebook.run
    assert run["status"] == "queued"
    assert run["expires_at"] == run["created_at"] + 600
    for name in ("started_at", "cancelled_at", "completed_at", "failed_at", "last_error", "required_action", "usage"):
        assert run.get(name) is None
    for name in ("model", "instructions", "tools", "file_ids"):
        assert run[name] == notebook.assistant[name]
    assert "description" not in run["tools"][1]["function"]
    assert run["file_ids"] == [notebook.price_list["id"]]


def test_a_poll_loop_sees_the_run_in_progress_and_then_completed(run_notebook):
    notebook = run_notebook("wait_on_run")
    assert [poll["status"] for poll in notebook.polls] == ["queued", *["in_progress"] * 3, "completed"]
    assert notebook.polls[1]["started_at"] == notebook.run["created_at"]
    assert notebook.polls[-1]["completed_at"] == notebook.run["created_at"] + 1
    assert notebook.polls[-1]["expires_at"] is None
    assert [step["step_details"]["type"] for step in notebook.steps] == ["message_creation"]
    answer, question = notebook.messages
    assert answer["content"][0]["text"]["value"].startswith("Sourdough rises by wild yeast")
    assert (answer["run_id"], answer["assistant_id"]) == (notebook.run["id"], notebook.assistant["id"])
    assert question == notebook.message


def test_every_status_of_a_run_is_reached(run_notebook):
    notebook = run_notebook("states")
    assert (notebook.queued.status, notebook.completed.status) == ("queued", "completed")
    assert (notebook.waiting.status, notebook.still_waiting.status, notebook.expired.status) == (
        "requires_action", "requires_action", "expired",
    )  # fmt: skip
    assert (notebook.working.status, notebook.cancelling.status, notebook.cancelled.status) == (
        "in_progress", "cancelling", "cancelled",
    )  # fmt: skip
    assert notebook.cancelled.cancelled_at is not None
    assert (notebook.failed.status, notebook.failed.last_error.code) == ("failed", "rate_limit_exceeded")
    assert notebook.failed.failed_at is not None
    assert not hasattr(notebook.failed, "error")
    assert (notebook.incomplete.status, notebook.incomplete.incomplete_details.reason) == (
        "incomplete", "max_completion_tokens",
    )  # fmt: skip


def test_the_clients_own_poller_returns_a_finished_run(run_notebook):
    notebook = run_notebook("create_and_poll")
    assert notebook.run.status == "completed"
    assert notebook.answer == "Steam in the first ten minutes makes the crust shine."
    assert int(notebook.response.headers["openai-poll-after-ms"]) > 0


def test_text_deltas_add_up_to_the_message(run_notebook, text_of):
    notebook = run_notebook("streaming_text")
    assert notebook.recipe[0] == "text created"
    assert len(notebook.recipe) > 5
    assert (
        "".join(notebook.recipe[1:])
        == text_of(notebook.recipe_message)
        == "五百克面粉，三百毫升水，十克盐，一晚上的耐心。"
    )
    assert notebook.hours[:2] == ["file_search", "text created"]
    assert "".join(notebook.hours[2:]) == text_of(notebook.hours_message)


def test_a_notebook_runs_as_a_program():
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    process = subprocess.run(
        [sys.executable, HERE / "streaming_code.py"],
        env=env | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.endswith("> 204\n25.5\nThat is 204 rolls, or 25 and a half trays.\n")
