"""A matplotlib backend that keeps what is shown; loaded under the name sandbox_figures, without loading matplotlib."""

import io
import sys
from typing import Any

_shown: list[bytes] = []


def __getattr__(name: str) -> Any:
    # matplotlib asks a backend module for this class: only then is there a matplotlib to take it from.
    if name == "FigureCanvas":
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        return FigureCanvasAgg
    raise AttributeError(name)


def show(*_args: object, **_options: object) -> None:
    """Draw all open figures and close them, as a notebook does."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is None:
        return
    try:
        for number in plt.get_fignums():
            page = io.BytesIO()
            # No software version in the picture: the same figure is the same bytes after an update that draws alike.
            plt.figure(number).savefig(page, format="png", bbox_inches="tight", metadata={"Software": None})
            _shown.append(page.getvalue())
    finally:
        plt.close("all")


def taken(most: int, room: int) -> tuple[list[bytes], list[str]]:
    """Return the pictures since the last time, and a name for each that is over the bounds."""
    pictures, left_out = [], []
    for place, picture in enumerate(_shown, 1):
        if len(pictures) < most and len(picture) <= room:
            pictures.append(picture)
            room -= len(picture)
        else:
            left_out.append(f"figure {place}")
    _shown.clear()
    return pictures, left_out
