"""Containers, their files, and the code of responses that runs in them, with the official client."""

import base64

import openai
import pytest

from contract_tests.harness import event_names, parse_events

CODE = {"type": "code_interpreter", "container": {"type": "auto"}}
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def ask(client):
    """Return a function that creates a response which may run code."""

    def create(text="Count.", *, tool=CODE, **more):
        return client.responses.create(model="gpt-4.1", input=text, tools=[tool], **more)

    return create


@pytest.fixture
def table(client):
    return client.files.create(file=("table.csv", b"x,y\n1,2\n"), purpose="assistants")


def container_of(response):
    (call, *_) = [item for item in response.output if item.type == "code_interpreter_call"]
    return call.container_id


# --- responses ------------------------------------------------------------------------------------------------------


def test_code_is_an_item_whose_outputs_only_include_shows(ns, ask):
    ns.play({"code": "print(6 * 7)", "logs": "42", "images": [PIXEL]}, {"say": "It is 42."})
    call, message = ask().output
    assert (call.type, call.status, call.code, call.outputs) == (
        "code_interpreter_call",
        "completed",
        "print(6 * 7)",
        None,
    )
    assert call.container_id.startswith("cntr_")
    assert message.content[0].text == "It is 42."
    logs, image = ask(include=["code_interpreter_call.outputs"]).output[0].outputs
    assert (logs.type, logs.logs) == ("logs", "42")
    assert (image.type, image.url) == ("image", PIXEL)


def test_a_stream_of_code_has_the_recorded_events(ns, raw):
    ns.play({"code": "print(1)", "logs": "1", "stream": {"chunk": ["print", "(1)"]}}, {"say": "One."})
    body = {"model": "gpt-4.1", "input": "Count.", "tools": [CODE], "stream": True}
    events = parse_events(raw.post("/responses", json=body).text)
    assert event_names(events) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.code_interpreter_call.in_progress",
        "response.code_interpreter_call_code.delta",
        "response.code_interpreter_call_code.done",
        "response.code_interpreter_call.interpreting",
        "response.code_interpreter_call.completed",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    by_name = dict(events)
    assert [data["delta"] for name, data in events if name.endswith("_code.delta")] == ["print", "(1)"]
    assert by_name["response.code_interpreter_call_code.done"]["code"] == "print(1)"
    begun = next(data["item"] for name, data in events if name == "response.output_item.added")
    assert list(begun) == ["id", "type", "status", "code", "container_id", "outputs"]
    assert (begun["status"], begun["code"], begun["outputs"]) == ("in_progress", "", None)


def test_empty_code_is_told_to_its_end(ns, raw):
    ns.play({"code": ""}, {"say": "Nothing."})
    body = {"model": "gpt-4.1", "input": "Count.", "tools": [CODE], "stream": True}
    names = event_names(parse_events(raw.post("/responses", json=body).text))
    assert names[3:8] == [
        "response.code_interpreter_call.in_progress",
        "response.code_interpreter_call_code.done",
        "response.code_interpreter_call.interpreting",
        "response.code_interpreter_call.completed",
        "response.output_item.done",
    ]


def test_a_dialogue_goes_on_in_its_container_and_another_has_its_own(ns, ask):
    ns.play({"code": "1"}, {"say": "Yes."})
    first = ask()
    assert container_of(ask(previous_response_id=first.id)) == container_of(first)
    assert container_of(ask()) != container_of(first)


def test_an_image_of_a_message_is_cited_as_a_file_of_the_container(ns, client, raw, ask):
    ns.play({"code": "plot()", "images": [PIXEL]}, {"say": "See.", "images": [PIXEL]})
    response = ask()
    (citation,) = response.output[1].content[0].annotations
    assert (citation.type, citation.start_index, citation.end_index) == ("container_file_citation", 0, 0)
    assert citation.filename == f"{citation.file_id}.png"
    found = client.containers.files.content.retrieve(citation.file_id, container_id=citation.container_id)
    assert found.read() == base64.b64decode(PIXEL.partition(",")[2])
    body = {"model": "gpt-4.1", "input": "Count.", "tools": [CODE], "stream": True}
    names = event_names(parse_events(raw.post("/responses", json=body).text))
    place = names.index("response.output_text.annotation.added")
    assert names[place - 1 : place + 2] == [
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.done",
    ]


def test_what_a_script_says_of_files_in_a_container_is_cited_there(ns, ask):
    said = "Here: [table](sandbox:/mnt/data/out.csv)."
    start = said.index("sandbox:")
    path = {
        "type": "file_path",
        "text": "sandbox:/mnt/data/out.csv",
        "start_index": start,
        "end_index": start + 25,
        "file_path": {"file_id": "cfile_1"},
    }
    ns.play({"code": "1"}, {"say": said, "annotations": [path]})
    response = ask()
    (citation,) = response.output[1].content[0].annotations
    assert response.output_text == said
    assert citation.container_id == container_of(response)
    assert (citation.filename, said[citation.start_index : citation.end_index]) == ("out.csv", path["text"])


# --- the end of containers ------------------------------------------------------------------------------------------


def test_a_container_that_had_its_rest_breaks_the_chain_as_reported(frozen, ask):
    frozen.play({"code": "1"}, {"say": "Yes."})
    first = ask()
    frozen.advance("19m")
    second = ask(previous_response_id=first.id)
    frozen.advance("19m")
    third = ask(previous_response_id=second.id)
    frozen.advance("20m")
    with pytest.raises(openai.BadRequestError) as refused:
        ask(previous_response_id=third.id)
    assert refused.value.body == {
        "message": "Container is expired.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_reading_a_container_is_a_use_of_it_and_what_has_expired_stays_so(frozen, client):
    container = client.containers.create(name="tides", expires_after={"anchor": "last_active_at", "minutes": 5})
    for _ in range(3):
        frozen.advance("4m")
        assert client.containers.retrieve(container.id).status == "running"
    frozen.advance("5m")
    for _ in range(2):
        assert client.containers.retrieve(container.id).status == "expired"
    assert [one.status for one in client.containers.list()] == ["expired"]
    with pytest.raises(openai.BadRequestError, match="Container is expired"):
        client.containers.files.list(container.id)


def test_a_response_that_takes_long_uses_its_container_to_its_end(ns, ask):
    ns.play({"wait": "1h"}, {"code": "1"}, {"say": "Yes."})
    first = ask()
    assert container_of(ask(previous_response_id=first.id)) == container_of(first)


def test_a_container_that_is_named_has_to_be_there(ns, client, ask):
    ns.play({"code": "1"}, {"say": "Yes."})
    made = client.containers.create(name="mine")
    assert container_of(ask(tool={"type": "code_interpreter", "container": made.id})) == made.id
    client.containers.delete(made.id)
    for refused in (
        lambda: ask(tool={"type": "code_interpreter", "container": made.id}),
        lambda: client.containers.retrieve(made.id),
        lambda: client.containers.delete(made.id),
        lambda: client.containers.files.list(made.id),
    ):
        with pytest.raises(openai.NotFoundError) as error:
            refused()
        assert error.value.body["message"] == f"Container with id '{made.id}' not found."


# --- the endpoints --------------------------------------------------------------------------------------------------


def test_a_container_is_shown_as_documented(raw):
    made = raw.post("/containers", json={"name": "tides", "memory_limit": "4g"}).json()
    assert list(made) == [
        "id", "object", "created_at", "status", "expires_after", "last_active_at", "memory_limit", "name",
    ]  # fmt: skip
    assert (made["object"], made["status"], made["name"], made["memory_limit"]) == (
        "container",
        "running",
        "tides",
        "4g",
    )
    assert made["expires_after"] == {"anchor": "last_active_at", "minutes": 20}
    assert raw.get(f"/containers/{made['id']}").json()["id"] == made["id"]
    assert raw.delete(f"/containers/{made['id']}").json() == {
        "id": made["id"],
        "object": "container.deleted",
        "deleted": True,
    }


def test_ids_begin_with_their_time(frozen, client):
    container = client.containers.create(name="dated")
    file = client.containers.files.create(container.id, file=("a.txt", b"a"))
    stamp = f"{container.created_at:08x}"
    assert container.id.startswith(f"cntr_{stamp}")
    assert len(container.id) == len("cntr_") + 48
    assert file.id.startswith(f"cfile_{stamp}")
    assert len(file.id) == len("cfile_") + 32


def test_containers_are_listed_and_found_by_name(client):
    made = [client.containers.create(name=name) for name in ("a", "b", "a", "b", "a")]
    newest = [one.id for one in reversed(made)]
    assert [one.id for one in client.containers.list(limit=2)] == newest
    assert [one.id for one in client.containers.list(name="a", limit=1)] == newest[::2]
    assert [one.id for one in client.containers.list(order="asc", name="b")] == [made[1].id, made[3].id]


def test_files_are_put_into_a_container_read_and_deleted(client, table):
    container = client.containers.create(name="files")
    copy = client.containers.files.create(container.id, file_id=table.id)
    sent = client.containers.files.create(container.id, file=("notes.txt", b"tides"))
    assert (copy.path, copy.bytes, copy.source) == (f"/mnt/data/{table.id}-table.csv", 8, "user")
    assert sent.path.endswith("-notes.txt")
    assert [one.id for one in client.containers.files.list(container.id)] == [sent.id, copy.id]
    client.files.delete(table.id)
    content = client.containers.files.content.retrieve(copy.id, container_id=container.id)
    assert content.read() == b"x,y\n1,2\n"
    client.containers.files.delete(copy.id, container_id=container.id)
    with pytest.raises(openai.NotFoundError) as gone:
        client.containers.files.retrieve(copy.id, container_id=container.id)
    assert gone.value.body["message"] == f"File {copy.id} not found on container {container.id}."
    assert [one.id for one in client.containers.files.list(container.id)] == [sent.id]


def test_a_file_is_copied_once_however_often_it_is_given(client, ns, ask, table):
    ns.play({"code": "1"}, {"say": "Yes."})
    tool = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [table.id]}}
    first = ask(tool=tool)
    ask(tool=tool, previous_response_id=first.id)
    (copy,) = client.containers.files.list(container_of(first))
    assert copy.path == f"/mnt/data/{table.id}-table.csv"


def test_a_container_needs_files_that_are_there(client, raw):
    with pytest.raises(openai.NotFoundError, match="file-none"):
        client.containers.create(name="none", file_ids=["file-none"])
    assert client.containers.list().data == []
    container = client.containers.create(name="empty")
    missing = raw.post(f"/containers/{container.id}/files", json={})
    assert (missing.status_code, missing.json()["error"]["param"]) == (400, "file_id")
    unnamed = raw.post("/containers", json={})
    assert unnamed.json()["error"]["message"] == "Missing required parameter: 'name'."


def test_files_of_one_container_are_not_those_of_another(client):
    one, other = (client.containers.create(name=name) for name in ("one", "other"))
    file = client.containers.files.create(one.id, file=("a.txt", b"a"))
    with pytest.raises(openai.NotFoundError):
        client.containers.files.retrieve(file.id, container_id=other.id)
    client.containers.delete(one.id)
    assert client.containers.files.list(other.id).data == []


# --- what the model is given ----------------------------------------------------------------------------------------


def test_files_of_input_and_tools_are_what_the_model_sees(ns, client, table):
    ns.load(
        {
            "emulator": 1,
            "turns": [
                {"when": {"message": "both"}, "steps": [{"say": "{% for f in files %}{{ f.name }};{% endfor %}"}]},
            ],
        }
    )
    note = client.files.create(file=("note.txt", b"n"), purpose="user_data")
    container = client.containers.create(name="c")
    client.containers.files.create(container.id, file=("sent.csv", b"s"))
    content = [
        {"type": "input_text", "text": "both"},
        {"type": "input_file", "file_id": note.id},
        {"type": "input_file", "filename": "inline.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_image", "image_url": PIXEL},
    ]
    response = client.responses.create(
        model="gpt-4.1",
        input=[{"role": "user", "content": content}],
        tools=[{"type": "code_interpreter", "container": container.id}],
    )
    assert response.output_text == "note.txt;sent.csv;inline.pdf;"


@pytest.mark.parametrize("kind", ["input_file", "input_image"])
def test_a_file_of_the_input_has_to_be_there(ns, client, kind):
    ns.play({"say": "Yes."})
    content = [{"type": "input_text", "text": "Look."}, {"type": kind, "file_id": "file-none"}]
    with pytest.raises(openai.NotFoundError, match="file-none"):
        client.responses.create(model="gpt-4.1", input=[{"role": "user", "content": content}])


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_files_of_containers_go_with_a_snapshot_and_with_a_container(ns, client):
    container = client.containers.create(name="kept")
    files = [client.containers.files.create(container.id, file=(f"{n}.txt", b"%d" % n)) for n in range(3)]
    ns.control("POST", "/snapshots", {"name": "a"}, status=201)
    client.containers.delete(container.id)
    ns.control("POST", "/snapshots/a/restore")
    contents = [client.containers.files.content.retrieve(file.id, container_id=container.id).read() for file in files]
    assert contents == [b"0", b"1", b"2"]


def test_an_older_page_of_containers_is_read_through_those_of_other_names(client, ns):
    ns.play({"code": "1"}, {"say": "Yes."})
    named = client.containers.create(name="named")
    for _ in range(101):
        client.containers.create(name="other")
    assert [one.id for one in client.containers.list(name="named")] == [named.id]
