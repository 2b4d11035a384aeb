"""How pages are drawn: the templates, and how they write times, sizes, JSON and prose."""

import json
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from emulator.control.inspector import assets
from emulator.control.inspector.visible import on_one_line, visible
from emulator.control.inspector.wording import shortened, waits
from emulator.domain import inspector_paths
from emulator.domain.instants import as_text
from emulator.domain.keys import without_keys
from emulator.domain.redaction import shown_value

_UNITS: Final = ((1024 * 1024, "MiB"), (1024, "KiB"))


class Rendering:
    """Draws templates of this package; every value is escaped, and no key of the service gets through."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader("emulator.control.inspector"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(to=inspector_paths, asset=assets.address)
        environment.filters.update(json=_json, size=_size, instant=_instant, when=_when, status=_status, http=_http)
        environment.filters.update(visible=visible, line=on_one_line, shown=shown_value, short=shortened, waits=waits)
        self._environment = environment

    def draw(self, template: str, **values: Any) -> str:
        """Return what a template makes of values."""
        return without_keys(self._environment.get_template(template).render(values))


def _json(value: Any) -> str:
    """Return a value as JSON that people read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _size(count: int) -> str:
    """Return a number of bytes."""
    return next((f"{count / unit:.1f} {name}" for unit, name in _UNITS if count >= unit), f"{count} bytes")


def _instant(at: float | None) -> str:
    """Return an instant as ISO 8601, of seconds since 1970; milliseconds only where it has some."""
    return "" if at is None else as_text(at)


def _when(at: float | None, now: float) -> Markup | str:
    """Return an instant relative to another, on the same clock; the exact one shows on hover and to readers."""
    if at is None:
        return ""
    exact = _instant(at)
    return Markup('<time datetime="{exact}" title="{exact}">{text}</time>').format(
        exact=exact, text=_relative(now - at)
    )


def _relative(seconds: float) -> str:
    ahead, seconds = seconds < 0, abs(seconds)
    if seconds < 1:
        return "now"
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= unit:
            text = f"{int(seconds // unit)} {name}"
            return f"in {text}" if ahead else f"{text} ago"
    return "now"


def _status(status: str) -> Markup:
    """Return the badge of a status; its colour is never all that tells it."""
    return Markup('<span class="badge status-{status}">{text}</span>').format(
        status=status.replace("_", "-"), text=status.replace("_", " ")
    )


def _http(status: int) -> Markup:
    """Return the badge of a status of HTTP."""
    return Markup('<span class="badge http-{group}xx">{status}</span>').format(group=status // 100, status=status)
