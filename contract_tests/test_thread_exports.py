"""Threads as files: what is exported is imported again as it was, and people can read it."""

import io
import json
import zipfile

import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, WEATHER, Namespace
from contract_tests.test_import import send
from contract_tests.test_snapshots import Caller
from emulator import LiveServer, cli

NOT_OF_A_STORE = ("last_active_at", "expires_at")  # it is used when its files are added


@pytest.fixture
def ask(frozen):
    return Caller(frozen)


@pytest.fixture
def thread(frozen, ask, client):
    return conversation(frozen, ask, client)


@pytest.fixture
def other(frozen):
    namespace = Namespace(f"{frozen.name[:40]}-other", frozen.url, frozen.http)
    namespace.freeze()
    yield namespace
    namespace.control("DELETE")


def export(ns, thread, form="json", status=200):
    response = ns.http.get(f"{ns.control_url}/threads/{thread}/export?format={form}")
    assert response.status_code == status, response.text
    return response


def archive(ns, thread):
    return zipfile.ZipFile(io.BytesIO(export(ns, thread, "zip").content))


def put(ns, content):
    """Import a zip file as the command does."""
    files = [
        (name[6:].partition(".")[0], name, content.read(name))
        for name in content.namelist()
        if name.startswith("files/")
    ]
    return send(ns, json.loads(content.read("thread.json")), files=files)


def without_use(exported):
    for store in exported["vector_stores"]:
        for name in NOT_OF_A_STORE:
            store.pop(name, None)
    return exported


def shown(caller, exported):
    """Return what the API shows of a thread."""
    thread = f"/threads/{exported['thread']['id']}"
    paths = [thread, f"{thread}/messages?limit=100", f"{thread}/runs?limit=100"]
    paths += [f"{thread}/runs/{run['id']}/steps?limit=100" for run in exported["runs"]]
    paths += [f"/assistants/{one['id']}" for one in exported["assistants"]]
    paths += [f"/files/{one['id']}" for one in exported["files"]]
    return {path: caller("GET", path) for path in paths}


def conversation(frozen, ask, client):
    """A thread with an image, a file, code, a function, a citation and a failed run; return its id."""
    frozen.play({"code": "1 + 1", "logs": "2"}, {"call": "look_outside", "args": {"town": "Oslo"}}, {"say": "Clear."})
    photo = client.files.create(file=("../../photo <1>.PNG", b"png"), purpose="vision")
    notes = client.files.create(file=("notes.txt", b"The tide comes at noon."), purpose="assistants")
    tools = [WEATHER, {"type": "code_interpreter"}, {"type": "file_search"}]
    assistant = ask("POST", "/assistants", {"model": MODEL, "tools": tools, "name": "Weather *man*"})
    content = [{"type": "text", "text": "Sky?"}, {"type": "image_file", "image_file": {"file_id": photo.id}}]
    attachments = [{"file_id": notes.id, "tools": [{"type": "file_search"}]}]
    first = {"role": "user", "content": content, "attachments": attachments, "metadata": {"a": "b"}}
    begun = ask(
        "POST",
        "/threads/runs",
        {"assistant_id": assistant["id"], "thread": {"messages": [first], "metadata": {"tenant": "7"}}},
    )
    ask.submit(begun, "blue")
    frozen.play({"fail": "rate_limit_exceeded", "message": "Too much."})
    ask("POST", f"/threads/{begun['thread_id']}/messages", {"role": "user", "content": "And tomorrow?"})
    ask.read(ask("POST", f"/threads/{begun['thread_id']}/runs", {"assistant_id": assistant["id"]}))
    return begun["thread_id"]


# --- there and back ---------------------------------------------------------------------------------------------------


def test_a_thread_is_the_same_in_another_namespace(frozen, ask, thread, other):
    content = archive(frozen, thread)
    answer = put(other, content)
    assert (answer["skipped"], answer["notes"]) == ([], [])
    exported = without_use(json.loads(content.read("thread.json")))
    assert without_use(export(other, thread).json()) == exported
    assert shown(Caller(other), exported) == shown(ask, exported)
    assert [one["role"] for one in exported["messages"]] == ["user", "assistant", "user"]
    assert [run["status"] for run in exported["runs"]] == ["completed", "failed"]
    assert [step["type"] for step in exported["runs"][0]["steps"]] == ["tool_calls", "tool_calls", "message_creation"]
    photo = next(one["id"] for one in exported["files"] if one["purpose"] == "vision")
    assert Caller(other)("GET", f"/files/{photo}/content") == "png"


def test_what_was_deleted_is_no_part_of_the_export_and_no_stand_in_becomes_one(frozen, ask, client, thread, other):
    exported = export(frozen, thread).json()
    for one in exported["assistants"]:
        ask("DELETE", f"/assistants/{one['id']}")
    for one in exported["files"]:
        client.files.delete(one["id"])
    exported = export(frozen, thread).json()
    assert exported["assistants"] == exported["files"] == []
    answer = put(other, archive(frozen, thread))
    assert answer["skipped"] == []
    assert all(run["assistant_id"] for run in exported["runs"])
    assert without_use(export(other, thread).json()) == without_use(exported)


def test_a_conversation_goes_on_after_the_import(frozen, thread, other):
    put(other, archive(frozen, thread))
    other.play({"say": "Rain."})
    there = Caller(other)
    assistant = export(other, thread).json()["assistants"][0]["id"]
    there.read(there("POST", f"/threads/{thread}/runs", {"assistant_id": assistant}))
    assert export(other, thread).json()["messages"][-1]["content"][0]["text"]["value"] == "Rain."


def test_an_unknown_thread_is_404_and_an_unknown_form_is_refused(frozen, ask):
    ask("POST", "/threads", {})
    assert export(frozen, "thread_0", status=404).json()["error"]["type"] == "control_error"
    thread = ask("POST", "/threads", {})["id"]
    assert "json" in export(frozen, thread, "pdf", status=400).text


# --- Markdown ---------------------------------------------------------------------------------------------------------


def said(text, role="user", number=1, **fields):
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    about = {"id": f"msg_{number}", "object": "thread.message", "created_at": NOON_SECONDS, "thread_id": "thread_1"}
    return {**about, "role": role, "content": content, **fields}


def page(frozen, *messages):
    send(frozen, list(messages))
    return export(frozen, "thread_1", "markdown").text


def test_people_can_read_a_thread(frozen, thread):
    text = export(frozen, thread, "markdown").text
    files = {one["purpose"]: one["id"] for one in export(frozen, thread).json()["files"]}
    for part in (
        f"# Thread {thread}".replace("_", r"\_"),
        "2026-01-05 12:00:00 UTC, 3 messages, 2 runs",
        "- tenant: 7",
        "## User\n",
        "## Assistant Weather \\*man\\*\n",
        "\nSky?\n",
        f"![../../photo \\<1\\>.PNG](files/{files['vision']}.png)",
        f"Attached: [notes.txt](files/{files['assistants']}.txt)",
        "**code\\_interpreter**\n\n```python\n1 + 1\n```\n\n```\n2\n```",
        '**look\\_outside**\n\n```json\n{"town":"Oslo"}\n```\n\n```\nblue\n```',
        f"({MODEL}): completed",
        "failed: rate\\_limit\\_exceeded: Too much.",
    ):
        assert part in text
    assert text.index("Sky?") < text.index("look\\_outside") < text.index("Clear.") < text.index("And tomorrow?")
    assert text.index("completed") < text.index("And tomorrow?") < text.index("failed")


@pytest.mark.parametrize(
    "text",
    ["<details>", "```\nopen", "~~~~", "a\n# b", "a\n---", "[x]: y", "&lt;", "[^1]", "    code", "a ```` b\n`````\n"],
)
def test_a_text_that_would_be_something_else_as_markdown_stands_in_a_longer_fence(frozen, text):
    written = page(frozen, said(text), said("plain", number=2))
    fence = next(line for line in written.splitlines() if line.endswith("`text"))[:-4]
    assert fence not in text
    assert f"\n{fence}text\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}\n" in written
    assert "\n\nplain\n" in written


@pytest.mark.parametrize("text", ["Hello.", "1. one\n2. two", "*so* `x`", "a\n\nb", "Füße 🦶"])
def test_any_other_text_is_there_as_it_is(frozen, text):
    assert f"\n\n{text}\n" in page(frozen, said(text))


def test_what_is_cited_stands_in_footnotes(frozen):
    mark = {
        "type": "file_citation",
        "text": "【4:0†source】",
        "start_index": 0,
        "end_index": 3,
        "file_citation": {"file_id": "file-1", "quote": "high\nwater"},
    }
    file = {
        "id": "file-1",
        "object": "file",
        "created_at": NOON_SECONDS,
        "filename": "tide [1].pdf",
        "purpose": "assistants",
    }
    cited = said(
        "High.【4:0†source】",
        "assistant",
        content=[{"type": "text", "text": {"value": "High.【4:0†source】", "annotations": [mark]}}],
    )
    send(frozen, [cited, file], files=[("file-1", "tide.pdf", b"x")])
    text = export(frozen, "thread_1", "markdown").text
    assert "High.【4:0†source】\n\nSources: 【4:0†source】[^1]\n" in text
    assert text.endswith("---\n\n[^1]: [tide \\[1\\].pdf](files/file-1.pdf): high water\n")


def test_the_names_of_files_lead_nowhere_else(frozen):
    odd = [("../../etc/passwd", "x.txt"), ("a" * 200, "..\\..\\b.EXE"), ("file-3", "no suffix./")]
    files = [
        {"id": id_, "object": "file", "created_at": NOON_SECONDS, "filename": name, "purpose": "vision"}
        for id_, name in odd
    ]
    parts = [{"type": "image_file", "image_file": {"file_id": id_}} for id_, _ in odd]
    send(frozen, [said("x", content=parts), *files], files=[(id_, "f", b"x") for id_, _ in odd])
    names = [name for name in archive(frozen, "thread_1").namelist() if name.startswith("files/")]
    assert len(names) == 3
    assert all(name.count("/") == 1 and ".." not in name and "\\" not in name and len(name) < 120 for name in names)


def test_a_zip_file_has_a_picture_of_each_run_and_its_page_shows_them(frozen, thread):
    content = archive(frozen, thread)
    runs = export(frozen, thread).json()["runs"]
    page = content.read("thread.md").decode()
    for run in runs:
        drawn = content.read(f"timelines/{run['id']}.svg").decode()
        assert f"Timeline of {run['id']}" in drawn
        assert f"](timelines/{run['id']}.svg)" in page
    assert len(runs) == 2
    # A page alone has nothing beside it.
    assert "timelines/" not in export(frozen, thread, "markdown").text


# --- in Python and on the command line --------------------------------------------------------------------------------


def test_the_commands_export_and_import_a_thread(frozen, thread, other, tmp_path, capsys):
    at = ["--url", frozen.url, "--ns", frozen.name]
    for out in ("a/thread.json", "b", "c.zip"):
        assert cli.main(["export", "--thread", thread, *at, "-o", str(tmp_path / out)]) == 0
        there = ["--url", frozen.url, "--ns", other.name]
        assert cli.main(["import", str(tmp_path / out), *there, "--as", "threads"]) == 0
        assert "imported: 2 files, 1 vector store, 1 assistant, 1 thread, 2 runs, 3 messages" in capsys.readouterr().out
        assert without_use(export(other, thread).json()) == without_use(export(frozen, thread).json())
        other.control("POST", "/reset")
    assert cli.main(["export", "--thread", thread, *at, "--as", "markdown", "-o", str(tmp_path / "d" / "t.md")]) == 0
    assert "Clear." in (tmp_path / "d" / "t.md").read_text(encoding="utf-8")
    assert len(list((tmp_path / "d" / "files").iterdir())) == 2
    assert len(list((tmp_path / "d" / "timelines").iterdir())) == 2
    assert not (tmp_path / "a" / "timelines").exists()
    capsys.readouterr()
    assert cli.main(["export", "--thread", thread, *at]) == 0
    assert json.loads(capsys.readouterr().out)["thread"]["id"] == thread


@pytest.mark.parametrize("out", ["a/thread.json", "b", "c.zip"])
def test_the_files_of_an_exported_thread_are_there_in_its_scenario(frozen, thread, tmp_path, capsys, out):
    at = ["--url", frozen.url, "--ns", frozen.name]
    assert cli.main(["export", "--thread", thread, *at, "-o", str(tmp_path / out)]) == 0
    assert cli.main(["distil", str(tmp_path / out), "-o", str(tmp_path / "made")]) == 0, capsys.readouterr()
    with LiveServer() as server:
        namespace = server.namespace("a")
        namespace.load(tmp_path / "made" / "thread.yaml")
        again = namespace.client()
        for file in export(frozen, thread).json()["files"]:
            made = again.files.retrieve(file["id"])
            assert (made.filename, made.purpose) == (file["filename"].rpartition("/")[2], file["purpose"])
        archived = zipfile.ZipFile(io.BytesIO(namespace.threads.export(thread, "zip")))
        contents = {archived.read(name) for name in archived.namelist() if name.startswith("files/")}
        assert contents == {b"png", b"The tide comes at noon."}
        (store,) = export(frozen, thread).json()["vector_stores"]
        (found,) = again.vector_stores.search(store["id"], query="When does the tide come?").data
        assert found.content[0].text == "The tide comes at noon."
    assert "files/" not in capsys.readouterr().err


def test_a_large_file_is_imported_in_pieces(frozen, tmp_path, capsys, monkeypatch):
    from emulator.cli import import_objects

    monkeypatch.setattr(import_objects, "_LARGE", 100)
    monkeypatch.setattr(import_objects, "_MOST_OBJECTS", 3)
    run = {
        "object": "thread.run",
        "created_at": NOON_SECONDS,
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
        "status": "completed",
    }
    runs = [{"id": f"run_{number}", **run, "model": MODEL} for number in range(4)]
    messages = [
        said(f"text {number}", "assistant", number, run_id=f"run_{number % 4}", assistant_id="asst_1")
        for number in range(8)
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, [*messages, {"odd": 1}, *runs])), encoding="utf-8")
    assert cli.main(["import", str(tmp_path / "all.jsonl"), "--url", frozen.url, "--ns", frozen.name]) == 1
    shown = capsys.readouterr()
    assert shown.out == "imported: 4 runs, 8 messages\n"
    assert "skipped: line 9: it is no thread" in shown.err
    exported = export(frozen, "thread_1").json()
    assert [one["content"][0]["text"]["value"] for one in exported["messages"]] == [
        f"text {number}" for number in range(8)
    ]
    assert all(run["model"] == MODEL for run in exported["runs"])


def test_the_commands_refuse_in_one_line(frozen, tmp_path, capsys):
    at = ["--url", frozen.url, "--ns", frozen.name]
    (tmp_path / "odd.json").write_text("[5", encoding="utf-8")
    (tmp_path / "some.jsonl").write_text('{"role": "user", "text": "a"}\n{broken\n', encoding="utf-8")
    for arguments, code, expected in (
        (["export", *at], 2, "--thread"),
        (["export", "--thread", "thread_0"], 2, "--url"),
        (["export", "--thread", "thread_0", "--url", "http://127.0.0.1:1"], 2, "no emulator answers"),
        (["import", str(tmp_path / "odd.json"), *at], 2, "neither JSON nor NDJSON"),
        (["import", str(tmp_path / "some.jsonl"), *at], 1, "skipped: line 2: it is no JSON"),
        (["import", str(tmp_path / "none.json"), *at], 2, "does not exist"),
    ):
        assert cli.main(arguments) == code
        shown = capsys.readouterr().err
        assert expected in shown
        assert "Traceback" not in shown
