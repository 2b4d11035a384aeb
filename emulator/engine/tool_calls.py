"""How tool calls are played: functions that the client answers, code, and file searches."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.actions import Call, CodeResult, Hits, Outputs, RunCode, SearchFiles, Stream
from emulator.engine import corpus
from emulator.engine.chunks import chunks_of, paced
from emulator.engine.code_execution import execute
from emulator.engine.messages import Parts, Progress, keep_images
from emulator.tools import code_interpreter, file_search, function
from emulator.wire.runs import required_action

if TYPE_CHECKING:
    from emulator.engine.run_task import RunTask

# Documented: how many results a search gives, unless the tool says otherwise.
_RESULTS: Final = 20
_RESULTS_OF_SMALL_MODELS: Final = 5


# --- functions ------------------------------------------------------------------------------------------------------


async def call(task: "RunTask", calls: tuple[Call, ...], progress: Progress) -> Outputs:
    """Make calls in one step, and wait for the client's outputs."""
    writer = task.writer
    if progress is None or task.run["status"] != "requires_action":
        arguments = [call.arguments for call in calls]
        open_step = writer.open_tools(progress)
        task.log_progress(step=open_step.step["id"])
        call_docs = [
            function.call(call.id or task.namespace.ids.make("call"), call.name, text)
            for call, text in zip(calls, arguments, strict=True)
        ]
        for index, (call_, doc) in enumerate(zip(calls, call_docs, strict=True)):

            def so_far(text: str, index: int = index) -> Parts:
                open_call = function.call(call_docs[index]["id"], calls[index].name, text)
                return [*call_docs[:index], open_call], "".join(arguments[:index]) + text

            writer.step_delta(function.opening(index, doc))
            await _stream(task, index, arguments[index], call_.stream, piece=function.piece, so_far=so_far)
        writer.show_calls(call_docs, "".join(arguments))
        await task.gate()
        writer.signal("require_action", required_action=required_action([function.required(c) for c in call_docs]))
    return await task.outputs()


def answer(task: "RunTask", calls: tuple[Call, ...], outputs: Mapping[str, str]) -> Outputs:
    """Put the client's outputs into the open step; return them by the calls' keys."""
    writer = task.writer
    call_docs = writer.opened.step["step_details"]["tool_calls"]
    answered = [{**c, "function": {**c["function"], "output": outputs[c["id"]]}} for c in call_docs]
    writer.show_calls(answered, writer.opened.written)
    texts: dict[str, str] = {}
    for call_, doc in zip(calls, answered, strict=True):
        output = doc["function"]["output"] or ""
        texts[call_.key] = output
        if call_.recorded is not None and call_.recorded != output:
            task.report("drift", what="tool_output", call=call_.name, recorded=call_.recorded, got=output)
    return Outputs(texts)


def odd(task: "RunTask", calls: Sequence[Call]) -> list[str]:
    """Return what is odd about calls: that the run does not offer them, or that it allows none in parallel."""
    offered = task.view.tool_names
    unknown = [call.name for call in calls if call.name not in offered]
    oddities = [f"calls {name}, which the run does not offer" for name in unknown]
    if len(calls) > 1 and not task.view.parallel_tool_calls:
        oddities.append("makes parallel calls although parallel_tool_calls is false")
    return oddities


# --- code -----------------------------------------------------------------------------------------------------------


async def run_code(task: "RunTask", action: RunCode, progress: Progress) -> CodeResult:
    """Show code and what came of it: as the script says, or as it really came, where it is to be executed."""
    writer = task.writer
    open_step = writer.open_tools(progress)
    images = keep_images(task, action.images, progress)
    task.log_progress(step=open_step.step["id"], images=images)
    doc = code_interpreter.call(task.namespace.ids.make("call"), action.code, [])

    def so_far(text: str) -> Parts:
        return [code_interpreter.call(doc["id"], text, [])], text

    writer.step_delta(code_interpreter.opening(0, doc))
    await _stream(task, 0, action.code, action.stream, piece=code_interpreter.piece, so_far=so_far)
    await task.gate()
    result = CodeResult(action.logs or "", tuple(images))
    if action.execute:
        task.commit()  # code takes its time, and readers see meanwhile what there is so far
        result = await _execute(task, action)
    outputs = code_interpreter.outputs(result.logs, result.images)
    if outputs:
        writer.step_delta(code_interpreter.results(0, outputs))
    writer.show_calls([code_interpreter.call(doc["id"], action.code, outputs)], action.code)
    return result


async def _execute(task: "RunTask", action: RunCode) -> CodeResult:
    done = await execute(task.namespace, task.unit, task.view, action.code)
    if action.logs is not None and action.logs.strip() != done.logs.strip():
        task.report("drift", what="code_logs", recorded=action.logs, got=done.logs)
    files = tuple({"name": name, "file_id": file_id} for name, file_id in done.files)
    return CodeResult(done.logs, done.images, files)


# --- searches -------------------------------------------------------------------------------------------------------


async def search(task: "RunTask", action: SearchFiles, progress: Progress) -> Hits:
    """Show a search and its results: those of the script, or those that the run's stores really give."""
    tool = next((tool for tool in task.run["tools"] if tool["type"] == "file_search"), None)
    found = await _retrieve(task, action, tool) if action.results == "auto" else list(action.results)
    writer = task.writer
    open_step = writer.open_tools(progress)
    task.log_progress(step=open_step.step["id"])
    doc = file_search.call(task.namespace.ids.make("call"), tool, found[: action.top] if action.top else found)
    writer.step_delta(file_search.opening(0, doc))
    await task.gate()
    writer.show_calls([doc], action.query)
    return Hits(tuple(doc["file_search"]["results"]))


async def _retrieve(
    task: "RunTask", action: SearchFiles, tool: Mapping[str, Any] | None
) -> Sequence[Mapping[str, Any]]:
    """Search the run's stores as its tool says."""
    options = (tool or {}).get("file_search", {})
    few = task.run["model"].startswith("gpt-3.5")
    limit = options.get("max_num_results") or (_RESULTS_OF_SMALL_MODELS if few else _RESULTS)
    threshold = options.get("ranking_options", {}).get("score_threshold", 0.0)
    stores = list(task.view.vector_store_ids)
    if task.run.get("file_ids"):  # v1 attached files to the assistant itself: they are stored under its id
        stores.append(task.run["assistant_id"])
    return await corpus.search(task.namespace, stores, action.query, limit=limit, threshold=threshold)


async def _stream(
    task: "RunTask",
    index: int,
    text: str,
    stream: Stream | None,
    *,
    piece: Callable[[int, str], dict[str, Any]],
    so_far: Callable[[str], Parts],
) -> None:
    """Send a text, of arguments or of code, in chunks."""
    at = 0
    task.writer.opened.so_far = lambda: so_far(text[:at])
    how = stream or Stream()
    async for part in paced(task, chunks_of(task, text, how), how):
        task.writer.step_delta(piece(index, part))
        at += len(part)
