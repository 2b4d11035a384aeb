"""The Python code that templates become: every operation that Jinja would write out goes through the environment.

Operators, calls, attributes, filters and tests have hooks in Jinja. This adds comparisons, slices, the keys of dicts,
``~``, the rounds of loops and fixed text. Nothing is calculated while a template is compiled.
"""

from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame

# Python's compiler lets no other thread run. Some templates become code as long as the square of their length.
MAX_CODE: Final = 600_000


class MeteredCode(CodeGenerator):
    """Writes the code; the functions it calls are those of `scripted_models.sandbox.Sandbox`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._written = 0

    def write(self, x: str) -> None:
        """Write code, and no more than anybody needs."""
        self._written += len(x)
        if self._written > MAX_CODE:
            raise TemplateSyntaxError(f"it becomes more than {MAX_CODE:,} characters of code", 1)
        super().write(x)

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """Later operands are functions, because a chain stops at the first comparison that is false."""
        self.write("environment.compare(")
        self.visit(node.expr, frame)
        for operand in node.ops:
            self.write(f", {operand.op!r}, lambda: ")
            self.visit(operand.expr, frame)
        self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """Slices are subscripts like others."""
        self.write("environment.getitem(")
        self.visit(node.node, frame)
        self.write(", ")
        self.visit(node.arg, frame)
        self.write(")")

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """A slice is a value."""
        self.write("slice(")
        for part in (node.start, node.stop, node.step):
            if part is None:
                self.write("None")
            else:
                self.visit(part, frame)
            self.write(", ")
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """Making a dict hashes and compares its keys."""
        self.write("{")
        for pair in node.items:
            self.write("environment.key(")
            self.visit(pair.key, frame)
            self.write("): ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """Join the pieces of ``~``."""
        self.write("environment.concatenate(")
        for piece in node.nodes:
            self.visit(piece, frame)
            self.write(", ")
        self.write(")")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - the visitor's naming
        """Pay for each round."""
        rounds = nodes.EnvironmentAttribute("rounds")
        node.iter = nodes.Call(rounds, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: FBT001, FBT002, N802 - Jinja's
        """Calls of the environment's own functions, which no script can write, need no check."""
        if not isinstance(node.node, nodes.EnvironmentAttribute):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in node.args:
            self.visit(argument, frame)
        self.write(")")

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:  # noqa: ARG002 - Jinja's
        raise nodes.Impossible
