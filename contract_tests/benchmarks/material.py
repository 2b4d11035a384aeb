"""What is measured with: one scenario, the answers that the canned server repeats, and the servers side by side."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from contract_tests.benchmarks.servers import THIS_VERSION, Server, Version, canned, emulator

Answers = Sequence[dict[str, Any]]

DELTAS = 1_000
QUESTION = "How far is it to the lighthouse?"
AT_LENGTH = "Tell it at length, please."
ASSISTANT: dict[str, Any] = {
    "model": "gpt-4o",
    "name": "Harbour office",
    "instructions": "You answer questions about the harbour.",
}
UNKNOWN_THREAD = "/v1/threads/thread_000000000000000000000000"
UNKNOWN_URL = "/v1/lighthouses/lighthouse_1"

# Not repeated by the canned server: it writes its own, or they belong to one connection.
_OWN_HEADERS = ("content-length", "transfer-encoding", "date", "server", "connection")
# The emulator sends so many events at once.
_EVENTS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Material:
    """What every part needs.

    folder: a place for databases. beside: the other version, if one is measured. conversation, stream: the recorded
    answers of a conversation and of a streamed run.
    """

    folder: Path
    script: Path
    beside: Version | None
    conversation: Answers
    stream: Answers

    @property
    def versions(self) -> Sequence[Version]:
        return (THIS_VERSION, self.beside) if self.beside else (THIS_VERSION,)

    @contextlib.contextmanager
    def emulators(self, part: str) -> Iterator[list[Server]]:
        """Run this version, and the version beside it if there is one, each on a SQLite file of its own."""
        with contextlib.ExitStack() as stack:
            yield [
                stack.enter_context(emulator(version, db=self.folder / f"{part}-{number}.sqlite", script=self.script))
                for number, version in enumerate(self.versions)
            ]

    @contextlib.contextmanager
    def servers(self, part: str, answers: Answers) -> Iterator[list[Server]]:
        """Run this version, the canned server, and the version beside, in the order of `figures.compare`."""
        with self.emulators(part) as (ours, *beside), canned(answers, self.folder / f"{part}.json") as baseline:
            yield [ours, baseline, *beside]


def prepare(folder: Path, beside: Version | None) -> Material:
    script = scenario(folder)
    with emulator(script=script) as server:
        return Material(folder, script, beside, _conversation(server), _stream(server))


def client(server: Server) -> httpx.Client:
    """Return a plain client."""
    headers = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
    return httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=60)


def scenario(folder: Path) -> Path:
    words = " ".join(f"word{number}" for number in range(DELTAS))
    file = folder / "harbour.yaml"
    file.write_text(
        "emulator: 1\n"
        "name: harbour\n"
        "turns:\n"
        f'  - when: {{message: "{AT_LENGTH}"}}\n'
        f'    steps: [{{say: "{words}"}}]\n'
        "  - when: {message: {contains: lighthouse}}\n"
        '    steps: [{say: "Two miles along the mole, and mind the ropes."}]\n'
    )
    return file


def _conversation(server: Server) -> Answers:
    answers: list[dict[str, Any]] = []
    with client(server) as http:

        def request(method: str, path: str, body: Any = None) -> Any:
            response = http.request(method, path, json=body)
            answers.append(recorded_answer(response, [response.text]))
            return response.json()

        assistant = request("POST", "/v1/assistants", ASSISTANT)
        thread = f"/v1/threads/{request('POST', '/v1/threads', {})['id']}"
        request("POST", f"{thread}/messages", {"role": "user", "content": QUESTION})
        run = f"{thread}/runs/{request('POST', f'{thread}/runs', {'assistant_id': assistant['id']})['id']}"
        request("GET", run)
        request("GET", f"{run}/steps")
        request("GET", f"{thread}/messages")
        request("GET", UNKNOWN_THREAD)
        request("GET", UNKNOWN_URL)
    if [answer["status"] for answer in answers] != [200] * 7 + [404] * 2:
        raise RuntimeError(f"the recorded conversation went wrong: {answers}")
    return answers


def _stream(server: Server) -> Answers:
    with client(server) as http:
        message = {"role": "user", "content": AT_LENGTH}
        assistant = http.post("/v1/assistants", json=ASSISTANT).raise_for_status()
        thread = http.post("/v1/threads", json={"messages": [message]}).raise_for_status()
        body = {"assistant_id": assistant.json()["id"], "stream": True}
        run = http.post(f"/v1/threads/{thread.json()['id']}/runs", json=body).raise_for_status()
    answers = [(one, [one.text]) for one in (assistant, thread)]
    return [recorded_answer(*one) for one in (*answers, (run, pieces_of(run)))]


def pieces_of(stream: httpx.Response) -> list[str]:
    """Return a stream in the pieces in which the emulator sends it."""
    events = [f"{event}\n\n" for event in stream.text.split("\n\n") if event]
    return ["".join(events[i : i + _EVENTS_AT_ONCE]) for i in range(0, len(events), _EVENTS_AT_ONCE)]


def recorded_answer(response: httpx.Response, pieces: list[str]) -> dict[str, Any]:
    """Return an answer as the canned server repeats it. pieces: its body, as it is sent."""
    return {
        "method": response.request.method,
        "path": response.request.url.path,
        "status": response.status_code,
        "headers": [(name, value) for name, value in response.headers.items() if name not in _OWN_HEADERS],
        "pieces": pieces,
    }
