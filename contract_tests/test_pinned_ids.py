"""Ids that a recording shows, given again to what is made while it is replayed."""

import json

import pytest

from contract_tests.harness import MODEL, Namespace, scenario
from contract_tests.raw_api import raw_api
from emulator import LiveServer, Settings

PINNED = {
    "asst": ["asst_first"],
    "thread": ["thread_first", "thread_second", "thread_third"],
    "msg": ["msg_question", "msg_answer", "msg_question2", "msg_answer2"],
    "run": ["run_first", "run_second"],
    "step": ["step_first", "step_second"],
    "file": ["assistant-first", "file-second"],
    "vs": ["vs_first"],
}


def pinning(pinned=None, **more):
    recording = {"ids": "pin", "pinned": PINNED if pinned is None else pinned}
    return scenario({"say": "Hello."}, recording=recording, **more)


def converse(api, assistant="asst_first"):
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "hi"}]}}
    return api.post_json("/threads/runs", body)


def new_thread(api):
    return api.post_json("/threads", {})["id"]


def test_what_is_made_gets_the_recorded_ids_in_their_order(ns):
    ns.load(pinning())
    api = raw_api(ns)
    assert api.post_json("/assistants", {"model": MODEL})["id"] == "asst_first"
    assert api.upload()["id"] == "assistant-first"
    assert api.upload()["id"] == "file-second"
    assert api.post_json("/vector_stores", {})["id"] == "vs_first"
    for number, ordinal in ((0, "first"), (1, "second")):
        run = converse(api)
        assert (run["id"], run["thread_id"]) == (f"run_{ordinal}", f"thread_{ordinal}")
        messages = api.get_json(f"/threads/{run['thread_id']}/messages", params={"order": "asc"})["data"]
        assert [one["id"] for one in messages] == PINNED["msg"][2 * number : 2 * number + 2]
        (step,) = api.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}/steps")["data"]
        assert step["id"] == f"step_{ordinal}"
    assert new_thread(api) == "thread_third"
    assert new_thread(api) not in PINNED["thread"]
    assert new_thread(api).startswith("thread_")


def test_a_streamed_run_has_them_too(ns):
    ns.load(pinning())
    api = raw_api(ns)
    api.post_json("/assistants", {"model": MODEL})
    text = api.post(
        "/threads/runs",
        {"assistant_id": "asst_first", "thread": {"messages": [{"role": "user", "content": "hi"}]}, "stream": True},
    ).text
    for id_ in ("thread_first", "run_first", "step_first", "msg_answer"):
        assert f'"{id_}"' in text


def test_ids_are_remapped_where_the_recording_does_not_pin_them(ns):
    ns.load(scenario({"say": "x"}, recording={"ids": "remap", "pinned": PINNED}))
    assert new_thread(raw_api(ns)) != "thread_first"


def test_fixtures_take_the_ids_that_they_pin_and_none_of_those_of_the_recording(ns):
    fixtures = {"threads": {"old": {"id": "thread_first", "messages": [{"role": "user", "content": "hi"}]}}}
    ns.load(pinning(fixtures=fixtures))
    api = raw_api(ns)
    (message,) = api.get_json("/threads/thread_first/messages")["data"]
    assert message["id"] not in PINNED["msg"]
    assert new_thread(api) == "thread_second"


def test_what_was_imported_keeps_its_id(ns):
    ns.load(pinning())
    thread = {"id": "thread_first", "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}}
    ns.control("POST", "/import", {"objects": [thread]})
    assert new_thread(raw_api(ns)) == "thread_second"


def test_a_reset_gives_them_from_the_first_one_on(ns):
    ns.load(pinning())
    api = raw_api(ns)
    assert [new_thread(api), new_thread(api)] == PINNED["thread"][:2]
    ns.control("POST", "/reset")
    assert [new_thread(api), new_thread(api)] == PINNED["thread"][:2]


def test_the_same_scripts_put_again_go_on_and_others_begin(ns):
    ns.load(pinning())
    api = raw_api(ns)
    assert new_thread(api) == "thread_first"
    ns.load(pinning())
    assert new_thread(api) == "thread_second"
    ns.load(pinning({"thread": ["thread_second", "thread_other"]}))
    assert new_thread(api) == "thread_other"
    ns.load(scenario({"say": "x"}))
    assert new_thread(api) not in (*PINNED["thread"], "thread_other")


def test_without_its_scripts_a_namespace_pins_nothing(ns):
    ns.load(pinning())
    ns.control("DELETE", "/scripts")
    assert new_thread(raw_api(ns)) not in PINNED["thread"]


def test_a_refused_request_uses_up_no_id(ns):
    ns.load(pinning())
    api = raw_api(ns)
    assert api.post("/threads", {"messages": [{"role": "nobody", "content": "x"}]}).status_code == 400
    assert api.post("/threads/runs", {"assistant_id": "asst_unknown", "thread": {}}).status_code == 404
    assert new_thread(api) == "thread_first"


def test_a_change_of_the_seed_keeps_them(ns):
    ns.load(pinning())
    api = raw_api(ns)
    assert new_thread(api) == "thread_first"
    ns.put(seed=7)
    assert new_thread(api) == "thread_second"


def test_a_snapshot_goes_on_where_it_was_made(ns):
    ns.load(pinning())
    api = raw_api(ns)
    new_thread(api)
    ns.control("POST", "/snapshots", {"name": "a"}, status=201)
    assert new_thread(api) == "thread_second"
    for _ in range(2):
        ns.control("POST", "/snapshots/a/restore")
        assert new_thread(api) == "thread_second"


@pytest.mark.parametrize("at_start", [False, True])
def test_a_restart_goes_on(tmp_path, http, at_start):
    script = tmp_path / "pinning.json"
    script.write_text(json.dumps(pinning()))
    made = []
    for number in range(3):
        settings = Settings(db=tmp_path / "a.db", scripts=(script,) if at_start else ())
        with LiveServer(settings) as server:
            ns = Namespace("default", server.url, http)
            if not (at_start or number):
                ns.load(pinning())
            made.append(new_thread(raw_api(ns)))
    assert made == PINNED["thread"]


def test_ids_may_stand_in_a_file_beside_the_scenario(ns, http):
    text = json.dumps(pinning("ids.json"))
    parts = {"script": ("a.yaml", text), "file": ("ids.json", json.dumps({"thread": ["thread_beside"]}))}
    assert http.put(f"{ns.control_url}/scripts", files=parts).status_code == 200
    assert new_thread(raw_api(ns)) == "thread_beside"


def test_a_file_of_ids_is_read_with_its_scenario(tmp_path, http):
    (tmp_path / "ids.json").write_text('{"thread": ["thread_beside"]}')
    (tmp_path / "a.yaml").write_text(json.dumps(pinning("ids.json")))
    with LiveServer(script=tmp_path / "a.yaml") as server:
        assert new_thread(raw_api(Namespace("default", server.url, http))) == "thread_beside"


@pytest.mark.parametrize(
    "pinned,problem",
    [
        ({"thread": ["msg_a"]}, 'recording.pinned.thread[0]: ids of threads begin with thread_, unlike "msg_a"'),
        ({"file": ["x"]}, "recording.pinned.file[0]: ids of files begin with file-"),
        ({"msg": ["msg_a/b"]}, 'recording.pinned.msg[0]: "msg_a/b" has characters that no id has'),
        ({"thraed": []}, "recording.pinned"),
        ("ids.json", 'recording.pinned: no file "ids.json" beside the scenario'),
    ],
)
def test_ids_that_cannot_be_given_are_refused(ns, pinned, problem):
    assert problem in ns.load(pinning(pinned), status=400)["error"]["problems"][0]


@pytest.mark.parametrize("text", ["[]", "nonsense", '{"thread": [7]}', '{"threads": []}'])
def test_a_file_that_holds_no_ids_is_refused(ns, http, text):
    parts = {"script": ("a.yaml", json.dumps(pinning("ids.json"))), "file": ("ids.json", text)}
    response = http.put(f"{ns.control_url}/scripts", files=parts)
    assert response.status_code == 400
    assert 'recording.pinned: "ids.json"' in response.json()["error"]["problems"][0]
