"""Round trips: what is played, recorded, distilled, replayed, recorded and distilled again is the same scenario."""

import hashlib
import json
import re

import httpx
import pytest

from contract_tests.harness import Namespace, parse_events
from contract_tests.recorded_programs import PIXEL, Ask, Program
from contract_tests.recorders import LONGEST, recording
from emulator import LiveServer
from emulator.recording.distilled_files import write_to
from emulator.recording.distiller import Options, distil
from emulator.recording.evidence import gather
from emulator.recording.recognition import read
from emulator.recording.vcrpy_files import write_cassette

pytestmark = pytest.mark.timeout(300)

CUTS = {"chunk": ["The ", "tide ", "turns", " at n", "ine."]}
SAID = {"say": "The tide turns at nine.", "stream": CUTS}
FOUND = {
    "file_id": "{{ file_id('tides.txt') }}",
    "file_name": "tides.txt",
    "score": 0.75,
    "content": [{"type": "text", "text": "high water at nine"}],
}
CITED = {
    "type": "file_citation",
    "text": "【4:0†tides.txt】",
    "start_index": 8,
    "end_index": 23,
    "file_citation": {"file_id": "{{ file_id('tides.txt') }}"},
}
MADE = {
    "type": "file_path",
    "text": "sandbox:/mnt/data/tides.csv",
    "start_index": 13,
    "end_index": 40,
    "file_path": {"file_id": "file-madebycode"},
}
# Written by code, when all this was recorded for the first time.
WRITTEN = {
    "id": "file-madebycode",
    "text": "town,high\nHusum,9\n",
    "filename": "tides.csv",
    "purpose": "assistants_output",
}


def turn(message, *steps, **more):
    return {"when": {"message": message}, "steps": list(steps), **more}


def call(name="tide", **args):
    return {"call": name, **({"args": args} if args else {})}


# By what they show: the turns, what is asked, and what functions answer.
TALKS = {
    "texts": (
        [
            turn("Tell me.", SAID),
            turn("Again?", {"say": "一 🎈 {{ '{{' }} x }}\n\n  two", "stream": {"chunk": "char"}}),
            turn("And?", {"say": "One."}, {"say": "Two words."}, {"say": ""}),
        ],
        [Ask("Tell me."), Ask("Again?"), Ask("And?")],
        {},
    ),
    "refusals": (
        [turn("Do it.", {"refuse": "I will not do that.", "stream": {"chunk": ["I wi", "ll not", " do that."]}})],
        [Ask("Do it.")],
        {},
    ),
    "calls in rounds": (
        [
            turn(
                "How is it?",
                {"call": [{"name": "tide", "args": {"town": "Husum"}}, {"name": "tide", "args": {"town": "Büsum"}}]},
                {"say": "One more.", "stream": {"chunk": ["One mo", "re."]}},
                call(town="Kiel"),
                {"call": "tide", "args": '{ "town": "an odd layout" }', "stream": {"chunk": 5}},
                {"say": "All is well."},
            )
        ],
        [Ask("How is it?")],
        {"tide": ['{"high": 9}', "", "not JSON", '{"town": {"a": [1.0]}}']},
    ),
    "code": (
        [
            turn(
                "Draw it.",
                {"code": "print(6 * 7)", "logs": "42\n", "stream": {"chunk": ["print", "(6 * 7)"]}},
                {"code": "plot()", "images": [PIXEL]},
                {"say": "Here it is.", "images": ["{{ code.images[0] }}"]},
                {"code": "1", "logs": "1"},
            ),
            turn("Show it.", {"say": "Look.", "images": [PIXEL]}),
        ],
        [Ask("Draw it."), Ask("Show it.")],
        {},
    ),
    "searches": (
        [
            turn(
                "Look it up.",
                {"search": "{{ message }}", "results": [FOUND]},
                {"say": "At nine【4:0†tides.txt】.", "annotations": [CITED]},
            ),
            turn("And there?", {"search": "{{ message }}", "results": []}, {"say": "Nothing."}),
        ],
        [Ask("Look it up.", files=("tides.txt",)), Ask("And there?", files=("piers.txt",))],
        {},
    ),
    "files": (
        [
            turn(
                "Make a table.",
                {"code": "save()", "logs": "saved"},
                {"say": "It is [here](sandbox:/mnt/data/tides.csv).", "annotations": [MADE]},
            )
        ],
        [Ask("Make a table.", reads=("file-madebycode",))],
        {},
    ),
    "failures": (
        [
            turn("One", {"fail": "rate_limit_exceeded", "message": "Too much."}),
            turn("Two", {"say": "I was about"}, {"fail": "server_error", "message": "Sorry."}),
            turn("Three", call(), {"fail": "server_error"}),
            turn("Four", {**call(), "fail": "invalid_prompt", "message": "Not so."}),
        ],
        [Ask(text, thread=text) for text in ("One", "Two", "Three", "Four")],
        {"tide": ["ok"]},
    ),
    "stops": (
        [
            turn("One", {"say": "I was about to"}, {"stop": "max_completion_tokens"}),
            turn("Two", {"stop": "content_filter"}),
            turn("Three", {"say": "Far"}, {"stop": "max_prompt_tokens"}),
        ],
        [Ask(text, thread=text) for text in ("One", "Two", "Three")],
        {},
    ),
    "expiry": (
        [
            turn("One", {"say": "Wait."}, {"expire": True}),
            turn("Two", {"expire": True}),
            turn("Three", call(), {"expire": True}),
        ],
        [Ask(text, thread=text) for text in ("One", "Two", "Three")],
        {"tide": ["ok"]},
    ),
    "cancelling": (
        [
            turn("One", {"say": "I was about to tell"}, {"hold": "cancelled"}),
            turn("Two", call(town="Kiel"), {"hold": "cancelled"}),
            turn("Three", call(town="Husum"), {"say": "And so it is that"}, {"hold": "cancelled"}),
        ],
        [
            Ask("One", thread="1", cancel="in_progress"),
            Ask("Two", thread="2", cancel="requires_action"),
            Ask("Three", thread="3", cancel="in_progress"),
        ],
        {"tide": ["ok"]},
    ),
    "threads": (
        [
            turn("Hello", {"say": "{{ 'Hi' if turn == 1 else 'Hi again' }}"}),
            turn("Bye", {"say": "So long."}),
        ],
        [Ask("Hello", "a"), Ask("Hello", "b"), Ask("Bye", "a"), Ask("Hello", "a"), Ask("Hello", "c"), Ask("Bye", "b")],
        {},
    ),
    "usage": (
        [
            turn("Count.", SAID, usage={"prompt_tokens": 12_345, "completion_tokens": 67}),
            turn("Again.", call(), SAID, usage={"prompt_tokens": 3, "completion_tokens": 1}),
        ],
        [Ask("Count."), Ask("Again.", body={"instructions": "Be exact.", "model": "gpt-3.5-turbo"})],
        {"tide": ["ok"]},
    ),
}
OF_FOUNDRY = (
    [
        turn(
            "Where to?",
            {"tool": "bing_grounding", "query": "ferry & tide", "output": "{'num_docs_retrieved': 5}"},
            {"tool": "mcp", "name": "depth_at", "args": {"quay": 4}, "output": "9 m", "approve": True},
            {"tool": "connected_agent", "name": "pilot", "args": "Where is it?", "output": "East."},
            {"say": "East, where it is deep."},
        )
    ],
    [Ask("Where to?")],
    {},
)


@pytest.fixture(scope="module")
def service():
    with LiveServer() as running:
        yield running


@pytest.fixture(scope="module")
def recorder(service, tmp_path_factory):
    """One recorder for all: its lines are those since it was asked to forget."""
    with recording(service.url, tmp_path_factory.mktemp("recorded") / "all.jsonl") as running:
        yield running


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=LONGEST) as client:
        yield client


@pytest.fixture
def trip(request, service, recorder, client, http):
    """Return what plays a script to a program, and returns what was recorded of it."""
    made = []

    def play(script, talk, *, config=None, mount="/v1", faults=(), **program):
        digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]
        ns = Namespace(f"trip-{digest}-{len(made)}", service.url, http)
        made.append(ns)
        ns.put(clock="auto", **(config or {}))
        service.namespace(ns.name).load(script)
        for fault in faults:
            ns.control("POST", "/faults", fault)
        recorder.forget()
        _, asks, outputs = TALKS[talk]
        Program(client, f"{recorder.url}/ns/{ns.name}{mount}", **program).run(asks, outputs)
        file = recorder.file.with_name("talk.jsonl")  # beside the files that its lines name
        file.write_text("".join(json.dumps(line) + "\n" for line in recorder.lines()))
        report = ns.report()
        assert report["failures"] == [], report
        return file, report

    yield play
    for ns in made:
        ns.control("DELETE")


def distilled(file):
    (made,) = distil([read(file)], Options())
    return made


def comparable(made):
    """Return a scenario without what each recording has of its own: its hash, its time, its ids and its lines."""
    text = json.dumps(made.document, ensure_ascii=False)
    document = json.loads(re.sub(r'"talk\.(?:jsonl|yaml):\d+"', '"line"', text))
    for name in ("sha256", "recorded_at", "wire"):
        del document["recording"][name]
    remarks = [re.sub(r"run_\w+ \(talk\.\w+:\d+\)", "run", text) for text in made.comments.values()]
    return document, remarks, dict(made.assets)


CLIENTS = {
    "polled": {},
    "streamed": {"streams": True},
    "v1, polled": {"v1": True, "config": {"wire": "2024-04-20"}},
    "v1, streamed": {"v1": True, "config": {"wire": "2024-04-20"}, "streams": True},
}
FOUNDRY = {
    "mount": "/api/projects/harbour",
    "query": "api-version=v1",
    "tools": [
        {"type": "bing_grounding", "bing_grounding": {"search_configurations": [{"connection_id": "/c/bing"}]}},
        {"type": "mcp", "server_label": "charts", "server_url": "https://charts.example/mcp"},
        {"type": "connected_agent", "connected_agent": {"id": "asst_pilot", "name": "pilot", "description": "Knows."}},
    ],
}


def script_of(talk):
    return {"emulator": 1, "fixtures": {"files": {"tides": WRITTEN}}, "turns": TALKS[talk][0]}


@pytest.mark.parametrize("way", CLIENTS)
@pytest.mark.parametrize("talk", TALKS)
def test_what_is_replayed_and_recorded_again_is_the_same_scenario(trip, tmp_path, talk, way):
    there_and_back(trip, tmp_path, talk, **CLIENTS[way])


@pytest.mark.parametrize("streams", [False, True])
def test_so_is_what_tools_of_foundry_did(trip, tmp_path, streams, monkeypatch):
    monkeypatch.setitem(TALKS, "foundry", OF_FOUNDRY)
    there_and_back(trip, tmp_path, "foundry", streams=streams, **FOUNDRY)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("talk", TALKS)
def test_a_recording_gives_what_was_played(trip, talk, streams):
    played = TALKS[talk][0]
    for turn in turns_of(distilled(trip(script_of(talk), talk, streams=streams)[0])):
        (original,) = [one for one in played if one["when"] == turn["when"]]
        assert len(turn["steps"]) == len(original["steps"])
        for step, of_original in zip(turn["steps"], original["steps"], strict=True):
            assert {**step, **said_in(of_original, streams)} == step
        assert turn["usage"] == original.get("usage", turn["usage"]) if "usage" in turn else "usage" not in original


def said_in(step, streams):
    """Return what a step says itself, beside what is cut as it would be anyway, or is shown by lists alone."""
    about = {name: one for name, one in step.items() if name not in ("images", "results", "as", "stream")}
    if streams and isinstance(step.get("stream", {}).get("chunk"), list):
        about["stream"] = step["stream"]
    if isinstance(step.get("call"), list):
        del about["call"]
    return {name: one for name, one in about.items() if name != "say" or "{{" not in one}


def there_and_back(trip, folder, talk, **program):
    first = distilled(trip(script_of(talk), talk, **program)[0])
    path, *_ = write_to(folder, first)
    file, report = trip(path, talk, **program)
    assert report["drift"] == []
    assert comparable(distilled(file)) == comparable(first)


@pytest.mark.parametrize("talk", TALKS)
def test_what_was_streamed_is_the_same_where_the_replay_is_polled(trip, tmp_path, talk):
    first = distilled(trip(script_of(talk), talk, streams=True)[0])
    path, *_ = write_to(tmp_path, first)
    file, report = trip(path, talk)
    assert report["drift"] == []
    assert without_pieces(turns_of(distilled(file))) == without_pieces(turns_of(first))


@pytest.mark.parametrize("way", CLIENTS)
@pytest.mark.parametrize("talk", TALKS)
def test_a_cassette_of_vcrpy_holds_the_same_as_the_recording_that_it_is_made_of(trip, talk, way):
    file, _ = trip(script_of(talk), talk, **CLIENTS[way])
    first, cassette = distilled(file), file.with_name("talk.yaml")
    assert write_cassette(cassette, read(file).exchanges)[1] == []
    again = distilled(cassette)
    assert again.document["recording"].pop("kind") == "vcrpy"
    del first.document["recording"]["kind"]
    for made in (again, first):
        del made.document["recording"]["source"]
    assert comparable(again) == comparable(first)


@pytest.mark.parametrize("after", [2, 9])
@pytest.mark.parametrize(
    "talk,path",
    [
        ("texts", "/threads/*/runs"),
        ("calls in rounds", "/threads/*/runs"),
        ("calls in rounds", "/threads/*/runs/*/submit_tool_outputs"),
        ("code", "/threads/*/runs"),
    ],
)
def test_an_error_in_a_stream_is_met_again_by_the_fault_that_the_notes_say(trip, tmp_path, talk, path, after):
    error = {"message": "Overloaded.", "type": "server_error", "param": None, "code": "slow_down"}
    do = {"cut_stream_after": after, "error_event": True, "error": error}
    fault = {"match": {"method": "POST", "path": path}, "times": 1, "do": do}
    file, _ = trip(script_of(talk), talk, streams=True, faults=[fault])
    first, shown = distilled(file), events_of_error(file)
    (note,) = [note for note in first.notes if "in an error of the server" in note]
    assert json.loads(note[note.index("{") :]) == fault
    scenario, *_ = write_to(tmp_path, first)
    again, report = trip(scenario, talk, streams=True, faults=[json.loads(note[note.index("{") :])])
    assert (events_of_error(again), report["drift"]) == (shown, [])
    polled, report = trip(scenario, talk)
    assert (last_statuses(polled), report["drift"]) == (last_statuses(file), [])


def events_of_error(file):
    """Return the names of the events of the stream that ended in an error, and the error."""
    bodies = [exchange.response.data or b"" for exchange in read(file).exchanges]
    (events,) = [parse_events(data.decode()) for data in bodies if b"event: error\n" in data]
    return [name for name, _ in events], events[-1][1]


def last_statuses(file):
    """Return how the runs ended, in their order."""
    return [run.status for run in gather([read(file)]).documents.runs.values()]


def turns_of(made):
    return comparable(made)[0]["turns"]


def without_pieces(value):
    """Return turns without how their texts were cut, and without the names of images: only lists show their bytes."""
    if isinstance(value, dict):
        return {name: without_pieces(one) for name, one in value.items() if name != "stream"}
    if isinstance(value, list):
        return [without_pieces(one) for one in value]
    return re.sub(r"^talk\.files/.*", "an image", value) if isinstance(value, str) else value
