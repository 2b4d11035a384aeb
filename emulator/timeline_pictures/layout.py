"""Where everything of a picture stands: bars in lanes, drawn to scale, and labels that never overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from emulator.domain.timelines import Lane, Span, Timeline
from emulator.timeline_pictures.labels import fitted, plain, width
from emulator.timeline_pictures.scale import Scale, Tick

WIDTH: Final = 960
LEFT: Final = 72.0
_RIGHT: Final = WIDTH - 16.0
_TOP: Final = 44.0
ROW: Final = 22.0
BAR: Final = 16.0
_GAP: Final = 10.0
_LEAST: Final = 3.0  # of a bar, so that it can be seen
_AIR: Final = 4.0
_MOST_ROWS: Final = 12
_MOST_STATUS_ROWS: Final = 4
_MOST_TITLE: Final = 240
_NAMES: Final[dict[Lane, str]] = {"status": "Status", "work": "Work", "client": "Client"}


@dataclass(frozen=True, slots=True)
class Label:
    """A text. x: where it begins, or ends. is_inside: it stands on its bar."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "end"] = "start"
    is_inside: bool = False

    @property
    def extent(self) -> tuple[float, float]:
        """From where to where it reaches."""
        room = width(self.text)
        return (self.x, self.x + room) if self.anchor == "start" else (self.x - room, self.x)


@dataclass(frozen=True, slots=True)
class Bar:
    """A span. kind: its classes, which say how it looks. marks: where single polls lie."""

    x: float
    y: float
    width: float
    kind: str
    title: str
    label: Label | None = None
    marks: Sequence[float] = ()

    @property
    def leader(self) -> float | None:
        """Where the line to a label below begins; None where it needs none."""
        if self.label is None or self.label.y < self.y + ROW:
            return None
        return self.x if self.label.anchor == "start" else self.x + self.width


@dataclass(frozen=True, slots=True)
class LaneBand:
    """A lane. more: how many spans it has no room for."""

    name: str
    y: float
    height: float
    bars: Sequence[Bar]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture. end: where now is, if the run goes on."""

    height: float
    ticks: Sequence[Tick]
    lanes: Sequence[LaneBand]
    explained: str
    end: float | None


def layout(timeline: Timeline) -> Layout:
    """Return where everything of a timeline stands."""
    scale = Scale.of(timeline, LEFT, _RIGHT - LEFT)
    y, lanes = _TOP, []
    for lane in ("status", "work", "client"):
        spans = timeline.of(lane)
        if spans or lane == "status":
            band = _statuses(spans, scale, y) if lane == "status" else _packed(lane, spans, scale, y)
            lanes.append(band)
            y += band.height + _GAP
    return Layout(y + 22, scale.ticks(), lanes, scale.explained, None if timeline.is_over else scale.end)


# --- statuses ---------------------------------------------------------------------------------------------------------


def _statuses(spans: Sequence[Span], scale: Scale, y: float) -> LaneBand:
    """Return the lane of statuses: one row of bars, and below it the labels of those that are too narrow for them."""
    bars = [_status(span, scale, y) for span in spans]
    rows = _Rows(_MOST_STATUS_ROWS)
    below: dict[int, Label] = {}
    # From the right, so that no line to a label crosses another one; those at one place in their order.
    for group in reversed(_groups(bars)):
        room = max(width(_status_text(spans[place])) for place in group)
        for place in group:
            if (label := _below(bars[place], _status_text(spans[place]), room, rows)) is not None:
                below[place] = label
    shown = [replace(bar, label=below[place]) if place in below else bar for place, bar in enumerate(bars)]
    return LaneBand(_NAMES["status"], y, ROW * (1 + rows.used), shown)


def _status(span: Span, scale: Scale, y: float) -> Bar:
    x, length = _extent(span, scale)
    text = _status_text(span)
    fits = width(text) + 2 * _AIR <= length
    label = Label(x + _AIR, y + BAR - _AIR, text, is_inside=True) if fits else None
    return Bar(x, y, length, _kind(span), _title(span, scale), label)


def _status_text(span: Span) -> str:
    return plain(span.name.replace("_", " "), 60)


def _groups(bars: Sequence[Bar]) -> list[list[int]]:
    """Return the numbers of the bars whose labels do not fit into them, those of about the same place together."""
    groups: list[list[int]] = []
    for place, bar in enumerate(bars):
        if bar.label is not None:
            continue
        if groups and bar.x - bars[groups[-1][0]].x < _LEAST:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _below(bar: Bar, text: str, room: float, rows: "_Rows") -> Label | None:
    is_left = bar.x + _AIR + room <= _RIGHT
    x = bar.x + _AIR if is_left else bar.x + bar.width - _AIR
    row = rows.place(x, x + room) if is_left else rows.place(x - room, x)
    if row is None:
        return None
    return Label(x, bar.y + ROW * (row + 1) + BAR - _AIR, text, "start" if is_left else "end")


# --- work and client --------------------------------------------------------------------------------------------------


def _packed(lane: Lane, spans: Sequence[Span], scale: Scale, y: float) -> LaneBand:
    """Return a lane whose spans stand in as many rows as they need, if that is not too many."""
    rows, bars, more = _Rows(_MOST_ROWS), [], 0
    for span in spans:
        bar = _bar(span, scale, y, rows)
        more += bar is None
        bars += [bar] if bar is not None else []
    return LaneBand(_NAMES[lane], y, ROW * max(1, rows.used), bars, more)


def _bar(span: Span, scale: Scale, y: float, rows: "_Rows") -> Bar | None:
    x, length = _extent(span, scale)
    marks = tuple(dict.fromkeys(round(scale.at(at), 1) for at in span.times)) if scale.step and span.count > 1 else ()
    for label in (_beside(_text(span), x, length), None):
        left, right = (x, x + length) if label is None else label.extent
        row = rows.place(min(x, left), max(x + length, right))
        if row is not None:
            top = y + ROW * row
            placed = None if label is None else replace(label, y=top + BAR - _AIR)
            return Bar(x, top, length, _kind(span), _title(span, scale), placed, marks)
    return None


def _beside(text: str, x: float, length: float) -> Label | None:
    """Return the label of a bar: in it, or beside it, where there is room; else the beginning of it."""
    right, left = _RIGHT - (x + length) - _AIR, x - LEFT - _AIR
    inside = length - 2 * _AIR
    if width(text) <= inside:
        return Label(x + _AIR, 0.0, text, is_inside=True)
    if width(text) <= right:
        return Label(x + length + _AIR, 0.0, text)
    if width(text) <= left:
        return Label(x - _AIR, 0.0, text, "end")
    most = max(inside, right, left)
    if not (cut := fitted(text, most)):
        return None
    if most == inside:
        return Label(x + _AIR, 0.0, cut, is_inside=True)
    return Label(x + length + _AIR, 0.0, cut) if most == right else Label(x - _AIR, 0.0, cut, "end")


def _text(span: Span) -> str:
    return plain(f"{span.name} {span.detail}" if span.kind in ("call", "message") and span.detail else span.title, 44)


# --- both -------------------------------------------------------------------------------------------------------------


def _extent(span: Span, scale: Scale) -> tuple[float, float]:
    """Return where a span begins in the picture, and how long it is there."""
    x = scale.x(span.began)
    end = scale.end if span.ended is None else scale.x(span.ended)
    length = max(end - x, _LEAST)
    return min(x, _RIGHT - length), length


def _kind(span: Span) -> str:
    """Return the classes of a span, which are words of the emulator's own."""
    of_status = f" {span.status.replace('_', '-')}" if span.lane == "status" and span.status else ""
    return f"{span.kind}{of_status}{' open' if span.ended is None else ''}"


def _title(span: Span, scale: Scale) -> str:
    about = f"{span.title}: {span.detail}" if span.detail else span.title
    return plain(f"{about} ({scale.spoken(span)})", _MOST_TITLE)


@dataclass(slots=True)
class _Rows:
    """Rows in which nothing overlaps. most: how many there may be."""

    most: int
    _taken: list[list[tuple[float, float]]] = field(default_factory=list)

    @property
    def used(self) -> int:
        return len(self._taken)

    def place(self, left: float, right: float) -> int | None:
        """Take room in the first row that has it; return which one, None where none has."""
        for number, row in enumerate(self._taken):
            if all(right + _AIR <= begin or end + _AIR <= left for begin, end in row):
                row.append((left, right))
                return number
        if self.used >= self.most:
            return None
        self._taken.append([(left, right)])
        return self.used - 1
