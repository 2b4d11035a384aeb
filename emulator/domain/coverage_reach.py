"""How a test reaches each item of coverage: one line of a script, of the Python face, or of the program itself.

The contract tests run each line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SAID: Final = "- say: Hello."
# At `cancelled` a run waits for its cancel, and its last step and message stay open.
_SAID_AND_OPEN: Final = "[{say: Hello.}, {hold: cancelled}]"


@dataclass(frozen=True, slots=True)
class Reach:
    """One line that reaches an item: a step of a script if it begins with a dash, else Python.

    In Python ``ns`` is the namespace, ``run`` the run that is under way, ``response`` the response, ``model`` a model,
    ``client`` the official client. script: the steps of the turn, behind which a step follows. given: what else it
    takes, in words.
    """

    line: str
    script: str | None = None
    given: str | None = None

    @property
    def about(self) -> str:
        """What has to be there beside the line, in words; empty where it is nothing."""
        before = "behind" if self.is_step else "script"
        return "; ".join(filter(None, (self.script and f"{before} `{self.script}`", self.given)))

    @property
    def is_step(self) -> bool:
        """Whether the line is a step of a script."""
        return self.line.startswith("- ")

    def __str__(self) -> str:
        return f"{self.line}  ({self.about})" if self.about else self.line


def _step(line: str, *, behind: str | None = None) -> Reach:
    return Reach(f"- {line}", behind)


_CALL: Final = _step("call: my_function")
_CANCEL: Final = Reach('ns.cancel("next", at="in_progress")')
_CANCEL_CALL: Final = Reach('ns.cancel("next", at="requires_action")', _CALL.line)
_CANCEL_OPEN: Final = Reach("ns.cancel(run)", _SAID_AND_OPEN)
_EXPIRE: Final = Reach('ns.expire("next", at="in_progress")')
_EXPIRE_CALL: Final = Reach('ns.expire("next", at="requires_action")', _CALL.line)
_EXPIRE_OPEN: Final = _step("expire: now", behind=_SAID)
_SHOWN_FOR_LONG: Final = 'ns.pace("polls", times=2)'
_STORE: Final = "client.vector_stores.create(file_ids=[file.id])"
_BATCH: Final = "client.vector_stores.file_batches.create(store.id, file_ids=[file.id])"
_UPLOAD: Final = 'client.uploads.create(filename="a.txt", bytes=1, mime_type="text/plain", purpose="assistants")'

_RUNS: Final = {
    "queued": Reach('ns.hold(at="queued")'),
    "in_progress": Reach('ns.hold(at="in_progress")'),
    "requires_action": _CALL,
    "cancelling": Reach('ns.cancel("next", at="in_progress")', given="pace polls"),
    "cancelled": _CANCEL,
    "failed": _step("fail: server_error"),
    "completed": _step("say: Hello."),
    "incomplete": _step("stop: max_completion_tokens"),
    "expired": _EXPIRE,
}
_RUN_REASONS: Final = {
    **{f"failed: {code}": _step(f"fail: {code}") for code in ("server_error", "rate_limit_exceeded", "invalid_prompt")},
    **{
        f"incomplete: {reason}": _step(f"stop: {reason}")
        for reason in ("max_completion_tokens", "max_prompt_tokens", "content_filter")
    },
    "requires_action: submit_tool_outputs": _CALL,
    "requires_action: submit_tool_approval": _step("{tool: mcp, name: depth_at, output: 4 m, approve: true}"),
}
_STEPS: Final = {
    "in_progress": Reach('ns.step(run, until="step:1")', _SAID_AND_OPEN, "pace manual"),
    "completed": _step("say: Hello."),
    "failed": _step("fail: server_error", behind=_SAID),
    "cancelled": _CANCEL_CALL,
    "expired": _EXPIRE_CALL,
    "failed: server_error": _step("fail: server_error", behind=_SAID),
    "failed: rate_limit_exceeded": _step("fail: rate_limit_exceeded", behind=_SAID),
}
_MESSAGES: Final = {
    "in_progress": _step("say: Hello."),
    "completed": _step("say: Hello."),
    "incomplete": _step("stop: max_completion_tokens", behind=_SAID),
    "incomplete: max_tokens": _step("stop: max_completion_tokens", behind=_SAID),
    "incomplete: run_failed": _step("fail: server_error", behind=_SAID),
    "incomplete: run_cancelled": _CANCEL_OPEN,
    "incomplete: run_expired": _EXPIRE_OPEN,
    "incomplete: content_filter": _step("stop: content_filter", behind=_SAID),
}
_STORES: Final = {
    "in_progress": Reach(_SHOWN_FOR_LONG, given="the program polls its store"),
    "completed": Reach(_STORE),
    "expired": Reach('ns.clock.advance("7d1s")', given="the store has expires_after, or is that of a thread"),
}
_STORE_FILES: Final = {
    "in_progress": Reach(_SHOWN_FOR_LONG, given="the program polls the file"),
    "completed": Reach(_STORE),
    "failed": Reach('file = client.files.create(file=("a.pdf", b"no PDF"), purpose="assistants")'),
    "cancelled": Reach(
        "client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)", given="pace polls"
    ),
    "failed: unsupported_file": Reach('file = client.files.create(file=("a.doc", b"old"), purpose="assistants")'),
    "failed: invalid_file": Reach('file = client.files.create(file=("a.pdf", b"no PDF"), purpose="assistants")'),
}
_BATCHES: Final = {
    "in_progress": Reach(_BATCH),
    # On later days reading a batch shows its store.
    "completed": Reach('ns.configure(wire="2025-10-01")', given="the program polls its batch"),
    "cancelled": Reach(
        "client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)", given="pace polls"
    ),
}
_UPLOADS: Final = {
    "pending": Reach(_UPLOAD),
    "completed": Reach("client.uploads.complete(upload.id, part_ids=[part.id])"),
    "cancelled": Reach("client.uploads.cancel(upload.id)"),
}
_EVENTS: Final = {
    "thread.created": Reach("client.beta.threads.create_and_run(assistant_id=assistant.id, stream=True)"),
    **{f"thread.run.{status}": _step("say: Hello.") for status in ("created", "queued", "in_progress", "completed")},
    "thread.run.requires_action": _CALL,
    "thread.run.cancelling": _CANCEL,
    "thread.run.cancelled": _CANCEL,
    "thread.run.failed": _step("fail: server_error"),
    "thread.run.incomplete": _step("stop: max_completion_tokens"),
    "thread.run.expired": _EXPIRE,
    **{f"thread.run.step.{status}": _step("say: Hello.") for status in ("created", "in_progress", "completed")},
    "thread.run.step.failed": _step("fail: server_error", behind=_SAID),
    "thread.run.step.cancelled": _CANCEL_OPEN,
    "thread.run.step.expired": _EXPIRE_OPEN,
    "thread.run.step.delta function": _CALL,
    "thread.run.step.delta code_interpreter": _step("code: print(1)"),
    "thread.run.step.delta file_search": _step("search: opening hours"),
    **{f"thread.message.{what}": _step("say: Hello.") for what in ("created", "in_progress", "delta", "completed")},
    "thread.message.incomplete": _step("stop: max_completion_tokens", behind=_SAID),
    "error": Reach('ns.fault("POST", "/threads/*/runs", error_event=True)'),
    "done": _step("say: Hello."),
}

_STREAM: Final = 'client.responses.create(model=model, input="Hello?", stream=True)'
_BACKGROUND: Final = 'client.responses.create(model=model, input="Hello?", background=True)'
_SEARCH: Final = "{search: tides, results: [{file_id: file-1, file_name: tides.txt}]}"
_RESPONSES: Final = {
    "queued": Reach(_BACKGROUND),
    "in_progress": Reach(_STREAM),
    "completed": _step("say: Hello."),
    "failed": _step("fail: server_error"),
    "incomplete": _step("stop: max_completion_tokens"),
    "cancelled": Reach(
        "client.responses.cancel(response.id)", "[{say: Hello.}, {hold: here}]", "the response is in the background"
    ),
    **{f"failed: {code}": _step(f"fail: {code}") for code in ("server_error", "rate_limit_exceeded", "invalid_prompt")},
    "incomplete: max_output_tokens": _step("stop: max_completion_tokens"),
    "incomplete: content_filter": _step("stop: content_filter"),
}
_RESPONSE_EVENTS: Final = {
    **{f"response.{status}": _step("say: Hello.") for status in ("created", "in_progress", "completed")},
    "response.queued": Reach(f"{_BACKGROUND[:-1]}, stream=True)"),
    "response.failed": _step("fail: server_error"),
    "response.incomplete": _step("stop: max_completion_tokens"),
    **{
        f"response.{what}": _step("say: Hello.")
        for part in ("output_item", "content_part")
        for what in (f"{part}.added", f"{part}.done")
    },
    **{f"response.output_text.{what}": _step("say: Hello.") for what in ("delta", "done")},
    **{f"response.refusal.{what}": _step("refuse: That I cannot do.") for what in ("delta", "done")},
    **{f"response.function_call_arguments.{what}": _CALL for what in ("delta", "done")},
    **{
        f"response.file_search_call.{what}": _step("search: opening hours")
        for what in ("in_progress", "searching", "completed")
    },
    "response.output_text.annotation.added": _step("say: '{{ cite(hits) }}'", behind=f"- {_SEARCH}"),
    **{
        f"response.code_interpreter_call{what}": _step("code: print(1)")
        for what in (".in_progress", "_code.delta", "_code.done", ".interpreting", ".completed")
    },
    "error response": Reach('ns.fault("POST", "/responses", error_event=True)'),
}

# Item -> its line.
REACH: Final[Mapping[str, Reach]] = {
    f"{noun} {item}": reach
    for noun, lines in (
        ("run", _RUNS),
        ("run", _RUN_REASONS),
        ("step", _STEPS),
        ("message", _MESSAGES),
        ("vector store", _STORES),
        ("vector store file", _STORE_FILES),
        ("file batch", _BATCHES),
        ("upload", _UPLOADS),
        ("event", _EVENTS),
        ("response", _RESPONSES),
        ("event", _RESPONSE_EVENTS),
    )
    for item, reach in lines.items()
}
