"""The URL of a PostgreSQL database, which shows its password nowhere: neither printed, nor in what others say of it."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from emulator.domain.keys import MASK

_SCHEME: Final = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
# libpq takes passwords as parameters, too.
_SECRET: Final = re.compile(r"(?<=[?&])(?P<name>password|sslpassword)=(?P<value>[^&#]*)", re.IGNORECASE)
# Within other texts, whose punctuation may follow.
_ANYWHERE: Final = re.compile(rf"{_SCHEME.pattern}[^\s\"'<>]*[^\s\"'<>:;,.)]", re.IGNORECASE)
# Shorter ones stand in too many words by chance.
_LEAST_SCRUBBED: Final = 4


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseUrl:
    """Where a PostgreSQL database is. text: the URL as it was given, password and all, for whoever connects.

    Raises ValueError for a text that is no such URL.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what would only be noticed when it is connected to."""
        if not is_database_url(self.text):
            raise ValueError("the URL of a database begins with postgresql://")
        if not self.text.isprintable() or " " in self.text:
            raise ValueError("the URL of a database has no blanks, and nothing that cannot be printed")

    def __str__(self) -> str:
        return masked(self.text)

    def __repr__(self) -> str:
        return f"DatabaseUrl({str(self)!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords in it, as they stand there and as they are meant."""
        _, _, password = _userinfo(self.text)
        found = [password or "", *(one["value"] for one in _SECRET.finditer(self.text))]
        return tuple(dict.fromkeys(form for one in found for form in (one, unquote(one)) if form))

    def scrubbed(self, said: str) -> str:
        """Return what somebody says of the database, such as a driver's error, in one line and without passwords."""
        shown = masked_urls(" ".join(said.split()))
        for secret in self.secrets:
            if len(secret) >= _LEAST_SCRUBBED:
                shown = shown.replace(secret, MASK)
        return shown


def is_database_url(text: str) -> bool:
    """Return whether a text names a database on a server, and no file."""
    return _SCHEME.match(text) is not None


def masked(url: str) -> str:
    """Return a URL with its passwords masked."""
    begin, end, password = _userinfo(url)
    shown = url if password is None else f"{url[:begin]}{MASK}{url[end:]}"
    return _SECRET.sub(rf"\g<name>={MASK}", shown)


def masked_urls(text: str) -> str:
    """Return a text with the passwords of all such URLs in it masked."""
    return _ANYWHERE.sub(lambda found: masked(found[0]), text) if "://" in text else text


def _userinfo(url: str) -> tuple[int, int, str | None]:
    """Return where the password before the host begins and ends, and the password; None where there is none.

    A password whose marks are not escaped is taken for one up to the last `@`: rather too much is masked.
    """
    scheme = _SCHEME.match(url)
    begin = scheme.end() if scheme else 0
    at = url.rfind("@", begin, _end_of_host(url, begin))
    colon = url.find(":", begin, at) if at >= 0 else -1
    return (0, 0, None) if colon < 0 else (colon + 1, at, url[colon + 1 : at])


def _end_of_host(url: str, begin: int) -> int:
    """Return where parameters begin; an `@` behind that belongs to a password only if none stands before."""
    mark = url.find("?", begin)
    return mark if mark >= 0 and "@" in url[begin:mark] else len(url)
