"""A matplotlib backend that collects figures, and costs nothing until matplotlib imports it."""

import io
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

_NAME = "sandbox_figures"  # the name in the environment variable MPLBACKEND
_shown: list[bytes] = []


class Backend:
    """Finds and fills the module that matplotlib imports as its backend; before that, matplotlib need not be there."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Find the backend, and nothing else."""
        return ModuleSpec(name, self) if name == _NAME else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        """Let Python create the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module with what a backend needs."""
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
            # Without the version of the software, the same figure has the same bytes even after an update.
            plt.figure(number).savefig(page, format="png", bbox_inches="tight", metadata={"Software": None})
            _shown.append(page.getvalue())
    finally:
        plt.close("all")


def take(limit: int, room: int) -> tuple[list[bytes], list[str]]:
    """Return the pictures since the last call, and a name for each that is over the limits. room: in bytes."""
    pictures: list[bytes] = []
    left_out: list[str] = []
    for number, picture in enumerate(_shown, 1):
        if len(pictures) < limit and len(picture) <= room:
            pictures.append(picture)
            room -= len(picture)
        else:
            left_out.append(f"figure {number}")
    _shown.clear()
    return pictures, left_out
