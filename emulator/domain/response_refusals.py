"""Every refusal of responses, conversations and containers: one function for each text.

Evidence marks are those of `emulator.domain.refusals`.
"""

from typing import Final

from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys

_MOST_QUOTED: Final = 100


def unknown_assistant(assistant_id: str) -> ApiError:
    """The header that names a response's assistant names none. The emulator's own."""
    return ApiError(
        400,
        "[emulator] The header x-emulator-assistant names no assistant of this namespace:"
        f" '{without_keys(assistant_id)[:_MOST_QUOTED]}'.",
        param="x-emulator-assistant",
        code="assistant_not_found",
    )
