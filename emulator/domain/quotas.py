"""Quotas of API keys: how many requests, and how many tokens of runs, each key has in a minute.

Each quota is a token bucket. It begins full, holds what a minute gives, and fills again steadily; what is used beyond
that is forgiven, so that nobody waits longer than a minute. A key is known by a digest alone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

MINUTE: Final = 60.0
# Whose use is remembered; beyond that, what was used longest ago is forgotten.
MOST_KEYS: Final = 1_000
# Seconds. Smaller than any wait that can be asked for, and greater than what a clock's numbers cannot tell apart.
_NOTHING: Final = 1e-6
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Quotas:
    """What each key may use in a minute. rpm: requests; tpm: tokens of runs; None: any number."""

    rpm: int | None = None
    tpm: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for quotas that say nothing, or allow nothing."""
        given = [one for one in (self.rpm, self.tpm) if one is not None]
        if not given or min(given) < 1:
            raise ValueError("quotas have rpm, tpm or both, and each is at least 1")


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is used of a quota. seconds: until it is full again, as it was at an instant on the clock."""

    seconds: float = 0.0
    at: float = 0.0

    def seconds_at(self, now: float) -> float:
        """Return in how many seconds it is full. Nothing comes back while a clock is set back."""
        return max(0.0, self.seconds - max(0.0, now - self.at))

    def after(self, seconds: float, now: float) -> "Bucket":
        """Return it after something was used that takes so many seconds to come back."""
        return Bucket(min(MINUTE, self.seconds_at(now) + seconds), now)

    def wait(self, seconds: float, now: float) -> float:
        """Return after how many seconds something can be used that takes so long to come back; 0: now."""
        wait = self.seconds_at(now) + seconds - MINUTE
        return wait if wait > _NOTHING else 0.0


@dataclass(frozen=True, slots=True)
class Shortage:
    """Tokens that a key has not. used is None where there can never be so many: more are requested than the limit."""

    limit: int
    used: int | None
    requested: int


@dataclass(slots=True)
class Consumption:
    """What the keys of a namespace have used, by their digests, in memory."""

    _requests: dict[str, Bucket] = field(default_factory=dict)
    _tokens: dict[str, Bucket] = field(default_factory=dict)

    def request(self, key: str, rpm: int, now: float) -> float:
        """Count a request and return 0.0; or count nothing, and return in how many seconds there is room for it."""
        bucket, cost = self._requests.get(key, Bucket()), MINUTE / rpm
        wait = bucket.wait(cost, now)
        if wait == 0:
            _put(self._requests, key, bucket.after(cost, now))
        return wait

    def spend(self, key: str, tokens: int, tpm: int, now: float) -> None:
        """Count tokens."""
        bucket = self._tokens.get(key, Bucket())
        _put(self._tokens, key, bucket.after(tokens * MINUTE / tpm, now))

    def shortage(self, key: str, tokens: int, tpm: int, now: float) -> Shortage | None:
        """Return what a key is short of for a run that needs so many tokens; None where it has them."""
        if tokens > tpm:
            return Shortage(tpm, None, tokens)
        bucket = self._tokens.get(key, Bucket())
        if bucket.wait(tokens * MINUTE / tpm, now) == 0:
            return None
        used = ceil(bucket.seconds_at(now) * tpm / MINUTE - _NOTHING)
        return Shortage(tpm, used, tokens)

    def clear(self) -> None:
        """Let all keys begin anew."""
        self._requests.clear()
        self._tokens.clear()

    def state(self) -> dict[str, Any]:
        """Return everything as JSON data, of which `from_state` makes the same."""
        return {"requests": _state(self._requests), "tokens": _state(self._tokens)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Consumption":
        """Return that of a state. Raises ValueError, TypeError, KeyError or AttributeError for what is none."""
        return cls(_from_state(state["requests"]), _from_state(state["tokens"]))


def digest_of(key: str) -> str:
    """Return by what a key is known here."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def _put(buckets: dict[str, Bucket], key: str, bucket: Bucket) -> None:
    buckets.pop(key, None)
    buckets[key] = bucket
    if len(buckets) > MOST_KEYS:
        del buckets[next(iter(buckets))]


def _state(buckets: Mapping[str, Bucket]) -> dict[str, list[float]]:
    return {key: [bucket.seconds, bucket.at] for key, bucket in buckets.items()}


def _from_state(state: Mapping[str, Any]) -> dict[str, Bucket]:
    buckets: dict[str, Bucket] = {}
    for key, (seconds, at) in state.items():
        if not 0 <= float(seconds) <= MINUTE:
            raise ValueError("seconds")
        _put(buckets, str(key), Bucket(float(seconds), float(at)))
    return buckets
