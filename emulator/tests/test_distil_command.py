"""The command that makes scenarios of recordings, and recordings that are used as scenarios."""

import json
from pathlib import Path

import pytest

from emulator.cli import main
from emulator.recording.distilled_files import WouldOverwriteError, distil_file, write_to
from emulator.recording.distiller import Distilled
from emulator.recording.recordings import UnreadableRecordingError
from scripted_models import load, load_file

BASE = "https://api.openai.com/v1"
AT = 1_716_206_400
RUN = {
    "id": "run_1",
    "object": "thread.run",
    "thread_id": "thread_1",
    "assistant_id": "asst_1",
    "created_at": AT,
    "model": "gpt-4o",
    "tools": [],
}
SAID = [{"type": "text", "text": {"value": "Hi {{ you }}.", "annotations": []}}]
MESSAGE = {
    "id": "msg_1",
    "object": "thread.message",
    "thread_id": "thread_1",
    "created_at": AT,
    "role": "assistant",
    "run_id": "run_1",
    "content": SAID,
}


def entry(method, path, answer, body=None):
    post = {"postData": {"mimeType": "application/json", "text": json.dumps(body)}} if body is not None else {}
    return {
        "startedDateTime": "2024-05-20T12:00:00Z",
        "request": {"method": method, "url": path if "://" in path else BASE + path, "headers": [], **post},
        "response": {
            "status": 200,
            "headers": [],
            "content": {"mimeType": "application/json", "text": json.dumps(answer)},
        },
    }


def har(path, *entries):
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}))
    return path


@pytest.fixture
def talk(tmp_path):
    return har(
        tmp_path / "talk.har",
        entry(
            "POST",
            "/threads",
            {"id": "thread_1", "object": "thread", "created_at": AT},
            {"messages": [{"role": "user", "content": "Hello"}]},
        ),
        entry("POST", "/threads/thread_1/runs", {**RUN, "status": "queued"}, {"assistant_id": "asst_1"}),
        entry("GET", "/threads/thread_1/runs/run_1", {**RUN, "status": "completed"}),
        entry("GET", "/threads/thread_1/messages", {"data": [MESSAGE], "has_more": False}),
    )


@pytest.fixture
def elsewhere(tmp_path):
    """A recording that shows a file, and no thread."""
    return har(tmp_path / "elsewhere.har", entry("GET", "/models", {"data": []}), entry("GET", "/files/file-1", {}))


def test_a_recording_becomes_a_scenario_that_loads(talk, tmp_path, capsys):
    out = tmp_path / "scenarios"
    assert main(["distil", str(talk), "-o", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{out / 'talk.yaml'}: har, 1 thread, 1 turn, fidelity steps"
    assert load([load_file(out / "talk.yaml")], allow_python=False)
    assert "say:" in (out / "talk.yaml").read_text()


def test_the_other_spelling_is_taken_too(talk, tmp_path):
    assert main(["distill", str(talk), "-o", str(tmp_path / "out")]) == 0


def test_the_result_is_printed_as_json_on_demand(talk, tmp_path, capsys):
    assert main(["distil", str(talk), "-o", str(tmp_path), "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["scenarios"]
    assert (one["kind"], one["threads"], one["turns"], one["fidelity"]) == ("har", 1, 1, "steps")


def test_files_that_cannot_be_read_cost_a_line_and_the_others_are_written(talk, tmp_path, capsys):
    broken = tmp_path / "broken.txt"
    broken.write_text("Dear diary")
    assert main(["distil", str(broken), str(tmp_path / "missing"), str(talk), "-o", str(tmp_path / "out")]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert [str(broken) in errors[0], str(tmp_path / "missing") in errors[1], len(errors)] == [True, True, 2]
    assert (tmp_path / "out" / "talk.yaml").exists()


def test_a_recording_without_a_thread_is_refused_with_what_it_holds(elsewhere, tmp_path, capsys):
    assert main(["distil", str(elsewhere), "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"error: {elsewhere}: holds 2 requests, none of a thread\n"


def test_what_is_there_and_differs_is_not_replaced_unless_that_is_wanted(talk, tmp_path, capsys):
    target = tmp_path / "talk.yaml"
    target.write_text("mine")
    assert main(["distil", str(talk), "-o", str(tmp_path)]) == 1
    assert f"{target} is there and differs: --force replaces it" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert main(["distil", str(talk), "-o", str(tmp_path), "--force"]) == 0
    assert main(["distil", str(talk), "-o", str(tmp_path)]) == 0  # the same once more


def test_a_recording_is_never_replaced_by_its_scenario(talk, tmp_path):
    recording = talk.rename(tmp_path / "talk.yaml")
    before = recording.read_bytes()
    assert main(["distil", str(recording), "-o", str(tmp_path), "--force"]) == 0
    assert recording.read_bytes() == before
    assert (tmp_path / "talk.scenario.yaml").exists()


def test_nothing_is_written_where_a_part_of_it_may_not_be(tmp_path):
    made = Distilled("talk", {"emulator": 1, "turns": []}, assets={"talk.files/a.png": b"new"})
    (tmp_path / "talk.files").mkdir()
    (tmp_path / "talk.files" / "a.png").write_bytes(b"old")
    with pytest.raises(WouldOverwriteError):
        write_to(tmp_path, made)
    assert not (tmp_path / "talk.yaml").exists()


def test_a_recording_can_be_used_as_a_scenario(talk, elsewhere):
    source = distil_file(talk)
    assert source.name == str(talk)
    assert load([source], allow_python=False)
    with pytest.raises(UnreadableRecordingError, match="none of a thread"):
        distil_file(elsewhere)


def test_options_are_kept_in_the_header(talk, tmp_path):
    assert main(["distil", str(talk), "-o", str(tmp_path), "--drift", "strict", "--ids", "pin"]) == 0
    text = (tmp_path / "talk.yaml").read_text()
    assert "drift: strict" in text
    assert "thread_1" in text


def test_a_name_in_another_alphabet_keeps_its_letters(talk, tmp_path):
    recording = talk.rename(tmp_path / "Bücher & Räder, Zürich.har")
    assert main(["distil", str(recording), "-o", str(tmp_path / "out")]) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["Bucher-Rader-Zurich.yaml"]


RETURNS = Path(__file__).parents[2] / "contract_tests" / "recordings" / "returns.yaml"


def test_outputs_are_suggested_as_templates_where_later_texts_repeat_them(tmp_path, capsys):
    assert main(["distil", str(RETURNS), "-o", str(tmp_path), "--suggest-templates"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("fidelity steps, 2 templates suggested")
    text = (tmp_path / "returns.yaml").read_text(encoding="utf-8")
    order = "(outputs.look_up_order | data)"
    assert f"Order 41, a {{{{ {order}.item }}}}, was delivered on {{{{ {order}.delivered }}}}." in text
    assert load([load_file(tmp_path / "returns.yaml")]).notes == []
