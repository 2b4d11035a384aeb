"""When the model of either side reaches the same files."""

from typing import Final

from emulator.domain.parity.reach import MESSAGE, reach_of
from emulator.domain.parity.sides import Values

_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def are_given_whole(values: Values) -> bool:
    """Return whether Responses give a file to the model itself that tools read before."""
    return values.crosses and all(values.by_api) and MESSAGE in values.by_api[1]


def are_reached_otherwise(values: Values) -> bool:
    """Return whether each file that only one of two messages has is within the reach of both models, or of neither."""
    old, new = values.old, values.new
    if not values.crosses or old.saw is None or new.saw is None:
        return False
    one_alone = reach_of(old.saw, old.api).keys() ^ reach_of(new.saw, new.api).keys()
    return not (set(values.before) ^ set(values.after)) & one_alone


def are_pictures(values: Values) -> bool:
    """Return whether a message shows pictures by their data that the other one shows by files."""
    names = set(values.before) ^ set(values.after)
    return values.crosses and all(name.lower().endswith(_PICTURES) for name in names)


def are_drawn(values: Values) -> bool:
    """Return whether Responses keep in a container what stands in a message of Assistants."""
    return values.crosses and not values.by_api[1]
