"""The program as it was written for the Assistants API: ``python -m …nursery.before [polled|streamed] [delete]``."""

import sys
import warnings
from typing import Any

from openai import OpenAI

from contract_tests.parity.nursery.desk import (
    CARE,
    CUSTOMER,
    DECLARED,
    GREETING,
    INSTRUCTIONS,
    MODEL,
    QUESTIONS,
    TEMPERATURE,
    Question,
    output_of,
)

_FUNCTIONS: Any = [{"type": "function", "function": one} for one in DECLARED]


def work(api: OpenAI, way: str = "polled", *, deletes: bool = False) -> list[str]:
    """Answer all questions in one thread, and return the answers."""
    care = api.files.create(file=CARE, purpose="assistants")
    store = api.vector_stores.create(file_ids=[care.id])
    tools: Any = [{"type": "file_search"}, *_FUNCTIONS]
    assistant = api.beta.assistants.create(
        model=MODEL,
        name="Nursery",
        instructions=INSTRUCTIONS,
        tools=tools,
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        temperature=TEMPERATURE,
    )
    thread = api.beta.threads.create(messages=[{"role": "assistant", "content": GREETING}], metadata=CUSTOMER)
    answers = []
    for question in QUESTIONS:
        _write(api, thread.id, question)
        run = _run(api, way, thread.id, **_asked(question), assistant_id=assistant.id)
        while run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [
                {"tool_call_id": call.id, "output": output_of(call.function.name, call.function.arguments)}
                for call in calls
            ]
            run = _submit(api, way, thread.id, run.id, outputs)
        assert run.status == "completed", run.last_error
        (part,) = api.beta.threads.messages.list(thread.id, limit=1).data[0].content
        answers.append(part.text.value if part.type == "text" else part.type)
    if deletes:
        api.beta.threads.delete(thread.id)
    return answers


def _write(api: OpenAI, thread: str, question: Question) -> None:
    for number, text in enumerate(question.messages):
        more: Any = {}
        if question.attached and number == 0:
            file = api.files.create(file=question.attached, purpose="assistants")
            more = {"attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}]}
        api.beta.threads.messages.create(thread, role="user", content=text, **more)


def _asked(question: Question) -> dict[str, Any]:
    asked: dict[str, Any] = {"metadata": dict(question.metadata)}
    if question.more:
        asked["additional_instructions"] = question.more
    if question.schema:
        schema = {"name": "answer", "schema": question.schema, "strict": True}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
        # With a schema Assistants took no other tools.
        asked["tools"] = _FUNCTIONS
    return asked


def _run(api: OpenAI, way: str, thread: str, **asked: Any) -> Any:
    if way == "polled":
        return api.beta.threads.runs.create_and_poll(thread_id=thread, **asked)
    with api.beta.threads.runs.stream(thread_id=thread, **asked) as stream:
        stream.until_done()
        return stream.current_run


def _submit(api: OpenAI, way: str, thread: str, run: str, outputs: Any) -> Any:
    runs = api.beta.threads.runs
    if way == "polled":
        return runs.submit_tool_outputs_and_poll(run_id=run, thread_id=thread, tool_outputs=outputs)
    with runs.submit_tool_outputs_stream(run_id=run, thread_id=thread, tool_outputs=outputs) as stream:
        stream.until_done()
        return stream.current_run


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    print(*work(OpenAI(), *sys.argv[1:2], deletes="delete" in sys.argv), sep="\n")
