"""``python -m contract_tests.benchmarks.kills``: kill a server under load again and again, and see what it has kept.

Six clients work until the server is gone; the next one has the same file, and everything that was acknowledged is looked
for. Some servers are killed before they are ready. At the end every run is brought to its end.
"""

import argparse
import contextlib
import json
import random
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from contract_tests.benchmarks.servers import THIS_VERSION, free_port, wait_for_200
from contract_tests.properties.namespaces import HEADERS, TOOLS, outputs_for
from emulator.domain.lifecycle import RUN_TERMINAL

CLIENTS = 6
SCENARIO = """
emulator: 1
name: load
turns:
  - when: {message: {contains: tools}}
    steps: [{say: Let me look.}, {call: [{name: lookup}, {name: store}]}, {say: "It is {{ outputs.lookup }}."}]
  - when: {message: {contains: twice}}
    steps: [{call: lookup}, {call: store}, {say: "{{ outputs.lookup }} and {{ outputs.store }}"}]
  - when: {message: {contains: held}}
    steps: [{say: Before.}, {hold: gate}, {say: Behind.}]
  - when: {message: {contains: slow}}
    steps: [{say: one two three four, stream: {tps: 1}}, {wait: 3s}, {code: print(1), logs: "1"}, {say: End.}]
  - when: {message: {contains: quick}}
    steps: [{say: At once.}]
"""
TEXTS = {
    "tools": ["Let me look.", "It is out 0."],
    "twice": ["out 0 and out 0"],
    "held": ["Before.", "Behind."],
    "slow": ["one two three four", "End."],
    "quick": ["At once."],
}


@dataclass(eq=False)
class Run:
    """What is known of a run. outputs: those that were acknowledged, by call. ended: the end that its stream showed."""

    path: str
    kind: str
    outputs: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False
    released: bool = False
    ended: str | None = None


@dataclass(eq=False)
class Thread:
    """What is known of a thread. texts: of its messages; asked: those that may be there, too. gone: None if it may be."""

    path: str
    texts: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)
    gone: bool | None = False


class Findings:
    """What was acknowledged, by kind, and what came of it. ids: all that were ever seen, with what they are of."""

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.ids: dict[str, str] = {}
        self._lock = threading.Lock()

    def note(self, what: str, id_: str | None = None, of: str = "") -> None:
        with self._lock:
            self.acknowledged[what] += 1
            if id_ is not None and self.ids.setdefault(id_, of) != of:
                self._complain("doubled", f"{id_} of {self.ids[id_]} is used again in {of}")

    def complain(self, kind: str, message: str) -> None:
        with self._lock:
            self._complain(kind, message)

    def _complain(self, kind: str, message: str) -> None:
        self.wrong[kind] += 1
        print(f"{kind}: {message}", flush=True)


class Server:
    """A server on a file, in a process of its own."""

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        script = folder / "load.yaml"
        script.write_text(SCENARIO)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._command = ["-m", "emulator", "serve", "--clock", "frozen", "--port", str(self.port)]
        self._command += ["--db", str(folder / "load.sqlite"), "--script", str(script)]

    def launch(self) -> "subprocess.Popen[bytes]":
        self.process = THIS_VERSION.launch(*self._command, log=self._log)
        return self.process

    def start(self) -> None:
        process = self.launch()
        wait_for_200(
            self.port, b"GET /_emulator/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", process
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Client:
    """Sends requests to one server, and notes what was acknowledged."""

    def __init__(self, url: str, findings: Findings, dice: random.Random, assistant: str = "") -> None:
        self._http = httpx.Client(base_url=f"{url}/v1/", headers=HEADERS, trust_env=False, timeout=60)
        self._control = f"{url}/_emulator/ns/default"
        self._findings = findings
        self._dice = dice
        self.assistant = assistant
        self.threads: list[Thread] = []

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer; None if it is a refusal. A server that fails is an error."""
        response = self._http.request(method, path, json=body)
        if response.status_code >= 500:
            raise RuntimeError(f"{method} {path}: {response.text}")
        return response.json() if response.status_code == 200 else None

    def control(self, path: str, body: Any) -> bool:
        return self._http.post(f"{self._control}/{path}", json=body).status_code == 200

    # --- load -------------------------------------------------------------------------------------------------------

    def work(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            while True:
                self._converse()

    def _chance(self, probability: float) -> bool:
        return self._dice.random() < probability

    def _converse(self) -> None:
        thread = self._begin()
        for _ in range(self._dice.randrange(1, 3)):
            run = self._run(thread)
            if run is None:
                break
            self._go_on(run)
        if self._chance(0.15):
            thread.gone = None
            if self.ask("DELETE", thread.path) is not None:
                thread.gone = True
                self._findings.note("deletes")

    def _begin(self) -> Thread:
        path = f"threads/{self.ask('POST', 'threads', {})['id']}"
        self._findings.note("threads", path, path)
        self.threads.append(thread := Thread(path))
        return thread

    def _run(self, thread: Thread) -> Run | None:
        """Add a message and begin a run, if the thread is free."""
        kind = self._dice.choice(list(TEXTS))
        text = f"{kind} {len(thread.asked)}"
        thread.asked.add(text)
        message = self.ask("POST", f"{thread.path}/messages", {"role": "user", "content": text})
        if message is None:
            return None
        thread.texts.append(text)
        self._findings.note("messages", message["id"], thread.path)
        body = {"assistant_id": self.assistant, "stream": self._chance(0.4) and kind in ("quick", "tools")}
        if body["stream"]:
            return self._stream(thread, kind, f"{thread.path}/runs", body)
        return self._noted(thread, kind, self.ask("POST", f"{thread.path}/runs", body))

    def _noted(self, thread: Thread, kind: str, doc: Any) -> Run | None:
        if doc is None:
            return None
        run = Run(f"{thread.path}/runs/{doc['id']}", kind)
        self._findings.note("runs", doc["id"], run.path)
        thread.runs.append(run)
        return run

    def _stream(self, thread: Thread, kind: str, path: str, body: Any) -> Run | None:
        """Read a stream; whatever it shows is acknowledged."""
        run = None
        for event, data in self._events(path, body):
            self._findings.note("events")
            if event == "thread.run.created":
                run = self._noted(thread, kind, data)
            if run is not None:
                self._seen(run, event, data)
        return run

    def _seen(self, run: Run, event: str, data: Any) -> None:
        if event in ("thread.message.created", "thread.run.step.created"):
            self._findings.note("messages and steps", data["id"], run.path)
        if event.startswith("thread.run.") and data.get("status") in RUN_TERMINAL and data["object"] == "thread.run":
            run.ended = data["status"]

    def _events(self, path: str, body: Any) -> Iterator[tuple[str, Any]]:
        with self._http.stream("POST", path, json=body) as response:
            event = ""
            for line in response.iter_lines():
                name, _, rest = line.partition(": ")
                if name == "event":
                    event = rest
                elif name == "data" and rest != "[DONE]":
                    yield event, json.loads(rest)

    def _go_on(self, run: Run) -> None:
        """Do something with a run, or several things, or nothing."""
        if self._chance(0.2) and (doc := self.ask("POST", f"{run.path}/cancel")) is not None:
            run.cancelled = True
            self._findings.note("cancels")
        doc = self.ask("GET", run.path)
        if run.kind == "held" and self._chance(0.7) and self._release(run):
            self._findings.note("releases")
        while doc and doc["status"] == "requires_action" and self._chance(0.8):
            doc = self._submit(run, doc)
        if self._chance(0.3):
            self.control("clock/advance", {"by": self._dice.choice([0.5, 1, 2])})

    def _release(self, run: Run) -> bool:
        if self.control(f"runs/{run.path.rpartition('/')[2]}/release", {"hold": "gate"}):
            run.released = True
        return run.released

    def _submit(self, run: Run, doc: Any) -> Any:
        outputs = {"tool_outputs": outputs_for(doc)}
        path = f"{run.path}/submit_tool_outputs"
        if self._chance(0.3):
            for number, (event, data) in enumerate(self._events(path, {**outputs, "stream": True})):
                if number == 0:  # which comes after what was handed in is kept
                    self._handed_in(run, outputs)
                self._seen(run, event, data)
        elif self.ask("POST", path, outputs) is not None:
            self._handed_in(run, outputs)
        return self.ask("GET", run.path)

    def _handed_in(self, run: Run, outputs: Any) -> None:
        run.outputs.update({one["tool_call_id"]: one["output"] for one in outputs["tool_outputs"]})
        self._findings.note("outputs")

    # --- checks -----------------------------------------------------------------------------------------------------

    def check(self, thread: Thread) -> None:
        """Look for everything that was acknowledged of a thread."""
        complain = self._findings.complain
        is_there = self.ask("GET", thread.path) is not None
        if thread.gone is None:
            thread.gone = not is_there
        if is_there is thread.gone:
            complain("lost", f"{thread.path} is {'there' if is_there else 'gone'}")
        if not is_there:
            return
        messages = self.ask("GET", f"{thread.path}/messages?limit=100&order=asc")["data"]
        texts = [text(message) for message in messages if message["role"] == "user"]
        if not set(thread.texts) <= set(texts):
            complain("lost", f"{thread.path} has {texts} of {thread.texts}")
        if len(set(texts)) != len(texts) or not set(texts) <= thread.asked:
            complain("doubled", f"{thread.path} has {texts}")
        known = {run.path for run in thread.runs}
        for doc in self.ask("GET", f"{thread.path}/runs?limit=100&order=asc")["data"]:
            if f"{thread.path}/runs/{doc['id']}" not in known:  # that request was never answered
                self._noted(thread, kind_of(texts, messages, doc), doc)
        for run in thread.runs:
            self._check_run(run, [one for one in messages if one["run_id"] == run.path.rpartition("/")[2]])

    def _check_run(self, run: Run, messages: list[Any]) -> None:
        complain, doc = self._findings.complain, self.ask("GET", run.path)
        if doc is None:
            complain("lost", run.path)
            return
        status, texts = doc["status"], [text(message) for message in messages]
        expected = TEXTS[run.kind]
        if len(texts) > len(expected) or not all(map(str.startswith, expected, texts)):
            complain("doubled", f"{run.path} ({run.kind}, {status}) wrote {texts}")
        if status == "completed" and texts != expected:
            complain("lost", f"{run.path} ({run.kind}) has completed, and wrote {texts}")
        if run.ended not in (None, status) or (run.cancelled and status != "cancelled"):
            complain("lost", f"{run.path} is {status}; ended: {run.ended}, cancelled: {run.cancelled}")
        if run.released and not run.cancelled and status in ("queued", "in_progress"):
            complain("lost", f"{run.path} was released, and is {status}")
        if not run.outputs and status != "completed":
            return
        steps = self.ask("GET", f"{run.path}/steps?limit=100&order=asc")["data"]
        calls = [call for step in steps for call in step["step_details"].get("tool_calls", ())]
        found = {call["id"]: call["function"]["output"] for call in calls if call["type"] == "function"}
        if any(found.get(call) != output for call, output in run.outputs.items()):
            complain("lost", f"{run.path} has the outputs {found} of {run.outputs}")
        if (
            status == "completed"
            and sum(step["usage"]["total_tokens"] for step in steps) != doc["usage"]["total_tokens"]
        ):
            complain("doubled", f"{run.path} has cost {doc['usage']}")

    def finish(self, run: Run) -> bool:
        """Do what a run waits for, except for the clock; return whether it is over."""
        doc = self.ask("GET", run.path)
        if doc is None or doc["status"] in RUN_TERMINAL:
            return True
        if doc["status"] == "requires_action":
            self.ask("POST", f"{run.path}/submit_tool_outputs", {"tool_outputs": outputs_for(doc)})
        elif run.kind == "held":
            self._release(run)
        return False


def text(message: Any) -> str:
    return "".join(part["text"]["value"] for part in message["content"])


def kind_of(texts: list[str], messages: list[Any], doc: Any) -> str:
    """Return the kind of a run: what the last message before it asked for."""
    before = [one for one in messages if one["role"] == "user" and one["created_at"] <= doc["created_at"]]
    return text(before[-1]).split()[0] if before else texts[-1].split()[0]


class Worker(Protocol):
    """Sends requests until the server is gone, and finds out later what it has kept."""

    def work(self) -> None: ...
    def close(self) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="how often the server is killed")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        findings = kill(Server(Path(folder)), arguments.times, random.Random(arguments.seed))
    report(findings, arguments.times, time.perf_counter() - started)
    if findings.wrong:
        raise SystemExit(1)


def kill(server: Server, times: int, dice: random.Random, others: Sequence[Callable[..., Any]] = ()) -> Findings:
    """Kill a server under load so many times; return what was found.

    others: make workers beside the clients, of url, findings and dice; `check` with the url looks for what they have.
    """
    findings = Findings()
    threads: list[Thread] = []
    found: list[Any] = []
    try:
        server.start()
        client = Client(server.url, findings, dice)
        assistant = client.ask("POST", "assistants", {"model": "gpt-4o", "tools": TOOLS})["id"]
        client.close()
        for number in range(times):
            clients = [Client(server.url, findings, random.Random(dice.random()), assistant) for _ in range(CLIENTS)]
            beside = [other(server.url, findings, random.Random(dice.random())) for other in others]
            _load(server, [*clients, *beside], dice, early=number % 5 == 4)
            new = [thread for one in clients for thread in one.threads]
            threads += new
            found += beside
            with contextlib.closing(Client(server.url, findings, dice, assistant)) as client:
                for thread in new:
                    client.check(thread)
            for other in beside:
                other.check()
        with contextlib.closing(Client(server.url, findings, dice, assistant)) as client:
            _end(client, threads, findings)
        for other in found:
            other.check()
    finally:
        server.kill()
    return findings


def _load(server: Server, workers: Sequence[Worker], dice: random.Random, *, early: bool) -> None:
    """Let workers work until the server is killed, and start the next one."""
    tasks = [threading.Thread(target=worker.work) for worker in workers]
    for task in tasks:
        task.start()
    time.sleep(dice.uniform(0.1, 1.2))
    server.kill()
    for task in tasks:
        task.join()
    for worker in workers:
        worker.close()
    if early:
        server.launch()
        time.sleep(dice.uniform(0.2, 0.7))
        server.kill()
    server.start()


def _end(client: Client, threads: list[Thread], findings: Findings) -> None:
    """Bring every run to its end, and look for everything once more."""
    open_runs = [run for thread in threads if not thread.gone for run in thread.runs]
    for _ in range(20):
        open_runs = [run for run in open_runs if not client.finish(run)]
        client.control("clock/advance", {"by": 3})
    for run in open_runs:
        findings.complain("stuck", f"{run.path} ({run.kind}) is {client.ask('GET', run.path)['status']}")
    for thread in threads:
        client.check(thread)


def report(findings: Findings, times: int, seconds: float) -> None:
    about = ", ".join(f"{count:,} {what}" for what, count in findings.acknowledged.most_common())
    print(f"killed        {times} times, {times // 5} of them once more before the next server was ready")
    print(f"acknowledged  {findings.acknowledged.total():,} ({about})")
    for kind in ("lost", "doubled", "stuck"):
        print(f"{kind:<13} {findings.wrong[kind]}")
    print(f"seconds       {seconds:.0f}")


if __name__ == "__main__":
    main()
