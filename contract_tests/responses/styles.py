"""A dialogue as a program holds it: over Assistants, and over Responses in the four styles of a port.

Each function plays the messages of a dialogue with the functions of the program, and returns what came of it, in order:
texts, calls with their outputs, code with its logs, files that were found, and ends that are none of success.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from openai import OpenAI, omit

from contract_tests.responses.dialogues import Dialogue

Entry = tuple[Any, ...]
Record = list[Entry]
# What a port wants to see of built-in tools, which Assistants showed in steps.
_INCLUDE = ("file_search_call.results", "code_interpreter_call.outputs")
_REASONS = {"max_completion_tokens": "max_output_tokens"}


# --- before -----------------------------------------------------------------------------------------------------------


def assistants(client: OpenAI, dialogue: Dialogue) -> Record:
    """One thread, a run for each message, and outputs submitted to the run."""
    runs, messages = client.beta.threads.runs, client.beta.threads.messages
    assistant = _assistant(client, dialogue)
    files, papers = _uploaded(client, dialogue)
    resources = {"code_interpreter": {"file_ids": files}, "file_search": {"vector_store_ids": papers}}
    thread = client.beta.threads.create(tool_resources=resources)
    record: Record = []
    for text in dialogue.messages:
        messages.create(thread.id, role="user", content=text)
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        while run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": _output(dialogue, call.function)} for call in calls]
            run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
        include = ["step_details.tool_calls[*].file_search.results[*].content"]
        for step in runs.steps.list(run.id, thread_id=thread.id, order="asc", include=include):
            if step.type == "message_creation":
                message = messages.retrieve(step.step_details.message_creation.message_id, thread_id=thread.id)
                record += [_text(client, part) for part in message.content if part.type == "text"]
            else:
                record += map(_step_call, step.step_details.tool_calls)
        if run.status == "failed":
            record.append(("failed", run.last_error.code, run.last_error.message))
        elif run.status != "completed":
            reason = run.incomplete_details.reason if run.incomplete_details else None
            record.append((run.status, _REASONS.get(reason, reason)))
    return record


def _text(client: OpenAI, part: Any) -> Entry:
    text, cited = part.text.value, []
    for mark in part.text.annotations:
        text = text.replace(mark.text, "")
        cited.append(client.files.retrieve(mark.file_citation.file_id).filename)
    return ("text", _spaced(text), *cited)


def _step_call(call: Any) -> Entry:
    if call.type == "function":
        return "call", call.function.name, json.loads(call.function.arguments), call.function.output
    if call.type == "code_interpreter":
        outputs = call.code_interpreter.outputs
        logs = [output.logs for output in outputs if output.type == "logs"]
        return "code", call.code_interpreter.input, logs, len(outputs) - len(logs)
    return "search", [(hit.file_name, hit.content[0].text) for hit in call.file_search.results]


# --- after: four ways to go on ----------------------------------------------------------------------------------------


def chain(client: OpenAI, dialogue: Dialogue) -> Record:
    """Each request names the response before it."""
    asked = _asked(client, dialogue)
    previous = omit

    def send(items: Sequence[Any]) -> Any:
        nonlocal previous
        response = client.responses.create(input=items, previous_response_id=previous, **asked)
        previous = response.id
        return response

    return _played(dialogue, send)


def conversation(client: OpenAI, dialogue: Dialogue) -> Record:
    """Each request names the conversation, which the server keeps."""
    asked = _asked(client, dialogue)
    kept = client.conversations.create()
    return _played(dialogue, lambda items: client.responses.create(input=items, conversation=kept.id, **asked))


def stateless(client: OpenAI, dialogue: Dialogue) -> Record:
    """Nothing is kept by the server: each request has everything that was said."""
    asked = _asked(client, dialogue)
    history: list[Any] = []

    def send(items: Sequence[Any]) -> Any:
        history.extend(items)
        response = client.responses.create(input=history, store=False, **asked)
        history.extend(response.output)
        return response

    return _played(dialogue, send)


def streamed(client: OpenAI, dialogue: Dialogue) -> Record:
    """A chain, read by the client's stream helper."""
    asked = _asked(client, dialogue)
    previous = omit

    def send(items: Sequence[Any]) -> Any:
        nonlocal previous
        deltas: list[str] = []
        with client.responses.stream(input=items, previous_response_id=previous, **asked) as stream:
            for event in stream:
                if event.type.endswith("_text.delta") or event.type.endswith("refusal.delta"):
                    deltas.append(event.delta)
        # The helper itself returns only responses that are completed; the last event has the others, too.
        previous = event.response.id
        assert "".join(deltas) == "".join(entry[1] for entry in _whole_texts(event.response))
        return event.response

    return _played(dialogue, send)


STYLES = (chain, conversation, stateless, streamed)


def _asked(client: OpenAI, dialogue: Dialogue) -> dict[str, Any]:
    """Return what goes with every request of a port, from the assistant that it takes the place of."""
    assistant = _assistant(client, dialogue)
    files, papers = _uploaded(client, dialogue)
    tools = {
        "code_interpreter": {"type": "code_interpreter", "container": {"type": "auto", "file_ids": files}},
        "file_search": {"type": "file_search", "vector_store_ids": papers},
    }
    asked = {
        "model": assistant.model,
        "instructions": assistant.instructions,
        "tools": [tools.get(tool.type) or _flat(tool) for tool in assistant.tools],
        "include": list(_INCLUDE),
    }
    return {**asked, "extra_headers": {"X-Emulator-Assistant": assistant.id}} if dialogue.is_named else asked


def _flat(tool: Any) -> dict[str, Any]:
    """Return a function as Responses take it; what Assistants took as not strict stays so."""
    return {"type": "function", **tool.function.to_dict(), "strict": bool(tool.function.strict)}


def _played(dialogue: Dialogue, send: Callable[[Sequence[Any]], Any]) -> Record:
    record: Record = []
    for text in dialogue.messages:
        response = send([{"role": "user", "content": text}])
        while True:
            outputs = {
                call.call_id: _output(dialogue, call) for call in response.output if call.type == "function_call"
            }
            for item in response.output:
                record += _entries(item, outputs)
            if not outputs:
                break
            items = [
                {"type": "function_call_output", "call_id": key, "output": output} for key, output in outputs.items()
            ]
            response = send(items)
        if response.status == "failed":
            record.append(("failed", response.error.code, response.error.message))
        elif response.status != "completed":
            record.append((response.status, response.incomplete_details.reason))
    return record


def _entries(item: Any, outputs: dict[str, str]) -> Record:
    match item.type:
        case "message":
            return [_part(part) for part in item.content]
        case "function_call":
            return [("call", item.name, json.loads(item.arguments), outputs[item.call_id])]
        case "code_interpreter_call":
            logs = [output.logs for output in item.outputs if output.type == "logs"]
            return [("code", item.code, logs, len(item.outputs) - len(logs))]
        case "file_search_call":
            return [("search", [(hit.filename, hit.text) for hit in item.results])]
        case other:
            raise AssertionError(f"an item of the type {other}")


def _part(part: Any) -> Entry:
    if part.type == "refusal":
        return ("text", part.refusal)
    return ("text", _spaced(part.text), *(mark.filename for mark in part.annotations if mark.type == "file_citation"))


def _whole_texts(response: Any) -> Record:
    parts = (part for item in response.output if item.type == "message" for part in item.content)
    return [("text", part.refusal if part.type == "refusal" else part.text) for part in parts]


# --- both -------------------------------------------------------------------------------------------------------------


def _assistant(client: OpenAI, dialogue: Dialogue) -> Any:
    if isinstance(dialogue.assistant, str):
        return client.beta.assistants.retrieve(dialogue.assistant)
    return client.beta.assistants.create(**{"model": "gpt-4o", "tools": dialogue.tools, **dialogue.assistant})


def _uploaded(client: OpenAI, dialogue: Dialogue) -> tuple[list[str], list[str]]:
    """Return the ids of the files for code, and of the vector store with the papers, if there are any."""

    def upload(files: Any) -> list[str]:
        return [client.files.create(file=file, purpose="assistants").id for file in files.items()]

    papers = upload(dialogue.papers)
    return upload(dialogue.files), [client.vector_stores.create(file_ids=papers).id] if papers else []


def _output(dialogue: Dialogue, call: Any) -> str:
    return dialogue.functions[call.name](**json.loads(call.arguments))


def _spaced(text: str) -> str:
    """Return a text with one space where a marker was: how many the service leaves there is not what is compared."""
    return " ".join(text.split())
