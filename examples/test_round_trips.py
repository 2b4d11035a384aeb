"""Every thread that the examples make is exported, imported into another namespace, and is the same there."""

import contextlib
import importlib
import io
import json
import runpy
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from emulator import LiveServer

HERE = Path(__file__).parent
NO_EXAMPLES = {"conftest", "server", "handbook", "hats", "notebook", "pdf", "sales_table", "v1"}
EXAMPLES = sorted(
    str(file.relative_to(HERE).with_suffix(""))
    for file in (*HERE.glob("*.py"), *HERE.glob("course/*.py"))
    if file.stem not in NO_EXAMPLES and not file.stem.startswith("test_")
)
# They make assistants, and no threads.
WITHOUT_THREADS = {"course/missing_type", "course/variants"}


class Copied:
    """Copies the threads of servers before they stop, and compares each with its copy."""

    def __init__(self):
        self.threads = 0

    def copy_all(self, server):
        with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as http:
            names = [one["namespace"] for one in http.get("/_emulator/ns").json()["namespaces"]]
            for name in names:
                wire = http.get(f"/_emulator/ns/{name}").json()["wire"]
                http.put(f"/_emulator/ns/copy-of-{name}", json={"wire": wire})
                for thread in http.get(f"/_emulator/ns/{name}/threads", params={"limit": 1000}).json()["threads"]:
                    self._copy(http, name, thread["id"])

    def _copy(self, http, name, thread):
        self.threads += 1
        at, there = f"/_emulator/ns/{name}", f"/_emulator/ns/copy-of-{name}"
        with zipfile.ZipFile(
            io.BytesIO(http.get(f"{at}/threads/{thread}/export", params={"format": "zip"}).content)
        ) as archive:
            parts = [("objects", ("thread.json", archive.read("thread.json")))]
            parts += [
                (path[6:].partition(".")[0], (path, archive.read(path)))
                for path in archive.namelist()
                if path.startswith("files/")
            ]
            exported = json.loads(archive.read("thread.json"))
        answer = http.post(f"{there}/import", files=parts).json()
        assert answer["skipped"] == []
        again = http.get(f"{there}/threads/{thread}/export").json()
        assert without_use(again) == without_use(exported)
        for path in paths_of(exported):
            shown, copied = (
                http.get(
                    f"/ns/{of}/v1{path}", headers={"Authorization": "Bearer sk-emu-any", "OpenAI-Beta": "assistants=v2"}
                )
                for of in (name, f"copy-of-{name}")
            )
            assert (copied.status_code, copied.json()) == (shown.status_code, shown.json()), path


def without_use(exported):
    """Leave out when a store was last used: that is when its files were added."""
    for store in exported["vector_stores"]:
        store.pop("last_active_at", None)
        store.pop("expires_at", None)
    return exported


def paths_of(exported):
    thread = f"/threads/{exported['thread']['id']}"
    yield from (thread, f"{thread}/messages?limit=100", f"{thread}/runs?limit=100")
    yield from (f"{thread}/runs/{run['id']}/steps?limit=100" for run in exported["runs"])
    yield from (f"{thread}/messages/{message['id']}" for message in exported["messages"][:5])
    yield from (f"/files/{file['id']}" for file in exported["files"])


@pytest.fixture
def copied(monkeypatch):
    copied, stop = Copied(), LiveServer.stop

    def copy_and_stop(server):
        if server._server is not None:
            copied.copy_all(server)
        stop(server)

    monkeypatch.setattr(LiveServer, "stop", copy_and_stop)
    return copied


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_threads_of_an_example_are_the_same_after_an_export_and_an_import(name, copied, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(HERE), str(HERE / "course"), *sys.path])
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(str(HERE / f"{name}.py"), run_name="__main__")
        importlib.import_module("notebook").close_all()
    assert (copied.threads > 0) is (name not in WITHOUT_THREADS)
