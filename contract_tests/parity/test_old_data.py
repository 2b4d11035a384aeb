"""Threads of before as conversations: what was exported is there as items, goes on over Responses, and nothing is lost
without a word."""

import json
import re
import shlex
from pathlib import Path

import pytest

from contract_tests.harness import MODEL, Namespace
from contract_tests.test_import import DAY, message, run
from contract_tests.test_replays import RETURNS
from contract_tests.test_snapshots import Caller
from contract_tests.test_thread_exports import conversation, export
from emulator import LiveServer, cli

FORMS = {
    "objects": lambda objects: {"objects": objects},
    "list": lambda objects: objects,
    "page": lambda objects: {"object": "list", "data": objects, "has_more": False},
}


@pytest.fixture
def ask(frozen):
    return Caller(frozen)


@pytest.fixture
def importing(ns):
    def send(data, ns=ns, status=200, **more):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        answer = ns.http.post(f"{ns.control_url}/import", params={"as": "conversation", **more}, content=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    return send


def items_of(client, conversation_id, **options):
    include = ["file_search_call.results", "code_interpreter_call.outputs", "message.input_image.image_url"]
    pages = client.conversations.items.list(conversation_id, order="asc", limit=100, include=include, **options)
    return [item.to_dict() for item in pages]


def said(text, role="user", number=1, **fields):
    content = text if isinstance(text, list) else [{"type": "text", "text": {"value": text, "annotations": []}}]
    return message(number, role=role, content=content, at=DAY + number, **fields)


def lost(answer):
    return {one["what"]: one["of"] for one in answer["lost"]}


def test_a_thread_becomes_a_conversation(client, importing):
    thread = {"id": "thread_1", "object": "thread", "created_at": DAY, "metadata": {"tenant": "7"}}
    answer = importing([thread, said("Is it open?"), said("Until six.", "assistant", 2)])
    assert answer["imported"] == {"conversations": 1, "items": 2}
    made = client.conversations.retrieve(answer["ids"]["thread_1"])
    assert made.metadata == {"tenant": "7"}
    first, second = items_of(client, made.id)
    assert first == {
        "id": answer["ids"]["msg_1"],
        "type": "message",
        "status": "completed",
        "content": [{"type": "input_text", "text": "Is it open?"}],
        "role": "user",
    }
    assert (second["role"], second["content"][0]["text"]) == ("assistant", "Until six.")


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_objects_are_taken_in_every_form(client, importing, form):
    answer = importing(FORMS[form]([said("Is it open?"), said("Until six.", "assistant", 2)]))
    assert [item["role"] for item in items_of(client, answer["ids"]["thread_1"])] == ["user", "assistant"]


LINES = """\
{"thread_id": "thread_1", "role": "user", "text": "Is it open?"}
{"thread_id": "thread_1", "role": "assistant", "text": "Until six."}
"""
BY_THREAD = """
{"thread_1": [{"role": "user", "content": "Is it open?"}, {"role": "bot", "message": "Until six."}]}
"""
THREADS = """
{"threads": [{"threadId": "thread_1", "messages": [
    {"role": "user", "text": "Is it open?"}, {"role": "assistant", "text": "Until six."}
]}]}
"""
HOME_MADE = [LINES.encode(), BY_THREAD.encode(), THREADS.encode()]


@pytest.mark.parametrize("data", HOME_MADE, ids=["lines", "by thread", "threads"])
def test_home_made_exports_are_taken(client, importing, data):
    answer = importing(data)
    texts = [item["content"][0]["text"] for item in items_of(client, answer["ids"]["thread_1"])]
    assert texts == ["Is it open?", "Until six."]


def test_recorded_requests_give_the_conversations_of_their_threads(client, importing, ns):
    answer = importing(RETURNS.read_bytes(), name="returns.yaml")
    assert answer["imported"] == {"assistants": 1, "conversations": 1, "items": 7}
    assert ns.control("GET", "/scripts")["turns"] == []
    items = items_of(client, answer["ids"]["thread_kettle"])
    assert [item["type"] for item in items] == [
        "message", "function_call", "function_call_output", "message", "message", "file_search_call", "message",
    ]  # fmt: skip
    assert items[1]["call_id"] == items[2]["call_id"]
    assert items[-1]["content"][0]["text"] == "Yes, within thirty days."
    assert lost(answer)["that attachments are for file_search"] == ["msg_q2"]


def test_files_of_a_form_are_there_for_the_items(client, ns):
    shown = [{"type": "image_file", "image_file": {"file_id": "file-photo"}}]
    photo = {"id": "file-photo", "object": "file", "filename": "photo.png", "purpose": "vision", "created_at": DAY}
    parts = [("objects", (None, json.dumps([photo, said(shown)]))), ("file-photo", ("photo.png", b"png"))]
    answer = ns.http.post(f"{ns.control_url}/import?as=conversation", files=parts).json()
    [item] = items_of(client, answer["ids"]["thread_1"])
    assert (item["content"][0]["type"], item["content"][0]["file_id"]) == ("input_image", "file-photo")
    assert client.files.content("file-photo").read() == b"png"


def test_what_is_no_import_changes_nothing(importing, ns):
    ns.put()
    assert (
        "looks like"
        in importing(b'{"model": "x", "messages": [{"role": "user", "content": "Hi"}]}', status=400)["error"]["message"]
    )


# --- items ------------------------------------------------------------------------------------------------------------


def test_many_messages_go_in_batches_of_twenty(frozen, client, importing, ask):
    count = 45
    talk = [said(f"text {n}", "user" if n % 2 else "assistant", n) for n in range(1, count + 1)]
    answer = importing(talk)
    items = items_of(client, answer["ids"]["thread_1"])
    assert [item["content"][0]["text"] for item in items] == [f"text {n}" for n in range(1, count + 1)]
    put_objects(frozen, talk)
    bodies = export(frozen, "thread_1", "conversation").json()
    assert [len(bodies["create"]["items"]), *(len(one["items"]) for one in bodies["add"])] == [20, 20, 5]


def put_objects(ns, objects):
    answer = ns.http.post(f"{ns.control_url}/import", json={"objects": objects})
    assert answer.is_success, answer.text


def test_images_and_attachments_stand_in_the_message(client, importing):
    content = [
        {"type": "text", "text": {"value": "Look.", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://example.com/pier.png", "detail": "low"}},
        {"type": "image_file", "image_file": {"file_id": "file-photo"}},
    ]
    attachments = [{"file_id": "file-notes", "tools": [{"type": "file_search"}]}]
    answer = importing([said(content, attachments=attachments)])
    [item] = items_of(client, answer["ids"]["thread_1"])
    assert item["content"] == [
        {"type": "input_text", "text": "Look."},
        {"type": "input_image", "detail": "low", "file_id": None, "image_url": "https://example.com/pier.png"},
        {"type": "input_image", "detail": "auto", "file_id": "file-photo", "image_url": None},
        {"type": "input_file", "file_id": "file-notes", "filename": None},
    ]
    assert lost(answer)["that attachments are for file_search"] == ["msg_1"]


def marked(text, kind, **about):
    start = 5
    return {"type": kind, "text": text, "start_index": start, "end_index": start + len(text), kind: about}


def test_citations_have_an_index_and_no_marker(client, importing):
    cited = marked("【4:0†tides.txt】", "file_citation", file_id="file-tides")
    path = marked("", "file_path", file_id="file-chart")
    link = {**path, "text": "sandbox:/mnt/data/chart.csv", "start_index": 25, "end_index": 52}
    text = f"Noon.{cited['text']} See {link['text']}"
    content = [{"type": "text", "text": {"value": text, "annotations": [cited, link]}}]
    answer = importing([said("When?"), said(content, "assistant", 2)])
    [part] = items_of(client, answer["ids"]["thread_1"])[1]["content"]
    assert part["text"] == "Noon. See sandbox:/mnt/data/chart.csv"
    assert part["annotations"] == [
        {"type": "file_citation", "file_id": "file-tides", "filename": "tides.txt", "index": 5},
        {"type": "file_path", "file_id": "file-chart", "index": 10},
    ]


def step(number, *calls, at=2, run_id="run_1", **fields):
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    about = {"id": f"step_{number}", "object": "thread.run.step", "created_at": DAY + at, "run_id": run_id}
    return {
        **about, "thread_id": "thread_1", "type": "tool_calls", "status": "completed", "step_details": details, **fields,
    }  # fmt: skip


def called(number, name="read_tides", output="low"):
    function = {"name": name, "arguments": '{"pier": 1}', "output": output}
    return {"id": f"call_{number}", "type": "function", "function": function}


CODE = {
    "id": "call_code",
    "type": "code_interpreter",
    "code_interpreter": {
        "input": "1 + 1",
        "outputs": [{"type": "logs", "logs": "2"}, {"type": "image", "image": {"file_id": "file-chart"}}],
    },
}
SEARCH = {
    "id": "call_search",
    "type": "file_search",
    "file_search": {
        "results": [
            {
                "file_id": "file-tides",
                "file_name": "tides.txt",
                "score": 0.5,
                "content": [{"type": "text", "text": "Low."}],
            }
        ]
    },
}


def test_calls_code_and_searches_stand_between_the_messages(client, importing):
    answer = importing([
        said("When?"),
        run(created_at=DAY + 1),
        step(1, called(1), called(2, output="high")),
        step(2, CODE, at=3),
        step(3, SEARCH, at=4),
        said("At noon.", "assistant", 9, run_id="run_1"),
    ])  # fmt: skip
    items = items_of(client, answer["ids"]["thread_1"])
    assert [item["type"] for item in items] == [
        "message", "function_call", "function_call", "function_call_output", "function_call_output",
        "code_interpreter_call", "file_search_call", "message",
    ]  # fmt: skip
    assert [items[n]["call_id"] for n in (1, 2, 3, 4)] == ["call_1", "call_2", "call_1", "call_2"]
    assert (items[1]["name"], items[1]["arguments"], items[4]["output"]) == ("read_tides", '{"pier": 1}', "high")
    assert (items[5]["code"], items[5]["outputs"]) == ("1 + 1", [{"type": "logs", "logs": "2"}])
    [result] = items[6]["results"]
    assert (result["file_id"], result["filename"], result["text"]) == ("file-tides", "tides.txt", "Low.")
    assert answer["ids"]["call_code"] == items[5]["id"]
    assert lost(answer)["images that code drew"] == ["call_code"]
    assert answer["imported"] == {"conversations": 1, "items": 8}


def test_calls_that_nobody_answered_are_left_out_and_the_dialogue_goes_on(client, importing, ns):
    error = {"code": "server_error", "message": "Sorry."}
    answer = importing([
        said("When?"),
        run("failed", failed_at=DAY + 5, last_error=error),
        step(1, called(1, output=None), status="failed"),
        said("Still there?", number=7),
    ])  # fmt: skip
    assert [item["content"][0]["text"] for item in items_of(client, answer["ids"]["thread_1"])] == [
        "When?", "Still there?",
    ]  # fmt: skip
    assert lost(answer)["calls of read_tides without an output"] == ["call_1"]
    assert lost(answer)["run.last_error"] == ["run_1"]
    ns.play({"say": "Yes."})
    response = client.responses.create(model=MODEL, conversation=answer["ids"]["thread_1"], input="Hello?")
    assert response.output_text == "Yes."


def test_runs_that_wrote_nothing_stand_where_they_began(client, importing):
    answer = importing([
        said("One?"),
        run("expired", created_at=DAY + 1, expires_at=DAY + 4),
        step(1, called(1)),
        said("Two?", number=5),
        run("completed", id="run_2", created_at=DAY + 6),
        said("Done.", "assistant", 8, run_id="run_2"),
    ])  # fmt: skip
    kinds = [(item["type"], item.get("role")) for item in items_of(client, answer["ids"]["thread_1"])]
    assert kinds == [
        ("message", "user"), ("function_call", None), ("function_call_output", None), ("message", "user"),
        ("message", "assistant"),
    ]  # fmt: skip
    assert lost(answer)["run.status"] == ["run_1", "run_2"]


# --- what has no place ------------------------------------------------------------------------------------------------


def test_everything_that_has_no_place_is_listed(importing):
    image = [{"type": "image_file", "image_file": {"file_id": "file-chart"}}]
    grounding = {"id": "call_web", "type": "bing_grounding", "bing_grounding": {"requesturl": "x"}}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    answer = importing([
        {"id": "thread_1", "object": "thread", "created_at": DAY, "tool_resources": {"code_interpreter": {"file_ids": ["file-x"]}}},
        said("When?", metadata={"ticket": "7"}),
        run(created_at=DAY + 1, metadata={"a": "b"}, instructions="Be brief."),
        step(1, grounding, usage=usage),
        said(image, "assistant", 3, run_id="run_1", assistant_id="asst_1"),
        said([{"type": "text", "text": {"value": "At", "annotations": []}}], "assistant", 4, status="incomplete",
             incomplete_details={"reason": "max_tokens"}, incomplete_at=DAY + 4),
    ])  # fmt: skip
    assert answer["skipped"] == []
    found = lost(answer)
    assert {
        "thread.created_at", "thread.tool_resources", "message.created_at", "message.metadata",
        "message.assistant_id", "message.run_id", "message.incomplete_details", "message.incomplete_at",
        "image_file in messages of the assistant", "messages", "run.status", "run.metadata",
        "run.instructions", "run.model", "calls of the type bing_grounding", "step.usage",
        "step.created_at", "step.status",
    } <= found.keys()  # fmt: skip
    assert found["messages"] == ["msg_3"]
    assert found["message.created_at"] == ["msg_1", "msg_3", "msg_4"]
    assert all(one["why"] for one in answer["lost"])


def test_an_item_that_the_api_refuses_is_lost_with_its_words(client, importing):
    answer = importing([said("When?"), run(created_at=DAY + 1), step(1, called(1, name="read tides!"))])
    assert len(items_of(client, answer["ids"]["thread_1"])) == 1
    [refused] = [one for one in answer["lost"] if one["what"] == "function_call items"]
    assert refused["of"] == ["call_1"]
    assert "name" in refused["why"]


def test_the_same_call_twice_is_two_items_and_a_second_import_another_conversation(client, importing):
    searches = [step(n, SEARCH, CODE, at=n + 1) for n in range(1, 25)]
    talk = [said("When?"), run(created_at=DAY + 1), *searches]
    first, second = importing(talk), importing(talk)
    assert first["imported"] == second["imported"] == {"conversations": 1, "items": 49}
    assert first["ids"]["thread_1"] != second["ids"]["thread_1"]
    ids = [item["id"] for item in items_of(client, second["ids"]["thread_1"])]
    assert len(set(ids)) == len(ids) == 49


def test_a_call_id_that_is_too_long_is_the_same_for_call_and_output(client, importing):
    answer = importing([said("When?"), run(created_at=DAY + 1), step(1, called("x" * 80))])
    _, call, output = items_of(client, answer["ids"]["thread_1"])
    assert call["call_id"] == output["call_id"]
    assert len(call["call_id"]) <= 64


def test_runs_under_way_are_skipped_as_ever(importing):
    answer = importing([said("When?"), run("in_progress")])
    assert [one["what"] for one in answer["skipped"]] == ["run_1"]


# --- going on ---------------------------------------------------------------------------------------------------------

TURNS = """emulator: 1
turns:
- {when: {turn: 3, api: responses}, steps: [{say: "Third: {{ message }}"}]}
- {steps: [{say: Another.}]}
"""


def test_the_dialogue_goes_on_with_the_turn_behind_its_runs(client, importing, ns):
    ns.load(TURNS)
    answer = importing([
        said("One?"),
        run("failed", created_at=DAY + 1, failed_at=DAY + 2),
        run("completed", id="run_2", created_at=DAY + 3),
        said("One.", "assistant", 5, run_id="run_2"),
    ])  # fmt: skip
    conversation_id = answer["ids"]["thread_1"]
    asked = client.responses.create(model=MODEL, conversation=conversation_id, input="Three?")
    assert asked.output_text == "Third: Three?"
    assert client.responses.create(model=MODEL, conversation=conversation_id, input="Four?").output_text == "Another."
    texts = [item["content"][0]["text"] for item in items_of(client, conversation_id)]
    assert texts == ["One?", "One.", "Three?", "Third: Three?", "Four?", "Another."]


def told(thread, number, second):
    texts = ("Any news?", "The van has left.", "When?", second)
    return [
        {
            "thread_id": thread, "id": f"msg_{number}{n}", "role": "assistant" if n % 2 else "user", "text": text,
            "created_at": DAY + n, **({"run_id": f"run_{number}{n}"} if n % 2 else {}),
        }
        for n, text in enumerate(texts)
    ]  # fmt: skip


def test_a_conversation_goes_on_in_the_chain_of_its_thread(client, importing, ns, tmp_path):
    threads = {"thread_morning": "At eight.", "thread_evening": "At six."}
    talks = [told(thread, number, second) for number, (thread, second) in enumerate(threads.items())]
    (tmp_path / "van.json").write_text(json.dumps([one for talk in talks for one in talk]))
    assert cli.main(["distil", str(tmp_path / "van.json"), "-o", str(tmp_path / "out")]) in (0, None)
    scenarios = sorted((tmp_path / "out").glob("*.yaml"))
    texts = {path.name: path.read_text() for path in scenarios}
    assert all("exports:" in text for text in texts.values())
    ns.load("\n".join(_without_exports(text) for text in texts.values()))
    answer = importing([one for talk in talks for one in talk[:2]])
    for thread, second in reversed(threads.items()):
        response = client.responses.create(model=MODEL, conversation=answer["ids"][thread], input="When?")
        assert response.output_text == second
    assert ns.report()["drift"] == []


def _without_exports(text):
    return "\n".join(line for line in text.splitlines() if "exports:" not in line and line != "fixtures:")


# --- export -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def other(frozen):
    namespace = Namespace(f"{frozen.name[:40]}-other", frozen.url, frozen.http)
    namespace.freeze()
    yield namespace
    namespace.control("DELETE")


ELSEWHERE = ("assistants", "vector stores")  # which an import takes as they are


def without_ids(items):
    return [{name: value for name, value in item.items() if name != "id"} for item in items]


def test_the_bodies_posted_one_by_one_give_the_same_items(frozen, ask, client, other, importing):
    thread = conversation(frozen, ask, client)
    bodies = export(frozen, thread, "conversation").json()
    there = client.with_options(api_key=other.key)
    made = there.conversations.create(**bodies["create"])
    for body in bodies["add"]:
        there.conversations.items.create(made.id, **body)
    posted = items_of(there, made.id)
    exported = export(frozen, thread).json()
    imported = importing(exported, ns=other)
    assert without_ids(posted) == without_ids(items_of(there, imported["ids"][thread]))
    assert made.metadata == {"tenant": "7"}
    assert [item["type"] for item in posted] == [
        "message", "code_interpreter_call", "function_call", "function_call_output", "message", "message",
    ]  # fmt: skip
    assert {one["filename"] for one in bodies["files"]} == {"notes.txt", "../../photo <1>.PNG"}
    again = {one["what"]: one["why"] for one in imported["lost"]}
    assert {one["what"]: one["why"] for one in bodies["lost"] if one["what"] not in ELSEWHERE} == again


def test_many_messages_posted_one_by_one_give_the_same_items(frozen, client, other, importing):
    talk = [said(f"text {n}", "user" if n % 2 else "assistant", n) for n in range(1, 46)]
    put_objects(frozen, talk)
    bodies = export(frozen, "thread_1", "conversation").json()
    there = client.with_options(api_key=other.key)
    made = there.conversations.create(**bodies["create"])
    for body in bodies["add"]:
        there.conversations.items.create(made.id, **body)
    imported = importing(talk, ns=other)
    assert without_ids(items_of(there, made.id)) == without_ids(items_of(there, imported["ids"]["thread_1"]))


# --- commands ---------------------------------------------------------------------------------------------------------


def test_the_commands_export_and_import_and_print_what_is_lost(frozen, client, other, tmp_path, capsys):
    thread = conversation(frozen, Caller(frozen), client)
    where = ["--url", frozen.url]
    exporting = ["export", "--thread", thread, *where, "--ns", frozen.name]
    cli.main([*exporting, "--as", "conversation", "-o", str(tmp_path / "talk")])
    done = capsys.readouterr()
    assert "lost: message.created_at, message.completed_at: an item does not say when it was made (msg_" in done.err
    assert {path.parent.name for path in tmp_path.rglob("*") if path.is_file()} == {"talk", "files"}
    bodies = json.loads((tmp_path / "talk" / "conversation.json").read_text())
    assert bodies["create"]["metadata"] == {"tenant": "7"}
    cli.main([*exporting, "--as", "conversation"])
    assert json.loads(capsys.readouterr().out) == bodies
    cli.main([*exporting, "-o", str(tmp_path / "thread.zip")])
    capsys.readouterr()
    cli.main(["import", str(tmp_path / "thread.zip"), *where, "--ns", other.name, "--as", "conversation"])
    done = capsys.readouterr()
    assert "1 conversation, 6 items" in done.out
    assert ": a conversation has no runs; each request" in done.err


def test_large_files_are_imported_whole_threads_at_a_time(ns, tmp_path, monkeypatch, capsys, client):
    monkeypatch.setattr("emulator.cli.import_objects._LARGE", 10)
    monkeypatch.setattr("emulator.cli.import_objects._MOST_OBJECTS", 3)
    lines = [
        {"thread_id": f"thread_{n % 3}", "id": f"msg_{n}", "role": "user", "text": f"text {n}", "created_at": DAY + n}
        for n in range(6)
    ]
    (tmp_path / "all.ndjson").write_text("\n".join(map(json.dumps, lines)))
    cli.main(["import", str(tmp_path / "all.ndjson"), "--url", ns.url, "--ns", ns.name, "--as", "conversation"])
    done = capsys.readouterr()
    assert "imported: 3 conversations, 6 items" in done.out
    assert done.err.count("lost: message.created_at") == 1


# --- fixtures ---------------------------------------------------------------------------------------------------------

FIXTURES = """emulator: 1
fixtures:
  threads:
    van:
      metadata: {tenant: "7"}
      messages:
      - {content: Any news?}
      - {role: assistant, run: old, content: The van has left.}
      runs:
        old: {assistant: asst_driver, model: gpt-4o, steps: [{call: locate, args: {van: 3}, output: bridge}]}
  conversations:
    conv_van: van
chains:
  first: {thread: van, after: 1}
turns:
- {chain: other, when: {message: When?}, steps: [{say: Never.}]}
- {chain: first, when: {message: When?}, steps: [{say: At eight.}]}
"""


def test_a_thread_of_the_fixtures_is_a_conversation_too(client, ns):
    ns.load(FIXTURES)
    assert [item["type"] for item in items_of(client, "conv_van")] == [
        "message", "function_call", "function_call_output", "message",
    ]  # fmt: skip
    assert client.conversations.retrieve("conv_van").metadata == {"tenant": "7"}
    assert client.responses.create(model=MODEL, conversation="conv_van", input="When?").output_text == "At eight."
    assert len(ns.control("GET", "/threads")["threads"]) == 1


def test_a_conversation_of_fixtures_stays_until_its_thread_changes(client, ns):
    ns.load(FIXTURES)
    client.responses.create(model=MODEL, conversation="conv_van", input="When?")
    ns.load(FIXTURES)
    assert len(items_of(client, "conv_van")) == 6
    ns.load(FIXTURES.replace("Any news?", "What is new?"))
    assert [item["content"][0]["text"] for item in items_of(client, "conv_van") if "content" in item] == [
        "What is new?", "The van has left.",
    ]  # fmt: skip
    client.conversations.delete("conv_van")
    ns.load(FIXTURES.replace("Any news?", "What is new?"))
    assert len(items_of(client, "conv_van")) == 4


def test_a_thread_of_an_export_is_a_conversation_too(tmp_path):
    (tmp_path / "pier.json").write_text(json.dumps([said("Is it open?"), said("Until six.", "assistant", 2)]))
    script = "emulator: 1\nfixtures: {exports: [pier.json], conversations: {conv_pier: thread_1}}\nturns: [{steps: [{say: Yes.}]}]"
    (tmp_path / "pier.yaml").write_text(script)
    with LiveServer() as server:
        namespace = server.namespace("pier")
        namespace.load(tmp_path / "pier.yaml")
        with namespace.client() as client:
            assert [item["content"][0]["text"] for item in items_of(client, "conv_pier")] == [
                "Is it open?",
                "Until six.",
            ]
            assert client.responses.create(model=MODEL, conversation="conv_pier", input="Sure?").output_text == "Yes."


@pytest.mark.parametrize(
    "thread,status,message",
    [("nan", 400, 'no thread "nan" among the fixtures, did you mean van?'), ("thread_gone", 404, "No thread found")],
)
def test_a_conversation_of_a_thread_that_is_not_there_is_refused(ns, thread, status, message):
    answer = ns.load(FIXTURES.replace("conv_van: van", f"conv_van: {thread}"), status=status)
    assert message in answer["error"]["message"]


# --- the page ---------------------------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "conversations.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_commands_and_the_script_of_the_page_take_a_thread_to_another_server(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = [
        {"thread_id": "thread_support", "id": f"msg_{n}", "role": "user", "text": f"text {n}", "created_at": DAY + n}
        for n in range(1, 5)
    ]
    (tmp_path / "support-threads.ndjson").write_text("\n".join(map(json.dumps, lines)))
    importing, exporting = (block.strip() for block in blocks("sh"))
    with LiveServer() as server:
        namespace = server.namespace("default")

        def command(line):
            assert cli.main(shlex.split(line.replace("http://127.0.0.1:8000", server.url))[1:]) == 0
            return capsys.readouterr()

        printed = command(importing)
        assert printed.out + printed.err.splitlines(keepends=True)[0] == blocks("text")[0]
        command(importing.replace("--as conversation", ""))
        photo = {"id": "file-photo", "object": "file", "filename": "pier.png", "purpose": "vision", "created_at": DAY}
        shown = [{"type": "image_file", "image_file": {"file_id": "file-photo"}}]
        namespace.import_objects(
            photo, {**said(shown, number=5), "thread_id": "thread_support"}, files={"file-photo": b"png"}
        )
        command(exporting)
        monkeypatch.setattr("sys.argv", ["upload.py", str(tmp_path / "talk" / "conversation.json")])
        for name, value in server.namespace("other").environment.items():
            monkeypatch.setenv(name, value)
        exec(compile(blocks("python")[0], "upload.py", "exec"), {})  # the page's own code
        conversation_id = capsys.readouterr().out.strip()
        with server.namespace("other").client() as client:
            *texts, image = items_of(client, conversation_id)
            assert [item["content"][0]["text"] for item in texts] == [f"text {n}" for n in range(1, 5)]
            assert client.files.content(image["content"][0]["file_id"]).read() == b"png"


def test_the_scenario_of_the_page_goes_on_over_responses(client, ns):
    ns.load(blocks("yaml")[0])
    assert client.responses.create(model=MODEL, conversation="conv_van", input="When?").output_text == "At eight."
