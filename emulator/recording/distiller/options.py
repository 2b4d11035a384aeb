"""What a person chooses when recordings are distilled, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Comments = Mapping[tuple[str | int, ...], str]
Fidelity = Literal["full", "steps", "messages_only"]


@dataclass(frozen=True, slots=True)
class Options:
    """What scenarios say of themselves (drift, ids), and what they keep.

    suggest_templates: show recorded outputs in later texts as templates. times: keep the pace of streams. threads: let
    exported threads come back.
    """

    drift: Literal["lenient", "strict", "template"] = "lenient"
    ids: Literal["remap", "pin"] = "remap"
    suggest_templates: bool = False
    times: bool = False
    threads: bool = True


@dataclass(frozen=True, slots=True)
class Distilled:
    """A scenario. document: in its grammar. comments: by the path of what they speak of. assets: files beside it.

    sources: the recordings that it was made of. kind: their format. threads, runs: how many were found.
    templates: how many values of outputs became expressions.
    """

    name: str
    document: dict[str, Any]
    comments: Comments = field(default_factory=dict)
    assets: Mapping[str, bytes] = field(default_factory=dict)
    fidelity: Fidelity = "messages_only"
    notes: Sequence[str] = ()
    sources: Sequence[Path] = ()
    kind: str = ""
    threads: int = 0
    runs: int = 0
    templates: int = 0
