"""Finding the endpoint that a path means: a look-up by method, number of segments and first segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.api.endpoint import Endpoint

_REST: Final = ":path}"


@dataclass(frozen=True, slots=True)
class _Template:
    """An endpoint's path, cut up. fixed, params: (place, segment) of what has to be there, and of what varies."""

    endpoint: Endpoint
    fixed: tuple[tuple[int, str], ...]
    params: tuple[tuple[int, str], ...]

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        for place, segment in self.fixed:
            if segments[place] != segment:
                return None
        params = {name: segments[place] for place, name in self.params}
        return params if all(params.values()) else None


class EndpointTable:
    """The endpoints of a mount."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._templates: dict[tuple[str, int, str], list[_Template]] = {}
        self._with_rest: list[tuple[Endpoint, str, str]] = []
        for endpoint in endpoints:
            if endpoint.path.endswith(_REST):
                start, _, name = endpoint.path.removesuffix(_REST).partition("{")
                self._with_rest.append((endpoint, start, name))
            else:
                self._add(endpoint)
        self._methods = sorted({endpoint.method for endpoint in endpoints})

    def _add(self, endpoint: Endpoint) -> None:
        segments = list(enumerate(endpoint.path.split("/")))
        fixed = tuple((place, segment) for place, segment in segments[2:] if not segment.startswith("{"))
        params = tuple((place, segment[1:-1]) for place, segment in segments if segment.startswith("{"))
        key = (endpoint.method, len(segments), segments[1][1])
        self._templates.setdefault(key, []).append(_Template(endpoint, fixed, params))

    def find(self, method: str, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """Return the endpoint that a request means and the parameters in its path; a HEAD is answered like a GET."""
        if method == "HEAD":
            method = "GET"
        segments = path.split("/")
        if len(segments) > 1:
            for template in self._templates.get((method, len(segments), segments[1]), ()):
                if (params := template.match(segments)) is not None:
                    return template.endpoint, params
        for endpoint, start, name in self._with_rest:
            if endpoint.method == method and path.startswith(start) and len(path) > len(start):
                return endpoint, {name: path[len(start) :]}
        return None

    def methods(self, path: str) -> list[str]:
        """Return the methods that a path takes."""
        methods = [method for method in self._methods if self.find(method, path)]
        return sorted([*methods, "HEAD"] if "GET" in methods else methods)
