"""One request, as the handlers see it."""

import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from emulator.domain import errors
from emulator.domain.faults import Fault
from emulator.engine.world import World
from emulator.service.finding import ListQuery, is_file_or_store
from emulator.wire import layout, v1
from emulator.wire.problems import validate
from emulator.wire.speaking import Wire
from emulator.wire.steps import INCLUDE_CONTENT
from emulator.wire.v1_words import problem

MOST_PER_PAGE = 100
_INTEGER: Final = re.compile(r"-?[0-9]{1,4000}")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Call:
    """A request that was let in. wire: how it wants to be answered. fault: what is to happen to a stream.

    newline: the answer ends in one, as those of files and uploads do (recorded).
    """

    request: Request
    world: World
    wire: Wire
    request_id: str
    max_body: int
    mount: str = "openai"
    fault: Fault | None = None
    headers: dict[str, str] = field(default_factory=dict)
    newline: bool = False

    @property
    def old_models(self) -> bool:
        """Whether models that came after v1 are refused; Azure's deployments have names of their own."""
        return self.wire.is_v1 and self.mount == "openai"

    def param(self, name: str) -> str:
        """Return a part of the path."""
        value: str = self.request.path_params[name]
        return value

    async def json(self, *, optional: bool = False) -> Any:
        """Return the body's JSON. optional: no body at all is an empty object."""
        raw = await self.raw()
        if not raw.strip() and optional:
            return {}
        try:
            return layout.parse(raw)
        except ValueError:
            if self.wire.is_v1 and raw:
                raise errors.validation_v1([problem((), "dict_type")]) from None
            raise errors.bad_json() from None

    async def raw(self) -> bytes:
        """Return the body, if it is not over the limit."""
        pieces, size = [], 0
        announced = self.request.scope["asked_headers"].get("content-length", "")
        if announced.isdigit() and int(announced) > self.max_body:
            raise errors.body_too_large(self.max_body, int(announced))
        async for piece in self.request.stream():
            size += len(piece)
            if size > self.max_body:
                raise errors.body_too_large(self.max_body, None)
            pieces.append(piece)
        return b"".join(pieces)

    async def body(self, model: type[Model], *, optional: bool = False) -> Model:
        """Return the body as a value of the newest shape, whichever wire it came on."""
        data = await self.json(optional=optional)
        if self.wire.is_v1:
            return v1.upgrade(model, data, self.wire.day)
        return validate(model, data, day=self.wire.day, known=self._is_known)

    def _is_known(self, id: str) -> bool:  # noqa: A002
        """Return whether an id is a file's or a store's; Azure's files had another prefix (reported)."""
        return self.mount == "azure" or is_file_or_store(self.world, id)

    def list_query(self, most: int = MOST_PER_PAGE, default: int = 20) -> ListQuery:
        """Return which page is asked for. Unknown keys are ignored (generic); bad values are refused (unverified)."""
        query = self.request.query_params
        order = query.get("order") or "desc"
        if order not in ("asc", "desc"):
            raise errors.invalid_value("order", order, ("asc", "desc"))
        limit = _integer("limit", query.get("limit") or str(default))
        if limit > most:
            raise errors.number_out_of_range("limit", limit=most, got=limit, above=True)
        if limit < 1:
            raise errors.number_out_of_range("limit", limit=1, got=limit, above=False)
        return ListQuery(limit, order, query.get("after") or None, query.get("before") or None)

    def includes_content(self) -> bool:
        """Return whether the texts of file searches are asked for: as `include[]`, `include`, or joined by commas."""
        query = self.request.query_params
        values = [value for name in ("include[]", "include") for value in query.getlist(name)]
        asked = [word for value in values for word in value.split(",") if word]
        for word in asked:
            if word != INCLUDE_CONTENT:
                raise errors.invalid_value("include", word, (INCLUDE_CONTENT,))
        return bool(asked)


def _integer(name: str, text: str) -> int:
    # Python would also read 1_0, blanks, and the digits of every script; and no more than 4300 of them.
    if not _INTEGER.fullmatch(text):
        raise errors.invalid_type(name, "an integer", "a string")
    return int(text)
