"""Programs that work while servers are killed: with the official client and its retries, as anybody's program does."""

import contextlib
import time

import httpx
import openai

from contract_tests.replicas.acknowledged import File, Run, Sent, Store, Thread

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
    steps: [{say: one two three four, stream: {tps: 8}}, {wait: 300ms}, {say: End.}]
  - when: {message: {contains: long}}
    steps: [{say: "WORDS"}, {say: Enough.}]
  - when: {message: {contains: quick}}
    steps: [{say: At once.}]
"""
WORDS = " ".join(f"word{number}" for number in range(300))
SCENARIO = SCENARIO.replace("WORDS", WORDS)
TEXTS = {
    "tools": ["Let me look.", "It is 0."],
    "twice": ["0 and 1"],
    "held": ["Before.", "Behind."],
    "slow": ["one two three four", "End."],
    "long": [WORDS, "Enough."],
    "quick": ["At once."],
}
TOOLS = [{"type": "function", "function": {"name": name}} for name in ("lookup", "store")]
OVER = ("completed", "failed", "cancelled", "expired", "incomplete")
# Seconds for which a program waits for a run or a file, before it does something else.
PATIENCE = 15
_RETRIES = 4
# A server that is gone, in whichever way the client says it. In the middle of a stream it is the HTTP library that does.
GONE = (openai.APIConnectionError, openai.InternalServerError, openai.APIError, httpx.HTTPError)


class Program:
    """What all programs have: a client of a namespace, and requests whose answers are noted."""

    def __init__(self, url, ns, findings, dice):
        self.ns = ns
        self.control_url = f"{url}/_emulator/ns/{ns}"
        self.http = httpx.Client(trust_env=False, timeout=30)
        self.client = openai.OpenAI(
            base_url=f"{url}/v1",
            api_key=f"sk-emu-{ns}",
            max_retries=_RETRIES,
            timeout=30,
            http_client=openai.DefaultHttpxClient(trust_env=False),
        )
        self.findings = findings
        self._dice = dice
        self._count = 0

    def close(self):
        self.client.close()
        self.http.close()

    def work(self, over):
        """Do something again and again until it is over."""
        while not over.is_set():
            self.do()

    def chance(self, probability):
        return self._dice.random() < probability

    def one_of(self, *choices):
        return self._dice.choice(choices)

    def number(self):
        self._count += 1
        return f"{self.ns} {id(self)} {self._count}"

    def ask(self, method, *args, **more):
        """Call a method of a client with raw responses; return what it says and how often it may have arrived.

        Where no answer came, or a refusal, the first is None: what was asked for may have happened.
        """
        try:
            response = method(*args, **more)
        except openai.NotFoundError as error:
            self.findings.complain("lost", f"{method.__qualname__} {args} {more}: {error}")
        except openai.APIStatusError as error:
            # A repeated request finds what the first one has done: a run is there, outputs were handed in.
            self.findings.refuse(
                f"{error.status_code} {error.request.method} {error.request.url.path.split('/')[-1][:24]}"
            )
        except GONE as error:
            self.findings.refuse(type(error).__name__)
        else:
            return response.parse(), response.retries_taken + 1
        return None, _RETRIES + 1


class Talker(Program):
    """Holds conversations: with tools, streams, cancels, holds, and deleted threads."""

    def __init__(self, *about):
        super().__init__(*about)
        self.threads = []
        self._raw = self.client.beta.threads.with_raw_response
        self._runs = self.client.beta.threads.runs
        self._assistant = None

    def do(self):
        if self._assistant is None:
            create = self.client.beta.assistants.with_raw_response.create
            self._assistant, _ = self.ask(create, model="gpt-4o", tools=TOOLS)
            return
        made, _ = self.ask(self._raw.create)
        if made is None:
            return
        self.findings.note("threads", made.id)
        self.threads.append(thread := Thread(made.id))
        for _ in range(self.one_of(1, 2)):
            if not self._converse(thread):
                break
        if self.chance(0.15):
            thread.gone = None
            if self.ask(self._raw.delete, thread.id)[0] is not None:
                thread.gone = True
                self.findings.note("deleted threads")

    def _converse(self, thread):
        """Say something and have it answered; return whether the thread is free for more."""
        kind = self.one_of(*TEXTS)
        text = f"{kind} {self.number()}"
        messages = self.client.beta.threads.messages.with_raw_response
        message, attempts = self.ask(messages.create, thread.id, role="user", content=text)
        thread.sent[text] = Sent(attempts, kept=message is not None)
        if message is None:
            return False
        self.findings.note("messages", message.id)
        run = self._streamed(thread, kind) if self.chance(0.4) else self._begun(thread, kind)
        return run is not None and self._go_on(thread, run)

    def _begun(self, thread, kind):
        doc, _ = self.ask(self._runs.with_raw_response.create, thread.id, assistant_id=self._assistant.id)
        return None if doc is None else self._noted(thread, kind, doc)

    def _noted(self, thread, kind, doc):
        self.findings.note("runs", doc.id)
        return thread.runs.setdefault(doc.id, Run(doc.id, kind))

    def _streamed(self, thread, kind):
        """Stream a run; what was shown until it broke off is acknowledged."""
        run = None
        try:
            for event in self._runs.create(thread.id, assistant_id=self._assistant.id, stream=True):
                self.findings.note("events")
                if event.event == "thread.run.created":
                    run = self._noted(thread, kind, event.data)
                elif event.event.startswith("thread.run.") and getattr(event.data, "status", "") in OVER:
                    if event.data.id == getattr(run, "id", None):
                        run.ended = event.data.status
                elif event.event == "thread.message.created":
                    self.findings.note("messages", event.data.id)
                elif event.event == "thread.run.requires_action" or (
                    event.event == "thread.message.completed" and kind == "held"
                ):
                    break  # held: the run waits for somebody else
        except openai.APIStatusError as error:
            self.findings.refuse(f"{error.status_code} POST runs, streamed")
        except GONE as error:
            self.findings.refuse(f"stream: {type(error).__name__}")
        return run

    def _go_on(self, thread, run):
        """Poll a run and do what it waits for, or something else; return whether it is over."""
        deadline = time.monotonic() + PATIENCE
        if self.chance(0.15):
            doc, _ = self.ask(self._runs.with_raw_response.cancel, run.id, thread_id=thread.id)
            if doc is not None:
                run.cancelled = True
                self.findings.note("cancels")
        while time.monotonic() < deadline:
            doc, _ = self.ask(self._runs.with_raw_response.retrieve, run.id, thread_id=thread.id)
            if doc is not None and doc.status in OVER:
                run.ended = doc.status
                return True
            if doc is not None and doc.status == "requires_action":
                if self.chance(0.1):
                    return False  # a program that is gone
                self.submit(thread, run, doc)
            elif run.kind == "held":
                if self.chance(0.1):
                    return False
                self.release(run)
            time.sleep(0.05)
        return False

    def submit(self, thread, run, doc):
        calls = doc.required_action.submit_tool_outputs.tool_calls
        first = len(run.outputs)
        outputs = {call.id: str(first + place) for place, call in enumerate(calls)}
        given = [{"tool_call_id": id_, "output": output} for id_, output in outputs.items()]
        submit = self._runs.with_raw_response.submit_tool_outputs
        if self.ask(submit, run.id, thread_id=thread.id, tool_outputs=given)[0] is not None:
            run.outputs.update(outputs)
            self.findings.note("outputs", None)

    def release(self, run):
        with contextlib.suppress(httpx.HTTPError):
            if self.http.post(f"{self.control_url}/runs/{run.id}/release", json={"hold": "gate"}).is_success:
                run.released = True
                self.findings.note("releases")


class Librarian(Program):
    """Uploads files, whole and in parts, puts them into vector stores, and deletes some."""

    def __init__(self, *about):
        super().__init__(*about)
        self.files, self.stores = [], []

    def do(self):
        file = self._upload() if self.chance(0.6) else self._upload_in_parts()
        if file is None:
            return
        self.files.append(file)
        stores = self.client.vector_stores
        if not self.stores or self.chance(0.3):
            made, _ = self.ask(stores.with_raw_response.create, name=self.number())
            if made is None:
                return
            self.findings.note("vector stores", made.id)
            self.stores.append(Store(made.id))
        store = self.stores[-1]
        if self.ask(stores.files.with_raw_response.create, store.id, file_id=file.id)[0] is not None:
            store.files.append(file)
            self.findings.note("files in stores")
        if self.chance(0.2):
            file = self.one_of(*self.files)
            if file.gone is False:
                file.gone = None
                if self.ask(self.client.files.with_raw_response.delete, file.id)[0] is not None:
                    file.gone = True
                    self.findings.note("deleted files")
        time.sleep(0.05)

    def _content(self):
        return f"Berth {self.number()}".encode()

    def _upload(self):
        content = self._content()
        create = self.client.files.with_raw_response.create
        made, _ = self.ask(create, file=("berths.txt", content, "text/plain"), purpose="user_data")
        if made is None:
            return None
        self.findings.note("files", made.id)
        return File(made.id, content)

    def _upload_in_parts(self):
        uploads, parts = self.client.uploads, [self._content(), self._content()]
        size = sum(map(len, parts))
        about = {"filename": "berths.txt", "purpose": "user_data", "bytes": size, "mime_type": "text/plain"}
        upload, _ = self.ask(uploads.with_raw_response.create, **about)
        if upload is None:
            return None
        ids = []
        for part in parts:
            made, _ = self.ask(uploads.parts.with_raw_response.create, upload.id, data=part)
            if made is None:
                return None
            self.findings.note("parts", made.id)
            ids.append(made.id)
        done, _ = self.ask(uploads.with_raw_response.complete, upload.id, part_ids=ids)
        if done is None:
            return None
        self.findings.note("uploads", done.file.id)
        return File(done.file.id, b"".join(parts))
