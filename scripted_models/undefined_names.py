"""Names in templates that no earlier step has given a value when the template is filled."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from jinja2 import nodes

from emulator.domain.actions import numbered
from scripted_models.grammar import steps as g
from scripted_models.problems import Path
from scripted_models.step_checks import RESERVED
from scripted_models.template_compiler import Analysis
from scripted_models.templating import analyze
from scripted_models.traversal import templates

_METHODS: Final = frozenset({"items", "keys", "values", "get"})


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
                analysis = analyze(template.text, expression=template.expression)
                if analysis is not None and not self._open:
                    for message in self._missing(analysis):
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

    def _missing(self, analysis: Analysis) -> Iterator[str]:
        tree = analysis.tree
        guarded = {
            id(node) for kind in (nodes.Test, nodes.Filter) for test in tree.find_all(kind) for node in _guards(test)
        }
        for name in sorted(_used_outputs(tree, guarded) - self._outputs):
            yield f"outputs.{name} is used before a call as: {name}"
        optional = {node.name for node in tree.find_all(nodes.Name) if id(node) in guarded}
        for name in sorted(analysis.variables - RESERVED - self._results - optional):
            yield f"{name} is used before a step gives it a value"


def _guards(test: Any) -> Iterator[nodes.Node]:
    """Yield what a template itself allows to be missing: ``x is defined``, ``x | default(…)``."""
    if test.name in ("defined", "undefined", "default", "d") and test.node is not None:
        yield test.node


def _used_outputs(tree: nodes.Template, guarded: set[int]) -> set[str]:
    used: set[str] = set()
    for dotted in tree.find_all(nodes.Getattr):
        if id(dotted) not in guarded and _is_outputs(dotted.node) and dotted.attr not in _METHODS:
            used.add(dotted.attr)
    for indexed in tree.find_all(nodes.Getitem):
        key = indexed.arg.value if isinstance(indexed.arg, nodes.Const) else None
        if id(indexed) not in guarded and _is_outputs(indexed.node) and isinstance(key, str):
            used.add(key)
    return used


def _is_outputs(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "outputs"
