"""The code interpreter: from the code that the model wrote to the outputs of running it."""

from typing import Any, ClassVar, Literal

from emulator.domain.actions import CodeResult, RunCode
from emulator.domain.calls import ToolCall
from emulator.domain.drift import differences
from emulator.domain.recorded_calls import answered
from emulator.domain.transcript import Progress
from emulator.tools.body import Body
from emulator.tools.json_schema import TEXT, Schema, array, either, just, shape
from emulator.tools.kind import Doc, Kind, Player


class CodeInterpreterTool(Body):
    """The tool as it is offered."""

    type: Literal["code_interpreter"]

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as the API shows it (recorded)."""
        return {"type": "code_interpreter"}


class CodeInterpreter(Kind[RunCode]):
    """Code and what it printed and drew: text: the code; result: logs and images (ids of files)."""

    type = "code_interpreter"
    definition = CodeInterpreterTool
    rank = 1
    words: ClassVar = (RunCode,)

    def definition_schema(self) -> Schema:
        """Return the schema of the tool as the API shows it."""
        return shape(type=just(self.type))

    def call_schema(self) -> Schema:
        """Return the schema of a call as its step shows it."""
        image = shape(type=just("image"), image=shape(file_id=TEXT))
        output = either(shape(type=just("logs"), logs=TEXT), image)
        return shape(id=TEXT, type=just(self.type), code_interpreter=shape(input=TEXT, outputs=array(output)))

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it (recorded)."""
        details = {"input": call.text, "outputs": _outputs(call)}
        return {"id": call.id, "type": self.type, "code_interpreter": details}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call, with no code yet (recorded; clients skip what is in it)."""
        empty = {"input": "", "outputs": list[Doc]()}
        return {"index": index, "id": call.id, "type": self.type, "code_interpreter": empty}

    def piece(self, index: int, text: str) -> Doc:
        """Return a delta with the next piece of the code (recorded)."""
        return {"index": index, "type": self.type, "code_interpreter": {"input": text}}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with the outputs: here, unlike over REST, each output has an index (recorded Mar 2024)."""
        indexed = [{"index": place, **output} for place, output in enumerate(_outputs(call))]
        return {"index": index, "type": self.type, "code_interpreter": {"outputs": indexed}} if indexed else None

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document; the output is what was printed, and the ids of what was drawn."""
        fields = super().fields(call)
        outputs = [one.get("logs") or one.get("image", {}).get("file_id", "") for one in fields.get("outputs", ())]
        return {**fields, "output": "\n".join(outputs) if outputs else None}

    async def play(self, player: Player, action: RunCode, again: Progress) -> CodeResult:
        """Show code and what came of it: as the script says, or as it really came, where it is to be executed."""
        transcript = player.transcript
        begun = transcript.begin_calls(again)
        images = await player.keep_images(action.images, again)
        player.log_progress(**begun, images=images)
        call = ToolCall(player.new_call_id(), self.type, action.code)
        await player.write(call, action.stream)
        await player.gate()
        result = CodeResult(action.logs or "", tuple(images))
        if action.execute:
            result = await player.execute(action.code)
            for one in answered(action, result):
                player.report_drift("tool_output", differences(one.recorded, one.got), one.call, one.below)
        done = ToolCall(call.id, self.type, action.code, result={"logs": result.logs, "images": result.images})
        transcript.add_result(done)
        transcript.finish_calls([done], action.code)
        return result


def _outputs(call: ToolCall) -> list[Doc]:
    """Return the outputs of a step: printed text and drawn images; often none (recorded 2026)."""
    logs, images = (call.result or {}).get("logs"), (call.result or {}).get("images", ())
    printed = [{"type": "logs", "logs": logs}] if logs else []
    return [*printed, *({"type": "image", "image": {"file_id": file_id}} for file_id in images)]


KIND = CodeInterpreter()
