"""What is talked about while it is measured: one scenario, and the answers that the canned servers repeat."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from contract_tests.benchmarks.servers import Server, emulator

DELTAS = 1_000
QUESTION = "How far is it to the lighthouse?"
AT_LENGTH = "Tell it at length, please."
ASSISTANT: dict[str, Any] = {
    "model": "gpt-4o",
    "name": "Harbour office",
    "instructions": "You answer questions about the harbour.",
}
# Not repeated by the canned server: it writes its own, or they belong to one connection.
_OWN_HEADERS = ("content-length", "transfer-encoding", "date", "server", "connection")
# The emulator sends so many events at once.
_EVENTS_AT_ONCE = 32


def scenario(folder: Path) -> Path:
    """Write the scenario and return its path."""
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


def client(server: Server) -> httpx.Client:
    """Return a plain client."""
    headers = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
    return httpx.Client(base_url=server.base_url, headers=headers, trust_env=False, timeout=60)


def record(script: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the answers of a conversation, and those of a streamed one."""
    with emulator("recorded", script=script) as server:
        return _conversation(server), _streamed(server)


def _conversation(server: Server) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    with client(server) as http:

        def ask(method: str, path: str, body: Any = None) -> Any:
            answer = http.request(method, path, json=body).raise_for_status()
            told.append(_answer(method, path, answer, [answer.text]))
            return answer.json()

        assistant = ask("POST", "/assistants", ASSISTANT)
        thread = f"/threads/{ask('POST', '/threads', {})['id']}"
        ask("POST", f"{thread}/messages", {"role": "user", "content": QUESTION})
        run = f"{thread}/runs/{ask('POST', f'{thread}/runs', {'assistant_id': assistant['id']})['id']}"
        ask("GET", run)
        ask("GET", f"{run}/steps")
        ask("GET", f"{thread}/messages")
    return told


def _streamed(server: Server) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    with client(server) as http:
        for path, body in (
            ("/assistants", ASSISTANT),
            ("/threads", {"messages": [{"role": "user", "content": AT_LENGTH}]}),
        ):
            answer = http.post(path, json=body).raise_for_status()
            told.append(_answer("POST", path, answer, [answer.text]))
        assistant, thread = told[0]["id"], told[1]["id"]
        path = f"/threads/{thread}/runs"
        answer = http.post(path, json={"assistant_id": assistant, "stream": True}).raise_for_status()
        events = [f"{event}\n\n" for event in answer.text.split("\n\n") if event]
        told.append(_answer("POST", path, answer, _grouped(events)))
    return told


def _grouped(events: Sequence[str]) -> list[str]:
    return ["".join(events[i : i + _EVENTS_AT_ONCE]) for i in range(0, len(events), _EVENTS_AT_ONCE)]


def _answer(method: str, path: str, answer: httpx.Response, pieces: list[str]) -> dict[str, Any]:
    headers = [(name, value) for name, value in answer.headers.items() if name not in _OWN_HEADERS]
    made = answer.json().get("id") if len(pieces) == 1 else None
    return {"method": method, "path": f"/v1{path}", "headers": headers, "pieces": pieces, "id": made}
