"""Faults of the transport: which requests they hit, how often, and what happens to the answer.

What the *model* does wrong is written in scripts; here only the wire goes wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any


@dataclass(slots=True)
class Fault:
    """A fault. method, path: which requests (path is a glob below /v1; None: any). times: how many (None: all).

    after: how many matching requests pass first. do: what happens, with one of

    - ``status`` (and ``error``, ``headers``): this answer in place of the real one;
    - ``cut_stream_after`` n: the stream ends after n events; with ``error_event`` and ``error``, an event: error
      follows.
    """

    do: Mapping[str, Any]
    method: str | None = None
    path: str | None = None
    times: int | None = None
    after: int = 0
    hits: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Return whether the fault hits a request, and count it."""
        if self.spent or (self.method and self.method.upper() != method) or not self._fits(path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.hits += 1
        return True

    @property
    def spent(self) -> bool:
        """Whether the fault has hit as often as it was to."""
        return self.times is not None and self.hits >= self.times

    def _fits(self, path: str) -> bool:
        return self.path is None or re.fullmatch(translate(self.path.removeprefix("/v1")), path) is not None
