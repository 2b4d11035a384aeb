"""The action of one step, with its templates filled; keeps the path of what it fills, for errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from emulator.domain import search_results
from emulator.domain.actions import (
    Call,
    Calls,
    Hold,
    Refuse,
    Remember,
    RunCode,
    Say,
    SearchFiles,
    Stream,
    UseTool,
    UseTools,
    Wait,
    numbered,
)
from emulator.domain.durations import seconds
from emulator.domain.id_forms import names_kept_file
from scripted_models.annotation_places import moved
from scripted_models.assets import find_asset
from scripted_models.context import Context
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.problems import Path
from scripted_models.raw_texts import verbatim
from scripted_models.result_checks import with_number
from scripted_models.template_compiler import TemplateError
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.templating import fill, fill_value, holds

_T = TypeVar("_T")
_Called = TypeVar("_Called", Call, UseTool)
CallsOfOneKind = tuple[Call, ...] | tuple[UseTool, ...]


class StepError(Exception):
    """A step that cannot be played, although its templates can be filled; the message says why."""


class StepActions:
    """Makes the actions of a turn's steps. path: of the value that is being filled.

    recorded: by their paths, the texts that stand for templates that cannot be filled.
    """

    def __init__(
        self,
        context: Context,
        assets: Mapping[str, str],
        stream: StreamSpec | None,
        path: Path,
        *,
        recorded: Mapping[Path, str],
    ) -> None:
        self.path = path
        self._context = context
        self._assets = assets
        self._default_stream = stream
        self._recorded = recorded
        self._account = Account(MAX_STEPS_TOGETHER)

    def action(self, step: g.Step, path: Path) -> Any:  # noqa: C901, PLR0911 - one case for each verb
        """Return what a step does; raise `TemplateError` or `StepError`."""
        match step:
            case g.SayStep():
                text = self.text(step.say, path, "say")
                annotations = tuple(self._deep(item, path, "annotations") for item in step.annotations)
                if text != step.say:
                    annotations = moved(annotations, text)
                return Say(text, self._images(step.images, path), annotations, self._stream(step.stream))
            case g.RefuseStep():
                text = self.text(step.refuse, path, "refuse")
                return Refuse(text, self._stream(step.stream))
            case g.CallStep() | g.ToolStep():
                return self.calls(step, path)[0]
            case g.CallsStep():
                return Calls(*self._parallel(step.call, (*path, "call")))
            case g.ToolsStep():
                return UseTools(*self._uses(step, path))
            case g.CodeStep():
                code = self.text(step.code, path, "code")
                logs = self.optional_text(step.logs, path, "logs")
                images = self._images(step.images, path)
                return RunCode(code, logs, images, step.execute, step.as_, self._stream(step.stream))
            case g.SearchStep():
                results = self._results(step, (*path, "results"))
                return SearchFiles(self.text(step.search, path, "search"), results, step.top, step.as_)
            case g.WaitStep():
                return Wait(self._seconds(step.wait, path))
            case g.HoldStep():
                return Hold(self.text(step.hold, path, "hold"))
            case g.SetStep():
                return Remember(
                    {name: self._deep(value, (*path, "set"), name, native=True) for name, value in step.set.items()}
                )
        raise AssertionError(step)  # pragma: no cover - the player plays the other steps itself

    def calls(self, step: g.CallStep | g.CallsStep | g.ToolStep | g.ToolsStep, path: Path) -> CallsOfOneKind:
        """Return the calls of a step; raise `TemplateError`."""
        match step:
            case g.CallStep():
                return (self._call(self.text(step.call, path, "call"), step, path),)
            case g.CallsStep():
                return tuple(self._parallel(step.call, (*path, "call")))
            case g.ToolStep():
                return (self._use_tool(self.text(step.tool, path, "tool"), step, path),)
            case g.ToolsStep():
                return tuple(self._uses(step, path))

    def text(self, text: str, path: Path, key: str) -> str:
        """Return a text with its holes filled."""
        self.path = (*path, key)
        return self._filled(fill, text)

    def optional_text(self, text: str | None, path: Path, key: str) -> str | None:
        """Return a text with its holes filled; None where there is none."""
        return None if text is None else self.text(text, path, key)

    def holds(self, expression: str, path: Path, key: str) -> bool:
        """Return whether a condition is true."""
        self.path = (*path, key)
        return self._filled(holds, expression)

    def _parallel(self, calls: Sequence[g.ParallelCall], path: Path) -> list[Call]:
        places = [(call, (*path, number)) for number, call in enumerate(calls)]
        return _distinct([self._call(self.text(call.name, here, "name"), call, here) for call, here in places])

    def _uses(self, step: g.ToolsStep, path: Path) -> list[UseTool]:
        kind, here = self.text(step.tool, path, "tool"), (*path, "calls")
        return _distinct([self._use_tool(kind, use, (*here, number)) for number, use in enumerate(step.calls)])

    def _call(self, name: str, options: g.CallOptions, path: Path) -> Call:
        args = self._deep(options.args, path, "args")
        pinned = self.optional_text(options.id, path, "id")
        recorded = self.optional_text(options.recorded, path, "recorded")
        return Call(name, args, options.as_, pinned, recorded, self._stream(options.stream))

    def _results(self, step: g.SearchStep, path: Path) -> Any:
        if isinstance(step.results, str):
            return step.results
        filled = [with_number(self._deep(result, path, n)) for n, result in enumerate(step.results)]
        for number, result in enumerate(filled):
            for inner, message in search_results.mistakes(result):
                self.path = (*path, number, *inner)
                raise StepError(message)
        return tuple(filled)

    def _use_tool(self, kind: str, use: g.ToolUse, path: Path) -> UseTool:
        name = self.optional_text(use.name, path, "name")
        word, asked = use.asked
        return UseTool(
            kind,
            self._deep(asked, path, word),
            self._deep(use.output, path, "output"),
            use.as_,
            self._stream(use.stream),
            name,
            self._deep(use.details, path, "details"),
            use.approve,
        )

    def _deep(self, value: Any, path: Path, key: str | int, *, native: bool = False) -> Any:
        """Fill all texts within a value. native: a single hole gives its value instead of its text."""
        here = (*path, key)
        if isinstance(value, str):
            self.path = here
            return self._filled(fill_value if native else fill, value)
        if isinstance(value, dict):
            return {name: self._deep(item, here, name, native=native) for name, item in value.items()}
        if isinstance(value, list):
            return [self._deep(item, here, number, native=native) for number, item in enumerate(value)]
        return value

    def _filled(self, work: Callable[[str, Mapping[str, Any]], _T], text: str) -> _T:
        with together(self._account):
            try:
                return work(text, self._context.names())
            except TemplateError:
                if self.path not in self._recorded:
                    raise
                return work(verbatim(self._recorded[self.path]), {})

    def _seconds(self, length: float | str, path: Path) -> float:
        if not isinstance(length, str):
            return length
        try:
            return seconds(_number_or_text(self.text(length, path, "wait")))
        except ValueError as error:
            raise StepError(str(error)) from None

    def _images(self, images: Sequence[str], path: Path) -> tuple[str, ...]:
        return tuple(self._image(image, (*path, "images", number)) for number, image in enumerate(images))

    def _image(self, image: str, path: Path) -> str:
        self.path = path
        name = self._filled(fill, image)
        uri = find_asset(self._assets, name)
        if uri is None and names_kept_file(name):  # what executed code drew: a file already
            return name
        if uri is None:
            raise StepError(f'no image "{name[:80]}" beside the scenario')
        return uri

    def _stream(self, spec: StreamSpec | None) -> Stream | None:
        """Join a step's stream with the default one."""
        specs = [one for one in (spec, self._default_stream) if one is not None]
        if not specs:
            return None
        chunk: Any = next((one.chunk for one in specs if one.chunk is not None), None)
        if isinstance(chunk, list):
            chunk = tuple(chunk)
        ttft = next((one.ttft for one in specs if one.ttft is not None), 0.0)
        return Stream(chunk, ttft, next((one.tps for one in specs if one.tps is not None), None))


def _number_or_text(text: str) -> float | str:
    """Return a filled text as a number of seconds if it is one."""
    try:
        return float(text)
    except ValueError:
        return text


def _distinct(calls: Sequence[_Called]) -> list[_Called]:
    """Return the calls of one step, each with a name of its own for its output."""
    keys = numbered(call.key for call in calls)
    return [call if call.key == key else replace(call, as_=key) for call, key in zip(calls, keys, strict=True)]
