"""Plays a turn of a scenario: its steps become actions, and their results fill the templates of later steps."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.domain.actions import Action, Check, Expire, Fail, Goto, Incomplete
from emulator.domain.drift import Drift, Mode, differences, drifts, failure_of
from emulator.domain.ports import Place
from emulator.domain.recorded_calls import answered
from scripted_models import python_turns
from scripted_models.candidates import ActionGenerator
from scripted_models.context import Context
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.grammar.scenario import Recording, TurnSpec
from scripted_models.problems import Finding, Path
from scripted_models.reader import Document
from scripted_models.rules import Rule
from scripted_models.step_actions import CallsOfOneKind, StepActions, StepError
from scripted_models.template_compiler import TemplateError


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a turn comes from: its document, its path in it, the files beside the document, and its parameters.

    files: the ids of the scenario's fixture files, by their names. name: of the turn, for reports. recording: that it
    comes from, if it does.
    """

    document: Document
    path: Path
    assets: Mapping[str, str]
    stream: StreamSpec | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    recording: Recording | None = None

    @property
    def mode(self) -> Mode | None:
        """How the recording is replayed."""
        return None if self.recording is None else self.recording.mode


@dataclass(frozen=True, slots=True)
class ScenarioTurn:
    """A turn of a scenario, ready to play. A Python turn may yield it."""

    spec: TurnSpec
    origin: Origin

    def play(self, context: Context) -> ActionGenerator:
        """Yield the turn's actions; of a recording of templates, with today's outputs in place of those of then."""
        spec, texts = _of_today(self.spec) if self.origin.mode == "template" else (self.spec, {})
        recorded = {(*self.origin.path, *path): text for path, text in texts.items()}
        yield from _Player(spec, self.origin, context, recorded).play()


class _Player:
    def __init__(self, spec: TurnSpec, origin: Origin, context: Context, recorded: Mapping[Path, str]) -> None:
        self._spec = spec
        self._origin = origin
        self._context = context
        self._actions = StepActions(context, origin.assets, origin.stream, origin.path, recorded=recorded)
        self._moved = False

    def play(self) -> ActionGenerator:
        context = self._context
        before = context.place, context.params, context.named_files.fixtures
        context.params, context.named_files.fixtures = self._origin.params, self._origin.files
        try:
            yield from self._play()
        finally:
            context.place, context.params, context.named_files.fixtures = before  # a Python turn may go on

    def _play(self) -> ActionGenerator:
        try:
            ended = yield from self._steps(self._spec.steps, (*self._origin.path, "steps"))
        except (TemplateError, StepError) as error:
            line = error.line if isinstance(error, TemplateError) else None
            found = Finding(self._actions.path, Rule.TEMPLATE, str(error))
            problem = self._origin.document.problem(found, text_line=line)
            yield from self._goto()
            yield Fail("server_error", f"[emulator] {problem}")
        else:
            if not ended:
                yield from self._goto()

    def _goto(self) -> ActionGenerator:
        """Leave the scope in the turn's state, once, and before the run ends."""
        if self._spec.goto is not None and not self._moved:
            self._moved = True
            yield from python_turns.play(Goto(self._spec.goto), self._context)

    def _steps(self, steps: Sequence[g.Step], path: Path) -> ActionGenerator:
        for number, step in enumerate(steps):
            if (yield from self._step(step, (*path, number))):
                return True
        return False

    def _step(self, step: g.Step, path: Path) -> ActionGenerator:
        """Play one step; return whether it ended the turn."""
        self._actions.path = path
        self._context.place = self._places(path)
        match step:
            case g.FailStep() | g.StopStep() | g.ExpireStep():
                yield from self._goto()
                end = self._end(step, path)
                yield from self._context.named_files.drift()
                yield end
                return True
            case g.CallStep() | g.CallsStep() | g.ToolStep() | g.ToolsStep() if step.fail is not None:
                calls = self._actions.calls(step, path)
                yield from self._goto()
                failure = self._fail(step.fail, step.message, path, calls)
                yield from self._context.named_files.drift()
                yield failure
                return True
            case g.ChooseStep():
                return (yield from self._choose(step, (*path, "choose")))
            case g.PythonStep():
                yield from python_turns.play_function(_import(step.python), self._context, step.python)
            case g.CheckStep():
                yield from self._check(step, path)
            case _:
                action = self._actions.action(step, path)
                result = yield from python_turns.play(action, self._context)
                if self._origin.mode == "strict" and (lines := self._drift(action, result)):
                    yield from self._goto()
                    yield Fail("server_error", failure_of(lines))
                    return True
        return False

    def _places(self, path: Path) -> Callable[..., Place]:
        """Return what finds where a step stands, or what is at a path within it."""
        return lambda *below: self._origin.document.place((*path, *below))

    def _drift(self, action: Action, result: Any) -> list[Drift]:
        """Return where the outputs of an action are not those that were recorded."""
        return [
            line
            for one in answered(action, result)
            for line in drifts(
                "tool_output",
                differences(one.recorded, one.got),
                call=one.call,
                place=str(self._context.place(*one.below)),
                turn=self._origin.name,
                source=self._spec.source,
                strict=True,
            )
        ]

    def _end(self, step: g.FailStep | g.StopStep | g.ExpireStep, path: Path) -> Fail | Incomplete | Expire:
        match step:
            case g.FailStep():
                return self._fail(step.fail, step.message, path)
            case g.StopStep():
                return Incomplete(step.stop)
            case g.ExpireStep():
                return Expire(now=step.expire == "now")

    def _fail(self, code: str, message: str | None, path: Path, calls: CallsOfOneKind = ()) -> Fail:
        return Fail(code, self._actions.optional_text(message, path, "message") or "", calls)

    def _check(self, step: g.CheckStep, path: Path) -> ActionGenerator:
        self._context.place = self._places((*path, "check"))
        passed = self._actions.holds(step.check, path, "check")
        if not passed:
            yield from self._goto()
        message = self._actions.optional_text(step.message, path, "message")
        yield Check(passed, step.check if message is None else message)

    def _choose(self, step: g.ChooseStep, path: Path) -> ActionGenerator:
        for number, branch in enumerate(step.choose):
            here = (*path, number)
            if branch.if_ is None or self._actions.holds(branch.if_, here, "if"):
                return (yield from self._steps(branch.steps, (*here, "steps")))
        return False


def _of_today(spec: TurnSpec) -> tuple[TurnSpec, Mapping[Path, str]]:
    from scripted_models.suggestions import of_today  # noqa: PLC0415 - few scenarios are recordings of templates

    return of_today(spec)


def _import(name: str) -> Any:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise StepError(f"{name} cannot be imported: {error}") from None
