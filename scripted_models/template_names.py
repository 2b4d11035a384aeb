"""The names that a template uses: what it takes from outside, and which of them may be missing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.compiler import Frame
from jinja2.meta import TrackingCodeGenerator

_DEFAULTS: Final = ("default", "d")
_METHODS: Final = frozenset({"items", "keys", "values", "get", "copy"})


@dataclass(frozen=True, slots=True)
class Names:
    """The variables of a template. fields: what it needs of them, by their names. optional: what may be missing.

    called: those that it takes for functions.
    """

    variables: frozenset[str]
    fields: Mapping[str, frozenset[str]]
    optional: frozenset[str]
    called: frozenset[str]
    params: "Params"


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of the script that a template uses.

    needed: those that have to have a value. defaulted: those with a `default` beside each use. tested: those of which
    it asks whether they are defined. all: whether it takes parameters whose names it computes.
    """

    needed: frozenset[str] = frozenset()
    defaulted: frozenset[str] = frozenset()
    tested: frozenset[str] = frozenset()
    all: bool = False

    @property
    def used(self) -> frozenset[str]:
        """All of them that it names."""
        return self.needed | self.defaulted | self.tested


def names_of(environment: Environment, tree: nodes.Template) -> Names:
    """Return the names in the tree of a template."""
    guarded = {
        id(node) for kind in (nodes.Test, nodes.Filter) for test in tree.find_all(kind) for node in _guards(test)
    }
    fields: defaultdict[str, set[str]] = defaultdict(set)
    for name, field in _used_fields(tree, guarded):
        fields[name].add(field)
    variables = frozenset(_undeclared(environment, tree))
    return Names(
        variables,
        {name: frozenset(fields[name]) for name in variables & fields.keys()},
        frozenset(node.name for node in tree.find_all(nodes.Name) if id(node) in guarded),
        frozenset(call.node.name for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)),
        _params(tree) if "params" in variables else Params(),
    )


def _params(tree: nodes.Template) -> Params:
    tests = {id(test.node) for test in tree.find_all(nodes.Test) if test.name in ("defined", "undefined")}
    defaults = {id(node) for one in tree.find_all(nodes.Filter) if one.name in _DEFAULTS for node in _guards(one)}
    needed, defaulted, tested = set[str](), set[str](), set[str]()
    by_name = 0
    for node, key in _taken_from("params", tree):
        if isinstance(node, nodes.Getattr) and key in _METHODS:
            defaulted.add(key)  # a method, unless there is a parameter of that name
            continue
        by_name += 1
        (tested if id(node) in tests else defaulted if id(node) in defaults else needed).add(key)
    mentions = sum(node.name == "params" for node in tree.find_all(nodes.Name))
    return Params(frozenset(needed), frozenset(defaulted - needed), frozenset(tested), all=mentions > by_name)


class _Tracker(TrackingCodeGenerator):
    """Notes the names that are taken from outside, and calculates nothing on the way, as Jinja's own would."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.optimizer = None

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:  # noqa: ARG002 - Jinja's
        raise nodes.Impossible


def _undeclared(environment: Environment, tree: nodes.Template) -> set[str]:
    tracker = _Tracker(environment)
    tracker.visit(tree)
    return tracker.undeclared_identifiers


def _guards(test: Any) -> Iterator[nodes.Node]:
    """Yield what a template itself allows to be missing: ``x is defined``, ``x | default(…)``."""
    if test.name in ("defined", "undefined", *_DEFAULTS) and test.node is not None:
        yield test.node


def _taken_from(name: str, tree: nodes.Template) -> Iterator[tuple[nodes.Node, str]]:
    """Yield what a template takes from a mapping by keys that it writes out: ``outputs.x``, ``outputs["x"]``."""
    for dotted in tree.find_all(nodes.Getattr):
        if _is_name(dotted.node, name):
            yield dotted, dotted.attr
    for indexed in tree.find_all(nodes.Getitem):
        key = indexed.arg.value if isinstance(indexed.arg, nodes.Const) else None
        if _is_name(indexed.node, name) and isinstance(key, str):
            yield indexed, key


def _is_name(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.Name) and node.name == name


def _used_fields(tree: nodes.Template, guarded: set[int]) -> Iterator[tuple[str, str]]:
    for dotted in tree.find_all(nodes.Getattr):
        if id(dotted) not in guarded and isinstance(dotted.node, nodes.Name) and dotted.attr not in _METHODS:
            yield dotted.node.name, dotted.attr
    for indexed in tree.find_all(nodes.Getitem):
        key = indexed.arg.value if isinstance(indexed.arg, nodes.Const) else None
        if id(indexed) not in guarded and isinstance(indexed.node, nodes.Name) and isinstance(key, str):
            yield indexed.node.name, key
