"""Folders and archives of recordings, where a command takes files."""

import json
import zipfile
from pathlib import Path

import pytest

from emulator.cli import main
from emulator.recording import given_files as module
from emulator.recording.given_files import given_files


def export(thread, text="Hello"):
    said = {"thread_id": thread, "created_at": 1_714_644_000}
    return json.dumps(
        [
            {**said, "id": f"msg_{thread}_1", "role": "user", "text": text},
            {**said, "id": f"msg_{thread}_2", "role": "assistant", "text": "Hi."},
        ]
    )


FILES = {"b.json": export("thread_b"), "deep/er/a.json": export("thread_a"), "notes.txt": "mine", ".hidden.json": "{}"}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "exports"
    for name, text in {**FILES, ".git/c.json": export("thread_c")}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "exports.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.mkdir("deep")
        for name, text in {**FILES, "__MACOSX/._b.json": "\0", "../../up.json": export("thread_u")}.items():
            file.writestr(name, text)
    return path


def shown(given, base):
    return [str(one.shown.relative_to(base)) for one in given.files]


def test_a_folder_stands_for_the_recordings_in_it(folder):
    with given_files([folder]) as given:
        assert shown(given, folder) == ["b.json", "deep/er/a.json"]
        assert given.passed_over == [f"{folder}: no recordings: notes.txt"]
        assert given.problems == []


def test_an_archive_does_too_and_nothing_of_it_stays(archive):
    with given_files([archive]) as given:
        assert shown(given, archive) == ["b.json", "deep/er/a.json"]
        unpacked = [one.path for one in given.files]
        assert all(path.read_text().startswith("[{") for path in unpacked)
    assert not any(path.exists() for path in unpacked)


def test_a_file_is_taken_as_it_is_and_once(folder):
    with given_files([folder / "notes.txt", Path("missing"), folder / "notes.txt"]) as given:
        assert [one.path.name for one in given.files] == ["notes.txt", "missing"]


def test_the_folder_for_what_is_made_is_not_looked_into(folder):
    with given_files([folder], folder / "deep") as given:
        assert shown(given, folder) == ["b.json"]


def test_what_holds_no_recording_or_is_broken_is_a_problem(tmp_path, folder, archive):
    (empty := tmp_path / "empty").mkdir()
    (broken := tmp_path / "broken.zip").write_bytes(archive.read_bytes()[:200])
    with given_files([empty, broken, folder]) as given:
        assert given.problems == [f"{empty}: holds no recordings", f"{broken}: it is no zip archive"]
        assert len(given.files) == 2


def test_there_is_a_most_of_files_and_of_what_is_named(folder, monkeypatch):
    for number in range(5):
        (folder / f"z{number}.txt").write_text("more")
    with given_files([folder]) as given:
        assert given.passed_over == [f"{folder}: no recordings: notes.txt, z0.txt, z1.txt and 3 more"]
    monkeypatch.setattr(module, "_MOST_FILES", 2)
    with given_files([folder]) as given:
        assert given.problems == [f"{folder}: holds more than 2 files: name the folders in it"]
        assert shown(given, folder) == ["b.json"]


# --- distil -----------------------------------------------------------------------------------------------------------


def test_distil_takes_folders_and_archives(folder, archive, tmp_path, capsys):
    assert main(["distil", str(folder), str(archive), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    firsts = [line.partition(", fidelity")[0] for line in printed.out.splitlines() if "fidelity" in line]
    assert firsts == [
        f"{tmp_path}/out/b.yaml: messages-dump in 2 files, 1 thread, 1 turn",
        f"{tmp_path}/out/a.yaml: messages-dump in 2 files, 1 thread, 1 turn",
    ]
    passed_over = [f"passed over: {where}: no recordings: notes.txt" for where in (folder, archive)]
    assert printed.err.splitlines() == passed_over


def test_distil_into_the_same_folder_gives_the_same_again(folder, capsys):
    for _ in range(2):
        assert main(["distil", str(folder), "-o", str(folder / "scenarios"), "--format", "json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert [Path(one["scenario"]).name for one in printed["scenarios"]] == ["b.yaml", "a.yaml"]
        assert printed["passed_over"] == [f"{folder}: no recordings: notes.txt"]


def test_a_broken_recording_in_an_archive_is_named_by_its_place_there(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("in/cut.json", export("thread_a")[:-20])
        file.writestr("in/\x1b[31m.txt", "text")
        file.writestr("in/good.json", export("thread_b"))
    assert main(["distil", str(tmp_path / "a.zip"), "-o", str(tmp_path / "out")]) == 1
    errors = capsys.readouterr().err
    assert (
        f"error: {tmp_path}/a.zip/in/cut.json: is neither JSON nor NDJSON: it ends in the middle, in line 1" in errors
    )
    assert "\x1b" not in errors
    assert (tmp_path / "out" / "good.yaml").exists()
