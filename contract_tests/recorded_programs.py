"""Programs that are recorded, and the scenarios that answer them then: every step, polled and streamed."""

from dataclasses import dataclass, field

from contract_tests.harness import MODEL, parse_events

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FUNCTION = {
    "type": "function",
    "function": {"name": "tide", "parameters": {"type": "object", "properties": {"town": {"type": "string"}}}},
}
TOOLS = [FUNCTION, {"type": "code_interpreter"}, {"type": "file_search"}]
V1_TOOLS = [FUNCTION, {"type": "code_interpreter"}, {"type": "retrieval"}]
OVER = ("completed", "failed", "cancelled", "expired", "incomplete")


@dataclass(frozen=True)
class Ask:
    """A message of a user, and the run that answers it.

    files: attached to it. cancel: once the run is seen in that status. body: more of the run. reads: ids of files whose
    content is fetched.
    """

    text: str
    thread: str = "a"
    files: tuple = ()
    cancel: str | None = None
    body: dict = field(default_factory=dict)
    reads: tuple = ()


class Program:
    """Asks, answers calls, and reads what comes of it; polled or streamed, in either version of the API."""

    def __init__(self, http, url, *, streams=False, v1=False, tools=None, query=""):
        self._http = http
        self._url = url
        self._query = query
        self._headers = {"Authorization": "Bearer sk-emu-any", "OpenAI-Beta": f"assistants={'v1' if v1 else 'v2'}"}
        self._streams = streams
        self._v1 = v1
        self._tools = tools or (V1_TOOLS if v1 else TOOLS)
        self._threads = {}
        self._files = {}

    def run(self, asks, outputs):
        """Ask everything. outputs: what functions answer, by their names, in turn."""
        self._outputs = {name: iter(texts) for name, texts in outputs.items()}
        body = {"name": "Harbour Desk", "model": MODEL, "instructions": "Be brief.", "tools": self._tools}
        self._assistant = self._post("/assistants", body)["id"]
        for ask in asks:
            self._ask(ask)

    def _ask(self, ask):
        if ask.thread not in self._threads:
            self._threads[ask.thread] = f"/threads/{self._post('/threads', {})['id']}"
        thread = self._threads[ask.thread]
        message = {"role": "user", "content": ask.text}
        if ask.files and self._v1:
            message["file_ids"] = [self._file(name) for name in ask.files]
        elif ask.files:
            tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
            message["attachments"] = [{"file_id": self._file(name), "tools": tools} for name in ask.files]
        self._post(f"{thread}/messages", message)
        run = self._begin(f"{thread}/runs", {"assistant_id": self._assistant, **ask.body}, ask.cancel)
        path = f"{thread}/runs/{run['id']}"
        while run["status"] not in OVER:
            if run["status"] == ask.cancel:
                run = self._post(f"{path}/cancel", {})
            elif run["status"] == "requires_action":
                run = self._begin(f"{path}/submit_tool_outputs", self._answers(run["required_action"]), ask.cancel)
            else:
                run = self._get(path)
        for id_ in ask.reads:
            self._get(f"/files/{id_}")
            self._send("GET", f"/files/{id_}/content")
        if not self._streams:
            found = "" if self._v1 else "&include[]=step_details.tool_calls[*].file_search.results[*].content"
            self._get(f"{path}/steps?order=asc{found}")
            messages = self._get(f"{thread}/messages")["data"]
            for part in (part for one in messages for part in one["content"] if part["type"] == "image_file"):
                self._send("GET", f"/files/{part['image_file']['file_id']}/content")

    def _answers(self, action):
        if action["type"] == "submit_tool_approval":
            calls = action["submit_tool_approval"]["tool_calls"]
            return {"tool_approvals": [{"tool_call_id": one["id"], "approve": True} for one in calls]}
        calls = action["submit_tool_outputs"]["tool_calls"]
        texts = [next(self._outputs[one["function"]["name"]]) for one in calls]
        outputs = [{"tool_call_id": one["id"], "output": text} for one, text in zip(calls, texts, strict=True)]
        return {"tool_outputs": outputs}

    def _file(self, name):
        if name not in self._files:
            data = {"purpose": "assistants"}
            files = {"file": (name, f"{name}: high water at nine.".encode())}
            self._files[name] = self._send("POST", "/files", data=data, files=files).json()["id"]
        return self._files[name]

    def _begin(self, path, body, cancel):
        if not self._streams:
            return self._post(path, body)
        return self._stream(path, {**body, "stream": True}, cancel)

    def _stream(self, path, body, cancel):
        """Read a stream to its end. It is cancelled once a run that will be has written all that it does until then."""
        text, cancelled, run = "", False, None
        with self._http.stream("POST", self._address(path), json=body, headers=self._headers) as response:
            assert response.status_code == 200, response.read()
            for piece in response.iter_text():
                text += piece
                whole = text[: text.rfind("\n\n") + 2]
                run = next((one for name, one in reversed(parse_events(whole)) if _is_run(name)), None)
                if (
                    cancel == "in_progress"
                    and run
                    and not cancelled
                    and whole.count("event: thread.message.delta") == 5
                ):
                    cancelled = True
                    self._post(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel", {})
        return run

    def _post(self, path, body):
        return self._send("POST", path, json=body).json()

    def _get(self, path):
        return self._send("GET", path).json()

    def _send(self, method, path, **more):
        answer = self._http.request(method, self._address(path), headers=self._headers, **more)
        assert answer.status_code == 200, answer.text
        return answer

    def _address(self, path):
        query = "&".join(part for part in (path.partition("?")[2], self._query) if part)
        return f"{self._url}{path.partition('?')[0]}{f'?{query}' if query else ''}"


def _is_run(name):
    return name.startswith("thread.run.") and "step" not in name
