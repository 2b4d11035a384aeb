"""Plays a turn of a scenario: its steps become actions, their results fill the templates of later steps."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.domain.actions import (
    Call,
    Calls,
    Check,
    Expire,
    Fail,
    Goto,
    Hold,
    Incomplete,
    Refuse,
    Remember,
    RunCode,
    Say,
    SearchFiles,
    Stream,
    Wait,
)
from scripted_models import driving
from scripted_models.choosing import Playing
from scripted_models.context import Context
from scripted_models.durations import seconds
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.problems import Path
from scripted_models.reader import Document
from scripted_models.templating import FillError, fill, fill_value, holds


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn comes from: its document, its path in it, and what stands beside the document."""

    document: Document
    path: Path
    assets: Mapping[str, str]
    stream: StreamSpec | None = None


@dataclass(frozen=True, slots=True)
class ScenarioTurn:
    """A turn of a scenario, ready to play. A Python turn may yield it."""

    spec: TurnSpec
    place: Place

    def play(self, context: Context) -> Playing:
        """Yield the turn's actions."""
        yield from _Player(self.spec, self.place, context).play()


class _Player:
    def __init__(self, spec: TurnSpec, place: Place, context: Context) -> None:
        self._spec = spec
        self._place = place
        self._context = context
        self._at: Path = place.path
        self._left = False

    def play(self) -> Playing:
        try:
            ended = yield from self._steps(self._spec.steps, (*self._place.path, "steps"))
        except FillError as error:
            yield from self._leave()
            yield Fail("server_error", f"[emulator] {self._place.document.problem(self._at, str(error))}")
        else:
            if not ended:
                yield from self._leave()

    def _leave(self) -> Playing:
        if self._spec.goto is not None and not self._left:
            self._left = True
            yield from driving.drive(Goto(self._spec.goto), self._context)

    def _steps(self, steps: Sequence[g.Step], path: Path) -> Playing:
        for number, step in enumerate(steps):
            if (yield from self._step(step, (*path, number))):
                return True
        return False

    def _step(self, step: g.Step, path: Path) -> Playing:
        """Play one step; return whether it ended the turn."""
        self._at = path
        match step:
            case g.ChooseStep():
                return (yield from self._choose(step, (*path, "choose")))
            case g.PythonStep():
                yield from driving.call(_function(step.python), self._context, step.python)
            case g.FailStep():
                yield from self._leave()
                said = "" if step.message is None else self._text(step.message, path, "message")
                yield Fail(step.fail, said)
                return True
            case g.StopStep():
                yield from self._leave()
                yield Incomplete(step.stop)
                return True
            case g.ExpireStep():
                yield from self._leave()
                yield Expire(now=step.expire == "now")
                return True
            case g.CheckStep():
                passed = self._holds(step.check, path, "check")
                if not passed:
                    yield from self._leave()
                said = step.check if step.message is None else self._text(step.message, path, "message")
                yield Check(passed, said)
            case _:
                yield from driving.drive(self._action(step, path), self._context)
        return False

    def _choose(self, step: g.ChooseStep, path: Path) -> Playing:
        for number, branch in enumerate(step.choose):
            here = (*path, number)
            if branch.if_ is None or self._holds(branch.if_, here, "if"):
                return (yield from self._steps(branch.steps, (*here, "steps")))
        return False

    def _action(self, step: g.Step, path: Path) -> Any:  # noqa: C901, PLR0911 - one case for each verb
        match step:
            case g.SayStep():
                text = self._text(step.say, path, "say")
                annotations = tuple(self._deep(item, path, "annotations") for item in step.annotations)
                return Say(text, self._images(step.images, path), annotations, self._stream(step.stream))
            case g.RefuseStep():
                text = self._text(step.refuse, path, "refuse")
                return Refuse(text, self._stream(step.stream))
            case g.CallStep():
                return self._call(step.call, step, path, None)
            case g.CallsStep():
                return Calls(*self._calls(step.call, (*path, "call")))
            case g.CodeStep():
                code = self._text(step.code, path, "code")
                logs = None if step.logs is None else self._text(step.logs, path, "logs")
                images = self._images(step.images, path)
                return RunCode(code, logs, images, step.execute, step.as_, self._stream(step.stream))
            case g.SearchStep():
                results: Any = step.results
                if not isinstance(results, str):
                    results = tuple(self._deep(result, path, "results") for result in results)
                return SearchFiles(self._text(step.search, path, "search"), results, step.top, step.as_)
            case g.WaitStep():
                return Wait(self._seconds(step.wait, path))
            case g.HoldStep():
                return Hold(self._text(step.hold, path, "hold"))
            case g.SetStep():
                return Remember(
                    {name: self._deep(value, (*path, "set"), name, native=True) for name, value in step.set.items()}
                )
        raise AssertionError(step)  # pragma: no cover - the grammar knows no other step

    def _calls(self, calls: Sequence[g.ParallelCall], path: Path) -> list[Call]:
        made: list[Call] = []
        for number, call in enumerate(calls):
            key = call.as_ or call.name
            same = sum((other.as_ or other.name) == key for other in calls[:number])
            made.append(self._call(call.name, call, (*path, number), f"{key}_{same + 1}" if same else None))
        return made

    def _call(self, name: str, options: g.CallOptions, path: Path, as_: str | None) -> Call:
        name = self._text(name, path, "call")
        args = self._deep(options.args, path, "args")
        pinned = None if options.id is None else self._text(options.id, path, "id")
        recorded = None if options.recorded is None else self._text(options.recorded, path, "recorded")
        return Call(name, args, as_ or options.as_, pinned, recorded, self._stream(options.stream))

    def _text(self, text: str, path: Path, key: str) -> str:
        self._at = (*path, key)
        return fill(text, self._context.names())

    def _deep(self, value: Any, path: Path, key: str | int, *, native: bool = False) -> Any:
        """Fill all texts within a value."""
        here = (*path, key)
        if isinstance(value, str):
            self._at = here
            return (fill_value if native else fill)(value, self._context.names())
        if isinstance(value, dict):
            return {name: self._deep(item, here, name, native=native) for name, item in value.items()}
        if isinstance(value, list):
            return [self._deep(item, here, number, native=native) for number, item in enumerate(value)]
        return value

    def _holds(self, expression: str, path: Path, key: str) -> bool:
        self._at = (*path, key)
        return holds(expression, self._context.names())

    def _seconds(self, length: float | str, path: Path) -> float:
        if not isinstance(length, str):
            return length
        text = self._text(length, path, "wait").strip()
        try:
            return seconds(float(text) if text.replace(".", "", 1).isdigit() else text)
        except ValueError as error:
            raise FillError(str(error)) from None

    def _images(self, images: Sequence[str], path: Path) -> tuple[str, ...]:
        return tuple(self._image(image, (*path, "images"), number) for number, image in enumerate(images))

    def _image(self, image: str, path: Path, number: int) -> str:
        self._at = (*path, number)
        text = fill(image, self._context.names())
        if text.startswith("file-"):  # what executed code drew: a file already
            return text
        found = asset(self._place.assets, text)
        if found is None:
            raise FillError(f'no image "{text[:80]}" beside the scenario')
        return found

    def _stream(self, spec: StreamSpec | None) -> Stream | None:
        """Join a step's stream with the default one."""
        base = self._place.stream
        if spec is None and base is None:
            return None
        given = [one for one in (spec, base) if one is not None]
        chunk: Any = next((one.chunk for one in given if one.chunk is not None), "word")
        if isinstance(chunk, list):
            chunk = tuple(chunk)
        ttft = next((one.ttft for one in given if one.ttft is not None), 0.0)
        return Stream(chunk, ttft, next((one.tps for one in given if one.tps is not None), None))


def asset(assets: Mapping[str, str], name: str) -> str | None:
    """Return a data URI: the text itself if it is one, else the asset of that path or file name."""
    if name.startswith("data:"):
        return name
    plain = name.removeprefix("./")
    return assets.get(name) or assets.get(plain) or assets.get(plain.rsplit("/", 1)[-1])


def compact(args: Any) -> str:
    """Return arguments as the API shows them."""
    return Call("", args).arguments


def _function(name: str) -> Any:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise FillError(f"{name} cannot be imported: {error}") from None
