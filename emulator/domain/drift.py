"""Drift: where what was recorded and what is there now differ, by JSON paths, in lines of bounded length."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, get_args

from emulator.domain.printable import printable
from emulator.domain.replay import is_in_memory

DriftKind = Literal[
    "tool_output", "tool_arguments_invalid", "instructions", "model", "tools", "files", "message", "order"
]
KINDS: Final[tuple[DriftKind, ...]] = get_args(DriftKind)
Change = Literal["changed", "added", "missing"]
# What a recording asks for where its replay drifts.
Mode = Literal["strict", "lenient", "template"]
# How the message of a run begins that fails because of drift.
FAILED: Final = "[emulator] drift: "
# Of one comparison; the rest is counted.
MOST_LINES: Final = 20
_MOST_COUNTED: Final = 10_000
# Characters of a value, of what is common before a difference, of a key, of a path, and of a message.
_VALUE: Final = 160
_COMMON: Final = 40
_KEY: Final = 60
_PATH: Final = 240
_MESSAGE: Final = 900
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Absent:
    """What stands for a value that is not there, unlike null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Drift:
    """A line of the report.

    path: JSON path of what differs, ``$`` for the whole. recorded, got: JSON values, of long ones a text that shows
    where they differ; null where the change is that one of them is not there. got of invalid arguments: what the schema
    expects. turn: its name. place: where that is written. source: where its run stands in the recording, if that is
    known. strict: whether it is a failure. call: the function's name. more: further differences
    of the same comparison that have no line.
    """

    kind: DriftKind
    path: str
    recorded: Any
    got: Any
    change: Change = "changed"
    turn: str | None = None
    place: str | None = None
    source: str | None = None
    strict: bool = False
    call: str | None = None
    more: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON data."""
        line = {
            "kind": self.kind,
            "path": self.path,
            "change": self.change,
            "recorded": self.recorded,
            "got": self.got,
            "turn": self.turn,
            "place": self.place,
        }
        source = {} if self.source is None else {"source": self.source}
        call = {} if self.call is None else {"call": self.call}
        return {**line, **source, "strict": self.strict, **call, **({"more": self.more} if self.more else {})}


class Difference(NamedTuple):
    """Where two values differ; `ABSENT` stands for what is not there."""

    path: str
    recorded: Any
    got: Any


def drifts(kind: DriftKind, found: Sequence[Difference], **about: Any) -> list[Drift]:
    """Return the lines for differences, at most `MOST_LINES`. about: further fields of `Drift`."""
    lines = [_drift(kind, one, about) for one in found[:MOST_LINES]]
    if (more := len(found) - len(lines)) > 0:
        lines[-1] = _drift(kind, found[len(lines) - 1], {**about, "more": more})
    return lines


def _drift(kind: DriftKind, difference: Difference, about: Mapping[str, Any]) -> Drift:
    path, recorded, got = difference
    change: Change = "added" if recorded is ABSENT else "missing" if got is ABSENT else "changed"
    recorded, got = short(recorded, got)
    return Drift(kind, shortened(path, _PATH), recorded, got, change, **about)


# --- comparing ------------------------------------------------------------------------------------------------------


def differences(recorded: str, got: str) -> list[Difference]:
    """Return where two texts differ: by JSON paths where both are JSON, else as a whole; none where they say the same.

    The order of keys, white space and the spelling of numbers (1, 1.0, 1e0) make no difference in JSON.
    """
    if recorded == got:
        return []
    try:
        values = _parsed(recorded), _parsed(got)
    except (ValueError, RecursionError):
        return [Difference("$", recorded, got)]
    return value_differences(*values)


def value_differences(recorded: Any, got: Any, path: str = "$") -> list[Difference]:
    """Return where two JSON values differ, in the order of what was recorded. path: where they stand themselves."""
    return list(islice(_walk(recorded, got, path), _MOST_COUNTED))


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _walk(recorded: Any, got: Any, path: str) -> Iterator[Difference]:
    waiting: list[Difference] = [Difference(path, recorded, got)]  # no recursion: they may be nested deeply
    while waiting:
        here = waiting.pop()
        inner = _inner(here)
        if inner is not None:
            waiting.extend(reversed(inner))
        elif not _is_same(here.recorded, here.got):
            yield here


def _inner(pair: Difference) -> list[Difference] | None:
    """Return the pairs that two values consist of; None where they are to be compared as they are."""
    path, recorded, got = pair
    if isinstance(recorded, dict) and isinstance(got, dict):
        names = [*recorded, *(name for name in got if name not in recorded)]
        return [Difference(below(path, name), recorded.get(name, ABSENT), got.get(name, ABSENT)) for name in names]
    if isinstance(recorded, list) and isinstance(got, list):
        return list(_items(path, recorded, got))
    return None


def _items(path: str, recorded: list[Any], got: list[Any]) -> Iterator[Difference]:
    """Yield the pairs of two lists.

    By index; of lists of unequal length what is alike at both ends is left out first, so that one item more is one
    difference. An item has its index in what was recorded, one that was added has the index that it has now.
    """
    start, end = 0, 0
    if len(recorded) != len(got):
        shorter = min(len(recorded), len(got))
        while start < shorter and _is_equal(recorded[start], got[start]):
            start += 1
        while end < shorter - start and _is_equal(recorded[-1 - end], got[-1 - end]):
            end += 1
    old, new = recorded[start : len(recorded) - end], got[start : len(got) - end]
    for number in range(max(len(old), len(new))):
        one = old[number] if number < len(old) else ABSENT
        other = new[number] if number < len(new) else ABSENT
        yield Difference(f"{path}[{start + number}]", one, other)


def _is_equal(recorded: Any, got: Any) -> bool:
    return next(_walk(recorded, got, "$"), None) is None


def _is_same(recorded: Any, got: Any) -> bool:
    # In Python true is 1.
    return isinstance(recorded, bool) == isinstance(got, bool) and recorded == got


def below(path: str, name: str) -> str:
    """Return the path of a field."""
    if _NAME.fullmatch(name):
        return f"{path}.{shortened(name, _KEY)}"
    quoted = json.dumps(shortened(name, _KEY))[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"{path}['{quoted}']"


def path_of(kind: str, name: str) -> str:
    """Return the path of a tool or a file by its name."""
    return f"$.{kind}[{shortened(name, _KEY)}]"


# --- shortening -----------------------------------------------------------------------------------------------------


def short(recorded: Any, got: Any) -> tuple[Any, Any]:
    """Return two values for a line: as they are if they are short, of longer ones what stands where they differ."""
    if isinstance(recorded, str) and isinstance(got, str):
        start = max(0, _alike(recorded, got) - _COMMON) if max(len(recorded), len(got)) > _VALUE else 0
        return _window(recorded, start), _window(got, start)
    return _short(recorded), _short(got)


def _short(value: Any) -> Any:
    if value is ABSENT:
        return None
    if isinstance(value, str):
        return _window(value, 0)
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return shortened(type(value).__name__, _VALUE)
    return value if len(text) <= _VALUE and text == _unicode(text) else _window(text, 0)


def _window(text: str, start: int) -> str:
    shown = text[start : start + _VALUE]
    end = "…" if start + _VALUE < len(text) else ""
    return _unicode(f"{'…' if start else ''}{shown}{end}")


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return _unicode(text if len(text) <= most else text[: most - 1] + "…")


def _unicode(text: str) -> str:
    # Half a surrogate pair, which JSON can spell, cannot be written anywhere.
    return text.encode(errors="backslashreplace").decode()


def of_line(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a line that is stored. Those of before had no path, and ``what`` differed in place of its kind."""
    if "path" in line:
        return line if "change" in line else {**line, "change": "changed"}
    recorded, got = short(line.get("recorded"), line.get("got"))
    about = Drift("tool_output", "$", recorded, got, call=line.get("call")).to_json()
    return {**about, **({"run": line["run"]} if "run" in line else {})}


# --- saying ---------------------------------------------------------------------------------------------------------


def text_of(line: Mapping[str, Any], times: int = 1) -> str:
    """Return a line of the report for people. line: of `Drift.to_json`; times: how often it was found."""
    call = f" of {line['call']}" if line.get("call") else ""
    turn = f" in turn {line['turn']}" if line.get("turn") else ""
    count = line.get("more") or 0
    more = f"; {count:,} more difference{'s' * (count != 1)}" if count else ""
    often = f"; {times:,} times" if times > 1 else ""
    about = "; ".join(part for part in (_whereabouts(line), (more + often).removeprefix("; ")) if part)
    what = f"{line['kind']}{call} at {line['path']}{turn}: {_compared(line)}"
    return printable(shortened(what, _MESSAGE)) + (f" ({printable(about)})" if about else "")


def _whereabouts(line: Mapping[str, Any]) -> str:
    """Return where the turn is written, and where its recording is; a scenario in memory is none that can be read."""
    place, source = line.get("place") or "", line.get("source") or ""
    if not source or not place or is_in_memory(place):
        return source or place
    return f"{place}; recorded at {source}"


def _compared(line: Mapping[str, Any]) -> str:
    if line["kind"] == "order":  # in words, both of them
        return f"recorded {line['recorded']}, but {line['got']}"
    recorded = "nothing" if line["change"] == "added" else _json(line["recorded"])
    if line["kind"] == "tool_arguments_invalid":
        return f"recorded {recorded}, {line['got']}"
    got = "nothing" if line["change"] == "missing" else _json(line["got"])
    return f"recorded {recorded} → got {got}"


def _json(value: Any) -> str:
    """Return a value as JSON; the beginning of a long one is a text already, and no escape makes it easier to read."""
    is_cut = isinstance(value, str) and value.startswith(('{"', "[")) and value.endswith("…")
    return str(value) if is_cut else json.dumps(value, ensure_ascii=False)


def texts(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return lines of the report for people: one for all that say the same of different runs."""
    return [text_of(line, times) for line, times in distinct(lines)]


def distinct(lines: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Return the first of all lines that say the same, each with how many there are."""
    found: dict[str, tuple[Mapping[str, Any], int]] = {}
    for line in lines:
        key = json.dumps([line.get(name) for name in ("kind", "call", "path", "change", "recorded", "got", "strict")])
        first, times = found.get(key, (line, 0))
        found[key] = first, times + 1
    return list(found.values())


def failure_of(lines: Sequence[Drift]) -> str:
    """Return the message of a run that fails because of drift: its first line, and how many more there are."""
    more = len(lines) - 1 + sum(line.more for line in lines)
    about = {**lines[0].to_json(), "more": more}
    return f"{FAILED}{text_of(about)}"
