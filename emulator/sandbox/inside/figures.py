"""A matplotlib backend that keeps what is shown, and costs nothing until matplotlib asks for it."""

import io
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

_NAME = "sandbox_figures"  # as the environment variable MPLBACKEND names it
_shown: list[bytes] = []


class Backend:
    """Finds and fills the module that matplotlib imports: only then is there a matplotlib to draw with."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Answer for one name only."""
        return ModuleSpec(name, self) if name == _NAME else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Give the module what a backend has."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (it may not be installed)

        vars(module).update(FigureCanvas=FigureCanvasAgg, show=show)


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
    pictures: list[bytes] = []
    left_out: list[str] = []
    for place, picture in enumerate(_shown, 1):
        if len(pictures) < most and len(picture) <= room:
            pictures.append(picture)
            room -= len(picture)
        else:
            left_out.append(f"figure {place}")
    _shown.clear()
    return pictures, left_out
