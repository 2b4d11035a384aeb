"""Names in templates that nothing has given a value yet when the template is filled."""

from collections.abc import Iterator, Sequence
from typing import Any

from jinja2 import meta, nodes

from scripted_models.checking import RESERVED
from scripted_models.grammar import steps as g
from scripted_models.problems import Path
from scripted_models.templating import parsed
from scripted_models.walking import expressions, texts

_METHODS = frozenset({"items", "keys", "values", "get"})


def undefined_names(steps: Sequence[g.Step], path: Path) -> list[tuple[Path, str]]:
    """Return where a template uses what no earlier step of the turn makes."""
    return list(_Names().steps(steps, path))


class _Names:
    def __init__(self) -> None:
        self._outputs: set[str] = set()
        self._found: set[str] = set()
        self._open = False  # after a Python step anything may exist

    def steps(self, steps: Sequence[g.Step], path: Path) -> Iterator[tuple[Path, str]]:
        for number, step in enumerate(steps):
            here = (*path, number)
            for where, text in texts(step):
                yield from self._missing(parsed(text), (*here, *where))
            for where, text in expressions(step):
                yield from self._missing(parsed(text, expression=True), (*here, *where))
            if isinstance(step, g.ChooseStep):
                for place, branch in enumerate(step.choose):
                    yield from self.steps(branch.steps, (*here, "choose", place, "steps"))
            self._made(step)

    def _made(self, step: g.Step) -> None:
        match step:
            case g.CallStep():
                self._outputs.add(step.as_ or step.call)
            case g.CallsStep():
                keys = [call.as_ or call.name for call in step.call]
                self._outputs.update(keys)
                self._outputs.update(f"{key}_{keys[: n + 1].count(key)}" for n, key in enumerate(keys))
            case g.CodeStep() | g.SearchStep():
                self._found.add(step.as_)
            case g.PythonStep():
                self._open = True

    def _missing(self, tree: nodes.Template | None, path: Path) -> Iterator[tuple[Path, str]]:
        if tree is None or self._open:
            return
        guarded = {
            id(node) for kind in (nodes.Test, nodes.Filter) for test in tree.find_all(kind) for node in _guards(test)
        }
        for name in sorted(_outputs(tree, guarded) - self._outputs):
            yield path, f"outputs.{name} is used before a call as: {name}"
        soft = {node.name for node in tree.find_all(nodes.Name) if id(node) in guarded}
        for name in sorted(meta.find_undeclared_variables(tree) - RESERVED - self._found - soft):
            yield path, f"{name} is used before a step gives it a value"


def _guards(test: Any) -> Iterator[nodes.Node]:
    """Yield what a template itself asks to be there: ``x is defined``, ``x | default(…)``."""
    if test.name in ("defined", "undefined", "default", "d") and test.node is not None:
        yield test.node


def _outputs(tree: nodes.Template, guarded: set[int]) -> set[str]:
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
