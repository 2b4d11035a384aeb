"""The Python face of the control API: typed objects for a server here or elsewhere, at once or awaited."""

import datetime
import json
import warnings

import openai
import pytest

import emulator
from contract_tests.harness import MODEL, NOON, NOON_SECONDS, WEATHER, scenario
from emulator import ControlError, Emulator, InProcess, LiveServer, ScriptError, Settings, UnreachableError
from emulator.harness.names import namespace_name
from emulator.service.namespaces import NAME
from scripted_models import Call, Say

CALLING = scenario(Call("look_outside", {"town": "Oslo"}), Say("It rains."), name="weather")


@pytest.fixture
def own(server, request):
    """A namespace as the Python face shows it."""
    namespace = server.namespace(request.node.nodeid, clock="auto")
    yield namespace
    namespace.delete()


def start(namespace, text="How is it outside?", **more):
    client = namespace.client()
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **more)


def finish(namespace, run, output="rain"):
    runs = namespace.client().beta.threads.runs
    run = runs.poll(run.id, thread_id=run.thread_id)
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": output} for call in calls]
    return runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["orders-7", "a", "x" * 64, "0.1_2"])
def test_a_valid_name_stays_as_it_is(name):
    assert namespace_name(name) == name


@pytest.mark.parametrize("text", ["My Test!", "test_x[a-b]", "x" * 65, "", ".", "..", "ÄÖ", "a/b::c", "Orders-7"])
def test_any_text_becomes_a_name_that_differs_from_those_of_others(text):
    name = namespace_name(text)
    assert name not in {text, namespace_name(f"{text}?")}
    assert name == namespace_name(text)
    assert NAME.fullmatch(name)


# --- servers ----------------------------------------------------------------------------------------------------------


def test_a_server_elsewhere_is_reached_by_its_url_and_its_token():
    with LiveServer(Settings(control_token="t")) as live:
        with Emulator.connect(live.base_url, token="t") as connected:
            connected.namespace("one", seed=4)
            assert [one.name for one in live.emulator.namespaces] == ["one"]
        with pytest.raises(ControlError, match=r"needs its token: .* EMULATOR_CONTROL_TOKEN") as refused:
            Emulator.connect(live.url)
        assert refused.value.status == 401
        url = live.url
    with pytest.raises(UnreachableError, match="no emulator answers at"):
        Emulator.connect(url)


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is no URL of an emulator"):
        Emulator.connect("localhost:8000")


def test_a_connection_that_was_closed_is_opened_again(server):
    with Emulator.connect(server.url) as connected:
        connected.control.close()
        assert connected.info()["name"] == "assistants-emulator"


def test_threads_may_share_it(own):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        assert {round(one) for one in pool.map(lambda _: own.clock.now, range(64))}


# --- configuration ------------------------------------------------------------------------------------------------------


def test_a_namespace_is_configured_with_values_of_python(server):
    own = server.namespace(
        "configured",
        seed=7,
        clock=datetime.datetime(2026, 1, 5, 12, tzinfo=datetime.UTC),
        wire=datetime.date(2024, 5, 1),
        pace="manual",
        models=("gpt-4o",),
        strict=True,
    )
    assert (own.clock.now, own.clock.mode) == (NOON_SECONDS, "frozen")
    with pytest.raises(openai.BadRequestError):
        own.client().beta.assistants.create(model="gpt-5")
    assert own.exists()
    own.delete()
    own.delete()  # nothing is wrong with that
    assert not own.exists()


@pytest.mark.parametrize(
    "act, error, says",
    [
        (lambda own: own.configure(sed=7), TypeError, "a namespace has no 'sed': choose among seed, clock"),
        (lambda own: own.configure(clock="frosen"), ControlError, "frosen"),
        (lambda own: own.configure(wire="2019-01-01"), ControlError, "wire"),
        (lambda own: own.pace("poll"), ValueError, "'poll' is no pace: choose one of immediate, polls, time, manual"),
        (lambda own: own.pace("polls", times=0), ControlError, "times"),
        (lambda own: own.clock.advance("ten minutes"), ControlError, "by"),
        (lambda own: own.fault("POST", "/nowhere", status=500), ControlError, "can never hit"),
        (lambda own: own.fault("POST", "/threads"), ControlError, "do"),
        (lambda own: own.fault("POST", "/threads", statsu=500), TypeError, "statsu"),
        (lambda own: own.runs.get(object()), TypeError, "an id, or an object with an id, is needed here"),
        (lambda own: own.release("run_1"), TypeError, "the name of a breakpoint, or at=STATUS"),
        (lambda own: own.load(), TypeError, "at least one"),
        (lambda own: own.load(7), TypeError, "give the path of a file, a text of several lines, a mapping"),
        (lambda own: own.load("nowhere.yaml"), FileNotFoundError, "nowhere.yaml"),
        (lambda own: own.load("emulator: 1\nturns: 3\n"), ScriptError, "turns: expected a list"),
        (lambda own: own.requests.assert_called(times=1, at_least=1), TypeError, "times is exact"),
    ],
)
def test_what_is_wrong_fails_at_once_and_says_what_is_taken(own, act, error, says):
    with pytest.raises(error) as raised:
        act(own)
    assert says in str(raised.value)


# --- scripts ----------------------------------------------------------------------------------------------------------


def test_scripts_are_files_texts_and_mappings(own, tmp_path):
    (tmp_path / "plan.txt").write_text("the plan")
    attached = "emulator: 1\nname: files\nfixtures: {files: {plan: {path: plan.txt, id: file-plan}}}\nturns: []\n"
    (tmp_path / "files.yaml").write_text(attached)
    own.folder = tmp_path
    own.load(CALLING, "files.yaml", "emulator: 1\nname: third\nturns: [{name: z, steps: [{say: hi}]}]\n")
    assert finish(own, start(own)).status == "completed"
    assert own.client().files.retrieve("file-plan").filename == "plan.txt"
    own.load("emulator: 1\nname: weather\nturns: [{name: z, steps: [{say: hi}]}]\n", add=True)
    assert start(own).status == "queued"
    assert own.client().beta.threads.messages.list(own.threads.last["id"]).data[0].content[0].text.value == "hi"


def test_scripts_in_python_are_played_by_a_server_in_this_process(own, server, tmp_path):
    class Parrot:
        def turn(self, view):
            return [Say(f"{view.message}, {view.message}!")]

    def said(question):
        run = start(own, question)
        return own.client().beta.threads.messages.list(run.thread_id).data[0].content[0].text.value

    own.load(Parrot())
    assert said("Polly") == "Polly, Polly!"
    (tmp_path / "mynah.py").write_text(
        "from scripted_models import Say\nclass Mynah:\n    def turn(self, view):\n        return [Say('No.')]\nmynah = Mynah()\n"
    )
    own.load(tmp_path / "mynah.py")
    assert said("Polly") == "No."
    own.load(CALLING)
    assert start(own).status == "queued"
    with Emulator.connect(server.url) as connected, pytest.raises(TypeError, match="a server in this process"):
        connected.namespace("far").load(Parrot())
    with pytest.raises(TypeError, match="Together"):
        own.load(Parrot(), CALLING)


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_tells_what_it_did(own):
    own.load(CALLING)
    run = finish(own, start(own))
    seen = own.runs.last
    assert (seen.id, seen.thread_id, seen.status, seen.turn) == (run.id, run.thread_id, "completed", "any")
    assert seen.timeline == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]
    assert [change.cause for change in seen.changes] == [
        "create",
        "start",
        "require_action",
        "submit",
        "start",
        "complete",
    ]
    call = seen.calls["look_outside"]
    assert (call.arguments, call.output, call.type) == ('{"town":"Oslo"}', "rain", "function")
    assert "look_outside" in seen.calls
    assert seen.calls.names == ["look_outside"]
    with pytest.raises(KeyError, match="called were: look_outside"):
        seen.calls["look_inside"]
    assert seen.view.message == "How is it outside?"
    assert seen.doc["model"] == MODEL
    assert seen.last_error is None
    assert [own.runs[0].id, own.runs[run.id].id, len(own.runs)] == [run.id, run.id, 1]
    assert seen.refresh().status == "completed"


def test_a_run_is_moved_by_hand(own):
    own.load(CALLING)
    own.pace("manual")
    run = start(own)
    assert own.step(run).run["status"] == "in_progress"
    assert own.step(run, until="requires_action").reached
    assert own.runs.last.waits_for == "outputs"
    assert own.expire(run).status == "expired"


def test_a_run_is_held_cancelled_and_released(own):
    own.load(CALLING)
    own.hold(at="in_progress")
    run = start(own)
    assert (own.runs.last.status, own.runs.last.waits_for) == ("in_progress", "hold:in_progress")
    assert own.release(run, at="in_progress").status == "requires_action"
    assert own.cancel(run).status == "cancelled"


def test_there_is_no_last_run_of_an_empty_namespace(own):
    with pytest.raises(LookupError, match="no run has been created"):
        own.runs.last  # noqa: B018
    with pytest.raises(LookupError, match="no thread has been created"):
        own.threads.last  # noqa: B018


def test_the_clock_tells_what_it_caused(own):
    own.clock.freeze(NOON)
    own.load(CALLING)
    run = start(own)
    own.step(run, "requires_action")
    fired = own.clock.advance(datetime.timedelta(minutes=10, seconds=1))
    assert (run.id, "thread.run.expired") in [(one.run, one.event) for one in fired]
    own.clock.auto()
    assert own.clock.mode == "auto"
    own.clock.real(speed=10)
    assert own.clock.mode == "real"


# --- requests, faults and stubs -----------------------------------------------------------------------------------------


def test_what_the_program_sent_is_asserted(own):
    own.load(CALLING)
    run = start(own, metadata={"colour": "red"})
    own.requests.assert_called("POST", "/threads/*/runs", times=1, json={"metadata": {"colour": "red"}})
    own.requests.assert_not_called("POST", "/files")
    with pytest.raises(AssertionError, match="colour"):
        own.requests.assert_called("POST", "/threads/*/runs", json={"metadata": {"colour": "blue"}})
    with pytest.raises(AssertionError):
        own.requests.assert_called("POST", "/threads", at_most=0)
    (request,) = own.requests.list("POST", "/threads/*/runs")
    assert (request.run, request.status, request.json["metadata"]) == (run.id, 200, {"colour": "red"})
    assert "sk-" not in str(request.headers).replace("sk-emu", "")
    assert [own.requests.last.path, len(own.requests)] == [f"/threads/{run.thread_id}/runs", 3]
    own.requests.clear()
    assert list(own.requests) == []


def test_a_fault_hits_and_says_how_often(own):
    own.fault("POST", "/threads", status=429, headers={"retry-after-ms": "1"}, times=1)
    own.client().beta.threads.create()
    assert own.faults[0]["hits"] == 1
    own.clear_faults()
    assert own.faults == []


def test_neighbors_of_the_api_are_stubbed(own):
    own.stub("POST", "/embeddings", json={"object": "list", "data": [], "model": "m", "usage": {}})
    assert own.client().embeddings.create(model="m", input="x", encoding_format="float").data == []
    assert own.stubs[0]["hits"] == 1
    own.clear_stubs()
    assert own.stubs == []


# --- going back -------------------------------------------------------------------------------------------------------


def test_a_namespace_goes_back_to_what_it_was_here_and_on_another_server(own, tmp_path):
    own.load(CALLING)
    run = start(own)
    kept = own.snapshot("asked")
    assert finish(own, run).status == "completed"
    own.restore("asked")
    assert own.runs.last.status == "requires_action"
    assert [one.name for one in own.snapshots] == ["asked"]
    path = kept.save(tmp_path / "asked.zip")
    kept.delete()
    assert own.snapshots == []
    with LiveServer() as other:
        there = other.namespace("there")
        there.restore(path)
        assert finish(there, run).status == "completed"
        assert there.snapshots == []


def test_a_thread_is_forked_at_a_message(own):
    own.load(CALLING)
    run = finish(own, start(own))
    first = own.threads.get(run.thread_id)["messages"][0]
    copy = own.fork(run.thread_id, at=first["id"])
    assert [message["content"] for message in own.threads.get(copy)["messages"]] == [first["content"]]
    assert "How is it outside?" in own.threads.transcript(copy.id)
    assert [thread["messages"] for thread in own.threads] == [2, 1]


def test_objects_of_the_client_are_imported(own, server):
    client = own.client()
    assistant = client.beta.assistants.create(model=MODEL, name="Anna")
    other = server.namespace("importing")
    other.import_objects(assistant)
    assert other.client().beta.assistants.retrieve(assistant.id).name == "Anna"
    other.delete()


# --- checks -----------------------------------------------------------------------------------------------------------


def test_a_check_raises_what_the_program_may_have_hidden(own):
    own.check()
    own.load(scenario(Say("Hello."), name="only"))
    own.load(
        {"emulator": 1, "name": "only", "turns": [{"name": "a", "when": {"message": "a"}, "steps": [{"say": "a"}]}]}
    )
    start(own, "b")
    with pytest.raises(emulator.CheckFailedError, match="no scripted turn matches") as failed:
        own.check()
    assert isinstance(failed.value, AssertionError)
    assert len(failed.value.problems) == len(own.report().problems) == 1
    assert "unmatched: " in str(own.report())


def test_a_report_says_once_that_a_fault_never_hit(own):
    own.fault("POST", "/files", status=500)
    assert str(own.report()).count("never hit") == 1
    own.configure(strict=True)
    assert str(own.report()).count("never hit") == 1


def test_a_turn_is_matched_without_being_played(own):
    own.load({"emulator": 1, "turns": [{"name": "a", "when": {"message": "a"}, "steps": [{"say": "a"}]}]})
    assert own.match("a")["turn"] == "a"
    assert own.match("b")["turn"] is None
    assert len(own.runs) == 0


# --- awaited ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [None, "clock", "control", "runs", "requests", "threads"])
def test_what_is_awaited_has_everything_that_the_other_has(server, own, part):
    awaited = server.async_namespace(own.name)
    one, other = (own, awaited) if part is None else (getattr(own, part), getattr(awaited, part))
    names = {name for name in dir(type(one)) if not name.startswith("_")}
    # Clients are asynchronous by themselves there.
    missing = names - set(dir(other)) - {"async_client", "async_http_client"}
    assert missing == set()


async def test_everything_can_be_awaited(server):
    own = server.async_namespace("awaited", clock="auto")
    await own.load(CALLING)
    async with own.client() as client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assistant = await client.beta.assistants.create(model=MODEL, tools=[WEATHER])
            thread = await client.beta.threads.create(messages=[{"role": "user", "content": "How is it?"}])
            run = await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert (await own.runs.last()).status == "requires_action"
    await own.requests.assert_called("POST", "/threads", times=1)
    await own.clock.freeze(NOON)
    assert await own.clock.now() == NOON_SECONDS
    assert (await own.requests.last()).run == (await own.threads.newest(1))[0]["active_run"] == run.id
    assert await own.faults() == await own.stubs() == await own.snapshots() == []
    assert (await own.runs.get(run)).id == run.id
    await own.check()
    assert (await own.report()).failures == []
    await own.reset()
    await own.delete()


# --- without a socket -------------------------------------------------------------------------------------------------


def test_a_server_in_process_has_the_same_face():
    with InProcess() as server:
        own = server.namespace("without a socket", clock=NOON)
        own.load(CALLING)
        run = finish(own, start(own))
        assert own.runs.last.calls["look_outside"].output == "rain"
        own.requests.assert_called("POST", "/threads/*/runs", times=1)
        own.restore(own.snapshot("kept").read())
        assert "It rains." in own.threads.transcript(run.thread_id)
        assert [one.name for one in server.emulator.namespaces] == [own.name]


async def test_it_can_be_awaited_too():
    with InProcess() as server:
        own = server.async_namespace("awaited", clock=NOON)
        assert await own.clock.advance("1s") == []
        async with own.client() as client:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert (await client.beta.assistants.create(model=MODEL)).id.startswith("asst_")


# --- scripts ------------------------------------------------------------------------------------------------------------


def test_a_text_in_braces_is_a_script_on_one_line_and_of_any_length(own):
    turns = [{"name": f"turn {number}", "when": {"message": "no"}, "steps": [{"say": "x"}]} for number in range(200)]
    assert own.load(json.dumps({"emulator": 1, "turns": turns})) is not None
    assert own.load("{emulator: 1, turns: [{steps: [{say: Hello.}]}]}") is not None
