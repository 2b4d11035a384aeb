"""Files beside a scenario, as data URIs, found by the path or the name in the scenario."""

from collections.abc import Mapping


def find_asset(assets: Mapping[str, str], name: str) -> str | None:
    """Return a data URI: the text itself if it is one, else the asset of that path or file name."""
    if name.startswith("data:"):
        return name
    path = name.removeprefix("./")
    return assets.get(name) or assets.get(path) or assets.get(path.rsplit("/", 1)[-1])
