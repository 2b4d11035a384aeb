"""Findings about scripts as they are printed: as lines for people, as JSON, and as commands for GitHub's workflows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from scripted_models import Problem

Format = Literal["text", "json", "github"]

# What a command's text and its properties write otherwise (actions/toolkit, packages/core/src/command.ts).
_IN_TEXT: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: Final = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def format_findings(found: "Sequence[Problem]", output: Format, *, strict: bool) -> Iterator[str]:
    """Yield the lines to print. strict: warnings are errors."""
    if output == "json":
        yield json.dumps([_as_data(one, strict=strict) for one in found], indent=2, ensure_ascii=False)
        return
    for one in found:
        is_error = strict or one.severity == "error"
        if output == "github":
            yield _command(one, "error" if is_error else "warning")
        else:
            yield f"{one}" if is_error else f"{one} (warning)"


def _as_data(one: "Problem", *, strict: bool) -> dict[str, Any]:
    return {**one.to_json(), "severity": "error"} if strict else one.to_json()


def _command(one: "Problem", severity: str) -> str:
    """Return the command that shows a finding beside its line."""
    column = {} if one.column is None else {"col": str(one.column)}
    properties = {"file": one.file, "line": str(one.line), **column, "title": f"lint: {one.rule}"}
    listed = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    return f"::{severity} {listed}::{_escaped(f'{one.path}: {one.message}', _IN_TEXT)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(sign, sign) for sign in text)
