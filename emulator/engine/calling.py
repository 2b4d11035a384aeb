"""Playing tools: function calls that the client answers, code, and file searches."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.actions import Call, CodeResult, Hits, Outputs, RunCode, SearchFiles, Stream
from emulator.engine import corpus, cutting
from emulator.engine.executing import execute
from emulator.engine.pacing import paced
from emulator.engine.saying import Note, Parts, keep_images
from emulator.tools import code_interpreter, file_search, function
from emulator.wire.runs import required_action

if TYPE_CHECKING:
    from emulator.engine.driver import Driver

# Documented: how many results a search gives, unless the tool says otherwise.
_RESULTS: Final = 20
_RESULTS_OF_SMALL_MODELS: Final = 5


# --- functions ------------------------------------------------------------------------------------------------------


async def call(driver: "Driver", calls: tuple[Call, ...], note: Note) -> Outputs:
    """Make calls in one step, and wait for what the client makes of them."""
    writer = driver.writer
    if note is None or driver.run["status"] != "requires_action":
        arguments = [call.arguments for call in calls]
        opened = writer.open_tools(note)
        driver.note(step=opened.step["id"])
        shown = [
            function.call(call.id or driver.world.ids.make("call"), call.name, text)
            for call, text in zip(calls, arguments, strict=True)
        ]
        for index, (call_, doc) in enumerate(zip(calls, shown, strict=True)):

            def so_far(text: str, index: int = index) -> Parts:
                open_call = function.call(shown[index]["id"], calls[index].name, text)
                return [*shown[:index], open_call], "".join(arguments[:index]) + text

            writer.step_delta(function.opening(index, doc))
            await _stream(driver, index, arguments[index], call_.stream, piece=function.piece, so_far=so_far)
        writer.show_calls(shown, "".join(arguments))
        writer.signal("require_action", required_action=required_action([function.required(c) for c in shown]))
    return await driver.outputs()


def answer(driver: "Driver", calls: tuple[Call, ...], outputs: Mapping[str, str]) -> Outputs:
    """Put the client's outputs into the open step; return them by the calls' keys."""
    writer = driver.writer
    shown = writer.opened.step["step_details"]["tool_calls"]
    answered = [{**c, "function": {**c["function"], "output": outputs[c["id"]]}} for c in shown]
    writer.show_calls(answered, writer.opened.written)
    texts: dict[str, str] = {}
    for call_, doc in zip(calls, answered, strict=True):
        output = doc["function"]["output"] or ""
        texts[call_.key] = output
        if call_.recorded is not None and call_.recorded != output:
            driver.report("drift", what="tool_output", call=call_.name, recorded=call_.recorded, got=output)
    return Outputs(texts)


def odd(driver: "Driver", calls: Sequence[Call]) -> list[str]:
    """Say what is odd about calls: that the run does not offer them, or that it wanted none in parallel."""
    offered = driver.view.tool_names
    unknown = [call.name for call in calls if call.name not in offered]
    said = [f"calls {name}, which the run does not offer" for name in unknown]
    if len(calls) > 1 and not driver.view.parallel_tool_calls:
        said.append("makes parallel calls although parallel_tool_calls is false")
    return said


# --- code -----------------------------------------------------------------------------------------------------------


async def run_code(driver: "Driver", action: RunCode, note: Note) -> CodeResult:
    """Show code and what came of it: as the script says, or as it really came, where it is to be executed."""
    writer = driver.writer
    opened = writer.open_tools(note)
    images = keep_images(driver, action.images, note)
    driver.note(step=opened.step["id"], images=images)
    doc = code_interpreter.call(driver.world.ids.make("call"), action.code, [])

    def so_far(text: str) -> Parts:
        return [code_interpreter.call(doc["id"], text, [])], text

    writer.step_delta(code_interpreter.opening(0, doc))
    await _stream(driver, 0, action.code, action.stream, piece=code_interpreter.piece, so_far=so_far)
    result = CodeResult(action.logs or "", tuple(images))
    if action.execute:
        driver.commit()  # code takes its time, and what was shown so far is to be seen meanwhile
        result = await _execute(driver, action)
    outputs = code_interpreter.outputs(result.logs, result.images)
    if outputs:
        writer.step_delta(code_interpreter.results(0, outputs))
    writer.show_calls([code_interpreter.call(doc["id"], action.code, outputs)], action.code)
    return result


async def _execute(driver: "Driver", action: RunCode) -> CodeResult:
    done = await execute(driver.world, driver.unit, driver.view, action.code)
    if action.logs is not None and action.logs.strip() != done.logs.strip():
        driver.report("drift", what="code_logs", recorded=action.logs, got=done.logs)
    files = tuple({"name": name, "file_id": file_id} for name, file_id in done.files)
    return CodeResult(done.logs, done.images, files)


# --- searches -------------------------------------------------------------------------------------------------------


async def search(driver: "Driver", action: SearchFiles) -> Hits:
    """Show a search and its results: those of the script, or those that the run's stores really give."""
    tool = next((tool for tool in driver.run["tools"] if tool["type"] == "file_search"), None)
    found = await _retrieve(driver, action, tool) if action.results == "auto" else list(action.results)
    writer = driver.writer
    writer.open_tools()
    doc = file_search.call(driver.world.ids.make("call"), tool, found[: action.top] if action.top else found)
    writer.step_delta(file_search.opening(0, doc))
    writer.show_calls([doc], action.query)
    return Hits(tuple(doc["file_search"]["results"]))


async def _retrieve(
    driver: "Driver", action: SearchFiles, tool: Mapping[str, Any] | None
) -> Sequence[Mapping[str, Any]]:
    """Search the run's stores as its tool says."""
    options = (tool or {}).get("file_search", {})
    few = driver.run["model"].startswith("gpt-3.5")
    limit = options.get("max_num_results") or (_RESULTS_OF_SMALL_MODELS if few else _RESULTS)
    threshold = options.get("ranking_options", {}).get("score_threshold", 0.0)
    stores = list(driver.view.vector_store_ids)
    if driver.run.get("file_ids"):  # v1 attached files to the assistant itself: they are kept under its id
        stores.append(driver.run["assistant_id"])
    return await corpus.search(driver.world, stores, action.query, limit=limit, threshold=threshold)


async def _stream(
    driver: "Driver",
    index: int,
    text: str,
    stream: Stream | None,
    *,
    piece: Callable[[int, str], dict[str, Any]],
    so_far: Callable[[str], Parts],
) -> None:
    """Tell a text, of arguments or of code, in pieces; unless the script says how, it comes whole."""
    at = 0
    driver.writer.opened.so_far = lambda: so_far(text[:at])
    how = stream or Stream(chunk="whole")
    async for part in paced(driver, cutting.cut(text, how), how):
        driver.writer.step_delta(piece(index, part))
        at += len(part)
