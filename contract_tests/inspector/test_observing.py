"""Whoever looks moves nothing: at no pace, by no page, and with no stream that is left open."""

from itertools import product
from typing import Any, NamedTuple

import pytest

from contract_tests.harness import MODEL, NOON, Namespace
from contract_tests.inspector.live_streams import following
from emulator.domain import inspector_paths as to

PACES = [
    {"progression": "immediate"},
    {"progression": "polls", "times": 2},
    {"progression": "time", "seconds": "1h"},
    {"progression": "manual"},
]
CLOCKS = ["frozen", "auto", "real"]


class Way(NamedTuple):
    """How a namespace is set. is_held: whether its run is held at a status."""

    pace: dict[str, Any]
    clock: str
    is_held: bool

    def __str__(self):
        return "-".join([self.pace["progression"], self.clock, *["held"] * self.is_held])


# What holds a run does not ask the clock: on one of them is enough.
WAYS = [Way(pace, clock, is_held=False) for pace, clock in product(PACES, CLOCKS)]
WAYS += [Way(pace, "frozen", is_held=True) for pace in PACES]
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
POLLS = 4


class Program:
    """A program that makes a run, and polls it."""

    def __init__(self, ns):
        self.ns = ns
        assistant = self.send("POST", "/assistants", {"model": MODEL})
        thread = {"messages": [{"role": "user", "content": "How is the harbour?"}]}
        self.run = self.send("POST", "/threads/runs", {"assistant_id": assistant["id"], "thread": thread})

    def send(self, method, path, body=None):
        headers = {"Authorization": "Bearer sk-emu-any", "OpenAI-Beta": "assistants=v2"}
        answer = self.ns.http.request(method, f"{self.ns.base_url}{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def poll(self):
        return self.send("GET", f"/threads/{self.run['thread_id']}/runs/{self.run['id']}")["status"]

    def addresses(self):
        """Return the address of every page that has something to show of the run."""
        name, run, thread = self.ns.name, self.run["id"], self.run["thread_id"]
        return [
            to.namespaces(),
            to.namespace(name),
            to.report(name),
            to.snapshots(name),
            to.threads(name),
            to.thread(name, thread),
            to.scenario(name, thread),
            to.files(name),
            to.runs(name),
            to.run(name, run),
            to.timeline(name, run),
            to.scripts(name),
            to.scripts(name, for_=run),
            to.requests(name),
            to.request(name, self.ns.control("GET", "/requests")["requests"][-1]["id"]),
            to.verification(name),
            to.parity(before=name, after=name),
        ]


def look(program):
    """Open every page, while streams of the namespace, the thread and the run are open, and let them say something."""
    ns, run = program.ns, program.run
    with following(ns), following(ns, thread=run["thread_id"]), following(ns, run=run["id"], after="0-0"):
        for address in program.addresses():
            answer = ns.http.get(f"{ns.url}{address}", headers=BROWSER)
            assert answer.status_code == 200, address


def state(program, server):
    """Return all that there is to know of a namespace, but for what time it is."""
    ns, run = program.ns, program.run
    read = ["", "/runs", f"/runs/{run['id']}", "/threads", f"/threads/{run['thread_id']}", "/requests", "/faults"]
    known = {path: ns.control("GET", path) for path in [*read, "/report", "/verdict", "/coverage", "/scripts"]}
    known[""]["clock"].pop("now")
    return known, server._server.call(lambda app: _changes(app, ns.name))


async def _changes(app, name):
    namespace = app.state.play.__self__.opened(name)
    async with namespace.transaction() as tx:
        return await tx.last_change(), (await namespace.requests.read()).total, namespace.ids.counters()


def course(program, looking, way):
    """Return the statuses that a program sees. looking: what happens before each of its polls."""
    statuses = []
    for _ in range(POLLS):
        looking()
        if way.clock == "frozen":
            program.ns.advance("30m")
        if way.pace["progression"] == "manual":
            program.ns.control("POST", f"/runs/{program.run['id']}/step", {})
        statuses.append(program.poll())
    return statuses


@pytest.fixture
def other(ns):
    namespace = Namespace(f"{ns.name[:58]}-other", ns.url, ns.http)
    yield namespace
    namespace.control("DELETE")


def set_up(ns, way):
    ns.put(pace=way.pace, clock=NOON if way.clock == "frozen" else way.clock)
    ns.play({"say": "Foggy, with a chance of rain."})
    if way.is_held:
        ns.control("POST", "/runs/next/hold", {"at": "in_progress"})
    return Program(ns)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_run_goes_the_same_way_whether_somebody_looks_or_not(server, ns, other, way):
    watched, alone = set_up(ns, way), set_up(other, way)

    def looking():
        before = state(watched, server)
        look(watched)
        assert state(watched, server) == before

    assert course(watched, looking, way) == course(alone, lambda: None, way)


def test_a_namespace_that_nobody_has_made_is_not_made_by_looking(ns):
    for address in (to.namespace("nobody"), to.report("nobody"), to.snapshots("nobody"), to.live("nobody")):
        assert ns.http.get(f"{ns.url}{address}", headers=BROWSER).status_code == 404
    assert "nobody" not in [one["namespace"] for one in ns.http.get(f"{ns.url}/_emulator/ns").json()["namespaces"]]
