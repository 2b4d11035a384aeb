"""A timeline as SVG: for a page, whose style sheet says how it looks, or alone, with a style for light and dark."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from emulator.domain.timelines import Timeline
from emulator.timeline_pictures.labels import plain
from emulator.timeline_pictures.layout import BAR, WIDTH, layout
from emulator.timeline_pictures.scale import lasting

MEDIA_TYPE: Final = "image/svg+xml"
_FOLDER: Final = files("emulator.timeline_pictures")


def svg(timeline: Timeline, *, alone: bool = True) -> str:
    """Return the picture. alone: with a style and a size of its own."""
    drawn = layout(timeline)
    return _template().render(
        drawn=drawn,
        width=WIDTH,
        bottom=drawn.height - 24,
        bar_height=BAR,
        # S704: the file is the package's own.
        style=Markup(_style()) if alone else None,  # noqa: S704
        size=Markup(' width="{}" height="{}"').format(WIDTH, _place(drawn.height)) if alone else "",
        end=Markup(' text-anchor="end"'),
        title=plain(f"Timeline of {timeline.run_id}"),
        about=f"{summary(timeline)} {drawn.explained}",
    )


def policy() -> str:
    """Return the content security policy of the picture alone, which names its own style and nothing else."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"


def summary(timeline: Timeline) -> str:
    """Return in a sentence what the picture shows."""
    took = f" after {lasting(timeline.lasted)}" if timeline.lasted and not timeline.goes_back else ""
    state = f"{timeline.status}{took}" if timeline.is_over else f"{timeline.status}, not over{took}"
    statuses = ", ".join(plain(span.name) for span in timeline.of("status")[:20])
    calls = sum(span.kind == "call" for span in timeline.spans)
    requests = sum(span.count for span in timeline.of("client"))
    counts = f"{_number(calls, 'call')}, {_number(requests, 'request')} of the client"
    return f"{state.replace('_', ' ')}: {statuses.replace('_', ' ')}; {counts}."


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


@cache
def _style() -> str:
    return _FOLDER.joinpath("timeline.css").read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["place"] = _place
    return environment.from_string(_FOLDER.joinpath("timeline.svg").read_text("utf-8"))


def _place(number: float) -> str:
    """Return a number as short as it can be."""
    return f"{number:.1f}".removesuffix(".0")
