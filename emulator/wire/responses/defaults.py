"""What a response shows where a request says nothing, as it hangs on the model and on the day."""

from emulator.domain.models import generation, thinks
from emulator.wire.history.responses import BACKGROUND_UNSTORED, CACHED_IN_MEMORY


def reasoning_context(model: str) -> str | None:
    """Return which reasoning a model is given again (recorded for 4.x and from 5.2 on; unverified between)."""
    if not thinks(model):
        return None
    return "all_turns" if generation(model) >= (5, 6) else "current_turn"


def cache_retention(model: str, day: str) -> str | None:
    """Return how long prompts are cached on a day (recorded)."""
    if day < CACHED_IN_MEMORY:
        return None
    return "24h" if generation(model) >= (5, 2) and not model.startswith("gpt-5.4-mini") else "in_memory"


def store(day: str, *, background: bool) -> bool:
    """Return whether a response says that it is stored (recorded)."""
    first, until = BACKGROUND_UNSTORED
    return not (background and first <= day < until)


def phase(model: str, *, is_last: bool = True) -> str | None:
    """Return what a message is to the client; None for models that do not say it.

    is_last: nothing follows in its response (recorded from 5.4 on; that it began with 5.3, and the other one, are
    documented).
    """
    if generation(model) < (5, 3):
        return None
    return "final_answer" if is_last else "commentary"
