"""The command `inspect`: saved snapshots in a browser, as they were saved."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from contract_tests.harness import MODEL, WEATHER, scenario
from emulator import LiveServer, Settings, cli
from scripted_models import Call, Hold, Say, Wait

LONGEST = 60
SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"
COMMAND = (sys.executable, "-m", "emulator", "inspect")
WAITING = {
    "outputs": (Call("look_outside", {}), Say("It rains.")),
    "clock": (Say("One moment."), Wait(60), Say("Done.")),
    "hold": (Hold("gate"), Say("Open.")),
}
HEADERS = {"Authorization": "Bearer sk-emu-x", "OpenAI-Beta": "assistants=v2"}


@contextmanager
def inspecting(*paths):
    """Run the command; yield the process, and the lines that it has printed once all of them are there."""
    command = [*COMMAND, *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith("Press Ctrl-C"):
                    break
            yield process, lines
        finally:
            process.kill()


def begin(namespace, text="How is it outside?"):
    client = namespace.client()
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    return namespace.runs.last


def record(namespace, run):
    return namespace.control.ask("GET", f"/runs/{run.id}")


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves a namespace in which a run waits: its file, the run, and what is known of it."""

    def saved(*steps, clock="real", pace=None, settings=None):
        with LiveServer(settings or Settings()) as server:
            namespace = server.namespace("orders", clock=clock)
            if steps:
                namespace.load(scenario(*steps, name="waiting"))
            if pace is not None:
                namespace.pace(**pace)
            run = begin(namespace)
            path = namespace.snapshot("failed").save(tmp_path / "orders.zip")
            known = record(namespace, run)
        return path, run, known

    return saved


@contextmanager
def shown(path, name="orders"):
    """Show a snapshot in this process; yield its namespace."""
    with LiveServer(Settings(inspected={name: path})) as server:
        (namespace,) = server.emulator.namespaces
        yield namespace


# --- nothing moves ----------------------------------------------------------------------------------------------------


def look(namespace):
    """Look at everything, as the pages and a client that only reads do."""
    with httpx.Client(trust_env=False, timeout=60, headers={"Accept": "text/html"}) as http:
        for url in (namespace.inspector_url, *(namespace.threads.inspector_url(one) for one in namespace.threads)):
            http.get(url)
        for run in namespace.runs:
            http.get(run.inspector_url)
            path = f"/threads/{run.thread_id}/runs/{run.id}"
            assert http.get(f"{namespace.base_url}{path}", headers=HEADERS).status_code == 200


@pytest.mark.parametrize("waits_for", WAITING)
@pytest.mark.parametrize("clock", ["real", "frozen"])
def test_a_run_that_was_under_way_stays_where_it_was(saved, waits_for, clock):
    path, run, known = saved(*WAITING[waits_for], clock=clock)
    assert known["waits_for"].partition(":")[0] == waits_for
    with shown(path) as namespace:
        for _ in range(3):
            look(namespace)
        assert record(namespace, run) == known


@pytest.mark.parametrize(
    "pace", [{"progression": "manual"}, {"progression": "polls", "times": 2}, {"progression": "time", "seconds": "5m"}]
)
def test_polls_of_somebody_who_looks_move_no_run_of_a_paced_namespace(saved, pace):
    path, run, known = saved(Say("Hello."), pace=pace)
    with shown(path) as namespace:
        for _ in range(5):
            look(namespace)
        assert record(namespace, run) == known


def test_a_run_that_has_expired_meanwhile_has_not_done_so_here(saved):
    path, run, known = saved(Call("look_outside", {}), clock={"mode": "real", "at": "2020-01-01T00:00:00Z", "speed": 1})
    with shown(path) as namespace:
        look(namespace)
        assert namespace.clock.mode == "frozen"
        assert namespace.clock.now < known["run"]["expires_at"]
        assert record(namespace, run) == known


def test_a_run_of_a_script_that_is_no_part_of_the_snapshot_does_not_fail(tmp_path, saved):
    script = tmp_path / "script.py"
    script.write_text(
        "from scripted_models import Hold\nclass Parrot:\n    def turn(self, view):\n        return [Hold('gate')]\n"
        "parrot = Parrot()\n"
    )
    path, run, known = saved(settings=Settings(scripts=(script,)))
    assert known["waits_for"] == "hold:gate"
    with shown(path) as namespace:
        look(namespace)
        assert record(namespace, run) == known


def test_a_response_whose_client_waited_for_it_is_still_under_way(tmp_path):
    with LiveServer() as server:
        namespace = server.namespace("orders")
        namespace.load(scenario(Say("One moment."), *WAITING["hold"], name="waiting"))
        with namespace.client().responses.create(model=MODEL, input="Hello", stream=True) as stream:
            next(iter(stream))
            path = namespace.snapshot("failed").save(tmp_path / "orders.zip")
            known = record(namespace, run := namespace.runs.last)
    with shown(path) as namespace:
        assert record(namespace, run) == known
        assert known["status"] == "in_progress"


def test_a_file_on_its_way_into_a_store_is_not_read_by_looking(tmp_path):
    with LiveServer() as server:
        namespace = server.namespace("orders")
        namespace.pace("time", seconds="5m")
        client = namespace.client()
        file = client.files.create(file=("almanac.md", b"The snow melts."), purpose="assistants")
        store = client.vector_stores.create(name="almanac", file_ids=[file.id])
        path = namespace.snapshot("failed").save(tmp_path / "orders.zip")
    with shown(path) as namespace:
        stores = namespace.client().vector_stores
        assert stores.retrieve(store.id).status == "in_progress"
        namespace.clock.advance("4m")
        assert stores.retrieve(store.id).status == "in_progress"
        namespace.clock.advance("1m")
        assert stores.retrieve(store.id).status == "completed"


# --- what somebody changes goes on ------------------------------------------------------------------------------------


def test_it_goes_on_when_something_is_changed(saved):
    path, run, _ = saved(*WAITING["clock"])
    with shown(path) as namespace:
        namespace.clock.advance("59s")
        assert namespace.runs[run.id].status == "in_progress"
        namespace.clock.advance("1s")
        assert namespace.runs[run.id].status == "completed"


def test_a_client_may_go_on_by_a_key_that_names_the_namespace(saved):
    path, run, known = saved(*WAITING["outputs"])
    (call,) = known["run"]["required_action"]["submit_tool_outputs"]["tool_calls"]
    with shown(path) as namespace, httpx.Client(trust_env=False, timeout=60) as http:
        outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "rain"}]}
        url = f"{namespace.base_url.partition('/ns/')[0]}/v1/threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs"
        headers = {**HEADERS, "Authorization": f"Bearer {namespace.key}"}
        assert http.post(url, json=outputs, headers=headers).status_code == 200
        assert namespace.runs[run.id].status == "completed"


def test_a_fork_and_a_question_to_the_scripts_are_no_change(saved):
    path, run, known = saved(*WAITING["clock"])
    with shown(path) as namespace:
        namespace.fork(run.thread_id)
        namespace.match("How is it outside?")
        assert record(namespace, run) == known


# --- the command ------------------------------------------------------------------------------------------------------


def test_it_prints_where_a_browser_finds_the_namespace_and_its_newest_threads(saved):
    path, run, _ = saved(*WAITING["outputs"])
    before = path.read_bytes()
    with inspecting(path) as (process, lines):
        base = re.fullmatch(r"1 snapshot at (http://127\.0\.0\.1:\d+)/", lines[0])[1]
        page = f"{base}/_emulator/inspector/ns/orders"
        assert lines[2:5] == [str(path), f"  {page}", f"  {page}/threads/{run.thread_id}"]
        assert httpx.get(page, trust_env=False, timeout=60).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(LONGEST) == 0
        assert process.stderr.read() == ""
    assert path.read_bytes() == before


def test_folders_and_several_files_are_shown_each_with_a_name_of_its_own(saved, tmp_path):
    path, _, _ = saved(*WAITING["outputs"])
    folder = tmp_path / "other"
    (folder / "gw0").mkdir(parents=True)
    for name in ("orders.zip", "Run 7 (1).zip", "plain.zip", "gw0/deep.zip"):
        (folder / name).write_bytes(path.read_bytes())
    with inspecting(path, folder, folder / "plain.zip") as (process, lines):
        assert lines[0].startswith("5 snapshots at ")
        named = {
            line.split(", as namespace ")[0]: line.partition(", as namespace ")[2] for line in lines if ".zip" in line
        }
        assert named[str(path)] == ""
        assert named[str(folder / "plain.zip")] == named[str(folder / "gw0" / "deep.zip")] == ""
        assert named[str(folder / "orders.zip")] == "orders-2"
        assert re.fullmatch(r"run-7-1-[0-9a-f]{8}", named[str(folder / "Run 7 (1).zip")])
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST) == 0


@pytest.mark.parametrize(
    "name,content,says",
    [
        ("text.zip", b"no snapshot", "cannot be read"),
        ("emulator.db", b"SQLite format 3\0 and so on", "assistants-emulator serve --db"),
    ],
)
def test_a_file_that_is_no_snapshot_costs_one_line(tmp_path, capsys, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    assert cli.main(["inspect", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(path) in err
    assert says in err


def test_a_folder_without_snapshots_and_a_file_that_is_not_there_cost_one_line(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "missing.zip"):
        assert cli.main(["inspect", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_snapshot_of_an_older_format_is_shown(tmp_path):
    kept = sorted(SNAPSHOTS.glob("*.zip"))
    assert kept
    for path in kept:
        with shown(path, "older") as namespace:
            look(namespace)
            assert namespace.clock.mode == "frozen"
