"""What a person expects of the request log: typed into a form, sent to the control API, and written into a test."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from emulator.control.requests import Verification
from emulator.domain.errors import ApiError

FIELDS: Final = ("method", "path", "query", "headers", "body", "run", "thread", "status", "least", "most")
_TEXTS: Final = ("method", "path", "run", "thread")
_MOST_BODY: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected, as the control API takes it: match, and times as ``{"min": …, "max": …}``."""

    match: Mapping[str, Any]
    times: Mapping[str, int]

    def verification(self) -> Verification:
        """Return it as the control API reads it. Raises `ApiError` for what is wrong."""
        try:
            return Verification.model_validate(self.to_json())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            message = first["msg"].removeprefix("Value error, ")
            raise ApiError(400, f"{where}: {message}", param=where) from None

    def to_json(self) -> dict[str, Any]:
        """Return the body of the control API's request."""
        return {"match": dict(self.match), "times": self._exactly if self._exactly is not None else dict(self.times)}

    @property
    def _exactly(self) -> int | None:
        least, most = self.times.get("min", 0), self.times.get("max")
        return least if least == most else None

    def call(self) -> str | None:
        """Return the line of a test that expects it; None for a body that is null, which no test can name."""
        given = {"json" if name == "body" else name: value for name, value in self.match.items()}
        if "json" in given and given["json"] is None:
            return None
        positional = [repr(given.pop("method", None)), repr(given.pop("path"))] if "path" in given else []
        arguments = [*positional, *(f"{name}={value!r}" for name, value in given.items()), *self._how_often()]
        return f"namespace.requests.assert_called({', '.join(arguments)})"

    def _how_often(self) -> list[str]:
        if self._exactly is not None:
            return [f"times={self._exactly}"]
        if self.times == {"min": 1}:
            return []  # as assert_called says nothing
        least, most = self.times.get("min", 0), self.times.get("max")
        return [f"at_least={least}"] * bool(least or most is None) + [f"at_most={most}"] * (most is not None)


def read(typed: Mapping[str, str]) -> Expectation:
    """Return what was typed, as an expectation. Raises `ApiError`, whose param is the field that is wrong."""
    match: dict[str, Any] = {name: value for name in _TEXTS if (value := typed.get(name, "").strip())}
    if "method" in match:
        match["method"] = match["method"].upper()
    for name, separator in (("query", "="), ("headers", ":")):
        if lines := _pairs(name, typed.get(name, ""), separator):
            match[name] = lines
    if (body := typed.get("body", "").strip()) != "":
        match["body"] = _json(body)
    if (status := _number("status", typed.get("status", ""))) is not None:
        match["status"] = status
    least, most = (_number(name, typed.get(name, "")) for name in ("least", "most"))
    if least is None:
        least = 1 if most is None else 0
    return Expectation(match, {"min": least} if most is None else {"min": least, "max": most})


def _pairs(field: str, text: str, separator: str) -> dict[str, str]:
    pairs = {}
    for line in filter(str.strip, text.splitlines()):
        name, found, value = line.partition(separator)
        if not found or not name.strip():
            raise ApiError(400, f"{field}: write one a line, as name{separator}value", param=field)
        pairs[name.strip()] = value.strip()
    return pairs


def _json(text: str) -> Any:
    if len(text) > _MOST_BODY:
        raise ApiError(400, f"body: at most {_MOST_BODY:,} characters can be typed here", param="body")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"body: this is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise ApiError(400, message, param="body") from None
    except RecursionError:
        raise ApiError(400, "body: this is nested too deep", param="body") from None


def _number(field: str, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ApiError(400, f"{field}: write a number, or nothing", param=field)
    return int(text)
