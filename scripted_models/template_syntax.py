"""What a template may consist of: known filters and tests, a bounded number of parts, nothing from other files."""

from collections.abc import Collection
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from emulator.domain.nearest import nearest

# Jinja's compiler recurses over the tree: below Python's recursion limit, also deep inside a server.
MAX_NESTING: Final = 100
# Names, values, signs, and the texts between holes. Compiling takes some twenty-five millionths of a second for each.
MAX_PARTS: Final = 6_000

# Filters that take the name of another filter, or of a test, as an argument: its kind and its position.
_NAME_ARGUMENTS: Final = {
    "map": ("filter", 0),
    "select": ("test", 0),
    "reject": ("test", 0),
    "selectattr": ("test", 1),
    "rejectattr": ("test", 1),
}


class UnknownWordError(TemplateSyntaxError):
    """A filter or a test that there is not. near: the one that is probably meant."""

    def __init__(self, kind: str, name: str, known: Collection[str], line: int) -> None:
        words = (word for word in known if word.isidentifier() and not word.startswith("_"))
        self.near = nearest(name, words)
        super().__init__(f'no {kind} "{name[:60]}"{f", did you mean {self.near}?" if self.near else ""}', line)


def count_parts(environment: Environment, text: str, *, expression: bool) -> int:
    """Return how many parts a template has, before it is parsed; raise TemplateSyntaxError where there are too many."""
    parts = 0
    for line, kind, _ in environment.lexer.tokeniter(text, None, state="variable" if expression else None):
        parts += kind != "whitespace"
        if parts > MAX_PARTS:
            raise TemplateSyntaxError(f"it has more than {MAX_PARTS:,} parts", line)
    return parts


def check_tree(tree: nodes.Node, filters: Collection[str], tests: Collection[str]) -> None:
    """Raise TemplateSyntaxError, with its line, for the first thing in a tree that a script may not use.

    Jinja itself finds unknown filters and tests late, and below an ``if`` only when the template is filled.
    """
    known = {"filter": filters, "test": tests}
    stack = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_NESTING:
            raise TemplateSyntaxError("nested too deeply", node.lineno)
        if isinstance(node, nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends):
            raise TemplateSyntaxError("a template stands alone: no include, import or extends", node.lineno)
        if isinstance(node, nodes.EvalContextModifier):
            raise TemplateSyntaxError("nothing here is HTML: no autoescape", node.lineno)
        for kind, name in _named(node):
            if name not in known[kind] or name.startswith("_"):
                raise UnknownWordError(kind, name, known[kind], node.lineno)
        stack.extend((child, depth + 1) for child in reversed(list(node.iter_child_nodes())))


def _named(node: nodes.Node) -> list[tuple[str, str]]:
    """Return the filters and tests that a node names, each with its kind."""
    if isinstance(node, nodes.Test):
        return [("test", node.name)]
    if not isinstance(node, nodes.Filter):
        return []
    names = [("filter", node.name)]
    kind, position = _NAME_ARGUMENTS.get(node.name, ("", len(node.args)))
    argument = node.args[position] if position < len(node.args) else None
    if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
        names.append((kind, argument.value))
    return names
