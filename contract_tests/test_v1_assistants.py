import pytest

from contract_tests.harness import MODEL, NOON_SECONDS
from contract_tests.lines import EMPTY_PAGE, is_id, line, refused

FUNCTION = {"type": "function", "function": {"name": "add_up", "parameters": {"type": "object", "properties": {}}}}
LAST_KEYS = [
    "id", "object", "created_at", "name", "description", "model", "instructions", "tools", "top_p", "temperature",
    "file_ids", "metadata", "response_format",
]  # fmt: skip


@pytest.fixture
def old(ns):
    return line(ns, "v1")


@pytest.fixture
def files(old):
    return [old.upload(f"{n}.txt")["id"] for n in range(3)]


def test_an_assistant_of_v1_has_files_and_no_resources(frozen, old, files):
    given = {
        "model": "gpt-4",
        "name": "Lotse",
        "tools": [{"type": "retrieval"}, {"type": "code_interpreter"}],
        "file_ids": files,
    }
    made = old.make("/assistants", given)
    assert made == {
        "id": made["id"],
        "object": "assistant",
        "created_at": NOON_SECONDS,
        "name": "Lotse",
        "description": None,
        "model": "gpt-4",
        "instructions": None,
        "tools": [{"type": "retrieval"}, {"type": "code_interpreter"}],
        "top_p": 1.0,
        "temperature": 1.0,
        "file_ids": files,
        "metadata": {},
        "response_format": "auto",
    }
    assert list(made) == LAST_KEYS
    assert old.read(f"/assistants/{made['id']}") == made
    assert old.read("/assistants")["data"] == [made]


def test_an_assistant_of_2023_knows_neither_sampling_nor_a_format(ns, old):
    ns.put(wire="2023-11-10")
    made = old.make("/assistants", {"model": "gpt-4", "tools": [FUNCTION]})
    keys = [
        "id",
        "object",
        "created_at",
        "name",
        "description",
        "model",
        "instructions",
        "tools",
        "file_ids",
        "metadata",
    ]
    assert list(made) == keys
    assert made["tools"] == [FUNCTION]
    assert made["file_ids"] == []


def test_files_are_replaced_by_a_change_and_kept_without_one(old, files):
    made = old.make("/assistants", {"model": MODEL, "file_ids": files[:1]})
    assert old.make(f"/assistants/{made['id']}", {"name": "Neu"})["file_ids"] == files[:1]
    assert old.make(f"/assistants/{made['id']}", {"file_ids": files[1:]})["file_ids"] == files[1:]
    assert old.make(f"/assistants/{made['id']}", {"file_ids": []})["file_ids"] == []


def test_a_deleted_assistant_is_gone(old):
    made = old.make("/assistants", {"model": MODEL})
    gone = old.delete(f"/assistants/{made['id']}").json()
    assert gone == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    refused(old.get(f"/assistants/{made['id']}"), 404, f"No assistant found with id '{made['id']}'.")


# --- one file after the other ---------------------------------------------------------------------------------------


def test_files_are_attached_one_by_one(frozen, old, files):
    boss = old.make("/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}]})["id"]
    answer = old.post(f"/assistants/{boss}/files", {"file_id": files[0]})
    about = {"object": "assistant.file", "created_at": NOON_SECONDS, "assistant_id": boss}
    assert answer.json() == {"id": files[0], **about}
    assert list(answer.json()) == ["id", "object", "created_at", "assistant_id"]
    assert answer.text.endswith("\n}")
    assert old.read(f"/assistants/{boss}/files/{files[0]}") == answer.json()
    assert old.read(f"/assistants/{boss}")["file_ids"] == [files[0]]


def test_a_file_of_an_assistant_is_as_old_as_their_connection(frozen, old, files):
    frozen.advance("1m")
    boss = old.make("/assistants", {"model": MODEL, "file_ids": files[:1]})["id"]
    frozen.advance("1m")
    old.make(f"/assistants/{boss}/files", {"file_id": files[1]})
    old.make(f"/assistants/{boss}", {"file_ids": files})
    page = old.read(f"/assistants/{boss}/files", params={"order": "asc"})
    assert [file["created_at"] - NOON_SECONDS for file in page["data"]] == [60, 120, 120]


def test_a_file_that_is_attached_twice_is_there_once(old, files):
    boss = old.make("/assistants", {"model": MODEL})["id"]
    for _ in range(2):
        old.make(f"/assistants/{boss}/files", {"file_id": files[0]})
    assert old.read(f"/assistants/{boss}")["file_ids"] == [files[0]]


def test_files_of_an_assistant_are_listed(old, files):
    boss = old.make("/assistants", {"model": MODEL, "file_ids": files})["id"]
    path = f"/assistants/{boss}/files"

    def listed(**query):
        page = old.read(path, params=query)
        return [file["id"] for file in page["data"]], page["has_more"]

    page = old.read(path)
    assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
    assert ([file["id"] for file in page["data"]], page["first_id"], page["last_id"]) == (
        files[::-1],
        files[2],
        files[0],
    )
    assert listed(order="asc") == (files, False)
    assert listed(order="asc", limit=2) == (files[:2], True)
    assert listed(order="asc", after=files[0], limit=1) == (files[1:2], True)
    assert listed(order="asc", before=files[2], limit=1) == (files[1:2], True)
    assert listed(order="asc", before=files[2]) == (files[:2], False)
    assert old.read(path, params={"after": files[0]}) == EMPTY_PAGE
    assert old.get(path, params={"after": "file-0"}).status_code == 400
    assert old.get(path, params={"limit": 101}).status_code == 400


def test_a_detached_file_still_exists(old, files):
    boss = old.make("/assistants", {"model": MODEL, "file_ids": files})["id"]
    gone = old.delete(f"/assistants/{boss}/files/{files[1]}").json()
    assert gone == {"id": files[1], "object": "assistant.file.deleted", "deleted": True}
    assert old.read(f"/assistants/{boss}")["file_ids"] == [files[0], files[2]]
    assert old.read(f"/files/{files[1]}")["id"] == files[1]
    for answer in (old.get(f"/assistants/{boss}/files/{files[1]}"), old.delete(f"/assistants/{boss}/files/{files[1]}")):
        refused(answer, 404, f"No assistant file found with id '{files[1]}'.")


def test_an_assistant_has_at_most_twenty_files(old):
    ids = [old.upload(f"{n}.txt", b"")["id"] for n in range(21)]
    boss = old.make("/assistants", {"model": MODEL, "file_ids": ids[:20]})["id"]
    words = "Assistant support at most 20 files, remove some files before adding new ones."
    refused(old.post(f"/assistants/{boss}/files", {"file_id": ids[20]}), 400, words)
    assert old.post(f"/assistants/{boss}/files", {"file_id": ids[0]}).status_code == 200
    assert old.post("/assistants", {"model": MODEL, "file_ids": ids}).status_code == 400


def test_files_and_assistants_that_are_not_there_are_not_found(old, files):
    boss = old.make("/assistants", {"model": MODEL})["id"]
    refused(old.post(f"/assistants/{boss}/files", {"file_id": "file-0"}), 404, "Files [file-0] were not found")
    refused(old.post("/assistants", {"model": MODEL, "file_ids": ["file-0"]}), 404, "Files [file-0] were not found")
    assert old.post("/assistants/asst_0/files", {"file_id": files[0]}).status_code == 404
    assert old.get("/assistants/asst_0/files").status_code == 404


# --- one assistant, two wires ---------------------------------------------------------------------------------------


def test_an_assistant_of_v1_can_be_read_on_v2(ns, old, files):
    tools = [{"type": "retrieval"}, {"type": "code_interpreter"}]
    boss = old.make("/assistants", {"model": MODEL, "tools": tools, "file_ids": files})["id"]
    seen = line(ns).read(f"/assistants/{boss}")
    assert "file_ids" not in seen
    assert [tool["type"] for tool in seen["tools"]] == ["file_search", "code_interpreter"]
    assert seen["tool_resources"]["code_interpreter"] == {"file_ids": files}


def test_a_run_searches_the_files_that_are_attached_when_it_begins(ns, old, files):
    ns.plays({"search": "high water"}, {"say": "{{ hits.results | map(attribute='file_name') | sort | join(' ') }}"})
    boss = old.make("/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}], "file_ids": files[:2]})["id"]

    def found():
        run = old.make(
            "/threads/runs", {"assistant_id": boss, "thread": {"messages": [{"role": "user", "content": "x"}]}}
        )
        return old.read(f"/threads/{run['thread_id']}/messages")["data"][0]["content"][0]["text"]["value"]

    assert found() == "0.txt 1.txt"
    old.make(f"/assistants/{boss}/files", {"file_id": files[2]})
    old.delete(f"/assistants/{boss}/files/{files[0]}")
    assert found() == "1.txt 2.txt"
    assert line(ns).read("/vector_stores")["data"] == []


def test_an_assistant_of_v2_can_be_read_on_v1(ns, old, files):
    named = {"code_interpreter": {"file_ids": files}}
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    boss = line(ns).make("/assistants", {"model": MODEL, "tools": tools, "tool_resources": named})["id"]
    seen = old.read(f"/assistants/{boss}")
    assert list(seen) == LAST_KEYS
    assert seen["file_ids"] == files
    assert [tool["type"] for tool in seen["tools"]] == ["code_interpreter", "retrieval"]


def test_ids_of_v1_have_the_length_that_they_had(ns, old):
    ns.put(wire="2024-03-01")
    assert is_id(old.make("/assistants", {"model": MODEL})["id"], "asst_", 24)
    assert is_id(old.make("/threads", {})["id"], "thread_", 24)
    assert is_id(old.upload()["id"], "file-", 24)
