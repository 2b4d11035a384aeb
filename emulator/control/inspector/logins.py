"""Who has logged in to the inspector of a server with a control token: a cookie that proves it without the token."""

import hmac
import secrets
from collections.abc import Callable
from functools import cached_property
from hashlib import pbkdf2_hmac, sha256
from typing import Final

from emulator.daemon_threads import Workers
from emulator.service.server_rows import NoServerRows, ServerRows

SECONDS: Final = 12 * 60 * 60
# Slow on purpose: whoever has a cookie should not find a token from it by guessing. Once in a process.
_ROUNDS: Final = 200_000
_PURPOSE: Final = b"assistants-emulator: logins of the inspector"


_ENDED: Final = "ended_logins"


def _digest(login: str | None) -> str:
    """Return by what a login is known once it has ended: nobody can use that."""
    return sha256((login or "").encode("utf-8", "surrogateescape")).hexdigest()


class Logins:
    """Begins, recognizes and ends logins. now: seconds since 1970.

    A login is `NONCE.EXPIRY.PROOF`. Servers with the same token know each other's, so a restart ends none; the end of
    one before its time is known to the processes that have the same rows, as long as one of them goes on.
    """

    def __init__(self, token: str, now: Callable[[], float], rows: ServerRows | None = None) -> None:
        # As bytes: a token may be written in any alphabet.
        self._token = token.encode("utf-8", "surrogateescape")
        self._now = now
        self._rows = NoServerRows() if rows is None else rows
        self._ended: dict[str, float] = {}
        self._workers = Workers("login", 1)

    async def prepare(self) -> None:
        """Make what all else needs, once: slow, so beside the event loop."""
        while "_key" not in vars(self):
            await self._workers.compute(lambda: self._key)

    def is_token(self, given: bytes) -> bool:
        """Return whether this is the control token; how long it takes tells nothing of the token."""
        return hmac.compare_digest(given, self._token)

    def begin(self) -> str:
        """Return a new login."""
        return self._signed(f"{secrets.token_urlsafe(16)}.{int(self._now()) + SECONDS}")

    def knows(self, login: str | None) -> bool:
        """Return whether a login was begun, and has not ended."""
        expiry = self._expiry(login)
        return expiry is not None and expiry > self._now() and _digest(login) not in self._ended

    async def end(self, login: str | None) -> None:
        """End a login before its time."""
        expiry = self._expiry(login)
        if expiry is None:
            return
        for one in [one for one, until in self._ended.items() if until <= self._now()]:
            await self._rows.remove(_ENDED, one)
            self._ended.pop(one, None)
        await self._rows.put(_ENDED, _digest(login), {"until": expiry})
        self._ended[_digest(login)] = expiry

    async def look(self) -> None:
        """Know which logins were ended, also by other processes."""
        if self._rows.is_shared:
            self._ended = {one: doc["until"] for one, doc in (await self._rows.all(_ENDED)).items()}

    def _expiry(self, login: str | None) -> float | None:
        """Return when a login ends by itself; None if it is none of this token."""
        claim, _, _ = (login or "").rpartition(".")
        if not claim or not hmac.compare_digest((login or "").encode(), self._signed(claim).encode()):
            return None
        return float(claim.rpartition(".")[2])

    def _signed(self, claim: str) -> str:
        return f"{claim}.{hmac.digest(self._key, claim.encode(), 'sha256').hex()}"

    @cached_property
    def _key(self) -> bytes:
        return pbkdf2_hmac("sha256", self._token, _PURPOSE, _ROUNDS)
