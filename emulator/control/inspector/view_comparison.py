"""What a model saw, without keys, beside what it saw in the run before: by sections, with what differs marked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.control.inspector.differences import Entry, Texts, entries, texts
from emulator.domain.redaction import shown_value
from emulator.domain.view import ContextMessage, ModelView

# Of messages the newest; those before are counted.
MOST_MESSAGES: Final = 60
_SETTINGS: Final = (
    "api", "model", "turn", "tool_choice", "parallel_tool_calls", "response_format", "temperature", "top_p",
    "reasoning_effort", "max_prompt_tokens", "max_completion_tokens", "truncation", "require_approval",
    "vector_store_ids", "thread_metadata", "run_metadata",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what a model saw, as a text."""

    name: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model saw. messages: with those of the run before; left_out: how many older ones are not shown."""

    sections: Sequence[Section]
    messages: Sequence[Entry]
    left_out: int
    has_before: bool


def seen(view: ModelView, before: ModelView | None) -> Seen:
    """Return what a model saw, beside what it saw before, if that is known."""
    named: list[tuple[str, Any]] = [
        ("Instructions", _instructions),
        ("Tools", _tools),
        ("Files", _files),
        ("Settings", _settings),
        ("What scripts remembered", _memory),
    ]
    sections = [Section(name, texts(None if before is None else of(before), of(view))) for name, of in named]
    now, then = _messages(view), [] if before is None else _messages(before)
    left_out = max(0, len(now) - MOST_MESSAGES)
    # Both from the same message on, so that what was said in both stays side by side.
    aligned = entries(then[left_out:], now[left_out:]) if before is not None else entries([], now[left_out:])
    return Seen(sections, aligned[-2 * MOST_MESSAGES :], left_out, before is not None)


def _messages(view: ModelView) -> list[tuple[str, str]]:
    return [(message.role, _text(message)) for message in view.messages]


def _text(message: ContextMessage) -> str:
    files = f"\n[files: {', '.join(message.files)}]" if message.files else ""
    images = f"\n[images: {message.images}]" if message.images else ""
    return f"{message.text}{files}{images}"


def _instructions(view: ModelView) -> str:
    return view.instructions or ""


def _tools(view: ModelView) -> str:
    return "\n".join(_as_json(shown_value(tool)) for tool in view.tools)


def _files(view: ModelView) -> str:
    return "\n".join(f"{file.name} ({file.id}) {', '.join(file.tools)}".rstrip() for file in view.files)


def _settings(view: ModelView) -> str:
    named: list[tuple[str, Any]] = [(name, getattr(view, name)) for name in _SETTINGS]
    named.append(("assistant", {name: value for name, value in view.assistant.items() if name != "instructions"}))
    return "\n".join(f"{name}: {_line(_shown(value))}" for name, value in named if value not in (None, (), {}, ""))


def _memory(view: ModelView) -> str:
    scopes = [f"{key}: {_line(_shown(value, key))}" for key, value in sorted(view.memory.scopes.items())]
    uses = [f"played {key}: {times}" for key, times in sorted(view.memory.uses.items())]
    return "\n".join([*scopes, *uses])


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)


def _shown(value: Any, name: str = "") -> Any:
    """Return a value without keys; views have tuples and mappings where JSON has lists and objects."""
    return shown_value(json.loads(json.dumps(value, ensure_ascii=False, default=_plain)), name)


def _as_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
