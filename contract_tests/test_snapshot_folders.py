"""Folders of snapshots: a server begins with one, and leaves one behind; and snapshots beside a database file."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from contract_tests.harness import NOON, Namespace
from contract_tests.test_snapshots import TWO_TEXTS, V2, Caller, download, restore, save, upload
from emulator import LiveServer, Settings, cli
from emulator.service.snapshot_folders import FolderError


def namespace(server, http, name="orders-7"):
    return Namespace(name, server.url, http)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "saved"


@pytest.fixture
def both(folder):
    """Return settings of a server that goes on where the last one stopped."""
    return Settings(import_from=folder, export_to=folder)


def test_a_server_goes_on_where_the_last_one_stopped(both, folder, http):
    with LiveServer(both) as server:
        ns = namespace(server, http)
        ns.freeze()
        ns.play(*TWO_TEXTS)
        run = Caller(ns).start()
        Caller(namespace(server, http, "other"))("POST", "/threads", {})
        namespace(server, http, "empty").put()
    assert sorted(path.name for path in folder.iterdir()) == ["empty.zip", "orders-7.zip", "other.zip"]
    for expected in ("requires_action", "completed"):
        with LiveServer(both) as server:
            ns = namespace(server, http)
            assert ns.control("GET")["clock"]["mode"] == "frozen"
            ask = Caller(ns)
            assert ask.read(run)["status"] == expected
            if expected == "requires_action":
                ask.submit(run, "blue")
    assert ask.answers[0][0] == 200


def test_what_was_deleted_does_not_come_back(both, folder, http):
    with LiveServer(both) as server:
        namespace(server, http).put()
        namespace(server, http, "kept").put()
    with LiveServer(both) as server:
        namespace(server, http).control("DELETE")
    assert [path.name for path in folder.iterdir()] == ["kept.zip"]


def test_a_folder_to_begin_with_is_left_as_it_is(folder, tmp_path, http):
    with LiveServer(Settings(export_to=folder)) as server:
        namespace(server, http).put(seed=4)
    before = (folder / "orders-7.zip").read_bytes()
    elsewhere = tmp_path / "elsewhere"
    with LiveServer(Settings(import_from=folder, export_to=elsewhere)) as server:
        assert namespace(server, http).control("GET")["seed"] == 4
        namespace(server, http).control("DELETE")
    assert (folder / "orders-7.zip").read_bytes() == before
    assert list(elsewhere.iterdir()) == []


def test_namespaces_of_a_database_that_were_not_opened_are_saved_too(folder, tmp_path, http):
    db = tmp_path / "emulator.db"
    with LiveServer(Settings(db=db)) as server:
        ns = namespace(server, http)
        ns.put(clock=NOON)
        ns.play(*TWO_TEXTS)
        done = Caller(ns).start()
        Caller(ns).submit(done, "blue")
        thread = Caller(ns)("GET", f"/threads/{Caller(ns)('POST', '/threads', {})['id']}")
    with LiveServer(Settings(db=db, export_to=folder)):
        pass
    with LiveServer(Settings(import_from=folder)) as server:
        ask = Caller(namespace(server, http))
        assert ask("GET", f"/threads/{thread['id']}") == thread
        assert ask.texts(done)[-1] == "It is blue."
        assert ask("POST", "/threads", {})["id"] != thread["id"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "b.zip").write_bytes(b"no zip"),
        lambda folder: (folder / "b.zip").mkdir(),
        lambda folder: (folder / "B b.zip").write_bytes((folder / "a.zip").read_bytes()),
    ],
    ids=["damaged", "folder", "name"],
)
def test_a_file_that_cannot_be_read_refuses_the_start_and_changes_nothing(spoil, folder, tmp_path, http, capsys):
    db = tmp_path / "emulator.db"
    with LiveServer(Settings(export_to=folder)) as server:
        namespace(server, http, "a").put(seed=1)
    with LiveServer(Settings(db=db)) as server:
        namespace(server, http, "a").put(seed=2)
    spoil(folder)
    (spoiled,) = (path for path in folder.iterdir() if path.name != "a.zip")
    with pytest.raises(FolderError, match=r"^[^\n]+$") as refused:
        LiveServer(Settings(db=db, import_from=folder)).start()
    assert str(refused.value).startswith(f"{spoiled}: ")
    assert cli.main(["serve", "--port", "0", "--import", str(folder)]) == 2
    assert capsys.readouterr() == ("", f"error: {refused.value}\n")
    with LiveServer(Settings(db=db)) as server:
        assert namespace(server, http, "a").control("GET")["seed"] == 2


def test_a_folder_that_is_not_there_refuses_the_start_unless_it_is_made(tmp_path):
    with pytest.raises(FolderError, match="No such file or directory"):
        LiveServer(Settings(import_from=tmp_path / "nowhere")).start()
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match=r"exists|Not a directory"):
        LiveServer(Settings(export_to=tmp_path / "file")).start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_by_a_signal_saves_its_namespaces(number, folder, http):
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--export-on-exit", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        stop = threading.Timer(60, process.kill)
        stop.start()
        url = process.stdout.readline().split()[-1]
        Namespace("orders-7", url, http).put(seed=3)
        os.kill(process.pid, number)
        process.communicate()
        stop.cancel()
    assert process.returncode == 0
    assert [path.name for path in folder.iterdir()] == ["orders-7.zip"]


def test_what_cannot_be_saved_leaves_the_snapshot_that_is_there(both, folder, http, monkeypatch, caplog):
    from emulator.store.snapshots import SnapshotWriter

    def fail(*_):
        raise OSError(28, "No space left on device")

    with LiveServer(both) as server:
        namespace(server, http).put(seed=5)
    before = (folder / "orders-7.zip").read_bytes()
    with LiveServer(both) as server:
        namespace(server, http).put(seed=6)
        monkeypatch.setattr(SnapshotWriter, "finish", fail)
    assert [path.name for path in folder.iterdir()] == ["orders-7.zip"]
    assert (folder / "orders-7.zip").read_bytes() == before
    assert "namespace orders-7 could not be saved: [Errno 28] No space left on device" in caplog.text


def test_what_was_restored_is_there_after_a_restart_and_runs_go_on(tmp_path, http):
    settings = Settings(db=tmp_path / "emulator.db")
    with LiveServer(settings) as server:
        ns = namespace(server, http)
        ns.put(clock=NOON)
        ns.play(*TWO_TEXTS)
        run = Caller(ns).start()
        files = {"file": ("a.txt", b"bytes")}
        file = http.post(f"{ns.base_url}/files", files=files, data={"purpose": "vision"}, headers=V2).json()
        save(ns)
        data = download(ns)
        ns.control("POST", "/reset")
        restore(ns)
    with LiveServer(settings) as server:
        ns = namespace(server, http)
        ask = Caller(ns)
        ask.submit(run, "blue")
        assert ask.texts(run)[-1] == "It is blue."
        assert ask("GET", f"/files/{file['id']}/content") == "bytes"
        assert ns.control("GET", "/snapshots") == {"snapshots": []}  # they are of the server that made them
        upload(ns, data)
        restore(ns)
        assert ask.read(run)["status"] == "requires_action"
    blobs = tmp_path / "emulator.db.files"
    assert len(list(blobs.iterdir())) == 1


def test_a_snapshot_of_the_first_format_can_be_restored_for_ever(http):
    """The file was saved when there was no other format: a run that waits for outputs, one that is done, a store."""
    data = (Path(__file__).parent / "snapshots" / "format-1.zip").read_bytes()
    with LiveServer(Settings()) as server:
        ns = namespace(server, http)
        upload(ns, data)
        restore(ns)
        ask = Caller(ns)
        waiting = ask("GET", "/threads/thread_waiting")

        run = {"id": waiting["metadata"]["run"], "thread_id": "thread_waiting"}
        ask.submit(run, "blue")
        assert ask.texts(run)[-1] == "It is blue."
        assert ask.texts({"thread_id": "thread_done"})[-1] == "It is grey."
        store = ask("GET", "/vector_stores")["data"][0]
        found = ask("POST", f"/vector_stores/{store['id']}/search", {"query": "tide"})["data"]
        assert found[0]["content"][0]["text"] == "The tide comes at noon."
