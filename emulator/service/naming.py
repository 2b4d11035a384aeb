"""Which form of id a day gave to new objects."""

from emulator.engine.world import World

# kind -> (first day of the newest form, form before it). Recorded on both sides; the days lie between.
_OLDER = {
    "file": ("2024-12-01", "file24"),
    "vs": ("2025-01-01", "vs24"),
    "vsfb_ibj": ("2025-10-01", "vsfb"),
}


def make(world: World, kind: str) -> str:
    """Return a new id of a kind, in the form of the world's day."""
    first_day, before = _OLDER[kind]
    return world.ids.make(kind if world.setup["wire"] >= first_day else before)
