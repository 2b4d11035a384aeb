"""Objects in the API's own JSON, noted as they are met: in answers, in streams and in exports alike."""

from typing import Final

from emulator.recording.evidence.known import (
    FINAL,
    Batch,
    Doc,
    KnownAssistant,
    KnownFile,
    KnownMessage,
    KnownRun,
    KnownStep,
    KnownThread,
    Where,
    richer,
    stamp,
)

# How the calls of a run's required_action are answered, by the field that holds them.
_ASKED: Final = ("submit_tool_outputs", "submit_tool_approval")


class Documents:
    """All objects of some recordings, by their ids.

    position, where: of the exchange that is being read. at: when it was sent. stores: ids of vector stores that were
    made.
    """

    def __init__(self) -> None:
        self.files: dict[str, KnownFile] = {}
        self.assistants: dict[str, KnownAssistant] = {}
        self.stores: dict[str, None] = {}
        self.threads: dict[str, KnownThread] = {}
        self.runs: dict[str, KnownRun] = {}
        self.all_threads: list[KnownThread] = []
        self.all_runs: list[KnownRun] = []
        self.position = 0
        self.where = Where()
        self.at: float | None = None
        self._unnamed = 0

    # --- objects by id ----------------------------------------------------------------------------------------------

    def file(self, id_: str) -> KnownFile:
        """Return a file, known from now on."""
        return self.files.setdefault(id_, KnownFile(id_))

    def assistant(self, id_: str) -> KnownAssistant:
        """Return an assistant, known from now on."""
        return self.assistants.setdefault(id_, KnownAssistant(id_))

    def thread(self, id_: str) -> KnownThread:
        """Return a thread, known from now on, and shown by the recording that is being read."""
        thread = self.threads.get(id_)
        if thread is None:
            thread = self.threads[id_] = KnownThread(id_, self.position)
            self.all_threads.append(thread)
        if self.where.source not in thread.sources:
            thread.sources.append(self.where.source)
        return thread

    def run(self, id_: str, thread_id: str) -> KnownRun:
        """Return a run, known from now on, and shown by the recording that is being read."""
        run = self.runs.get(id_)
        if run is None:
            thread = self.thread(thread_id)
            run = self.runs[id_] = KnownRun(id_, thread, self.position, self.where)
            thread.runs[id_] = thread.open_runs[id_] = run
            thread.run_order.append(id_)
            self.all_runs.append(run)
        if self.where.source not in run.sources:
            run.sources.append(self.where.source)
            self.thread(run.thread.id)
        return run

    def begin_thread(self, document: Doc) -> KnownThread:
        """Return the thread that a request has made.

        An id that was made before, as in edited recordings, begins anew, unless another file shows the same request.
        """
        id_ = document["id"]
        old = self.threads.get(id_)
        if old is not None and old.made and (self.where.source in old.sources or not _is_same(old.document, document)):
            del self.threads[id_]
        thread = self.thread(id_)
        thread.made = True
        return thread

    def begin_run(self, document: Doc, thread_id: str) -> KnownRun:
        """Return the run that a request has made; see `begin_thread`."""
        id_ = document["id"]
        old = self.runs.get(id_)
        if (
            old is not None
            and old.created is not None
            and self.where.source not in old.sources
            and _is_same(old.first, document)
        ):
            return self.run(id_, thread_id)
        if old is not None and (old.created is not None or old.thread is not self.threads.get(thread_id)):
            del self.runs[id_]
        run = self.run(id_, thread_id)
        run.created, run.where, run.began_at = self.position, self.where, self.at
        run.prompt = run.thread.last_user
        run.files = tuple(run.thread.files)
        return run

    # --- what is shown of them --------------------------------------------------------------------------------------

    def note(self, document: Doc, kind: str | None = None, *, run: KnownRun | None = None) -> None:
        """Take in an object. kind: what it is, where it does not say so itself. run: whose stream shows it."""
        id_ = document.get("id")
        if id_ is None:
            return
        match document.get("object") or kind:
            case "thread":
                thread = self.thread(id_)
                thread.document = richer(dict(thread.document), dict(document))
                self._note_resources(thread, document)
            case "thread.run":
                self.note_run(document)
            case "thread.run.step":
                self.note_step(document, run)
            case "thread.message":
                self.note_message(document, run)
            case "assistant":
                history = self.assistant(id_).history
                if not history or history[-1][1] != document:
                    history.append((self.position, document))
            case "file":
                self.note_file(document)
            case "upload" if "id" in document.get("file", {}):
                self.note_file(document["file"])
            case _:
                pass

    def note_file(self, document: Doc) -> KnownFile:
        """Take in a file."""
        file = self.file(document["id"])
        file.name = document.get("filename") or file.name
        file.purpose = document.get("purpose") or file.purpose
        return file

    def note_run(self, document: Doc) -> KnownRun | None:
        """Take in a run; None where it does not say on which thread it is, and nothing else does."""
        id_, thread_id = document.get("id"), document.get("thread_id")
        known = self.runs.get(id_ or "")
        thread_id = known.thread.id if known else thread_id
        if id_ is None or thread_id is None:
            return None
        run = self.run(id_, thread_id)
        status = document.get("status")
        if run.status in FINAL and status not in FINAL:
            run.document = richer(dict(document), run.document)
            return run
        run.first = run.first or document
        run.document = richer(run.document, dict(document))
        if status is not None:
            if run.statuses[-1:] != [status]:
                run.statuses.append(status)
            if status in FINAL and run.ended is None:
                run.ended = self.position
        self._note_action(run, document.get("required_action", {}))
        return run

    def _note_action(self, run: KnownRun, action: Doc) -> None:
        for kind in _ASKED:
            new = [call for call in action.get(kind, {}).get("tool_calls", ()) if "id" in call]
            if new and not any(batch.calls == new for batch in run.batches):
                run.batches.append(Batch(new, self.position, self.at, kind))

    def note_step(self, document: Doc, run: KnownRun | None = None) -> KnownStep | None:
        """Take in a step. run: to which it belongs, where it does not say so itself."""
        owner = self._run_of(document) or run
        if owner is None:
            return None
        id_ = document.get("id", "")
        step = owner.steps.get(id_)
        if step is None:
            step = owner.steps[id_] = KnownStep(id_, self.position)
            owner.step_order.append(id_)
        step.type = document.get("type") or step.type
        created_at = stamp(document.get("created_at"))
        step.created_at = step.created_at if created_at is None else created_at
        step.document = richer(dict(step.document), dict(document))
        for call in step.calls:
            output = call.get("function", {}).get("output") if call.get("type") == "function" else None
            if isinstance(output, str) and "id" in call:
                owner.outputs.setdefault(call["id"], output)
            self._note_results(call)
        return step

    def _note_results(self, call: Doc) -> None:
        """Take in what a call says of files: their names, and those that code has drawn."""
        for result in call.get("file_search", {}).get("results", ()):
            if "file_id" in result:
                file = self.file(result["file_id"])
                file.name = file.name or result.get("file_name")
        for output in call.get("code_interpreter", {}).get("outputs", ()):
            if "file_id" in output.get("image", {}):
                self.file(output["image"]["file_id"]).by_model = True

    def _run_of(self, document: Doc) -> KnownRun | None:
        id_, thread_id = document.get("run_id"), document.get("thread_id")
        if id_ is None:
            return None
        if id_ in self.runs:
            return self.run(id_, self.runs[id_].thread.id)
        return None if thread_id is None else self.run(id_, thread_id)

    def note_message(
        self, document: Doc, run: KnownRun | None = None, thread_id: str | None = None
    ) -> KnownMessage | None:
        """Take in a message. run: whose stream shows it. thread_id: where it lies, where it does not say so itself."""
        owner = self._run_of(document) or (run if document.get("role") == "assistant" else None)
        where: str | None = document.get("thread_id") or thread_id or (owner.thread.id if owner else None)
        key = document.get("id")
        if where is None or key is None:
            return None
        thread = self.thread(where)
        message = thread.messages.get(key)
        if message is None:
            message = thread.messages[key] = KnownMessage(key, self.position, self.where)
            thread.order.append(key)
        message.role = document.get("role") or message.role
        created_at = stamp(document.get("created_at"))
        message.created_at = message.created_at if created_at is None else created_at
        shown = document.get("content")
        message.document = {**document, "content": shown or message.document.get("content") or shown}
        if owner is not None:
            message.run_id = owner.id
            message.at_rest = message.at_rest or owner.end is not None
            owner.messages.setdefault(key, message)
        if message.role == "user":
            thread.files.update(dict.fromkeys(message.files))
        return message

    def add_unnamed(self, thread: KnownThread, body: Doc) -> KnownMessage:
        """Take in a message of which only the request is known that made it together with something else."""
        self._unnamed += 1
        message = KnownMessage(f"#{self._unnamed}", self.position, self.where, body.get("role", "user"), document=body)
        message.posted = self.position
        thread.files.update(dict.fromkeys(message.files))
        thread.written.append(message)
        if message.role == "user":
            thread.users.append(message)
        return message

    def _note_resources(self, thread: KnownThread, document: Doc) -> None:
        code = document.get("tool_resources", {}).get("code_interpreter", {})
        thread.files.update(dict.fromkeys(code.get("file_ids", ())))


def _is_same(old: Doc, new: Doc) -> bool:
    return old.get("created_at") is not None and old.get("created_at") == new.get("created_at")
