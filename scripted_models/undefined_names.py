"""Names in templates that no earlier step has given a value when the template is filled."""

from collections.abc import Iterator, Sequence

from emulator.domain.actions import numbered
from scripted_models.grammar import steps as g
from scripted_models.problems import Path
from scripted_models.step_checks import RESERVED
from scripted_models.template_names import Names
from scripted_models.templating import names
from scripted_models.traversal import templates


def undefined_names(steps: Sequence[g.Step], path: Path) -> list[tuple[Path, str]]:
    """Return where a template uses what no earlier step of the turn provides, each with a message."""
    return list(_Scope().check(steps, path))


class _Scope:
    """The names that exist so far: outputs of calls and tools, and results of searches and code."""

    def __init__(self) -> None:
        self._outputs: set[str] = set()
        self._results: set[str] = set()
        self._open = False  # after a Python step anything may exist

    def check(self, steps: Sequence[g.Step], path: Path) -> Iterator[tuple[Path, str]]:
        for number, step in enumerate(steps):
            here = (*path, number)
            for template in templates(step):
                used = names(template.text, expression=template.expression)
                if used is not None and not self._open:
                    for message in self._missing(used):
                        yield (*here, *template.path), message
            if isinstance(step, g.ChooseStep):
                for place, branch in enumerate(step.choose):
                    yield from self.check(branch.steps, (*here, "choose", place, "steps"))
            self._add(step)

    def _add(self, step: g.Step) -> None:
        match step:
            case g.CallStep():
                self._outputs.add(step.as_ or step.call)
            case g.CallsStep():
                self._outputs.update(numbered(call.as_ or call.name for call in step.call))
            case g.ToolStep():
                self._outputs.add(step.as_ or step.name or step.tool)
            case g.ToolsStep():
                self._outputs.update(numbered(use.as_ or use.name or step.tool for use in step.calls))
            case g.CodeStep() | g.SearchStep():
                self._results.add(step.as_)
            case g.PythonStep():
                self._open = True

    def _missing(self, used: Names) -> Iterator[str]:
        for name in sorted(used.outputs - self._outputs):
            yield f"outputs.{name} is used before a call as: {name}"
        for name in sorted(used.variables - RESERVED - self._results - used.optional):
            yield f"{name} is used before a step gives it a value"
