"""Calls of tools as steps: what was asked of each, and what came of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from emulator.domain.actions import as_text
from emulator.domain.tool_rules import RULES
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.texts import Texts
from emulator.recording.evidence.known import Doc, KnownRun, Pieces, texts_of
from scripted_models.writing import verbatim

# The address that Bing was asked by; the query stands in it as it is (see `emulator.tools.foundry.kind`).
_BING: Final = "https://api.bing.microsoft.com/v7.0/search?q="
_RESULT: Final = ("file_id", "file_name", "score", "attributes", "content")


@dataclass(frozen=True, slots=True)
class Called:
    """A call, with the pieces in which its text was streamed."""

    document: Doc
    pieces: Pieces | None = None

    @property
    def id(self) -> str | None:
        """Its id, where one is known."""
        id_: str | None = self.document.get("id")
        return id_

    @property
    def type(self) -> str:
        """Which tool is called."""
        kind: str = self.document.get("type", "")
        return kind

    def own(self, name: str) -> Mapping[str, Any]:
        """Return the fields that lie in the object of its tool."""
        own = self.document.get(name)
        return own if isinstance(own, Mapping) else {}


class ToolSteps:
    """Makes the steps of one run's calls. drawn: images that its code has drawn -> templates of them."""

    def __init__(self, run: KnownRun, texts: Texts, files: Files) -> None:
        self._run = run
        self._texts = texts
        self._files = files
        self._codes = 0
        self._asked = {call.get("id"): batch.kind for batch in run.batches for call in batch.calls}
        self.drawn: dict[str, str] = {}
        self.left_out: dict[str, None] = {}

    def steps(self, calls: Sequence[Called]) -> list[dict[str, Any]]:
        """Return the steps of calls that were made together, those of one tool in one step where it allows that."""
        made: list[dict[str, Any]] = []
        for kind, group in groupby(calls, key=lambda call: call.type):
            if kind == "function":
                made.append(_joined("call", [self._function(call) for call in group]))
            elif kind == "code_interpreter":
                made += [self._code(call) for call in group]
            elif kind in ("file_search", "retrieval"):
                made += [self._search(call) for call in group]
            elif kind in RULES:
                made += self._uses(kind, group)
            else:
                self.left_out[kind] = None
        return made

    def _function(self, call: Called) -> dict[str, Any]:
        own = call.own("function")
        arguments = own.get("arguments") or (call.pieces.text if call.pieces else "")
        one: dict[str, Any] = {"name": self._texts.template(str(own.get("name") or "unknown"))}
        args = self._args(str(arguments))
        if args != {}:
            one["args"] = args
        output = self._run.outputs.get(call.id or "")
        if output is not None:
            one["recorded"] = self._texts.template(output)
        return {**one, **self._stream(call, str(arguments))}

    def _args(self, arguments: str) -> Any:
        """Return arguments as a mapping, where that is sent as the same text, else as the text."""
        plain = self._texts.plain(arguments)
        try:
            value = json.loads(plain)
        except (ValueError, RecursionError):
            return verbatim(plain)
        if isinstance(value, dict) and as_text(value) == plain and verbatim(plain) == plain:
            return value
        return verbatim(plain)

    def _stream(self, call: Called, text: str) -> dict[str, Any]:
        return self._texts.stream(call.pieces, text) if call.pieces is not None else {}

    def _code(self, call: Called) -> dict[str, Any]:
        own = call.own("code_interpreter")
        code = str(own.get("input") or (call.pieces.text if call.pieces else ""))
        step: dict[str, Any] = {"code": self._texts.template(code)}
        outputs = own.get("outputs", ())
        if logs := "".join(output.get("logs", "") for output in outputs):
            step["logs"] = self._texts.template(logs)
        images = [output["image"]["file_id"] for output in outputs if "file_id" in output.get("image", {})]
        self._codes += 1
        name = "code" if self._codes == 1 else f"code_{self._codes}"
        if images:
            step["images"] = [self._files.image(image) for image in images]
            if name != "code":
                step["as"] = name
            self.drawn |= {image: f"{{{{ {name}.images[{place}] }}}}" for place, image in enumerate(images)}
        return {**step, **self._stream(call, code)}

    def _search(self, call: Called) -> dict[str, Any]:
        found = call.own("file_search").get("results", ())
        return {"search": "{{ message }}", "results": [self._result(one) for one in found if one.get("file_id")]}

    def _result(self, result: Doc) -> dict[str, Any]:
        shown = {name: result[name] for name in _RESULT if result.get(name) not in (None, {}, [])}
        if not 0 <= shown.get("score", 0) <= 1:
            del shown["score"]
        if not isinstance(shown.get("attributes", {}), dict):
            del shown["attributes"]
        if "content" in shown:
            shown["content"] = [{"type": "text", "text": text} for text in texts_of(result["content"])]
        return {**self._texts.template_value(shown), "file_id": self._files.reference(result["file_id"])}

    # --- Foundry's tools --------------------------------------------------------------------------------------------

    def _uses(self, kind: str, calls: Iterable[Called]) -> list[dict[str, Any]]:
        uses = [self._use(kind, call) for call in calls]
        if len(uses) == 1:
            return [{"tool": kind, **uses[0]}]
        return [{"tool": kind, "calls": uses}]

    def _use(self, kind: str, call: Called) -> dict[str, Any]:
        rules = RULES[kind]
        own = dict(call.document if kind == "mcp" else call.own("function" if kind == "openapi" else kind))
        use: dict[str, Any] = {}
        if rules.named:
            use["name"] = self._texts.template(str(own.pop("name", None) or "unknown"))
        asked = self._asked_of(kind, own)
        if asked not in (None, "", {}):
            use[rules.asked] = self._texts.template_value(asked)
        output = own.pop("response_metadata" if kind.startswith("bing_") else "output", None)
        if kind not in ("computer_use_preview", "sharepoint_grounding") and output is not None:
            use["output"] = self._texts.template_value(output)
        if rules.approved and self._is_approved(call):
            use["approve"] = self._asked.get(call.id) == "submit_tool_approval"
        details = {name: value for name, value in own.items() if value not in (None, [], "") and name in rules.details}
        if details:
            use["details"] = self._texts.template_value(details)
        text = own.get("arguments") or own.get("input")
        return {**use, **(self._stream(call, text) if isinstance(text, str) and kind != "mcp" else {})}

    def _asked_of(self, kind: str, own: dict[str, Any]) -> Any:
        """Return what the model asked of a tool, and leave out what says it."""
        if kind.startswith("bing_"):
            address = str(own.get("requesturl") or "")
            if address.startswith(_BING):
                del own["requesturl"]
            return address.removeprefix(_BING)
        if kind == "computer_use_preview":
            return own.get("action")
        if RULES[kind].named:
            return self._args(str(own.get("arguments") or ""))
        return own.get("input")

    def _is_approved(self, call: Called) -> bool:
        """Return whether it is known if the client had to approve a call."""
        return self._asked.get(call.id) == "submit_tool_approval" or self._run.end is not None


def _joined(verb: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one step for several parallel calls."""
    if len(calls) > 1:
        return {verb: calls}
    name = calls[0].pop("name")
    return {verb: name, **calls[0]}
