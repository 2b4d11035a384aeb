"""Files that a script cites by their names, as scenarios do that were made from recordings."""

import pytest

from contract_tests.harness import MODEL, parse_events
from contract_tests.raw_api import raw_api
from scripted_models.file_names import stand_in

ARROW = "It is in the plan【4:0†plan.txt】."
CITED = {
    "type": "file_citation",
    "text": "【4:0†plan.txt】",
    "start_index": 17,
    "end_index": 31,
    "file_citation": {"file_id": "{{ file_id('plan.txt') }}"},
}
PATH = {
    "type": "file_path",
    "text": "sandbox:/mnt/data/plan.txt",
    "start_index": 5,
    "end_index": 31,
    "file_path": {"file_id": "{{ file_id('plan.txt') }}"},
}
FOUND = {"file_id": "{{ file_id('plan.txt') }}", "file_name": "plan.txt", "score": 0.75}
STEPS = (
    {"search": "{{ message }}", "results": [{**FOUND, "content": [{"type": "text", "text": "Walk."}]}]},
    {"say": ARROW, "annotations": [CITED], "stream": {"chunk": ["It is in the plan", "【4:0†plan.txt】", "."]}},
    {"say": "🗺🗺 - sandbox:/mnt/data/plan.txt", "annotations": [PATH], "images": ["{{ file_id('plan.txt') }}"]},
)


def begin(api, ns, files, **more):
    """Run on a new thread with a file; return the events of the run, where it is streamed, and its thread."""
    version = "v1" if "file_ids" in files else "v2"
    tools = [{"type": "retrieval" if version == "v1" else "file_search"}, {"type": "code_interpreter"}]
    assistant = api.post_json("/assistants", {"model": MODEL, "tools": tools})["id"]
    message = {"role": "user", "content": "Where do we walk?", **files}
    body = {"assistant_id": assistant, "thread": {"messages": [message]}, **more}
    response = api.post("/threads/runs", body)
    assert response.status_code == 200, response.text
    events = parse_events(response.text) if more.get("stream") else None
    run = next(data for name, data in events if name == "thread.run.created") if events else response.json()
    return events, f"/threads/{run['thread_id']}", f"/threads/{run['thread_id']}/runs/{run['id']}"


def attached(file, beta, tool):
    return {"file_ids": [file]} if beta == "v1" else {"attachments": [{"file_id": file, "tools": [{"type": tool}]}]}


@pytest.mark.parametrize("beta,tool", [("v1", ""), ("v2", "file_search"), ("v2", "code_interpreter")])
@pytest.mark.parametrize("stream", [False, True])
def test_a_cited_file_has_the_id_of_the_run_s_file_of_that_name(ns, beta, tool, stream):
    api = raw_api(ns, beta)
    ns.play(*STEPS)
    file = api.upload("plan.txt")["id"]
    _, thread, run = begin(api, ns, attached(file, beta, tool), **({"stream": True} if stream else {}))
    assert api.get_json(run)["status"] == "completed"
    newest, cited, _ = api.get_json(f"{thread}/messages")["data"]
    (annotation,) = cited["content"][0]["text"]["annotations"]
    assert annotation["file_citation"]["file_id"] == file
    assert (annotation["start_index"], annotation["end_index"]) == (17, 31)
    (image, text) = newest["content"]
    assert image["image_file"]["file_id"] == file
    (path,) = text["text"]["annotations"]
    assert path["file_path"] == {"file_id": file}
    assert text["text"]["value"][path["start_index"] : path["end_index"]] == path["text"]
    steps = api.get_json(f"{run}/steps", params={"order": "asc"})["data"]
    (call,) = steps[0]["step_details"]["tool_calls"]
    if beta == "v2":
        assert call["file_search"]["results"][0]["file_id"] == file
    assert ns.report()["drift"] == []


def test_a_stream_shows_the_same_annotations(ns):
    api = raw_api(ns)
    ns.play(*STEPS)
    file = api.upload("plan.txt")["id"]
    events, thread, _ = begin(api, ns, attached(file, "v2", "file_search"), stream=True)
    parts = [data["delta"]["content"][0]["text"] for name, data in events if name == "thread.message.delta"
             and "text" in data["delta"]["content"][0]]  # fmt: skip
    streamed = [{k: v for k, v in one.items() if k != "index"} for part in parts for one in part.get("annotations", ())]
    messages = reversed(api.get_json(f"{thread}/messages")["data"])
    shown = [
        one
        for message in messages
        for part in message["content"]
        for one in part.get("text", {}).get("annotations", ())
    ]
    assert [{**one, "file_citation": {"file_id": file}} if "file_citation" in one else one for one in streamed] == shown


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("beta", ["v1", "v2"])
def test_a_file_that_there_is_not_fails_no_run_and_is_reported_once(ns, beta, stream):
    api = raw_api(ns, beta)
    ns.play(*STEPS)
    other = api.upload("other.txt")["id"]
    _, thread, run = begin(api, ns, attached(other, beta, "file_search"), **({"stream": True} if stream else {}))
    assert api.get_json(run)["status"] == "completed"
    _, cited, _ = api.get_json(f"{thread}/messages")["data"]
    assert cited["content"][0]["text"]["annotations"][0]["file_citation"]["file_id"] == stand_in("plan.txt")
    report = ns.report()
    (line,) = report["drift"]
    assert (line["kind"], line["recorded"], line["got"]) == ("files", "plan.txt", None)
    assert (line["path"], line["change"]) == ("$.files[plan.txt]", "missing")
    assert line["turn"] == "any"
    assert "turns[0].steps[0]" in line["place"]
    assert report["failures"] == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_fixture_is_cited_where_the_run_has_no_such_file(ns, stream):
    api = raw_api(ns)
    ns.play(*STEPS, fixtures={"files": {"plan": {"id": "file-plan", "text": "Walk."}}})
    _, thread, _ = begin(api, ns, {}, **({"stream": True} if stream else {}))
    _, cited, _ = api.get_json(f"{thread}/messages")["data"]
    assert cited["content"][0]["text"]["annotations"][0]["file_citation"]["file_id"] == "file-plan"
    assert api.get_json("/files/file-plan")["filename"] == "plan.txt"
    assert ns.report()["drift"] == []


def test_strict_namespaces_fail_for_a_file_that_there_is_not(ns):
    ns.put(strict=True)
    api = raw_api(ns)
    ns.play(*STEPS)
    begin(api, ns, {})
    (failure,) = ns.report()["failures"]
    assert failure["kind"] == "drift"
    assert "plan.txt" in failure["message"]


def test_the_newest_of_several_files_of_one_name_is_cited(frozen):
    api = raw_api(frozen)
    frozen.play(*STEPS)
    older = api.upload("plan.txt")["id"]
    frozen.advance("1h")
    newer = api.upload("plan.txt", b"Run.")["id"]
    tools = [{"type": "code_interpreter"}]
    files = {"attachments": [{"file_id": one, "tools": tools} for one in (newer, older)]}
    _, thread, _ = begin(api, frozen, files)
    _, cited, _ = api.get_json(f"{thread}/messages")["data"]
    assert cited["content"][0]["text"]["annotations"][0]["file_citation"]["file_id"] == newer
